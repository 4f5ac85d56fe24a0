/** What a spreadsheet takes for a formula, in half and full width, and the controls that lead to one. */
const FORMULA = /^[\t\r\n ]*[=+\-@＝＋－＠|%]/

/** One cell of RFC 4180. A cell that a spreadsheet would run as a formula gets an apostrophe before it (OWASP). */
function cell(value: string | number | undefined): string {
  const text = value === undefined ? '' : String(value)
  const isFigure = typeof value === 'number' || /^[-+]?\d+(\.\d+)?$/.test(text)
  const safe = !isFigure && FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** A table as CSV (RFC 4180) with a byte order mark, without which some spreadsheets misread Chinese. */
export function toCsv(head: readonly string[], rows: readonly (readonly (string | number | undefined)[])[]): string {
  return `\uFEFF${[head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`
}

/** Saves text as a file on the reader's device. */
export function saveFile(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
