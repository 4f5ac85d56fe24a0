/** How many terminal cells a text takes: Chinese, Japanese, Korean and full-width forms take two. */
export function cellsOf(text: string): number {
  let cells = 0
  for (const character of text) {
    cells += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/.test(
      character,
    )
      ? 2
      : 1
  }
  return cells
}

const pad = (text: string, cells: number, right: boolean) => {
  const space = ' '.repeat(Math.max(0, cells - cellsOf(text)))
  return right ? space + text : text + space
}

/** A plain table. Columns named in `right` are aligned right, as money is. */
export function formatTable(
  headers: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
) {
  const all = [headers, ...rows]
  const widths = headers.map((_, column) => Math.max(...all.map((row) => cellsOf(row[column] ?? ''))))
  const line = (row: readonly string[]) =>
    widths
      .map((width, column) => pad(row[column] ?? '', width, right.includes(column)))
      .join('  ')
      .trimEnd()
  return [line(headers), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}
