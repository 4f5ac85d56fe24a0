import type { Clock } from '@bithive/kernel/clock'
import { type Database, sqlState, type Tx } from '@bithive/kernel/database'
import type { Ids } from '@bithive/kernel/ids'
import { memberErrors } from './member-errors.ts'

export type Membership = {
  readonly membershipId: string
  readonly orgId: string
  readonly personId: string
  readonly roles: readonly string[]
  /** Since when this member may not act for the organisation. */
  readonly suspendedAt?: number
}

/** A member as the organisation's administrator sees one. */
export type ListedMember = Membership & {
  readonly state: 'active' | 'suspended' | 'disabled' | 'forgotten'
  /** Sessions that are open now, and when the latest began. */
  readonly sessions: number
  readonly signedInAt?: number
  readonly joinedAt: number
}

export type NewMembership = {
  readonly orgId: string
  readonly personId: string
  readonly roles: readonly string[]
  /** Who grants it. */
  readonly createdBy: string
}

export type Memberships = {
  /** A person who is already a member gets these roles instead. @throws members.unknown-person, unknown-organisation */
  readonly add: (membership: NewMembership) => Promise<Membership>
  /** The same inside a transaction that speaks for the organisation. */
  readonly addWithin: (tx: Tx, membership: NewMembership) => Promise<Membership>
  /** @returns undefined when the organisation has no such membership. */
  readonly setRoles: (change: {
    orgId: string
    membershipId: string
    roles: readonly string[]
    by: string
  }) => Promise<Membership | undefined>
  /** Counts with the member's next request. @returns false when the organisation has no such membership. */
  readonly setSuspended: (change: { orgId: string; membershipId: string; suspended: boolean }) => Promise<boolean>
  readonly list: (orgId: string) => Promise<ListedMember[]>
  /** @returns false when the organisation has no such membership. */
  readonly remove: (orgId: string, membershipId: string) => Promise<boolean>
  readonly find: (orgId: string, membershipId: string) => Promise<Membership | undefined>
  readonly ofOrganisation: (orgId: string) => Promise<Membership[]>
  /** Of one person in every organisation, oldest first; for that person only. */
  readonly ofPerson: (personId: string) => Promise<(Membership & { readonly active: boolean })[]>
}

type Row = { id: string; org_id: string; person_id: string; roles: string[]; suspended_at: Date | null }
type ListedRow = Row & { state: string; sessions: number; signed_in_at: Date | null; created_at: Date }

const view = (row: Row): Membership => ({
  membershipId: row.id,
  orgId: row.org_id,
  personId: row.person_id,
  roles: row.roles,
  ...(row.suspended_at ? { suspendedAt: row.suspended_at.getTime() } : {}),
})

const listed = (row: ListedRow): ListedMember => ({
  ...view(row),
  state: row.state === 'active' && row.suspended_at ? 'suspended' : (row.state as ListedMember['state']),
  sessions: row.sessions,
  ...(row.signed_in_at ? { signedInAt: row.signed_in_at.getTime() } : {}),
  joinedAt: row.created_at.getTime(),
})

export function createMemberships(deps: {
  db: Pick<Database, 'asOrg' | 'worker'>
  clock: Clock
  ids: Ids
}): Memberships {
  const { db, clock, ids } = deps
  const addWithin = async (tx: Tx, input: NewMembership) => {
    const [person] = await tx<{ state: string }[]>`SELECT state FROM auth.people WHERE id = ${input.personId}`
    if (!person || person.state === 'forgotten') throw memberErrors.error('unknown-person')
    const [row] = await tx<Row[]>`
      INSERT INTO auth.memberships (id, org_id, person_id, roles, created_by, created_at)
      VALUES (${ids.next('mbr')}, ${input.orgId}, ${input.personId}, ${[...input.roles]}, ${input.createdBy},
        ${new Date(clock.now())})
      ON CONFLICT (org_id, person_id) DO UPDATE SET roles = EXCLUDED.roles, created_by = EXCLUDED.created_by
      RETURNING id, org_id, person_id, roles, suspended_at`
    return view(row as Row)
  }
  return {
    addWithin,
    add: async (input) => {
      try {
        return await db.asOrg(input.orgId, (tx) => addWithin(tx, input))
      } catch (error) {
        if (sqlState(error) === '23503') throw memberErrors.error('unknown-organisation')
        throw error
      }
    },
    setRoles: ({ orgId, membershipId, roles, by }) =>
      db.asOrg(orgId, async (tx) => {
        const [row] = await tx<Row[]>`UPDATE auth.memberships SET roles = ${[...roles]}, created_by = ${by}
          WHERE id = ${membershipId} AND org_id = ${orgId} RETURNING id, org_id, person_id, roles, suspended_at`
        return row && view(row)
      }),
    setSuspended: ({ orgId, membershipId, suspended }) =>
      db.asOrg(orgId, async (tx) => {
        const at = suspended ? new Date(clock.now()) : null
        const changed = await tx`UPDATE auth.memberships SET suspended_at = ${at}
          WHERE id = ${membershipId} AND org_id = ${orgId}`
        return changed.count > 0
      }),
    list: (orgId) =>
      db.asOrg(orgId, async (tx) => {
        const rows = await tx<ListedRow[]>`
          SELECT m.id, m.org_id, m.person_id, m.roles, m.suspended_at, m.created_at, p.state,
            count(s.id)::int AS sessions, max(s."createdAt") AS signed_in_at
          FROM auth.memberships m JOIN auth.people p ON p.id = m.person_id
          LEFT JOIN auth.sessions s ON s."userId" = m.person_id AND s."expiresAt" > ${new Date(clock.now())}
          WHERE m.org_id = ${orgId} GROUP BY m.id, p.state ORDER BY m.created_at, m.id LIMIT 1000`
        return rows.map(listed)
      }),
    remove: (orgId, membershipId) =>
      db.asOrg(orgId, async (tx) => {
        return (await tx`DELETE FROM auth.memberships WHERE id = ${membershipId} AND org_id = ${orgId}`).count > 0
      }),
    find: (orgId, membershipId) =>
      db.asOrg(orgId, async (tx) => {
        const [row] = await tx<Row[]>`
          SELECT id, org_id, person_id, roles, suspended_at FROM auth.memberships
          WHERE id = ${membershipId} AND org_id = ${orgId}`
        return row && view(row)
      }),
    ofOrganisation: (orgId) =>
      db.asOrg(orgId, async (tx) => {
        const rows = await tx<Row[]>`SELECT id, org_id, person_id, roles, suspended_at FROM auth.memberships
          WHERE org_id = ${orgId} ORDER BY created_at, id LIMIT 500`
        return rows.map(view)
      }),
    // Over all organisations, so by the worker's role; the person's own id is the only key.
    ofPerson: async (personId) => {
      const rows = await db.worker<(Row & { active: boolean })[]>`
        SELECT m.id, m.org_id, m.person_id, m.roles, m.suspended_at,
          o.state = 'active' AND p.state = 'active' AND m.suspended_at IS NULL AS active
        FROM auth.memberships m JOIN auth.organisations o ON o.id = m.org_id JOIN auth.people p ON p.id = m.person_id
        WHERE m.person_id = ${personId} ORDER BY m.created_at, m.id LIMIT 100`
      return rows.map((row) => ({ ...view(row), active: row.active }))
    },
  }
}
