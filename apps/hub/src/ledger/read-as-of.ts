import type { Database, Tx } from '@bithive/kernel/database'
import { type AccountKind, SHARDS } from './account-id.ts'

/** Up to which transfer a past balance counts: a moment on all shards, or a place in the feed of each. */
export type AsOf = { readonly atMs: number } | { readonly seqs: readonly bigint[] }

/**
 * The last seq of a shard at or before a moment, by halving: time never runs back inside a shard, so about 25 reads of
 * the primary key find it among 20 million transfers.
 */
async function seqAt(tx: Tx, shard: number, atMs: number): Promise<bigint> {
  const [row] = await tx<{ seq: bigint }[]>`
    WITH RECURSIVE half (low, high) AS (
      SELECT 0::bigint, last_seq FROM ledger.shard WHERE id = ${shard}
      UNION ALL
      SELECT CASE WHEN t.at_ms <= ${atMs}::bigint THEN m.mid ELSE low END,
        CASE WHEN t.at_ms <= ${atMs}::bigint THEN high ELSE m.mid - 1 END
      FROM half CROSS JOIN LATERAL (SELECT (low + high + 1) / 2 AS mid) m
      JOIN ledger.transfer t ON t.shard = ${shard} AND t.seq = m.mid
      WHERE low < high)
    SELECT low AS seq FROM half WHERE low = high`
  return row?.seq ?? 0n
}

/**
 * What an owner's accounts of one asset and kind had posted, sum of the shards, in the smallest unit: the balance
 * after the last entry of each, which the two history indexes give without reading the others.
 */
export async function readBalanceAsOf(
  db: Database,
  query: { readonly owner: string; readonly asset: string; readonly kind: AccountKind; readonly asOf: AsOf },
): Promise<bigint> {
  const { owner, asset, kind, asOf } = query
  return db.worker.begin('isolation level repeatable read read only', async (tx) => {
    let posted = 0n
    for (const [index, shard] of SHARDS.entries()) {
      const seq = 'atMs' in asOf ? await seqAt(tx, shard, asOf.atMs) : (asOf.seqs[index] ?? 0n)
      const [row] = await tx<{ after: bigint }[]>`
        SELECT e.after FROM ledger.account a JOIN ledger.asset s ON s.id = a.asset
        CROSS JOIN LATERAL (
          (SELECT t.seq, t.debit_after AS after FROM ledger.transfer t
            WHERE t.shard = ${shard} AND t.debit = a.id AND t.seq <= ${seq} ORDER BY t.seq DESC LIMIT 1)
          UNION ALL
          (SELECT t.seq, t.credit_after FROM ledger.transfer t
            WHERE t.shard = ${shard} AND t.credit = a.id AND t.seq <= ${seq} ORDER BY t.seq DESC LIMIT 1)) e
        WHERE a.shard = ${shard} AND a.owner = ${owner} AND a.kind = ${kind} AND s.code = ${asset}
        ORDER BY e.seq DESC LIMIT 1`
      posted += row?.after ?? 0n
    }
    return posted
  })
}
