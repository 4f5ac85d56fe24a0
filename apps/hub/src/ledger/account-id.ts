import { createHash } from 'node:crypto'
import { invariant } from '@bithive/kernel/errors'

/** What an account is for. All but `holder`, `escrow` and `royalty` belong to the network alone. */
export const ACCOUNT_KINDS = [
  'holder',
  'escrow',
  'fee',
  'royalty',
  'treasury',
  'clearing',
  'custody',
  'supply',
  'pool',
  'quality-pool',
] as const
export type AccountKind = (typeof ACCOUNT_KINDS)[number]

/** The owner of the network's own accounts; `network:<region>` is an owner on the network's side too. */
export const NETWORK = 'network'

/** The shards of this hub. Every owner has a sub-account on each, so that a chain can stay on one. */
export const SHARDS: readonly number[] = [0, 1]

/** A positive 63-bit number: the shard in bits 57 to 62, the rest from a hash. JSON carries it as a decimal string. */
export type AccountId = bigint

const SHARD_BITS = 57n

function hash64(...parts: readonly string[]): bigint {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part)
  return hash.digest().readBigUInt64BE()
}

/**
 * The account of an owner, asset and kind on one shard: the same words give the same id, with no look-up.
 * Two accounts that meet on one id (57 bits of SHA-256) are found when the second is opened, and refused.
 */
export function accountIdOf(key: { owner: string; asset: string; kind: AccountKind; shard: number }): AccountId {
  invariant(SHARDS.includes(key.shard), 'the shard of an account exists')
  return (BigInt(key.shard) << SHARD_BITS) | (hash64('account', key.owner, key.asset, key.kind) >> (64n - SHARD_BITS))
}

/** The shard that an account lives on. */
export function shardOfAccount(id: AccountId): number {
  return Number(id >> SHARD_BITS)
}

/** The account of the same owner, asset and kind on another shard: only the shard's bits differ. */
export function sameAccountOn(id: AccountId, shard: number): AccountId {
  return (BigInt(shard) << SHARD_BITS) | BigInt.asUintN(Number(SHARD_BITS), id)
}

/** The shard on which everything about this reference (a job, an order) is booked: a fair, repeatable draw. */
export function shardOf(reference: string): number {
  return SHARDS[Number(hash64('reference', reference) % BigInt(SHARDS.length))] as number
}
