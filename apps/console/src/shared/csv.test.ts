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

test('nothing that a spreadsheet would run leaves as a formula, in full width either', () => {
  for (const bad of ['=1+1', '+cmd', '-2+3', '@SUM(A1)', '\t=1', ' =1', '＝1', '＋1', '－1', '＠x', '|calc', '%0A=1']) {
    expect(toCsv([bad], [])).toContain(`'${bad}`)
  }
})
