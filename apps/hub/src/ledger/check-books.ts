import type { Clock } from '@bithive/kernel/clock'
import { type Database, sqlState, type Tx } from '@bithive/kernel/database'
import type { Log } from '@bithive/kernel/log'
import { findClearingDifferences } from './check-clearing.ts'

export type CheckDeps = {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
  /** What the books of other rooms say: holds that none of them knows, a supply that differs. */
  readonly roomFindings?: () => Promise<readonly Finding[]>
}

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

/** What one running check reads at most, so that its cost does not grow with the number of accounts or transfers. */
export type CheckLimits = {
  /** New transfers of a shard. */
  readonly transfers: number
  /** Accounts of a shard beside those that were touched. */
  readonly accounts: number
  /** Old transfers of a shard that are read once more. */
  readonly replay: number
  /** From the end of one reading of all transfers to the start of the next. */
  readonly replayRestMs: number
}

const CHECK_LIMITS: CheckLimits = { transfers: 200_000, accounts: 5_000, replay: 20_000, replayRestMs: 600_000 }

export type TrialBalance = { readonly balanced: boolean; readonly lines: readonly TrialLine[] }

/**
 * A difference: between the sums of an asset, between an account and its transfers, in transfers read once more, a gap
 * in the feed, a clearing pair that does not come back to zero, a hold that no room knows, or a supply that is not
 * what the treasury says.
 */
export type Finding = {
  readonly kind:
    | 'asset-sums'
    | 'account-balance'
    | 'altered-transfer'
    | 'feed-gap'
    | 'clearing'
    | 'hold-unknown'
    | 'supply'
  readonly shard: number
  readonly account?: string
  readonly asset?: string
  /** Ids of the transfers to look at first. */
  readonly transfers?: readonly string[]
  /** As stored, and as the transfers say. */
  readonly stored: string
  readonly expected: string
}

/** Differences named in one finding list; the first ones are enough to begin looking. */
const MOST_FINDINGS = 50
/** Findings whose transfers are looked for: each look reads all of an account. */
const MOST_NAMED = 5
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

/**
 * Adds the transfers of (after, until] to sums by account and gives the accounts that were touched. Needs no join:
 * rows carry what they end.
 */
const addTransfers = (table: 'checked_account' | 'replayed_account') => `
  WITH part AS (
    SELECT t.shard, t.debit, t.credit,
      CASE WHEN t.flags & 10 = 0 THEN t.amount ELSE 0 END AS posted,
      CASE WHEN t.flags & 2 = 2 THEN t.amount ELSE -coalesce(t.pending_amount, 0) END AS pending
    FROM ledger.transfer t WHERE t.shard = $1 AND t.seq > $2 AND t.seq <= $3)
  INSERT INTO ledger.${table} AS k (shard, id, debits_pending, debits_posted, credits_pending, credits_posted)
  SELECT shard, account, sum(dp), sum(d), sum(cp), sum(c) FROM (
    SELECT shard, debit AS account, pending::numeric AS dp, posted::numeric AS d, 0::numeric AS cp, 0::numeric AS c
      FROM part
    UNION ALL SELECT shard, credit, 0, 0, pending, posted FROM part) both_sides
  GROUP BY shard, account
  ON CONFLICT (shard, id) DO UPDATE SET
    debits_pending = k.debits_pending + excluded.debits_pending,
    debits_posted = k.debits_posted + excluded.debits_posted,
    credits_pending = k.credits_pending + excluded.credits_pending,
    credits_posted = k.credits_posted + excluded.credits_posted
  RETURNING id`

const differs = (left: string, right: string) => `
  (${left}.debits_pending, ${left}.debits_posted, ${left}.credits_pending, ${left}.credits_posted) IS DISTINCT FROM
    (coalesce(${right}.debits_pending, 0), coalesce(${right}.debits_posted, 0), coalesce(${right}.credits_pending, 0),
      coalesce(${right}.credits_posted, 0))`
const sumsOf = (row: string) => `concat_ws(' ', coalesce(${row}.debits_pending, 0), coalesce(${row}.debits_posted, 0),
  coalesce(${row}.credits_pending, 0), coalesce(${row}.credits_posted, 0))`

/** Stored balances against the sums, of the accounts in $2, or of all when it is null. */
const FIND_ACCOUNTS = `
  SELECT 'account-balance' AS kind, a.shard, a.id::text AS account, s.code AS asset, ${sumsOf('a')} AS stored,
    ${sumsOf('k')} AS expected
  FROM ledger.account a JOIN ledger.asset s ON s.id = a.asset
  LEFT JOIN ledger.checked_account k ON k.shard = a.shard AND k.id = a.id
  WHERE a.shard = $1 AND ($2::text::bigint[] IS NULL OR a.id = ANY($2::text::bigint[])) AND ${differs('a', 'k')}
  LIMIT ${MOST_FINDINGS}`

/** Sums whose account is gone. */
const FIND_LOST_ACCOUNTS = `
  SELECT 'account-balance' AS kind, k.shard, k.id::text AS account, '-' AS stored, ${sumsOf('k')} AS expected
  FROM ledger.checked_account k LEFT JOIN ledger.account a ON a.shard = k.shard AND a.id = k.id
  WHERE k.shard = $1 AND a.id IS NULL LIMIT ${MOST_FINDINGS}`

const FIND_ALTERED = `
  SELECT 'altered-transfer' AS kind, k.shard, k.id::text AS account, ${sumsOf('r')} AS stored,
    ${sumsOf('k')} AS expected
  FROM ledger.checked_account k LEFT JOIN ledger.replayed_account r ON r.shard = k.shard AND r.id = k.id
  WHERE k.shard = $1 AND ${differs('k', 'r')} LIMIT ${MOST_FINDINGS}`

/**
 * Transfers of one account whose balance after does not follow from the one before; where there is none, the newest
 * one, because then the account itself was changed after it.
 */
const NAME_TRANSFERS = `
  WITH entry AS (
    SELECT seq, id, CASE WHEN debit = $2::text::bigint THEN debit_after ELSE credit_after END AS after,
      CASE WHEN flags & 10 <> 0 THEN 0 WHEN debit = $2::text::bigint THEN -amount ELSE amount END AS change
    FROM ledger.transfer WHERE shard = $1 AND (debit = $2::text::bigint OR credit = $2::text::bigint)),
  step AS (
    SELECT seq, id, after::numeric - coalesce(lag(after) OVER (ORDER BY seq), 0) - change <> 0 AS broken FROM entry)
  SELECT id FROM (
    SELECT id, seq, broken FROM step WHERE broken
    UNION ALL (SELECT id, seq, broken FROM step ORDER BY seq DESC LIMIT 1)) named
  ORDER BY broken DESC, seq LIMIT 5`

type Cursor = {
  shard: number
  last: bigint
  seq: bigint
  account: bigint
  replayedSeq: bigint
  replayedAtMs: bigint
}

/** The next accounts by their ids, from the start again after the last one. */
async function sliceAccounts(tx: Tx, at: Cursor, count: number): Promise<string[]> {
  const rows = await tx<{ id: bigint }[]>`
    SELECT id FROM ledger.account WHERE shard = ${at.shard} AND id > ${at.account} ORDER BY id LIMIT ${count}`
  const next = rows.length < count ? 0n : (rows.at(-1)?.id ?? 0n)
  await tx`UPDATE ledger.checked_shard SET account = ${next} WHERE shard = ${at.shard}`
  return rows.map(({ id }) => id.toString())
}

/** Reads a further slice of all transfers; at the end compares, and begins anew after a rest. */
async function replaySlice(tx: Tx, at: Cursor, seq: bigint, nowMs: number, limits: CheckLimits): Promise<Finding[]> {
  const resting = at.replayedSeq === 0n && nowMs - Number(at.replayedAtMs) < limits.replayRestMs
  if (resting || limits.replay === 0) return []
  const upto = at.replayedSeq + BigInt(limits.replay) < seq ? at.replayedSeq + BigInt(limits.replay) : seq
  await tx.unsafe(addTransfers('replayed_account'), [at.shard, String(at.replayedSeq), String(upto)])
  if (upto < seq) {
    await tx`UPDATE ledger.checked_shard SET replayed_seq = ${upto} WHERE shard = ${at.shard}`
    return []
  }
  const altered = (await tx.unsafe(FIND_ALTERED, [at.shard])) as unknown as Finding[]
  await tx`DELETE FROM ledger.replayed_account WHERE shard = ${at.shard}`
  await tx`UPDATE ledger.checked_shard SET replayed_seq = 0, replayed_at_ms = ${nowMs} WHERE shard = ${at.shard}`
  return altered
}

async function checkShard(tx: Tx, at: Cursor, nowMs: number, full: boolean, limits: CheckLimits): Promise<Finding[]> {
  const most = at.seq + BigInt(full ? Number.MAX_SAFE_INTEGER : limits.transfers)
  const upto = at.last < most ? at.last : most
  const [count] = await tx<{ found: bigint }[]>`
    SELECT count(*) AS found FROM ledger.transfer WHERE shard = ${at.shard} AND seq > ${at.seq} AND seq <= ${upto}`
  const found: Finding[] = []
  if (count?.found !== upto - at.seq) {
    const [stored, expected] = [String(count?.found), String(upto - at.seq)]
    found.push({ kind: 'feed-gap', shard: at.shard, stored, expected })
  }
  const touched = await tx.unsafe(addTransfers('checked_account'), [at.shard, String(at.seq), String(upto)])
  await tx`UPDATE ledger.checked_shard SET seq = ${upto} WHERE shard = ${at.shard}`
  // Balances are those of the last transfer, so they compare only once the sums have come that far.
  if (upto === at.last) {
    const ids = full ? [] : [...touched.map((row) => String(row.id)), ...(await sliceAccounts(tx, at, limits.accounts))]
    const chosen = full ? null : `{${ids.join(',')}}`
    found.push(...((await tx.unsafe(FIND_ACCOUNTS, [at.shard, chosen])) as unknown as Finding[]))
    if (full) found.push(...((await tx.unsafe(FIND_LOST_ACCOUNTS, [at.shard])) as unknown as Finding[]))
  }
  if (!full) found.push(...(await replaySlice(tx, at, upto, nowMs, limits)))
  return found
}

/** Adds the transfers that a person would look at first. */
async function nameTransfers(tx: Tx, findings: readonly Finding[]): Promise<Finding[]> {
  return Promise.all(
    findings.map(async (finding, index) => {
      if (finding.account === undefined || index >= MOST_NAMED) return { ...finding }
      const rows = await tx.unsafe(NAME_TRANSFERS, [finding.shard, finding.account])
      return { ...finding, transfers: rows.map((row) => String(row.id)) }
    }),
  )
}

async function findDifferences(tx: Tx, nowMs: number, full: boolean, limits: CheckLimits): Promise<Finding[]> {
  if (full) {
    await tx`DELETE FROM ledger.checked_account`
    await tx`DELETE FROM ledger.replayed_account`
    await tx`UPDATE ledger.checked_shard SET seq = 0, account = 0, replayed_seq = 0, replayed_at_ms = ${nowMs}`
  }
  const shards = await tx<Cursor[]>`
    SELECT s.id AS shard, s.last_seq AS last, k.seq, k.account, k.replayed_seq AS "replayedSeq",
      k.replayed_at_ms AS "replayedAtMs"
    FROM ledger.shard s JOIN ledger.checked_shard k ON k.shard = s.id ORDER BY s.id`
  const found: Finding[] = []
  for (const at of shards) found.push(...(await checkShard(tx, at, nowMs, full, limits)))
  found.push(...(await findClearingDifferences(tx, nowMs)))
  if (found.length === 0 && !full) return []
  const sums = (await readTrial(tx))
    .filter((line) => line.difference !== 0n)
    .map((line): Finding => {
      const stored = `${line.debitsPosted} ${line.debitsPending}`
      const expected = `${line.creditsPosted} ${line.creditsPending}`
      return { kind: 'asset-sums', shard: line.shard, asset: line.asset, stored, expected }
    })
  return [...(await nameTransfers(tx, found)), ...sums]
}

/** One checker at a time: it keeps sums between runs, and two would count the same transfers twice. */
async function findAlone(deps: CheckDeps, full: boolean, limits: CheckLimits): Promise<Finding[] | undefined> {
  const { db, clock } = deps
  try {
    return await db.worker.begin('isolation level repeatable read', async (tx) => {
      const [lock] = await tx<{ mine: boolean }[]>`SELECT pg_try_advisory_xact_lock(${CHECK_LOCK}, 0) AS mine`
      return lock?.mine ? findDifferences(tx, clock.now(), full, limits) : undefined
    })
  } catch (error) {
    // The other one ended between our snapshot and our lock; its sums are newer than what we saw.
    if (sqlState(error) === '40001') return undefined
    throw error
  }
}

/**
 * Proves the books at one moment: debits equal credits by asset and shard, every account equals the sum of its
 * transfers, the feed has no gap, clearing pairs are at zero, and what rooms say of holds and supply is so. New
 * transfers, the accounts they touch, a slice of the others and a slice of the old transfers are read each time;
 * `full` reads everything at once. A difference stops the payouts of its shard until it is cleared.
 * @returns the differences, or undefined when another process is checking right now.
 */
export async function checkBooks(
  deps: CheckDeps,
  options: { full?: boolean; limits?: Partial<CheckLimits> } = {},
): Promise<Finding[] | undefined> {
  const limits = { ...CHECK_LIMITS, ...options.limits }
  const own = await findAlone(deps, options.full === true, limits)
  const findings = own && [...own, ...(await (deps.roomFindings?.() ?? []))]
  for (const shard of new Set(findings?.map((finding) => finding.shard))) {
    const ofShard = findings?.filter((finding) => finding.shard === shard) ?? []
    const [accounts, transfers] = [new Set<string>(), new Set<string>()]
    for (const { account, transfers: named } of ofShard) {
      if (account) accounts.add(account)
      for (const id of named ?? []) transfers.add(id)
    }
    const named = { accounts: [...accounts].slice(0, 5), transfers: [...transfers].slice(0, 5) }
    deps.log.error({ shard, findings: ofShard.length, ...named }, 'the books do not balance, payouts are stopped')
    await deps.db.worker`
      SELECT ledger.stop_payouts(${shard}, ${deps.clock.now()}::bigint, ${JSON.stringify(ofShard)}::text::jsonb)`
  }
  return findings
}
