import type { Database } from '@bithive/kernel/database'
import type { AccountKind } from './account-id.ts'

/** What all accounts of one purpose hold together, in the smallest unit. */
export type HoldingSum = {
  /** A part of the network by its first two words (`network`, `network:desk`), or `others` for organisations. */
  readonly owners: string
  readonly kind: AccountKind
  readonly accounts: number
  readonly posted: bigint
  /** Of it, set aside by holds. */
  readonly held: bigint
}

/**
 * Where all units of an asset lie, read at one moment. The network's own accounts are named; what organisations hold
 * is one sum for each kind, so that nobody's balance shows. The sums of all lines, supply included, are 0.
 */
export async function readHoldingSums(db: Database, asset: string): Promise<HoldingSum[]> {
  const rows = await db.worker<{ owners: string; kind: AccountKind; accounts: number; posted: string; held: string }[]>`
    SELECT CASE WHEN a.owner = 'network' THEN 'network'
        WHEN a.owner LIKE 'network:%' THEN 'network:' || split_part(a.owner, ':', 2) ELSE 'others' END AS owners,
      a.kind, count(DISTINCT a.owner)::int AS accounts, sum(a.credits_posted - a.debits_posted)::text AS posted,
      sum(a.debits_pending)::text AS held
    FROM ledger.account a JOIN ledger.asset s ON s.id = a.asset WHERE s.code = ${asset}
    GROUP BY 1, 2 ORDER BY 1, 2`
  return rows.map((row) => ({ ...row, posted: BigInt(row.posted), held: BigInt(row.held) }))
}
