import { defineErrors, invariant } from './errors.ts'

/** An asset and the number of decimals of its smallest unit. Amounts are always `bigint` in that unit. */
export type Asset = { readonly code: string; readonly scale: number }

export const moneyErrors = defineErrors('money', {
  'bad-amount': {
    status: 422,
    retryable: false,
    zh: {
      title: '金额写法不正确',
      notDone: '没有发生任何记账。',
      todo: '请用普通小数书写，小数位不要超过该币种的位数。',
    },
    en: {
      title: 'The amount is not written correctly',
      notDone: 'Nothing was booked.',
      todo: 'Write a plain decimal with no more decimals than the asset has.',
    },
  },
})

/** The largest amount that a PostgreSQL bigint holds; every amount and balance stays at or below it. */
export const MAX_AMOUNT = 9_223_372_036_854_775_807n

/** Writes an amount as a decimal string with exactly `scale` decimals, for example `12.600000`. */
export function formatAmount(amount: bigint, scale: number): string {
  const negative = amount < 0n
  const digits = (negative ? -amount : amount).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  const sign = negative ? '-' : ''
  return scale === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(digits.length - scale)}`
}

/**
 * Reads a decimal string into the smallest unit.
 * @throws money.bad-amount when it is not a plain decimal, has too many decimals, or is out of range.
 */
export function parseAmount(text: string, scale: number): bigint {
  const match = /^(-?)(\d{1,19})(?:\.(\d+))?$/.exec(text)
  const decimals = match?.[3] ?? ''
  if (!match || decimals.length > scale) throw moneyErrors.error('bad-amount', { scale })
  const amount = BigInt(`${match[2]}${decimals.padEnd(scale, '0')}`)
  if (amount > MAX_AMOUNT) throw moneyErrors.error('bad-amount', { scale })
  return match[1] === '-' ? -amount : amount
}

/**
 * Splits an amount by basis points without losing a unit: each part is rounded down and the remainder goes
 * to the first part, so the parts always add up to `amount`.
 * @param bps shares of 1/10,000 that add up to the whole; fewer would hand what is not shared out to the first part.
 */
export function splitByBasisPoints(amount: bigint, bps: readonly number[]): bigint[] {
  invariant(amount >= 0n, 'an amount that is split is not negative')
  invariant(
    bps.every((b) => Number.isInteger(b) && b >= 0) && bps.reduce((sum, b) => sum + b, 0) === 10_000,
    'shares are whole basis points and add up to the whole',
  )
  const parts = bps.map((b) => (amount * BigInt(b)) / 10_000n)
  const rest = amount - parts.reduce((sum, part) => sum + part, 0n)
  return [(parts[0] as bigint) + rest, ...parts.slice(1)]
}
