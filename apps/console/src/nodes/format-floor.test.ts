import { expect, test } from 'vitest'
import { formatFloor } from './format-floor.ts'

test('a floor price is shown as money, with two to four decimals and never as nothing', () => {
  const shown = ['0.900000', '0.6', '1234', '0.123400', '0.123456', '0.000001', '0'].map(formatFloor)
  expect(shown).toEqual(['¥0.90', '¥0.60', '¥1,234.00', '¥0.1234', '¥0.1234', '¥0.000001', '¥0.00'])
})
