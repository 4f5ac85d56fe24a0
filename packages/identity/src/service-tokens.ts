import { createHash } from 'node:crypto'
import type { Clock } from '@bithive/kernel/clock'
import { type Database, sqlState } from '@bithive/kernel/database'
import type { Ids } from '@bithive/kernel/ids'
import type { Randomness } from '@bithive/kernel/randomness'
import { memberErrors } from './member-errors.ts'

/** `bst_` and 32 random bytes in base64url: scanners for leaked secrets know it by its head. */
const TOKEN = /^bst_[A-Za-z0-9_-]{43}$/
/** A token's last use is written at most this often, so that reading does not become writing. */
const USE_STEP_MS = 60_000

export type ServiceToken = {
  readonly tokenId: string
  readonly orgId: string
  readonly name: string
  readonly scope: readonly string[]
  readonly createdAt: number
  readonly expiresAt?: number
  readonly usedAt?: number
  readonly revokedAt?: number
}

export type NewServiceToken = {
  readonly orgId: string
  /** What it is for, as its organisation's people will see it. */
  readonly name: string
  /** Roles that a request with this token has. */
  readonly scope: readonly string[]
  readonly createdBy: string
  readonly expiresAt?: number
  /** Drawn here unless the caller speaks of the token before: `stk_…`. */
  readonly tokenId?: string
}

export type ServiceTokens = {
  /** The token itself is given out here and never again. @throws members.unknown-organisation */
  readonly issue: (token: NewServiceToken) => Promise<{ tokenId: string; token: string }>
  /** @returns false when the organisation has no such token, or it is revoked already. */
  readonly revoke: (orgId: string, tokenId: string) => Promise<boolean>
  readonly ofOrganisation: (orgId: string) => Promise<ServiceToken[]>
  /** Whose token this is, when it is in force and its organisation active. */
  readonly check: (token: string) => Promise<Pick<ServiceToken, 'tokenId' | 'orgId' | 'scope'> | undefined>
}

type Row = {
  id: string
  org_id: string
  name: string
  scope: string[]
  created_at: Date
  expires_at: Date | null
  used_at: Date | null
  revoked_at: Date | null
}

const view = (row: Row): ServiceToken => ({
  tokenId: row.id,
  orgId: row.org_id,
  name: row.name,
  scope: row.scope,
  createdAt: row.created_at.getTime(),
  ...(row.expires_at ? { expiresAt: row.expires_at.getTime() } : {}),
  ...(row.used_at ? { usedAt: row.used_at.getTime() } : {}),
  ...(row.revoked_at ? { revokedAt: row.revoked_at.getTime() } : {}),
})

const sha256 = (token: string) => createHash('sha256').update(token).digest()

export function createServiceTokens(deps: {
  db: Pick<Database, 'asOrg' | 'worker'>
  clock: Clock
  ids: Ids
  randomness: Randomness
}): ServiceTokens {
  const { db, clock, ids, randomness } = deps
  return {
    issue: async ({ orgId, name, scope, createdBy, expiresAt, tokenId = ids.next('stk') }) => {
      const token = `bst_${Buffer.from(randomness.bytes(32)).toString('base64url')}`
      const expires = expiresAt === undefined ? null : new Date(expiresAt)
      try {
        await db.asOrg(orgId, async (tx) => {
          await tx`INSERT INTO auth.service_tokens (id, org_id, name, sha256, scope, created_by, created_at, expires_at)
            VALUES (${tokenId}, ${orgId}, ${name}, ${sha256(token)}, ${[...scope]}, ${createdBy},
              ${new Date(clock.now())}, ${expires})`
        })
      } catch (error) {
        if (sqlState(error) === '23503') throw memberErrors.error('unknown-organisation')
        throw error
      }
      return { tokenId, token }
    },
    revoke: (orgId, tokenId) =>
      db.asOrg(orgId, async (tx) => {
        const changed = await tx`UPDATE auth.service_tokens SET revoked_at = ${new Date(clock.now())}
          WHERE id = ${tokenId} AND org_id = ${orgId} AND revoked_at IS NULL`
        return changed.count > 0
      }),
    ofOrganisation: (orgId) =>
      db.asOrg(orgId, async (tx) => {
        const rows = await tx<Row[]>`
          SELECT id, org_id, name, scope, created_at, expires_at, used_at, revoked_at FROM auth.service_tokens
          WHERE org_id = ${orgId} ORDER BY created_at DESC, id LIMIT 500`
        return rows.map(view)
      }),
    // Nobody is known yet when a token is checked, so the worker's role reads it, by its hash only.
    check: async (token) => {
      if (!TOKEN.test(token)) return undefined
      const nowMs = clock.now()
      const [row] = await db.worker<{ id: string; org_id: string; scope: string[]; used_at: Date | null }[]>`
        SELECT t.id, t.org_id, t.scope, t.used_at
        FROM auth.service_tokens t JOIN auth.organisations o ON o.id = t.org_id
        WHERE t.sha256 = ${sha256(token)} AND t.revoked_at IS NULL AND o.state = 'active'
          AND (t.expires_at IS NULL OR t.expires_at > ${new Date(nowMs)})`
      if (!row) return undefined
      if (row.used_at === null || nowMs - row.used_at.getTime() >= USE_STEP_MS) {
        await db.worker`UPDATE auth.service_tokens SET used_at = ${new Date(nowMs)} WHERE id = ${row.id}`
      }
      return { tokenId: row.id, orgId: row.org_id, scope: row.scope }
    },
  }
}
