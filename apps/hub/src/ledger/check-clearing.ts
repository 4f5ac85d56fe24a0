import type { Tx } from '@bithive/kernel/database'
import { type AccountId, SHARDS } from './account-id.ts'
import type { Finding } from './check-books.ts'
import { LEVEL_TIMEOUT_MS, levelOf, outIdOf } from './clearing.ts'

/** A leg that is still held after this long was forgotten: both its time-out and the worker have failed. */
const OVERDUE_MS = 2 * LEVEL_TIMEOUT_MS
const MOST_LEGS = 10_000
const MOST_NAMED = 5

type Leg = {
  shard: number
  id: string
  debit: AccountId
  credit: AccountId
  amount: bigint
  reference: string
  atMs: bigint
  asset: string
}
type Pair = { owner: string; asset: string; posted: string }

async function readLegs(tx: Tx): Promise<Leg[]> {
  return tx<Leg[]>`
    SELECT t.shard, t.id, t.debit, t.credit, t.amount, t.reference, t.at_ms AS "atMs", s.code AS asset
    FROM ledger.hold h JOIN ledger.transfer t ON t.shard = h.shard AND t.seq = h.seq
    JOIN ledger.account a ON a.shard = t.shard AND a.id = t.debit JOIN ledger.asset s ON s.id = a.asset
    WHERE h.code IN (150, 151) AND h.shard = ANY(${SHARDS as number[]}) ORDER BY t.shard, t.seq LIMIT ${MOST_LEGS}`
}

/** Amounts that have left one shard and are still to arrive on the other, by pair and asset. */
async function readOnTheirWay(tx: Tx, legs: readonly Leg[]): Promise<Map<string, bigint>> {
  const sums = new Map<string, bigint>()
  for (const leg of legs) {
    const level = levelOf(leg)
    if (!level || leg.shard !== level.toShard) continue
    const [out] = await tx<{ kind: number }[]>`
      SELECT kind FROM ledger.resolution WHERE shard = ${level.fromShard} AND pending_id = ${outIdOf(level.id)}`
    if (out?.kind !== 4) continue
    const key = `${Math.min(level.fromShard, level.toShard)}-${Math.max(level.fromShard, level.toShard)} ${leg.asset}`
    sums.set(key, (sums.get(key) ?? 0n) + leg.amount)
  }
  return sums
}

/** Transfers through the clearing accounts of a pair whose level is posted on one side only. */
async function readOneSided(tx: Tx, pair: Pair): Promise<string[]> {
  const rows = await tx<{ id: string }[]>`
    WITH side AS (
      SELECT t.id, t.reference, t.seq, CASE WHEN t.credit = a.id THEN t.amount ELSE -t.amount END AS change
      FROM ledger.account a JOIN ledger.asset s ON s.id = a.asset
      JOIN ledger.transfer t ON t.shard = a.shard AND a.id IN (t.debit, t.credit) AND t.flags & 10 = 0
      WHERE a.owner = ${pair.owner} AND a.kind = 'clearing' AND s.code = ${pair.asset})
    SELECT id FROM (SELECT *, sum(change) OVER (PARTITION BY coalesce(reference, id::text)) AS rest FROM side) sums
    WHERE rest <> 0 ORDER BY seq DESC LIMIT ${MOST_NAMED}`
  return rows.map(({ id }) => id)
}

/**
 * Each pair's clearing accounts together hold what is on its way and nothing else, and no leg is older than its time
 * allows. @returns differences, once for each shard, because either side may be the one that is wrong.
 */
export async function findClearingDifferences(tx: Tx, nowMs: number): Promise<Finding[]> {
  const legs = await readLegs(tx)
  const overdue = legs.filter((leg) => nowMs - Number(leg.atMs) > OVERDUE_MS)
  const pairs = await tx<Pair[]>`
    SELECT a.owner, s.code AS asset, sum(a.credits_posted - a.debits_posted)::text AS posted
    FROM ledger.account a JOIN ledger.asset s ON s.id = a.asset
    WHERE a.kind = 'clearing' AND a.owner LIKE 'network:clearing:%' GROUP BY a.owner, s.code`
  const onTheirWay = await readOnTheirWay(tx, legs)
  const found: Omit<Finding, 'shard'>[] = []
  for (const pair of pairs) {
    const name = `${pair.owner.slice('network:clearing:'.length)} ${pair.asset}`
    const expected = onTheirWay.get(name) ?? 0n
    if (BigInt(pair.posted) === expected) continue
    const transfers = await readOneSided(tx, pair)
    found.push({ kind: 'clearing', asset: pair.asset, stored: pair.posted, expected: String(expected), transfers })
  }
  if (overdue.length > 0) {
    const transfers = overdue.slice(0, MOST_NAMED).map(({ id }) => id)
    found.push({ kind: 'clearing', stored: `${overdue.length} overdue`, expected: '0 overdue', transfers })
  }
  return found.flatMap((finding) => SHARDS.map((shard) => ({ ...finding, shard })))
}
