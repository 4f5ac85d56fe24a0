import type { Database, Sql, Tx } from '@bithive/kernel/database'
import { invariant } from '@bithive/kernel/errors'
import { type AccountId, type AccountKind, SHARDS } from './account-id.ts'
import { transferCodeOf } from './codes.ts'
import { type Entry, LINKED, STEP_FLAGS, type Transfer, type TransferStep } from './transfer.ts'

export type AssetRow = { readonly code: string; readonly scale: number; readonly closed: boolean }

export type AccountRow = {
  readonly shard: number
  readonly id: AccountId
  readonly asset: string
  readonly scale: number
  readonly kind: AccountKind
  readonly flags: number
  readonly debitsPending: bigint
  readonly debitsPosted: bigint
  readonly creditsPending: bigint
  readonly creditsPosted: bigint
}

export type OpenRow = {
  readonly shard: number
  readonly id: AccountId
  readonly owner: string
  readonly asset: string
  readonly kind: AccountKind
  readonly flags: number
}

/** What an account was allowed from this moment on, who said so and why. */
export type Restriction = {
  readonly atMs: number
  readonly outgoingFrozen: boolean
  readonly incomingFrozen: boolean
  readonly maxBalance: bigint | undefined
  readonly by: string
  readonly reason: string
}

const steps = Object.entries(STEP_FLAGS) as [TransferStep, number][]

function stepOf(flags: number): TransferStep {
  const found = steps.find(([, bits]) => bits === (flags & ~LINKED))
  invariant(found, 'a stored transfer has one step')
  return found[0]
}

export async function readShardEpoch(db: Database, shard: number): Promise<bigint> {
  const [row] = await db.app<{ epoch: bigint }[]>`SELECT epoch FROM ledger.shard WHERE id = ${shard}`
  invariant(row, 'every shard of this hub has its row')
  return row.epoch
}

/** @returns false when the asset stands with another scale or rule. */
export async function openAsset(db: Database, asset: AssetRow): Promise<boolean> {
  const flags = asset.closed ? 1 : 0
  const [row] = await db.app<{ same: boolean }[]>`
    SELECT ledger.open_asset(${asset.code}, ${asset.scale}, ${flags}) AS same`
  return row?.same === true
}

/** @returns for each account 0 when it stands as asked, 1 when the asset is unknown, 2 when the id is taken. */
export async function openAccounts(db: Database, atMs: number, rows: readonly OpenRow[]): Promise<number[]> {
  const texts = (pick: (row: OpenRow) => string | number | bigint) => rows.map((row) => String(pick(row)))
  const [answer] = await db.app<{ codes: number[] }[]>`
    SELECT ledger.open_accounts(${atMs}::bigint, ${texts((r) => r.shard)}::text[]::int[],
      ${texts((r) => r.id)}::text[]::bigint[], ${texts((r) => r.owner)}::text[], ${texts((r) => r.asset)}::text[],
      ${texts((r) => r.kind)}::text[], ${texts((r) => r.flags)}::text[]::int[]) AS codes`
  return answer?.codes ?? []
}

/** @returns false when there is no such account, or it cannot be closed because it is not empty. */
export async function markAccount(
  db: Database,
  mark: { shard: number; id: AccountId; set: number; clear: number },
): Promise<boolean> {
  const [row] = await db.app<{ done: boolean }[]>`
    SELECT ledger.mark_account(${mark.shard}, ${mark.id}, ${mark.set}, ${mark.clear}) AS done`
  return row?.done === true
}

/** The accounts of one owner, in a transaction of that owner. */
export async function readAccounts(tx: Tx, asset?: string, kind?: AccountKind): Promise<AccountRow[]> {
  return tx<AccountRow[]>`
    SELECT a.shard, a.id, s.code AS asset, s.scale, a.kind, a.flags, a.debits_pending AS "debitsPending",
      a.debits_posted AS "debitsPosted", a.credits_pending AS "creditsPending", a.credits_posted AS "creditsPosted"
    FROM ledger.account a JOIN ledger.asset s ON s.id = a.asset
    WHERE a.shard = ANY(${SHARDS as number[]}) AND a.owner = current_setting('bithive.org_id', true)
      AND (${asset ?? null}::text IS NULL OR s.code = ${asset ?? null})
      AND (${kind ?? null}::text IS NULL OR a.kind = ${kind ?? null})
    ORDER BY s.code, a.kind, a.shard`
}

/** How writers of a shard keep apart: PostgreSQL's advisory lock, or the shard's row anywhere else. */
export type LockStrategy = 'advisory' | 'row'

export async function useLock(db: Database, lock: LockStrategy): Promise<void> {
  for (const shard of SHARDS) await db.worker`SELECT ledger.use_lock(${shard}, ${lock})`
}

/** @returns false when there is no such account. */
export async function restrictAccount(
  db: Database,
  atMs: number,
  r: {
    shard: number
    id: AccountId
    outgoing: boolean | undefined
    incoming: boolean | undefined
    maxBalance: bigint | null | undefined
    by: string
    reason: string
  },
): Promise<boolean> {
  const limit = r.maxBalance === null ? -1n : (r.maxBalance ?? null)
  const [row] = await db.app<{ done: boolean }[]>`
    SELECT ledger.restrict_account(${r.shard}, ${r.id}, ${atMs}::bigint, ${r.outgoing ?? null}::boolean,
      ${r.incoming ?? null}::boolean, ${limit}::bigint, ${r.by}, ${r.reason}) AS done`
  return row?.done === true
}

export async function readRestrictions(db: Database, shard: number, account: AccountId): Promise<Restriction[]> {
  const rows = await db.worker<(Omit<Restriction, 'atMs'> & { atMs: bigint })[]>`
    SELECT at_ms AS "atMs", outgoing_frozen AS "outgoingFrozen", incoming_frozen AS "incomingFrozen",
      max_balance AS "maxBalance", by_actor AS by, reason
    FROM ledger.account_event WHERE shard = ${shard} AND account = ${account} ORDER BY number`
  return rows.map((row) => ({ ...row, atMs: Number(row.atMs), maxBalance: row.maxBalance ?? undefined }))
}

type EntryRow = Omit<Entry, 'step' | 'code' | 'atMs'> & { flags: number; code: number; atMs: bigint }

/** Entries of one owner, newest first, in a transaction of that owner. `before` has one seq for each shard. */
export async function readEntries(
  tx: Tx,
  query: { asset: string | undefined; before: readonly bigint[]; limit: number },
): Promise<Entry[]> {
  const rows = await tx<EntryRow[]>`
    SELECT shard, seq, id, account, kind, asset, scale, direction, amount, flags, code, pending_id AS "pendingId",
      pending_amount AS "pendingAmount", reference, at_ms AS "atMs", posted_after AS "postedAfter"
    FROM ledger.entries(${query.asset ?? null}, ${SHARDS as number[]}, ${query.before.map(String)}::text[]::bigint[],
      ${query.limit})`
  return rows.map(({ flags, ...row }) => ({
    ...row,
    step: stepOf(flags),
    code: transferCodeOf(row.code),
    pendingId: row.pendingId ?? undefined,
    pendingAmount: row.pendingAmount ?? undefined,
    reference: row.reference ?? undefined,
    atMs: Number(row.atMs),
  }))
}

type TransferRow = Omit<Transfer, 'step' | 'linked' | 'code' | 'atMs' | 'reverses'> & {
  flags: number
  code: number
  atMs: bigint
}

const asTransfer = ({ flags, ...row }: TransferRow): Transfer => ({
  ...row,
  step: stepOf(flags),
  linked: (flags & LINKED) === LINKED,
  code: transferCodeOf(row.code),
  pendingId: stepOf(flags) === 'reverse' ? undefined : (row.pendingId ?? undefined),
  reverses: stepOf(flags) === 'reverse' ? (row.pendingId ?? undefined) : undefined,
  postLimit: row.postLimit ?? undefined,
  pendingAmount: row.pendingAmount ?? undefined,
  timeoutMs: row.timeoutMs ?? undefined,
  reference: row.reference ?? undefined,
  atMs: Number(row.atMs),
})

const transferColumns = (sql: Sql) => sql`
  shard, seq, id, debit, credit, amount, flags, code, pending_id AS "pendingId", pending_amount AS "pendingAmount",
  timeout_ms AS "timeoutMs", reference, at_ms AS "atMs", post_limit AS "postLimit"`

/** The feed of one shard above `after`, for workers. Seq is given under the shard's lock, so there are no gaps. */
export async function readFeed(
  db: Database,
  query: { shard: number; after: bigint; limit: number },
): Promise<Transfer[]> {
  const rows = await db.worker<TransferRow[]>`
    SELECT ${transferColumns(db.worker)} FROM ledger.transfer
    WHERE shard = ${query.shard} AND seq > ${query.after} ORDER BY seq LIMIT ${query.limit}`
  return rows.map(asTransfer)
}

export type FullTransfer = Transfer & {
  readonly debitAfter: bigint
  readonly creditAfter: bigint
  readonly asset: string
  readonly scale: number
}

/** Lets a transaction read feeds in the order of their key, also where the tables have no statistics yet. */
export async function readInOrder(tx: Tx): Promise<void> {
  await tx.unsafe('SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off')
}

/** The feed with balances after and assets, for who reads all of it in one transaction after `readInOrder`. */
export async function readFeedPage(
  tx: Tx,
  query: { shard: number; after: bigint; limit: number },
): Promise<FullTransfer[]> {
  const rows = await tx<(TransferRow & Pick<FullTransfer, 'debitAfter' | 'creditAfter' | 'asset' | 'scale'>)[]>`
    SELECT t.shard, t.seq, t.id, t.debit, t.credit, t.amount, t.flags, t.code, t.pending_id AS "pendingId",
      t.pending_amount AS "pendingAmount", t.timeout_ms AS "timeoutMs", t.reference, t.at_ms AS "atMs",
      t.post_limit AS "postLimit", t.debit_after AS "debitAfter", t.credit_after AS "creditAfter", s.code AS asset,
      s.scale
    FROM (SELECT * FROM ledger.transfer WHERE shard = ${query.shard} AND seq > ${query.after}
      ORDER BY seq LIMIT ${query.limit}) t
    LEFT JOIN ledger.account a ON a.shard = t.shard AND a.id = t.debit
    LEFT JOIN ledger.asset s ON s.id = a.asset ORDER BY t.seq`
  return rows.map(({ debitAfter, creditAfter, asset, scale, ...row }) => ({
    ...asTransfer(row),
    ...{ debitAfter, creditAfter, asset, scale: scale ?? 0 },
  }))
}

/** One transfer, and how it ended if it is a hold. */
export async function readTransfer(
  db: Database,
  key: { shard: number; id: string },
): Promise<{ transfer: Transfer; ended: 'post' | 'void' | undefined; reversed: boolean } | undefined> {
  const [row] = await db.worker<(TransferRow & { kind: number | null })[]>`
    SELECT ${transferColumns(db.worker)},
      (SELECT r.kind FROM ledger.resolution r WHERE r.shard = t.shard AND r.pending_id = t.id) AS kind
    FROM ledger.transfer t WHERE shard = ${key.shard} AND id = ${key.id}`
  if (!row) return undefined
  const { kind, ...transfer } = row
  const ended = kind === STEP_FLAGS.post ? 'post' : kind === STEP_FLAGS.void ? 'void' : undefined
  return { transfer: asTransfer(transfer), ended, reversed: kind === STEP_FLAGS.reverse }
}

export type DueHold = { readonly id: string; readonly debit: AccountId; readonly credit: AccountId; reference: string }

export async function readDueHolds(db: Database, shard: number, nowMs: number, limit: number): Promise<DueHold[]> {
  return db.worker<DueHold[]>`
    SELECT t.id, t.debit, t.credit, t.reference
    FROM ledger.hold h JOIN ledger.transfer t ON t.shard = h.shard AND t.seq = h.seq
    WHERE h.shard = ${shard} AND h.expires_at_ms <= ${nowMs}::bigint ORDER BY h.expires_at_ms LIMIT ${limit}`
}

export async function readLastSeq(db: Database, shard: number): Promise<bigint> {
  const [row] = await db.worker<{ seq: bigint }[]>`SELECT last_seq AS seq FROM ledger.shard WHERE id = ${shard}`
  return row?.seq ?? 0n
}

/** The legs of levels that are still held on a shard, oldest first. */
export async function readOpenLegs(db: Database, shard: number, limit: number): Promise<Transfer[]> {
  const rows = await db.worker<TransferRow[]>`
    SELECT ${transferColumns(db.worker)} FROM ledger.transfer
    WHERE shard = ${shard} AND seq IN (
      SELECT seq FROM ledger.hold WHERE shard = ${shard} AND code IN (150, 151) ORDER BY seq LIMIT ${limit})
    ORDER BY seq`
  return rows.map(asTransfer)
}

/** Holds that stand since before a moment, in order of the feed; only those of `ids` when they are given. */
export async function readHeldSince(
  db: Database,
  query: { shard: number; after: bigint; beforeMs: number; limit: number; ids?: readonly string[] },
): Promise<{ id: string; seq: bigint; shard: number; amount: bigint; reference: string | undefined }[]> {
  if (query.ids?.length === 0) return []
  const rows = await db.worker<{ id: string; seq: bigint; shard: number; amount: bigint; reference: string | null }[]>`
    SELECT t.id, t.seq, t.shard, t.amount, t.reference
    FROM ledger.hold h JOIN ledger.transfer t ON t.shard = h.shard AND t.seq = h.seq
    WHERE h.shard = ${query.shard} AND h.seq > ${query.after} AND t.at_ms <= ${query.beforeMs}::bigint
      AND (${query.ids ? `{${query.ids.join(',')}}` : null}::text::uuid[] IS NULL
        OR h.pending_id = ANY(${query.ids ? `{${query.ids.join(',')}}` : null}::text::uuid[]))
    ORDER BY h.seq LIMIT ${query.limit}`
  return rows.map((row) => ({ ...row, reference: row.reference ?? undefined }))
}

export async function readAssetsOf(
  db: Database,
  shard: number,
  accounts: readonly AccountId[],
): Promise<Map<AccountId, { code: string; scale: number }>> {
  const rows = await db.worker<{ id: bigint; code: string; scale: number }[]>`
    SELECT a.id, s.code, s.scale FROM ledger.account a JOIN ledger.asset s ON s.id = a.asset
    WHERE a.shard = ${shard} AND a.id = ANY(${accounts.map(String)}::text[]::bigint[])`
  return new Map(rows.map(({ id, ...asset }) => [id, asset]))
}

/** The accounts named by the stop that stands on a shard, at most five. */
export async function readStoppedAccounts(db: Database, shard: number): Promise<string[]> {
  const rows = await db.worker<{ account: string }[]>`
    SELECT f ->> 'account' AS account FROM ledger.stop t, jsonb_array_elements(t.findings) f
    WHERE t.shard = ${shard} AND t.cleared_at_ms IS NULL AND f ? 'account' LIMIT 5`
  return rows.map((row) => row.account)
}
