import type { Clock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import { invariant } from '@bithive/kernel/errors'
import { TRANSFER_CODES } from './codes.ts'
import { LINKED, STEP_FLAGS, type TransferRequest } from './transfer.ts'

/** One result for each transfer of a batch, in order; `result` is a code of migrations/002 and 005-apply.sql. */
export type RowResult = { readonly result: number; readonly detail: bigint }

export type Chain = readonly TransferRequest[]

const literal = (items: readonly (string | number | bigint)[]) => `{${items.join(',')}}`
const quoted = (text: string | undefined) =>
  text === undefined ? 'NULL' : `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

/** Each account once, in order of the ids (the order in which `ledger.apply` reads them fastest), from 1. */
function placesOf(chains: readonly Chain[]): Map<bigint, number> {
  const both = new BigInt64Array(2 * chains.reduce((sum, chain) => sum + chain.length, 0))
  let at = 0
  for (const chain of chains) {
    for (const { debit, credit } of chain) {
      both[at++] = debit
      both[at++] = credit
    }
  }
  const places = new Map<bigint, number>()
  for (const account of both.sort()) if (!places.has(account)) places.set(account, places.size + 1)
  return places
}

/** The arguments of `ledger.book`, as array literals: one string is cheaper to make and to read than an array. */
function encodeBatch(chains: readonly Chain[]) {
  const places = placesOf(chains)
  const place = (account: bigint) => places.get(account) as number
  const ids: string[] = []
  const debits: number[] = []
  const credits: number[] = []
  const amounts: bigint[] = []
  const flags: number[] = []
  const codes: number[] = []
  const pending: string[] = []
  const timeouts: (number | string)[] = []
  const references: string[] = []
  const postLimits: (bigint | string)[] = []
  let hasPending = false
  let hasTimeout = false
  let hasReference = false
  let hasPostLimit = false
  for (const chain of chains) {
    for (const [index, t] of chain.entries()) {
      ids.push(t.id)
      debits.push(place(t.debit))
      credits.push(place(t.credit))
      amounts.push(t.amount)
      flags.push(STEP_FLAGS[t.step ?? 'move'] | (index < chain.length - 1 ? LINKED : 0))
      codes.push(TRANSFER_CODES[t.code].number)
      const refersTo = t.pendingId ?? t.reverses
      pending.push(refersTo ?? 'NULL')
      timeouts.push(t.timeoutMs ?? 'NULL')
      references.push(quoted(t.reference))
      postLimits.push(t.postLimit ?? 'NULL')
      hasPending ||= refersTo !== undefined
      hasPostLimit ||= t.postLimit !== undefined
      hasTimeout ||= t.timeoutMs !== undefined
      hasReference ||= t.reference !== undefined
    }
  }
  return {
    accounts: literal([...places.keys()]),
    ids: literal(ids),
    debits: literal(debits),
    credits: literal(credits),
    amounts: literal(amounts),
    flags: literal(flags),
    codes: literal(codes),
    pending: hasPending ? literal(pending) : null,
    timeouts: hasTimeout ? literal(timeouts) : null,
    references: hasReference ? literal(references) : null,
    postLimits: hasPostLimit ? literal(postLimits) : null,
  }
}

/**
 * Books one batch on one shard in one transaction. @returns results in the order of the transfers, and the last seq.
 */
export async function applyBatch(
  deps: { db: Database; clock: Clock },
  batch: { shard: number; epoch: bigint; chains: readonly Chain[] },
): Promise<{ results: RowResult[]; lastSeq: bigint }> {
  const a = encodeBatch(batch.chains)
  const now = BigInt(deps.clock.now())
  const [row] = await deps.db.app<{ base: bigint; results: number[] | null; details: bigint[] | null }[]>`
    SELECT base, results, details FROM ledger.book(${batch.shard}::int, ${batch.epoch}::bigint, ${now}::bigint,
      ${a.accounts}::text::bigint[], ${a.ids}::text::uuid[], ${a.debits}::text::int[], ${a.credits}::text::int[],
      ${a.amounts}::text::bigint[], ${a.flags}::text::int[], ${a.codes}::text::int[], ${a.pending}::text::uuid[],
      ${a.timeouts}::text::bigint[], ${a.references}::text::text[], ${a.postLimits}::text::bigint[])`
  const count = batch.chains.reduce((sum, chain) => sum + chain.length, 0)
  invariant(row !== undefined, 'the ledger answers every batch')
  const { base, results, details } = row
  // No lists: every row was booked, in order.
  if (results === null || details === null) {
    const booked = Array.from({ length: count }, (_, index) => ({ result: 0, detail: base + BigInt(index + 1) }))
    return { results: booked, lastSeq: base + BigInt(count) }
  }
  invariant(results.length === count, 'the ledger answers one result for each transfer')
  const done = results.filter((result) => result === 0).length
  return {
    results: results.map((result, index) => ({ result, detail: details[index] as bigint })),
    lastSeq: base + BigInt(done),
  }
}
