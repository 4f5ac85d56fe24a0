import type { Clock } from '@bithive/kernel/clock'
import { type Database, sqlState } from '@bithive/kernel/database'
import { InvariantError } from '@bithive/kernel/errors'
import type { Log } from '@bithive/kernel/log'
import { SHARDS } from './account-id.ts'
import { applyBatch, type Chain, type RowResult } from './apply-batch.ts'
import { createBatchQueue, QUEUE_LIMITS, type QueueLimits } from './batch-queue.ts'
import { checkChain } from './check-chain.ts'
import { troubleOf } from './connection-trouble.ts'
import { ledgerErrors } from './errors.ts'
import {
  BALANCE_LIMIT,
  CREDIT_LIMIT,
  INSUFFICIENT,
  PAYOUTS_STOPPED,
  type RefusalContext,
  readResult,
} from './read-result.ts'
import { readAssetsOf, readShardEpoch, readStoppedAccounts } from './store.ts'
import type { TransferOutcome } from './transfer.ts'

export type SubmitDeps = {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
  readonly limits?: QueueLimits
  /** How often a batch is asked again when the connection fails; the waits double from 50 ms to 1.6 s. */
  readonly attempts?: number
  readonly onCommit: (commit: { shard: number; lastSeq: bigint }) => void
}

/** Default number of tries: about 5 s in all, longer than embedded PostgreSQL takes to come back after a kill. */
const ATTEMPTS = 8
const FIRST_WAIT_MS = 50
const LONGEST_WAIT_MS = 1600
/** SQLSTATE that ledger.apply raises for a writer with an older epoch. */
const FENCED = 'LG001'

type Answer = { readonly rows: readonly RowResult[] } | { readonly lost: unknown } | { readonly failed: Error }

/** Sends one batch until the database has answered, with the same ids each time. */
function createSender(deps: SubmitDeps) {
  const epochs = new Map<number, bigint>()
  const once = async (shard: number, chains: readonly Chain[]) => {
    const epoch = epochs.get(shard) ?? (await readShardEpoch(deps.db, shard))
    epochs.set(shard, epoch)
    const { results, lastSeq } = await applyBatch(deps, { shard, epoch, chains })
    deps.onCommit({ shard, lastSeq })
    return results
  }
  return async (shard: number, chains: readonly Chain[]): Promise<Answer> => {
    let maybeBooked = false
    let last: unknown
    for (let attempt = 0; attempt < (deps.attempts ?? ATTEMPTS); attempt++) {
      if (attempt > 0) await deps.clock.sleep(Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS))
      try {
        return { rows: await once(shard, chains) }
      } catch (error) {
        const trouble = error instanceof InvariantError ? 'rejected' : troubleOf(error)
        deps.log.warn({ shard, attempt, trouble, code: sqlState(error) }, 'a ledger batch got no answer')
        // A refused second try says nothing about the first one, which may have been booked.
        if (trouble === 'rejected') return maybeBooked ? { lost: error } : { failed: error as Error }
        maybeBooked ||= trouble === 'lost'
        last = error
      }
    }
    return maybeBooked ? { lost: last } : { failed: ledgerErrors.error('unavailable', { shard }, last) }
  }
}

/** Looks up what the refusals of a batch are explained with: nothing to read when none needs it. */
async function readContext(
  deps: SubmitDeps,
  shard: number,
  chains: readonly Chain[],
  rows: readonly RowResult[],
): Promise<RefusalContext> {
  const accounts = new Set<bigint>()
  let stopped = false
  for (const [index, t] of chains.flat().entries()) {
    const result = rows[index]?.result
    if (result === INSUFFICIENT) accounts.add(t.debit)
    if (result === CREDIT_LIMIT || result === BALANCE_LIMIT) accounts.add(t.credit)
    stopped ||= result === PAYOUTS_STOPPED
  }
  const assets = accounts.size > 0 ? await readAssetsOf(deps.db, shard, [...accounts]) : new Map()
  return {
    assetOf: (account) => assets.get(account),
    stoppedAccounts: stopped ? await readStoppedAccounts(deps.db, shard) : [],
  }
}

/** The answer is in and only its explanation is missing: a failing look-up must not turn it into an error. */
async function readContextIfPossible(...args: Parameters<typeof readContext>): Promise<RefusalContext> {
  try {
    return await readContext(...args)
  } catch (error) {
    args[0].log.warn({ shard: args[1], code: sqlState(error) }, 'the reasons of a ledger batch could not be read')
    return { assetOf: () => undefined, stoppedAccounts: [] }
  }
}

/**
 * Books chains: all of a chain or nothing, batched with whatever else is waiting for the same shard.
 * One caller's bad chain gets its own answer and leaves the others alone, even if the database raises on it.
 */
export function createSubmit(deps: SubmitDeps): (chain: Chain) => Promise<TransferOutcome[]> {
  const send = createSender(deps)

  const explain = async (shard: number, chains: readonly Chain[], rows: readonly RowResult[]) => {
    const context = await readContextIfPossible(deps, shard, chains, rows)
    let at = 0
    return chains.map((chain) => chain.map((request) => readResult(request, rows[at++] as RowResult, context)))
  }

  const carryOut = async (shard: number, chains: readonly Chain[]): Promise<(TransferOutcome[] | Error)[]> => {
    const answer = await send(shard, chains)
    if ('rows' in answer) return explain(shard, chains, answer.rows)
    if ('lost' in answer) {
      deps.log.error({ shard, chains: chains.length }, 'the outcome of a ledger batch is unknown')
      return chains.map((chain) =>
        chain.map(({ id }) => {
          const error = ledgerErrors.error('outcome-unknown', { transfer: id }, answer.lost)
          return { status: 'unknown', id, error }
        }),
      )
    }
    const fenced = sqlState(answer.failed) === FENCED
    const failed = fenced ? ledgerErrors.error('fenced', { shard }, answer.failed) : answer.failed
    const known = fenced || sqlState(failed) === ledgerErrors.code('unavailable')
    if (known || chains.length === 1) {
      deps.log.error({ shard, chains: chains.length, code: sqlState(failed) }, 'a ledger batch was not booked')
      return chains.map(() => failed)
    }
    // The batch was rolled back whole, and one chain of it is the reason: alone, each gets its own answer.
    const alone: (TransferOutcome[] | Error)[] = []
    for (const chain of chains) alone.push((await carryOut(shard, [chain]))[0] as TransferOutcome[] | Error)
    return alone
  }

  const queues = SHARDS.map((shard) =>
    createBatchQueue<Chain, TransferOutcome[]>(
      (chains) => carryOut(shard, chains),
      (chain) => chain.length,
      deps.limits ?? QUEUE_LIMITS,
    ),
  )
  return async (chain) => {
    const queue = queues[SHARDS.indexOf(checkChain(chain))]
    if (!queue) throw ledgerErrors.error('no-account', { transfer: chain[0]?.id ?? '' })
    return queue(chain)
  }
}
