import { invariant } from '@bithive/kernel/errors'
import { treasuryErrors } from './errors.ts'

/**
 * An exact ratio of smallest units: `num` units of the quote asset for `den` units of the base asset. Both are above
 * 0, without a common divisor, and at most MAX_TERM, so that an amount times a term never leaves what is tested.
 */
export type Ratio = { readonly num: bigint; readonly den: bigint }

/** 10^18: a price of twelve digits with eight decimals between assets of any usual scale stays below it. */
const MAX_TERM = 1_000_000_000_000_000_000n
const PRICE = /^(\d{1,12})(?:\.(\d{1,8}))?$/

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b]
  while (y > 0n) [x, y] = [y, x % y]
  return x
}

/** @throws treasury.bad-rate when a term is 0 or too large */
export function ratioOf(num: bigint, den: bigint): Ratio {
  if (num <= 0n || den <= 0n) throw treasuryErrors.error('bad-rate')
  const common = gcd(num, den)
  const ratio = { num: num / common, den: den / common }
  if (ratio.num > MAX_TERM || ratio.den > MAX_TERM) throw treasuryErrors.error('bad-rate')
  return ratio
}

/**
 * Reads «1 whole base unit costs so many whole quote units» exactly.
 * @param price a plain decimal of at most 12 digits and 8 decimals, above 0 @throws treasury.bad-rate
 */
export function readPrice(price: string, scale: { readonly base: number; readonly quote: number }): Ratio {
  const match = PRICE.exec(price)
  if (!match) throw treasuryErrors.error('bad-rate')
  const decimals = match[2] ?? ''
  const digits = BigInt(`${match[1]}${decimals}`)
  return ratioOf(digits * 10n ** BigInt(scale.quote), 10n ** BigInt(decimals.length + scale.base))
}

/**
 * Writes a ratio as quote per whole base with at most 12 decimals, cut, without trailing zeros: for people. The
 * ratio itself travels beside it.
 */
export function writePrice(ratio: Ratio, scale: { readonly base: number; readonly quote: number }): string {
  const scaled = (ratio.num * 10n ** BigInt(scale.base + 12)) / (ratio.den * 10n ** BigInt(scale.quote))
  const digits = scaled.toString().padStart(13, '0')
  const decimals = digits.slice(-12).replace(/0+$/, '')
  return `${digits.slice(0, -12)}${decimals === '' ? '' : `.${decimals}`}`
}

/** Below 0 when a < b, 0 when they are equal, above 0 when a > b. */
export function compareRatios(a: Ratio, b: Ratio): number {
  const [left, right] = [a.num * b.den, b.num * a.den]
  return left < right ? -1 : left > right ? 1 : 0
}

/** How far `a` lies from `b`, in basis points of `b`, rounded up: what is over a bound by a hair is over it. */
export function distanceBps(a: Ratio, b: Ratio): bigint {
  const gap = a.num * b.den - b.num * a.den
  const size = gap < 0n ? -gap : gap
  const whole = b.num * a.den
  return (size * 10_000n + whole - 1n) / whole
}

/** `amount` times num over den, rounded down. */
export function timesDown(amount: bigint, num: bigint, den: bigint): bigint {
  invariant(amount >= 0n && num >= 0n && den > 0n, 'amounts and rates are not negative')
  return (amount * num) / den
}

/** `amount` times num over den, rounded up. */
export function timesUp(amount: bigint, num: bigint, den: bigint): bigint {
  invariant(amount >= 0n && num >= 0n && den > 0n, 'amounts and rates are not negative')
  return (amount * num + den - 1n) / den
}
