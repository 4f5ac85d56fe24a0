import { expect, test } from 'vitest'
import { decimalsOf, trimAmount } from './trim-amount.ts'

test('zeros that say nothing go, every figure that counts stays, and no decimals are invented', () => {
  const written = ['1.800000', '0.036000', '1.805001', '7', '1.5', '-0.600000'].map((amount) => trimAmount(amount))
  expect(written).toEqual(['1.80', '0.036', '1.805001', '7', '1.5', '-0.60'])
})

test('a column has as many decimals as its finest amount', () => {
  expect(decimalsOf(['1.800000', '0.036000'])).toBe(3)
  expect(trimAmount('1.800000', decimalsOf(['1.800000', '0.036000']))).toBe('1.800')
})
