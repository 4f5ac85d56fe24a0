import { invariant } from '@bithive/kernel/errors'
import { type Ratio, timesDown, timesUp } from './ratio.ts'

export type QuoteTerms = {
  /** Units of quote for units of base, before the spread. */
  readonly ratio: Ratio
  /** `sell-base`: the owner gives base and gets quote. */
  readonly side: 'sell-base' | 'sell-quote'
  /** Half of the desk's margin: taken from what the owner gets, in 1/10,000. */
  readonly spreadBps: bigint
  /** The network's fee, taken from what the owner gives, in 1/10,000. */
  readonly feeBps: bigint
}

export type QuoteFigures = {
  /** All that leaves the owner. */
  readonly sell: bigint
  /** The part of it that is the fee. */
  readonly fee: bigint
  /** The rest, which the desk takes. */
  readonly net: bigint
  /** What the owner gets. */
  readonly buy: bigint
}

/**
 * What the owner gets for `sell` smallest units. The fee is rounded up and what is bought is rounded down, once, at the
 * end: the desk never gives more than the rate says, so converting to and fro never makes money.
 * @returns buy 0 when the amount is too small to buy one unit
 */
export function computeQuote(sell: bigint, terms: QuoteTerms): QuoteFigures {
  invariant(sell > 0n, 'an amount that is sold is above 0')
  const { ratio, side, spreadBps, feeBps } = terms
  invariant(spreadBps >= 0n && spreadBps < 10_000n && feeBps >= 0n && feeBps < 10_000n, 'shares are below the whole')
  const fee = timesUp(sell, feeBps, 10_000n)
  const net = sell - fee
  const [num, den] = side === 'sell-base' ? [ratio.num, ratio.den] : [ratio.den, ratio.num]
  return { sell, fee, net, buy: timesDown(net, num * (10_000n - spreadBps), den * 10_000n) }
}

/** One shard's share of a conversion. */
export type QuotePart = { readonly shard: number; readonly sell: bigint; readonly fee: bigint; readonly buy: bigint }

/**
 * Shares a conversion out over the shards that hold the money. Each figure is cut at the same running place, so the
 * parts add up to the whole exactly, whatever the rounding.
 */
export function shareOut(figures: QuoteFigures, sells: readonly { shard: number; sell: bigint }[]): QuotePart[] {
  invariant(
    sells.reduce((sum, part) => sum + part.sell, 0n) === figures.sell && sells.every((part) => part.sell > 0n),
    'the shards give exactly what is sold',
  )
  let before = 0n
  const upTo = (whole: bigint, place: bigint) => (whole * place) / figures.sell
  return sells.map(({ shard, sell }) => {
    const after = before + sell
    const part = (whole: bigint) => upTo(whole, after) - upTo(whole, before)
    const shared = { shard, sell, fee: part(figures.fee), buy: part(figures.buy) }
    before = after
    return shared
  })
}
