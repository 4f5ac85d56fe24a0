import { expect, test } from 'vitest'
import { toCsv } from './csv.ts'

test('a table becomes CSV that a spreadsheet reads as it is', () => {
  const csv = toCsv(
    ['名称', 'amount'],
    [
      ['a "quoted", name', '-4.86'],
      ['=HYPERLINK("x")', 12],
      ['@sum', undefined],
    ],
  )
  expect(csv).toBe('\uFEFF名称,amount\r\n"a ""quoted"", name",-4.86\r\n"\'=HYPERLINK(""x"")",12\r\n\'@sum,\r\n')
})
