import { deterministicUuid } from '@bithive/kernel/ids'
import { type AccountId, sameAccountOn } from './account-id.ts'
import type { TransferRequest } from './transfer.ts'

/** One move of an owner's money from its sub-account on one shard to the one on another. */
export type Level = {
  readonly id: string
  readonly fromShard: number
  readonly toShard: number
  /** The owner's sub-account on the shard that gives, and the clearing account there. */
  readonly owner: AccountId
  readonly clearing: AccountId
  readonly amount: bigint
}

/** How long the leg that gives may stand undecided; then it is voided, and the other leg after it. */
export const LEVEL_TIMEOUT_MS = 30_000

/** Owner of the clearing accounts of a pair of shards: one on each, and together they hold nothing once all is done. */
export function clearingOwner(one: number, other: number): string {
  return `network:clearing:${Math.min(one, other)}-${Math.max(one, other)}`
}

const REFERENCE = /^level:([0-9a-f-]{36}):(\d+)>(\d+)$/
const referenceOf = (level: Level) => `level:${level.id}:${level.fromShard}>${level.toShard}`
export const outIdOf = (levelId: string): string => deterministicUuid('ledger', 'level', levelId, 'out')

/** What a leg in the feed says of itself; undefined when it is no leg of a level. */
export function levelOf(leg: {
  shard: number
  debit: AccountId
  credit: AccountId
  amount: bigint
  reference: string | undefined
}): Level | undefined {
  const [, id, from, to] = REFERENCE.exec(leg.reference ?? '') ?? []
  if (id === undefined) return undefined
  const [fromShard, toShard] = [Number(from), Number(to)]
  const gives = leg.shard === fromShard
  const owner = sameAccountOn(gives ? leg.debit : leg.credit, fromShard)
  const clearing = sameAccountOn(gives ? leg.credit : leg.debit, fromShard)
  return { id, fromShard, toShard, owner, clearing, amount: leg.amount }
}

/**
 * The legs. `out` and `in` are holds; how `out` ends decides for both: posted, the money has left and `in` is posted
 * after it; voided, `in` is voided. `in` has no time-out of its own, so that a decision can always be carried out.
 */
export function legsOf(level: Level) {
  const reference = referenceOf(level)
  const id = (leg: string) => deterministicUuid('ledger', 'level', level.id, leg)
  const [outId, inId] = [outIdOf(level.id), id('in')]
  const out = { debit: level.owner, credit: level.clearing, code: 'clearing-out', reference } as const
  const into = {
    debit: sameAccountOn(level.clearing, level.toShard),
    credit: sameAccountOn(level.owner, level.toShard),
    code: 'clearing-in',
    reference,
  } as const
  const { amount } = level
  return {
    out: { ...out, id: outId, amount, step: 'hold', timeoutMs: LEVEL_TIMEOUT_MS },
    into: { ...into, id: inId, amount, step: 'hold' },
    outPost: { ...out, id: id('out-post'), amount, step: 'post', pendingId: outId },
    outVoid: { ...out, id: id('out-void'), amount: 0n, step: 'void', pendingId: outId },
    intoPost: { ...into, id: id('in-post'), amount, step: 'post', pendingId: inId },
    intoVoid: { ...into, id: id('in-void'), amount: 0n, step: 'void', pendingId: inId },
  } as const satisfies Record<string, TransferRequest>
}
