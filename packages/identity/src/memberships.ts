import type { Clock } from '@bithive/kernel/clock'
import { type Database, sqlState, type Tx } from '@bithive/kernel/database'
import type { Ids } from '@bithive/kernel/ids'
import { memberErrors } from './member-errors.ts'
import { type Awaiting, type AwaitingRow, awaitingOf, createSecondPerson } from './second-person.ts'

export type Membership = {
  readonly membershipId: string
  readonly orgId: string
  readonly personId: string
  /** Those that count. */
  readonly roles: readonly string[]
  readonly awaiting?: Awaiting
  /** Since when this member may not act for the organisation. */
  readonly suspendedAt?: number
}

/** A member as the organisation's administrator sees one. */
export type ListedMember = Membership & {
  readonly state: 'active' | 'awaits-second' | 'suspended' | 'disabled' | 'forgotten'
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
  /**
   * Another person agrees to exactly the roles that await one; they count with the member's next request.
   * @returns undefined when nothing of the kind awaits, or this person gave it or is to have it
   */
  readonly confirm: (confirmation: {
    orgId: string
    membershipId: string
    roles: readonly string[]
    by: string
  }) => Promise<Membership | undefined>
  /** Whether somebody administers the organisation now. */
  readonly isAdministered: (orgId: string) => Promise<boolean>
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

type Row = AwaitingRow & {
  id: string
  org_id: string
  person_id: string
  roles: string[]
  suspended_at: Date | null
}
type ListedRow = Row & { state: string; sessions: number; signed_in_at: Date | null; created_at: Date }

const COLUMNS = ['id', 'org_id', 'person_id', 'roles', 'suspended_at', 'awaiting', 'awaiting_by', 'awaiting_since']
  .concat('effective_at')
  .map((name) => `m.${name}`)
  .join(', ')

function view(row: Row, nowMs: number): Membership {
  const awaiting = awaitingOf(row, nowMs)
  return {
    ...{ membershipId: row.id, orgId: row.org_id, personId: row.person_id },
    roles: awaiting ? row.roles.filter((role) => !awaiting.roles.includes(role)) : row.roles,
    ...(awaiting ? { awaiting } : {}),
    ...(row.suspended_at ? { suspendedAt: row.suspended_at.getTime() } : {}),
  }
}

function listed(row: ListedRow, nowMs: number): ListedMember {
  const member = view(row, nowMs)
  const active = member.awaiting ? 'awaits-second' : 'active'
  const state = row.suspended_at ? 'suspended' : active
  return {
    ...member,
    state: row.state === 'active' ? state : (row.state as ListedMember['state']),
    sessions: row.sessions,
    ...(row.signed_in_at ? { signedInAt: row.signed_in_at.getTime() } : {}),
    joinedAt: row.created_at.getTime(),
  }
}

export function createMemberships(deps: {
  db: Pick<Database, 'asOrg' | 'worker'>
  clock: Clock
  ids: Ids
  /** Roles that two people give. */
  powerful: readonly string[]
}): Memberships {
  const { db, clock, ids, powerful } = deps
  const second = createSecondPerson({ powerful, now: () => clock.now() })
  const shown = (row: Row) => view(row, clock.now())
  const read = async (tx: Tx, where: string, values: string[]) =>
    (await tx.unsafe(`SELECT ${COLUMNS} FROM auth.memberships m WHERE ${where}`, values)) as unknown as Row[]

  /** Writes the roles, and what of them has to wait, in the row that is locked here. */
  const give = async (tx: Tx, own: Row, roles: readonly string[], by: string) => {
    const holds = shown(own).roles
    const grant = { orgId: own.org_id, personId: own.person_id, holds, roles, by }
    const wait = await second.judge(tx, grant)
    await second.noteTaken(tx, { orgId: own.org_id, before: holds, after: roles })
    await tx`UPDATE auth.memberships SET roles = ${[...roles]}, created_by = ${by}, confirmed_by = NULL,
      awaiting = ${wait.awaiting}, awaiting_by = ${wait.awaiting_by}, awaiting_since = ${wait.awaiting_since},
      effective_at = ${wait.effective_at} WHERE id = ${own.id}`
    return shown({ ...own, ...wait, roles: [...roles] })
  }

  const addWithin = async (tx: Tx, input: NewMembership) => {
    const { orgId, personId, roles, createdBy } = input
    const [person] = await tx<{ state: string }[]>`SELECT state FROM auth.people WHERE id = ${personId}`
    if (!person || person.state === 'forgotten') throw memberErrors.error('unknown-person')
    const wait = await second.judge(tx, { orgId, personId, holds: [], roles, by: createdBy })
    const made = await tx`
      INSERT INTO auth.memberships (id, org_id, person_id, roles, created_by, created_at, awaiting, awaiting_by,
        awaiting_since, effective_at)
      VALUES (${ids.next('mbr')}, ${orgId}, ${personId}, ${[...roles]}, ${createdBy}, ${new Date(clock.now())},
        ${wait.awaiting}, ${wait.awaiting_by}, ${wait.awaiting_since}, ${wait.effective_at})
      ON CONFLICT (org_id, person_id) DO NOTHING`
    const [row] = await read(tx, 'm.org_id = $1 AND m.person_id = $2 FOR UPDATE', [orgId, personId])
    return made.count > 0 ? shown(row as Row) : give(tx, row as Row, roles, createdBy)
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
        const [own] = await read(tx, 'm.id = $1 AND m.org_id = $2 FOR UPDATE', [membershipId, orgId])
        return own && give(tx, own, roles, by)
      }),
    confirm: ({ orgId, membershipId, roles, by }) =>
      db.asOrg(orgId, async (tx) => {
        const confirmed = await tx`UPDATE auth.memberships SET awaiting = '{}', awaiting_by = NULL,
            awaiting_since = NULL, effective_at = NULL, confirmed_by = ${by}
          WHERE id = ${membershipId} AND org_id = ${orgId} AND awaiting_by <> ${by} AND created_by <> ${by}
            AND person_id <> ${by} AND awaiting @> ${[...roles]} AND awaiting <@ ${[...roles]}`
        if (confirmed.count === 0) return undefined
        const [row] = await read(tx, 'm.id = $1 AND m.org_id = $2', [membershipId, orgId])
        return row && shown(row)
      }),
    isAdministered: (orgId) =>
      db.asOrg(orgId, async (tx) => {
        const admins = await tx`SELECT FROM auth.memberships m JOIN auth.people p ON p.id = m.person_id
          WHERE m.org_id = ${orgId} AND m.suspended_at IS NULL AND p.state = 'active' AND 'admin' = ANY(m.roles)
            AND ('admin' <> ALL(m.awaiting) OR m.effective_at <= ${new Date(clock.now())}) LIMIT 1`
        return admins.length > 0
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
        const now = clock.now()
        const rows = (await tx.unsafe(
          `SELECT ${COLUMNS}, m.created_at, p.state, count(s.id)::int AS sessions, max(s."createdAt") AS signed_in_at
          FROM auth.memberships m JOIN auth.people p ON p.id = m.person_id
          LEFT JOIN auth.sessions s ON s."userId" = m.person_id AND s."expiresAt" > $2
          WHERE m.org_id = $1 GROUP BY m.id, p.state ORDER BY m.created_at, m.id LIMIT 1000`,
          [orgId, new Date(now)],
        )) as unknown as ListedRow[]
        return rows.map((row) => listed(row, now))
      }),
    remove: (orgId, membershipId) =>
      db.asOrg(orgId, async (tx) => {
        const [own] = await read(tx, 'm.id = $1 AND m.org_id = $2 FOR UPDATE', [membershipId, orgId])
        if (!own) return false
        await second.noteTaken(tx, { orgId, before: shown(own).roles, after: [] })
        await tx`DELETE FROM auth.memberships WHERE id = ${membershipId} AND org_id = ${orgId}`
        return true
      }),
    find: (orgId, membershipId) =>
      db.asOrg(orgId, async (tx) => {
        const [row] = await read(tx, 'm.id = $1 AND m.org_id = $2', [membershipId, orgId])
        return row && shown(row)
      }),
    ofOrganisation: (orgId) =>
      db.asOrg(orgId, async (tx) =>
        (await read(tx, 'm.org_id = $1 ORDER BY m.created_at, m.id LIMIT 500', [orgId])).map(shown),
      ),
    // Over all organisations, so by the worker's role; the person's own id is the only key.
    ofPerson: async (personId) => {
      const rows = await db.worker.unsafe<(Row & { active: boolean })[]>(
        `SELECT ${COLUMNS}, o.state = 'active' AND p.state = 'active' AND m.suspended_at IS NULL AS active
        FROM auth.memberships m JOIN auth.organisations o ON o.id = m.org_id JOIN auth.people p ON p.id = m.person_id
        WHERE m.person_id = $1 ORDER BY m.created_at, m.id LIMIT 100`,
        [personId],
      )
      return rows.map((row) => ({ ...shown(row), active: row.active }))
    },
  }
}
