/** Wide and full-width blocks of Unicode's East Asian Width (annex 11), joined where nothing narrow lies between. */
const WIDE = new RegExp(
  [
    String.raw`[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff]`,
    String.raw`[\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]`,
  ].join('|'),
  'u',
)
const WITHOUT_WIDTH = /[\p{Mn}\p{Me}]|\u200b|\u200c|\u200d/u

/** How many terminal cells a text takes: Chinese, Japanese, Korean, full-width forms and emoji take two. */
export function cellsOf(text: string): number {
  let cells = 0
  for (const character of text) cells += WIDE.test(character) ? 2 : WITHOUT_WIDTH.test(character) ? 0 : 1
  return cells
}

/** Fills a text with spaces up to so many cells, after it or (`right`) before it. */
export function padTo(text: string, cells: number, right = false): string {
  const space = ' '.repeat(Math.max(0, cells - cellsOf(text)))
  return right ? space + text : text + space
}

/** A plain table. Columns named in `right` are aligned right, as money is; a cell stays on its line. */
export function formatTable(
  headers: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const all = [headers, ...rows].map((row) => headers.map((_, column) => (row[column] ?? '').replace(/\s+/g, ' ')))
  const widths = headers.map((_, column) => all.reduce((most, row) => Math.max(most, cellsOf(row[column] ?? '')), 0))
  const lines = all.map((row) =>
    widths
      .map((width, column) => padTo(row[column] ?? '', width, right.includes(column)))
      .join('  ')
      .trimEnd(),
  )
  return [lines[0], widths.map((width) => '-'.repeat(width)).join('  '), ...lines.slice(1)].join('\n')
}
