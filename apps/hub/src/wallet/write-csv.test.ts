import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csvCell, csvLine } from './write-csv.ts'

/** A reader of RFC 4180, written from its grammar. */
function parse(text: string): string[][] {
  const rows: string[][] = []
  let cells: string[] = []
  for (let at = 0; at < text.length; ) {
    let cell = ''
    if (text[at] === '"') {
      for (at++; !(text[at] === '"' && text[at + 1] !== '"'); at += text[at] === '"' ? 2 : 1) cell += text[at]
      at++
    } else for (; at < text.length && text[at] !== ',' && text[at] !== '\r'; at++) cell += text[at]
    cells.push(cell)
    if (text[at] === ',') at++
    else {
      at += 2
      rows.push(cells)
      cells = []
    }
  }
  return rows
}

describe('a line of CSV', () => {
  test('is read back as it was written, whatever the cells hold', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', ';', ' ', '青', '\u{1F600}', "'") })
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1 }), (rows) => {
        const back = parse(rows.map(csvLine).join(''))
        expect(back).toEqual(rows)
      }),
    )
  })

  test('never runs as a formula: only a plain number may begin with a sign', () => {
    for (const bad of ['=1+1', '+cmd', '-2+3', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1', '|calc', '-1.2.3', '%0A=1'])
      expect(csvCell(bad).replace(/^"/, '')[0]).toBe("'")
    for (const good of ['-3.600000', '12', '0.000000', 'base-pay', '青禾医院']) expect(csvCell(good)).toBe(good)
  })
})
