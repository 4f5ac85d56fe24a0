import type { Tx } from '@bithive/kernel/database'

export type LookRow = {
  /** Of the newest event of the group; sorts as text. */
  readonly id: string
  readonly at: number
  readonly actorId: string
  readonly action: string
  readonly times: number
  readonly reason: string | null
}

/**
 * Who looked at these things, from the audit chain, newest first. Looks of one actor at one thing within one clock
 * hour are one line: a viewer asks many times.
 */
export async function listLooks(
  tx: Tx,
  query: {
    readonly orgId: string
    readonly resources: readonly string[]
    readonly actions: readonly string[]
    /** Whose own looks are no news. */
    readonly except: string
    readonly before: { readonly at: number; readonly id: string } | undefined
    readonly limit: number
  },
): Promise<LookRow[]> {
  const { before } = query
  return [
    ...(await tx<LookRow[]>`
      WITH look AS (
        SELECT seq, actor_id, action, resource, event::jsonb #>> '{facts,reason}' AS reason,
          (extract(epoch FROM (event::jsonb ->> 'at')::timestamptz) * 1000)::float8 AS at
        FROM kernel.audit_event
        WHERE org_id = ${query.orgId} AND resource = ANY(${[...query.resources]}::text[])
          AND action = ANY(${[...query.actions]}::text[]) AND actor_id <> ${query.except}
      ), line AS (
        SELECT 'look_' || lpad(max(seq)::text, 19, '0') AS id, max(at) AS at, actor_id, action, count(*)::int AS times,
          reason
        FROM look GROUP BY actor_id, action, resource, reason, floor(at / 3600000)
      )
      SELECT id, at, actor_id AS "actorId", action, times, reason FROM line
      WHERE ${before === undefined} OR (at, id COLLATE "C") < (${before?.at ?? 0}, ${before?.id ?? ''})
      ORDER BY at DESC, id COLLATE "C" DESC LIMIT ${query.limit}`),
  ]
}

export type WalletRow = {
  readonly sealed: Uint8Array
  readonly lastSealed: Uint8Array | null
  readonly lastAt: number | null
}

export async function findWallet(tx: Tx, personId: string): Promise<WalletRow | undefined> {
  const [row] = await tx<WalletRow[]>`
    SELECT sealed, last_sealed AS "lastSealed", last_at_ms::float8 AS "lastAt" FROM records.wallet
    WHERE person_id = ${personId}`
  return row
}

/** A new connection forgets what the one before it had read. */
export async function putWallet(
  tx: Tx,
  row: { readonly personId: string; readonly orgId: string; readonly sealed: Uint8Array; readonly nowMs: number },
): Promise<void> {
  await tx`
    INSERT INTO records.wallet (person_id, org_id, sealed, connected_at_ms)
    VALUES (${row.personId}, ${row.orgId}, ${row.sealed}, ${row.nowMs})
    ON CONFLICT (person_id) DO UPDATE SET sealed = excluded.sealed, connected_at_ms = excluded.connected_at_ms,
      last_sealed = NULL, last_at_ms = NULL`
}

/** Keeps what was read, unless the wallet was connected anew meanwhile. */
export async function noteWalletRead(
  tx: Tx,
  row: { readonly personId: string; readonly sealed: Uint8Array; readonly last: Uint8Array; readonly nowMs: number },
): Promise<void> {
  await tx`
    UPDATE records.wallet SET last_sealed = ${row.last}, last_at_ms = ${row.nowMs}
    WHERE person_id = ${row.personId} AND sealed = ${row.sealed} AND coalesce(last_at_ms, 0) <= ${row.nowMs}`
}

export async function removeWallet(tx: Tx, personId: string): Promise<boolean> {
  const gone = await tx`DELETE FROM records.wallet WHERE person_id = ${personId} RETURNING 1`
  return gone.length === 1
}
