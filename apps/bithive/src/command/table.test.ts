import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { plainText } from './plain-text.ts'
import { cellsOf, formatTable, padTo } from './table.ts'
import { factLines, sizeOf, wordOf } from './words.ts'

describe('a text’s cells', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['医院', 4],
    ['（样例）', 8],
    ['，', 2],
    ['ＡＢ', 4],
    ['한국', 4],
    ['かな', 4],
    ['𠮷', 2],
    ['🏥', 2],
    ['é', 1],
    ['e\u0301', 1],
    ['a\u200bb', 2],
    ['−→', 2],
  ])('of %j are %i', (text, cells) => {
    expect(cellsOf(text)).toBe(cells)
  })
})

describe('a table', () => {
  test('is aligned by cells, Chinese and Latin together, money on the right', () => {
    const rows = [
      ['青禾医院（样例）', '3.600000'],
      ['home-1', '12.500000'],
    ]
    expect(formatTable(['机构', '支出'], rows, [1]).split('\n')).toEqual([
      '机构                   支出',
      '----------------  ---------',
      '青禾医院（样例）   3.600000',
      'home-1            12.500000',
    ])
  })

  test('starts each column in the same cell on every line, whatever is in it', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'b', '医', '院', '（', '9', '𠮷'), minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 8 }), (rows) => {
        const lines = formatTable(['甲', 'b', '丙'], rows).split('\n')
        const widths = (lines[1] as string).split('  ').map((dashes) => dashes.length)
        rows.forEach((row, at) => {
          const right = `${padTo(row[0], widths[0] as number)}  ${padTo(row[1], widths[1] as number)}  ${row[2]}`
          expect(lines[at + 2]).toBe(right)
        })
        const most = Math.max(...lines.map(cellsOf))
        expect(most).toBe(widths.reduce((sum, width) => sum + width, 0) + 4)
      }),
    )
  })

  test('keeps a cell on its line, and a missing cell empty', () => {
    const shown = formatTable(['a', 'b'], [['one\ntwo\tthree', 'x'], ['only']])
    expect(shown.split('\n')).toHaveLength(4)
    expect(shown).toContain('one two three  x')
  })

  test('of no rows is its headers, and one of very many is drawn', () => {
    expect(formatTable(['订单', 'state'], [])).toBe('订单  state\n----  -----')
    const many = Array.from({ length: 200_000 }, (_, i) => [String(i)])
    expect(formatTable(['n'], many).length).toBeGreaterThan(1_000_000)
  })
})

test('plain text has no control sequence and no turn of direction, and keeps its lines', () => {
  expect(plainText('a\u001b[31mb\u0000\u009bc\u202ed\u2066e\r\n\tf 医院')).toBe('a[31mbcde\n\tf 医院')
})

describe('words', () => {
  test('are those of the language; a code without one is shown as it is', () => {
    expect([wordOf('hospital', 'zh'), wordOf('data-centre', 'en')]).toEqual(['医院', 'data centre'])
    expect([wordOf('orders.no-consent', 'zh'), wordOf('constructor', 'en')]).toEqual([
      'orders.no-consent',
      'constructor',
    ])
  })

  test('label the facts of a problem, one a line, and turn waiting into seconds', () => {
    const facts = { option: '--to', matches: 2, retryAfterMs: 2_100, other: 'x', toString: 1 }
    expect(factLines(facts, 'zh')).toEqual([
      '  选项：--to',
      '  符合的个数：2',
      '  3 秒后可重试',
      '  other：x',
      '  toString：1',
    ])
    expect(factLines({ retryAfterMs: 900 }, 'en')).toEqual(['  try again in 1 s'])
  })

  test.each([
    [0, '0 B'],
    [1_023, '1023 B'],
    [1_024, '1.0 KiB'],
    [250_450, '244.6 KiB'],
    [5 * 2 ** 40, '5120.0 GiB'],
  ])('%i bytes are %s', (bytes, shown) => {
    expect(sizeOf(bytes)).toBe(shown)
  })
})
