import type { Clock } from '@bithive/kernel/clock'
import { type Database, sqlState, type Tx } from '@bithive/kernel/database'
import type { Log } from '@bithive/kernel/log'

export type CheckDeps = { readonly db: Database; readonly clock: Clock; readonly log: Log }

/** Sums of one asset on one shard, in its smallest unit. The books balance when each pair is equal. */
type TrialLine = {
  readonly shard: number
  readonly asset: string
  readonly scale: number
  readonly debitsPosted: bigint
  readonly creditsPosted: bigint
  readonly debitsPending: bigint
  readonly creditsPending: bigint
  /** Debits less credits, posted plus pending: 0 when the books balance. */
  readonly difference: bigint
}

export type TrialBalance = { readonly balanced: boolean; readonly lines: readonly TrialLine[] }

/** A difference: between the sums of an asset, between an account and its transfers, or a gap in the feed. */
export type Finding = {
  readonly kind: 'asset-sums' | 'account-balance' | 'feed-gap'
  readonly shard: number
  readonly account?: string
  readonly asset?: string
  /** As stored, and as the transfers say. */
  readonly stored: string
  readonly expected: string
}

/** Differences named in one finding list; the first ones are enough to begin looking. */
const MOST_FINDINGS = 50
const CHECK_LOCK = 7002

type TrialRow = { shard: number; asset: string; scale: number; d: string; c: string; dp: string; cp: string }

async function readTrial(sql: Pick<Tx, 'unsafe'>): Promise<TrialLine[]> {
  const rows = (await sql.unsafe(`
    SELECT a.shard, s.code AS asset, s.scale, sum(a.debits_posted)::text AS d, sum(a.credits_posted)::text AS c,
      sum(a.debits_pending)::text AS dp, sum(a.credits_pending)::text AS cp
    FROM ledger.account a JOIN ledger.asset s ON s.id = a.asset
    GROUP BY a.shard, s.code, s.scale ORDER BY s.code, a.shard`)) as unknown as TrialRow[]
  return rows.map((row) => {
    const [d, c, dp, cp] = [BigInt(row.d), BigInt(row.c), BigInt(row.dp), BigInt(row.cp)]
    // Two differences that happen to cancel out must still show.
    const difference = d === c ? dp - cp : d - c
    return {
      shard: row.shard,
      asset: row.asset,
      scale: row.scale,
      debitsPosted: d,
      creditsPosted: c,
      debitsPending: dp,
      creditsPending: cp,
      difference,
    }
  })
}

/** The trial balance of every asset and shard, read at one moment. */
export async function readTrialBalance(db: Database): Promise<TrialBalance> {
  const lines = await readTrial(db.worker as unknown as Pick<Tx, 'unsafe'>)
  return { balanced: lines.every((line) => line.difference === 0n), lines }
}

/** Adds what was booked since the last check to the checker's own sums. Needs no join: rows carry what they end. */
const ADD_NEW_TRANSFERS = `
  WITH span AS (
    SELECT s.id AS shard, k.seq AS after, s.last_seq AS upto
    FROM ledger.shard s JOIN ledger.checked_shard k ON k.shard = s.id WHERE s.last_seq > k.seq),
  part AS (
    SELECT t.shard, t.debit, t.credit,
      CASE WHEN t.flags & 10 = 0 THEN t.amount ELSE 0 END AS posted,
      CASE WHEN t.flags & 2 = 2 THEN t.amount ELSE -coalesce(t.pending_amount, 0) END AS pending
    FROM span JOIN ledger.transfer t ON t.shard = span.shard AND t.seq > span.after AND t.seq <= span.upto)
  INSERT INTO ledger.checked_account AS k (shard, id, debits_pending, debits_posted, credits_pending, credits_posted)
  SELECT shard, account, sum(dp), sum(d), sum(cp), sum(c) FROM (
    SELECT shard, debit AS account, pending::numeric AS dp, posted::numeric AS d, 0::numeric AS cp, 0::numeric AS c
      FROM part
    UNION ALL SELECT shard, credit, 0, 0, pending, posted FROM part) both_sides
  GROUP BY shard, account
  ON CONFLICT (shard, id) DO UPDATE SET
    debits_pending = k.debits_pending + excluded.debits_pending,
    debits_posted = k.debits_posted + excluded.debits_posted,
    credits_pending = k.credits_pending + excluded.credits_pending,
    credits_posted = k.credits_posted + excluded.credits_posted`

const FIND_GAPS = `
  SELECT 'feed-gap' AS kind, s.id AS shard, count(t.seq)::text AS stored, (s.last_seq - k.seq)::text AS expected
  FROM ledger.shard s JOIN ledger.checked_shard k ON k.shard = s.id
  LEFT JOIN ledger.transfer t ON t.shard = s.id AND t.seq > k.seq
  GROUP BY s.id, s.last_seq, k.seq HAVING count(t.seq) <> s.last_seq - k.seq`

const FIND_ACCOUNTS = `
  SELECT 'account-balance' AS kind, coalesce(a.shard, k.shard) AS shard, coalesce(a.id, k.id)::text AS account,
    s.code AS asset,
    concat_ws(' ', a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted) AS stored,
    concat_ws(' ', coalesce(k.debits_pending, 0), coalesce(k.debits_posted, 0), coalesce(k.credits_pending, 0),
      coalesce(k.credits_posted, 0)) AS expected
  FROM ledger.account a LEFT JOIN ledger.asset s ON s.id = a.asset
  FULL JOIN ledger.checked_account k ON k.shard = a.shard AND k.id = a.id
  WHERE (a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted) IS DISTINCT FROM
    (coalesce(k.debits_pending, 0), coalesce(k.debits_posted, 0), coalesce(k.credits_pending, 0),
      coalesce(k.credits_posted, 0))
  LIMIT ${MOST_FINDINGS}`

async function findDifferences(tx: Tx, full: boolean): Promise<Finding[]> {
  if (full) {
    await tx`DELETE FROM ledger.checked_account`
    await tx`UPDATE ledger.checked_shard SET seq = 0`
  }
  const gaps = (await tx.unsafe(FIND_GAPS)) as unknown as Finding[]
  await tx.unsafe(ADD_NEW_TRANSFERS)
  await tx`UPDATE ledger.checked_shard k SET seq = s.last_seq FROM ledger.shard s
    WHERE s.id = k.shard AND s.last_seq <> k.seq`
  const accounts = (await tx.unsafe(FIND_ACCOUNTS)) as unknown as Finding[]
  const sums = (await readTrial(tx))
    .filter((line) => line.difference !== 0n)
    .map((line): Finding => {
      const stored = `${line.debitsPosted} ${line.debitsPending}`
      const expected = `${line.creditsPosted} ${line.creditsPending}`
      return { kind: 'asset-sums', shard: line.shard, asset: line.asset, stored, expected }
    })
  return [...accounts.map((row) => ({ ...row })), ...gaps.map((row) => ({ ...row })), ...sums]
}

/** One checker at a time: it keeps sums between runs, and two would count the same transfers twice. */
async function findAlone(db: Database, full: boolean): Promise<Finding[] | undefined> {
  try {
    return await db.worker.begin('isolation level repeatable read', async (tx) => {
      const [lock] = await tx<{ mine: boolean }[]>`SELECT pg_try_advisory_xact_lock(${CHECK_LOCK}, 0) AS mine`
      return lock?.mine ? findDifferences(tx, full) : undefined
    })
  } catch (error) {
    // The other one ended between our snapshot and our lock; its sums are newer than what we saw.
    if (sqlState(error) === '40001') return undefined
    throw error
  }
}

/**
 * Proves the books at one moment: debits equal credits by asset and shard, every account equals the sum of its
 * transfers, and the feed has no gap. Only transfers since the last check are read; `full` reads all of them again,
 * which also finds a stored transfer that was altered. A difference stops the payouts of its shard until it is cleared.
 * @returns the differences, or undefined when another process is checking right now.
 */
export async function checkBooks(deps: CheckDeps, options: { full?: boolean } = {}): Promise<Finding[] | undefined> {
  const findings = await findAlone(deps.db, options.full === true)
  for (const shard of new Set(findings?.map((finding) => finding.shard))) {
    const ofShard = findings?.filter((finding) => finding.shard === shard) ?? []
    const accounts = ofShard.flatMap((finding) => finding.account ?? []).slice(0, 5)
    deps.log.error({ shard, findings: ofShard.length, accounts }, 'the books do not balance, payouts are stopped')
    await deps.db.worker`
      SELECT ledger.stop_payouts(${shard}, ${deps.clock.now()}::bigint, ${JSON.stringify(ofShard)}::text::jsonb)`
  }
  return findings
}
