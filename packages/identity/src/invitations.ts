import type { Clock } from '@bithive/kernel/clock'
import type { Database, Tx } from '@bithive/kernel/database'
import type { Ids } from '@bithive/kernel/ids'
import type { Randomness } from '@bithive/kernel/randomness'
import { hashOfCode, hintOfCode, newInvitationCode, normaliseCode } from './invitation-code.ts'
import { memberErrors } from './member-errors.ts'

const DAY_MS = 86_400_000
const JOIN_TTL_MS = 7 * DAY_MS
/** A code handed over in person is opened soon, or not at all. */
const RESET_TTL_MS = 3_600_000
/** Long enough for whoever was shut out to have noticed. */
const RESET_ALONE_MS = 30 * DAY_MS

export type InvitationState = 'proposed' | 'open' | 'used' | 'revoked' | 'expired'

export type Invitation = {
  readonly invitationId: string
  readonly orgId: string
  readonly purpose: 'join' | 'reset'
  readonly roles: readonly string[]
  /** Of a reset: whose. */
  readonly personId?: string
  readonly hint: string
  readonly state: InvitationState
  readonly createdBy: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly usedAt?: number
}

/** The code is in this answer and never again. */
export type IssuedInvitation = { readonly invitationId: string; readonly code: string; readonly expiresAt: number }

export type Invitations = {
  readonly invite: (invitation: NewInvitation) => Promise<IssuedInvitation>
  /** A reset that waits for a second person: it has no code yet. */
  readonly proposeReset: (reset: NewReset) => Promise<{ invitationId: string }>
  readonly reset: (reset: NewReset) => Promise<IssuedInvitation>
  /** @throws members.needs-second-person, invitation-over, http-like unknown as `invitation-unknown` */
  readonly approve: (approval: { orgId: string; invitationId: string; by: string }) => Promise<IssuedInvitation>
  readonly ofOrganisation: (orgId: string) => Promise<Invitation[]>
  readonly find: (orgId: string, invitationId: string) => Promise<Invitation | undefined>
  /**
   * Whoever lately had the code to somebody's sign-in without a second person must not give that sign-in more power:
   * roles would be taken away, the sign-in reset, and the roles given back, all by one hand.
   * @throws members.reset-alone
   */
  readonly mustNotHaveReset: (given: { orgId: string; personId: string; by: string }) => Promise<void>
  /** @returns false when there is none that could still be used. */
  readonly revoke: (orgId: string, invitationId: string) => Promise<boolean>
  /** What a code is for. @throws members.invitation-unknown, invitation-over */
  readonly byCode: (code: string) => Promise<Invitation>
  /** Uses it up inside the transaction of what it is for. @throws members.invitation-over when somebody was faster */
  readonly use: (tx: Tx, invitationId: string, by: string) => Promise<void>
}

export type NewInvitation = {
  readonly orgId: string
  readonly roles: readonly string[]
  readonly createdBy: string
  readonly invitationId?: string
}
export type NewReset = NewInvitation & { readonly personId: string }

type Row = {
  id: string
  org_id: string
  purpose: 'join' | 'reset'
  coded: boolean
  hint: string
  roles: string[]
  person_id: string | null
  created_by: string
  created_at: Date
  expires_at: Date
  used_at: Date | null
  revoked_at: Date | null
}

function stateOf(row: Row, nowMs: number): InvitationState {
  if (row.used_at) return 'used'
  if (row.revoked_at) return 'revoked'
  if (row.expires_at.getTime() <= nowMs) return 'expired'
  return row.coded ? 'open' : 'proposed'
}

const view = (row: Row, nowMs: number): Invitation => ({
  ...{ invitationId: row.id, orgId: row.org_id, purpose: row.purpose, roles: row.roles, hint: row.hint },
  ...(row.person_id === null ? {} : { personId: row.person_id }),
  ...{ state: stateOf(row, nowMs), createdBy: row.created_by },
  ...{ createdAt: row.created_at.getTime(), expiresAt: row.expires_at.getTime() },
  ...(row.used_at === null ? {} : { usedAt: row.used_at.getTime() }),
})

/** Invitations to join, and codes with which a member chooses a password or passkey anew. */
export function createInvitations(deps: {
  db: Pick<Database, 'asOrg' | 'worker'>
  clock: Clock
  ids: Ids
  randomness: Randomness
}): Invitations {
  const { db, clock, ids, randomness } = deps
  const COLUMNS = `id, org_id, purpose, sha256 IS NOT NULL AS coded, hint, roles, person_id, created_by, created_at,
    expires_at, used_at, revoked_at`

  const insert = async (given: NewInvitation & { personId?: string }, withCode: boolean) => {
    const { orgId, roles, createdBy, personId, invitationId = ids.next('inv') } = given
    const code = withCode ? newInvitationCode(randomness) : undefined
    const plain = code === undefined ? undefined : normaliseCode(code)
    const now = clock.now()
    const expiresAt = now + (personId === undefined ? JOIN_TTL_MS : RESET_TTL_MS)
    await db.asOrg(orgId, async (tx) => {
      if (personId !== undefined) {
        // One way in at a time: the code of an older reset must not open what a newer one was issued for.
        await tx`UPDATE auth.invitations SET revoked_at = ${new Date(now)}
          WHERE person_id = ${personId} AND used_at IS NULL AND revoked_at IS NULL`
      }
      await tx`INSERT INTO auth.invitations
        (id, org_id, purpose, sha256, hint, roles, person_id, created_by, created_at, expires_at)
        VALUES (${invitationId}, ${orgId}, ${personId === undefined ? 'join' : 'reset'},
          ${plain === undefined ? null : hashOfCode(plain)}, ${plain === undefined ? '' : hintOfCode(plain)},
          ${[...roles]}, ${personId ?? null}, ${createdBy}, ${new Date(now)}, ${new Date(expiresAt)})`
    })
    return { invitationId, code: code ?? '', expiresAt }
  }

  const find = (orgId: string, invitationId: string) =>
    db.asOrg(orgId, async (tx) => {
      const [row] = (await tx.unsafe(`SELECT ${COLUMNS} FROM auth.invitations WHERE id = $1 AND org_id = $2`, [
        invitationId,
        orgId,
      ])) as unknown as Row[]
      return row && view(row, clock.now())
    })

  return {
    invite: (invitation) => insert(invitation, true),
    proposeReset: async (reset) => ({ invitationId: (await insert(reset, false)).invitationId }),
    reset: (reset) => insert(reset, true),
    approve: async ({ orgId, invitationId, by }) => {
      const code = newInvitationCode(randomness)
      const plain = normaliseCode(code) as string
      const now = clock.now()
      const expiresAt = now + RESET_TTL_MS
      await db.asOrg(orgId, async (tx) => {
        const changed = await tx`UPDATE auth.invitations
          SET sha256 = ${hashOfCode(plain)}, hint = ${hintOfCode(plain)}, approved_by = ${by},
            expires_at = ${new Date(expiresAt)}
          WHERE id = ${invitationId} AND org_id = ${orgId} AND sha256 IS NULL AND used_at IS NULL
            AND revoked_at IS NULL AND expires_at > ${new Date(now)} AND created_by <> ${by} AND person_id <> ${by}`
        if (changed.count === 0) throw memberErrors.error('invitation-over', { state: 'not-proposed' })
      })
      return { invitationId, code, expiresAt }
    },
    ofOrganisation: (orgId) =>
      db.asOrg(orgId, async (tx) => {
        const rows = (await tx.unsafe(
          `SELECT ${COLUMNS} FROM auth.invitations WHERE org_id = $1 ORDER BY created_at DESC, id LIMIT 200`,
          [orgId],
        )) as unknown as Row[]
        return rows.map((row) => view(row, clock.now()))
      }),
    find,
    mustNotHaveReset: ({ orgId, personId, by }) =>
      db.asOrg(orgId, async (tx) => {
        const now = clock.now()
        const alone = await tx`SELECT FROM auth.invitations
          WHERE org_id = ${orgId} AND person_id = ${personId} AND created_by = ${by} AND approved_by IS NULL
            AND sha256 IS NOT NULL AND created_at > ${new Date(now - RESET_ALONE_MS)}
            AND (used_at IS NOT NULL OR (revoked_at IS NULL AND expires_at > ${new Date(now)}))`
        if (alone.length > 0) throw memberErrors.error('reset-alone')
      }),
    revoke: (orgId, invitationId) =>
      db.asOrg(orgId, async (tx) => {
        const changed = await tx`UPDATE auth.invitations SET revoked_at = ${new Date(clock.now())}
          WHERE id = ${invitationId} AND org_id = ${orgId} AND used_at IS NULL AND revoked_at IS NULL`
        return changed.count > 0
      }),
    // Whoever brings a code is not known yet, so the worker's role reads it, by its hash only.
    byCode: async (code) => {
      const plain = normaliseCode(code)
      const found =
        plain === undefined
          ? []
          : await deps.db.worker.unsafe<Row[]>(
              `SELECT ${COLUMNS} FROM auth.invitations WHERE sha256 = $1
          AND EXISTS (SELECT FROM auth.organisations o WHERE o.id = org_id AND o.state = 'active')`,
              [hashOfCode(plain)],
            )
      const [row] = found
      if (!row) throw memberErrors.error('invitation-unknown')
      const invitation = view(row, clock.now())
      if (invitation.state !== 'open') throw memberErrors.error('invitation-over', { state: invitation.state })
      return invitation
    },
    use: async (tx, invitationId, by) => {
      const now = new Date(clock.now())
      const used = await tx`UPDATE auth.invitations SET used_at = ${now}, used_by = ${by}
        WHERE id = ${invitationId} AND used_at IS NULL AND revoked_at IS NULL AND expires_at > ${now}
          AND sha256 IS NOT NULL`
      if (used.count === 0) throw memberErrors.error('invitation-over', { state: 'used' })
    },
  }
}
