import type { Database } from '@bithive/kernel/database'

/** True when debits equal credits in every asset of a restored ledger, and each shard's numbering has no gap. */
export async function ledgerBalances(db: Database): Promise<boolean> {
  const [books] = await db.worker<{ difference: string }[]>`
    SELECT coalesce(sum(abs(difference)), 0)::text AS difference FROM (
      SELECT sum(debits_posted::numeric - credits_posted) + sum(debits_pending::numeric - credits_pending) AS difference
      FROM ledger.account GROUP BY shard, asset) sums`
  const [gaps] = await db.worker<{ broken: number }[]>`
    SELECT count(*)::int AS broken FROM ledger.shard s
    WHERE s.last_seq <> (SELECT count(*) FROM ledger.transfer t WHERE t.shard = s.id)`
  return Number(books?.difference) === 0 && gaps?.broken === 0
}
