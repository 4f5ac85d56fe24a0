import { invariant } from '@bithive/kernel/errors'

/** Governed numbers of the schedule; see parameters.ts. */
export type EmissionTerms = {
  /** Smallest units in each epoch of the first period. */
  readonly firstAmount: bigint
  /** Epochs after which the amount becomes smaller. */
  readonly periodEpochs: bigint
  /** What is left of it in the next period, in 1/10,000. */
  readonly keepBps: bigint
}

/** More periods than this are nothing: every amount below 2^63 is 0 long before, unless nothing is taken away. */
const MOST_PERIODS = 5_000n

/** How much is issued for one epoch, counted from 0: cut to whole units after every period. */
export function emissionOf(epoch: bigint, terms: EmissionTerms): bigint {
  const { firstAmount, periodEpochs, keepBps } = terms
  invariant(epoch >= 0n && firstAmount >= 0n && periodEpochs > 0n, 'epochs count from 0')
  invariant(keepBps >= 0n && keepBps <= 10_000n, 'what is left is a share of the whole')
  if (keepBps === 10_000n) return firstAmount
  const periods = epoch / periodEpochs
  let amount = firstAmount
  for (let period = 0n; period < periods && period < MOST_PERIODS && amount > 0n; period++) {
    amount = (amount * keepBps) / 10_000n
  }
  return amount
}

/** Epochs that are over at a moment: a clock that stands before the start has seen none. */
export function endedEpochs(startAtMs: number, epochMs: number, nowMs: number): bigint {
  invariant(epochMs > 0, 'an epoch lasts')
  return nowMs <= startAtMs ? 0n : BigInt(Math.floor((nowMs - startAtMs) / epochMs))
}

/** Shares an amount out over shards, the first one getting what does not divide. */
export function overShards(amount: bigint, shards: readonly number[]): { shard: number; amount: bigint }[] {
  const each = amount / BigInt(shards.length)
  const rest = amount - each * BigInt(shards.length)
  return shards.map((shard, index) => ({ shard, amount: index === 0 ? each + rest : each }))
}
