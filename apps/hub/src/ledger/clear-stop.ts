import type { Clock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import type { Finding } from './check-books.ts'
import { ledgerErrors } from './errors.ts'

/** Payouts of a shard are stopped since `atMs`, because of these differences. */
export type Stop = { readonly shard: number; readonly atMs: number; readonly findings: readonly Finding[] }

export async function readStops(db: Database): Promise<Stop[]> {
  const rows = await db.worker<{ shard: number; atMs: bigint; findings: Finding[] }[]>`
    SELECT shard, at_ms AS "atMs", findings FROM ledger.stop WHERE cleared_at_ms IS NULL ORDER BY shard`
  return rows.map((row) => ({ ...row, atMs: Number(row.atMs) }))
}

/**
 * Lets payouts of a shard run again; the next check stops them anew if the difference still stands.
 * @returns false when nothing was stopped.
 * @throws ledger.needs-second-person when proposer and approver are one
 */
export async function clearStop(
  deps: { readonly db: Database; readonly clock: Clock },
  clear: { shard: number; proposedBy: string; approvedBy: string; reason: string },
): Promise<boolean> {
  if (clear.proposedBy === clear.approvedBy) throw ledgerErrors.error('needs-second-person', { shard: clear.shard })
  const [row] = await deps.db.worker<{ cleared: boolean }[]>`
    SELECT ledger.clear_stop(${clear.shard}, ${deps.clock.now()}::bigint, ${clear.proposedBy}, ${clear.approvedBy},
      ${clear.reason}) AS cleared`
  return row?.cleared === true
}
