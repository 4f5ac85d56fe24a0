import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatAmount, MAX_AMOUNT, parseAmount, splitByBasisPoints } from './money.ts'

const scale = fc.integer({ min: 0, max: 18 })
const amount = fc.bigInt({ min: -MAX_AMOUNT, max: MAX_AMOUNT })
const refused = expect.objectContaining({ code: 'money.bad-amount' })

/** Four shares that add up to 10,000, as three cuts of the whole. */
const shares = fc
  .tuple(...Array.from({ length: 3 }, () => fc.integer({ min: 0, max: 10_000 })))
  .map((cuts) => [0, ...cuts.sort((a, b) => a - b), 10_000])
  .map((marks) => marks.slice(1).map((mark, i) => mark - (marks[i] as number)))

describe('an amount', () => {
  test('written and read again is the same amount', () => {
    fc.assert(fc.property(amount, scale, (value, s) => parseAmount(formatAmount(value, s), s) === value))
  })

  test('is written with exactly the decimals of its asset', () => {
    expect(formatAmount(12_600_000n, 6)).toBe('12.600000')
    expect(formatAmount(-5n, 2)).toBe('-0.05')
    expect(formatAmount(0n, 6)).toBe('0.000000')
    expect(formatAmount(1_234n, 0)).toBe('1234')
    fc.assert(fc.property(amount, scale, (value, s) => (formatAmount(value, s).split('.')[1] ?? '').length === s))
  })

  test('may be read with fewer decimals than its asset has, never with more', () => {
    expect(parseAmount('12.6', 6)).toBe(12_600_000n)
    expect(parseAmount('007', 2)).toBe(700n)
    expect(() => parseAmount('0.001', 2)).toThrow(refused)
    expect(() => parseAmount('1.0', 0)).toThrow(refused)
  })

  test('is at most what PostgreSQL holds', () => {
    expect(parseAmount('9223372036854775807', 0)).toBe(MAX_AMOUNT)
    expect(() => parseAmount('9223372036854775808', 0)).toThrow(refused)
    expect(() => parseAmount('9223372036854.775808', 6)).toThrow(refused)
    expect(() => parseAmount(`1${'0'.repeat(19)}`, 0)).toThrow(refused)
  })

  test.each(['', '-', '.5', '5.', '1e3', '+1', ' 1', '1\n', '1,000', '0x10', '１', '--1', 'NaN', '1.2.3'])(
    '%j is refused: it is not a plain decimal',
    (text) => {
      expect(() => parseAmount(text, 6)).toThrow(refused)
    },
  )

  test('that is refused does not come back in the error', () => {
    try {
      parseAmount('Zhang San 12', 2)
      expect.unreachable()
    } catch (error) {
      expect(JSON.stringify(error)).not.toContain('Zhang')
      expect((error as Error).message).not.toContain('Zhang')
    }
  })
})

describe('a split', () => {
  test('adds up to the whole, and no part but the first is more than its share', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: MAX_AMOUNT }), shares, (value, bps) => {
        const parts = splitByBasisPoints(value, bps)
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(value)
        parts.forEach((part, i) => {
          const share = value * BigInt(bps[i] as number)
          expect(part >= 0n).toBe(true)
          if (i > 0) expect(part).toBe(share / 10_000n)
          else expect(part * 10_000n - share).toBeLessThan(BigInt(bps.length) * 10_000n)
        })
      }),
    )
  })

  test('gives what rounding leaves to the first part', () => {
    expect(splitByBasisPoints(9n, [8_500, 1_000, 500])).toEqual([9n, 0n, 0n])
    expect(splitByBasisPoints(10_001n, [8_500, 1_000, 500])).toEqual([8_501n, 1_000n, 500n])
  })

  test.each([[[]], [[9_999]], [[5_000, 5_001]], [[10_001, -1]], [[5_000.5, 4_999.5]]])(
    'of shares %j that are not the whole is a defect, not a gift',
    (bps) => {
      expect(() => splitByBasisPoints(100n, bps)).toThrow(/shares/)
    },
  )

  test('of a negative amount is a defect', () => {
    expect(() => splitByBasisPoints(-1n, [10_000])).toThrow(/not negative/)
  })
})
