import type { Database } from '@bithive/kernel/database'
import { deterministicUuid } from '@bithive/kernel/ids'
import { type AccountKind, accountIdOf, SHARDS } from './account-id.ts'
import type { Chain } from './apply-batch.ts'
import { clearingOwner, type Level, legsOf, levelOf, outIdOf } from './clearing.ts'
import { ledgerErrors } from './errors.ts'
import { readBalances } from './read-balances.ts'
import { readOpenLegs, readTransfer } from './store.ts'
import type { TransferOutcome, TransferRequest } from './transfer.ts'

export type LevelDeps = {
  readonly db: Database
  readonly submit: (chain: Chain) => Promise<TransferOutcome[]>
  readonly ensureAccounts: (owner: string, asset: string, kind: AccountKind) => Promise<unknown>
}

/** `open`: not known yet; the worker goes on with it. `given-back`: nothing moved. */
export type LevelEnd = 'moved' | 'given-back' | 'open'

export type LevelRequest = {
  readonly owner: string
  readonly asset: string
  readonly kind?: AccountKind
  readonly toShard: number
  /** In the smallest unit. */
  readonly amount: bigint
  /** What it is for: asked twice under one reference, it moves once. */
  readonly reference: string
}

const MOST_LEGS = 500

const stands = (outcome: TransferOutcome | undefined) => outcome?.status === 'done' || outcome?.status === 'exists'
const refusedAs = (outcome: TransferOutcome | undefined, key: Parameters<typeof ledgerErrors.code>[0]) =>
  outcome?.status === 'refused' && outcome.error.code === ledgerErrors.code(key)

/**
 * Carries a level on from wherever it stands, by asking every step again under its own id: 1 the leg that gives is
 * held, 2 the leg that takes is held, 3 the first is posted, which decides, 4 the second is posted. Until 3 it can
 * be undone. Any number of processes may do this at once, and one may die between any two steps.
 */
export async function carryOnLevel(deps: Pick<LevelDeps, 'submit'>, level: Level): Promise<LevelEnd> {
  const legs = legsOf(level)
  const ask = async (leg: TransferRequest) => (await deps.submit([leg]))[0]
  const into = await ask(legs.into)
  if (into?.status === 'unknown') return 'open'
  const outPost = stands(into) ? await ask(legs.outPost) : undefined
  if (stands(outPost)) return stands(await ask(legs.intoPost)) ? 'moved' : 'open'
  if (outPost?.status === 'unknown') return 'open'
  // Whatever stood in the way, only the end of the leg that gives counts: another process may have posted it.
  const outVoid = await ask(legs.outVoid)
  if (refusedAs(outVoid, 'already-posted')) return stands(await ask(legs.intoPost)) ? 'moved' : 'open'
  if (!stands(outVoid) && !refusedAs(outVoid, 'already-voided')) return 'open'
  const intoVoid = await ask(legs.intoVoid)
  const gone = stands(intoVoid) || refusedAs(intoVoid, 'already-voided') || refusedAs(intoVoid, 'hold-unknown')
  return gone ? 'given-back' : 'open'
}

/** Books the first leg, or finds it. @returns undefined when the money is not there */
async function beginLevel(deps: LevelDeps, level: Level): Promise<Level | undefined> {
  const before = await readTransfer(deps.db, { shard: level.fromShard, id: outIdOf(level.id) })
  if (before) return levelOf(before.transfer)
  if (level.amount <= 0n) return undefined
  const [out] = await deps.submit([legsOf(level).out])
  if (stands(out)) return level
  // No second leg without the first: should the first be booked after all, the worker finds it.
  // Another process began it with another amount in the meantime.
  if (!refusedAs(out, 'conflict')) return undefined
  const first = await readTransfer(deps.db, { shard: level.fromShard, id: outIdOf(level.id) })
  return first && levelOf(first.transfer)
}

/**
 * Moves an owner's own money to its sub-account on one shard, from the others that have some, largest first.
 * @returns what arrived, in the smallest unit; less than asked when there is less, or when an outcome is open.
 */
export async function levelBalances(deps: LevelDeps, request: LevelRequest): Promise<bigint> {
  const { owner, asset, kind = 'holder', toShard } = request
  await deps.ensureAccounts(owner, asset, kind)
  const [balance] = await readBalances(deps.db, { owner, asset, kind })
  const others = (balance?.shards ?? []).filter(({ shard }) => shard !== toShard)
  let missing = request.amount
  let moved = 0n
  for (const { shard, available } of others.toSorted((a, b) => Number(b.available - a.available))) {
    const pair = clearingOwner(shard, toShard)
    await deps.ensureAccounts(pair, asset, 'clearing')
    const level = await beginLevel(deps, {
      id: deterministicUuid('ledger', 'level', owner, asset, kind, request.reference, String(shard), String(toShard)),
      fromShard: shard,
      toShard,
      owner: accountIdOf({ owner, asset, kind, shard }),
      clearing: accountIdOf({ owner: pair, asset, kind: 'clearing', shard }),
      amount: available < missing ? available : missing,
    })
    if (!level || (await carryOnLevel(deps, level)) !== 'moved') continue
    moved += level.amount
    missing -= level.amount
  }
  return moved
}

/**
 * Sees to it that an owner can pay an amount on a shard, with its own money from the other shards if need be.
 * @returns `short` when all of its money together does not suffice, `open` when it is on its way: ask again.
 */
export async function gatherFunds(deps: LevelDeps, request: LevelRequest): Promise<'there' | 'short' | 'open'> {
  const { owner, asset, kind = 'holder', toShard, amount } = request
  const look = async () => (await readBalances(deps.db, { owner, asset, kind }))[0]
  const here = (balance: Awaited<ReturnType<typeof look>>) =>
    balance?.shards.find(({ shard }) => shard === toShard)?.available ?? 0n
  const before = await look()
  if (here(before) >= amount) return 'there'
  // What comes in between two shards is counted as well: it was seen leaving, and not yet arriving.
  if ((before?.available ?? 0n) + (before?.pendingIn ?? 0n) < amount) return 'short'
  await levelBalances(deps, { ...request, amount: amount - here(before) })
  const after = await look()
  if (here(after) >= amount) return 'there'
  return (after?.pendingIn ?? 0n) > 0n ? 'open' : 'short'
}

/** Carries on what a dead process, or an answer that was lost, left open: every leg that is still held tells of one. */
export async function finishLevels(deps: Pick<LevelDeps, 'db' | 'submit'>): Promise<number> {
  const open = new Map<string, Level>()
  for (const shard of SHARDS) {
    for (const leg of await readOpenLegs(deps.db, shard, MOST_LEGS)) {
      const level = levelOf(leg)
      if (level) open.set(level.id, level)
    }
  }
  const ends = await Promise.all([...open.values()].map((level) => carryOnLevel(deps, level)))
  return ends.filter((end) => end !== 'open').length
}
