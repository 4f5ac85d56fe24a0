import type { Clock } from '@bithive/kernel/clock'
import { type Database, sqlState, type Tx } from '@bithive/kernel/database'
import type { Ids } from '@bithive/kernel/ids'
import { memberErrors } from './member-errors.ts'

export type Membership = {
  readonly membershipId: string
  readonly orgId: string
  readonly personId: string
  readonly roles: readonly string[]
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
  /** @returns false when the organisation has no such membership. */
  readonly remove: (orgId: string, membershipId: string) => Promise<boolean>
  readonly find: (orgId: string, membershipId: string) => Promise<Membership | undefined>
  readonly ofOrganisation: (orgId: string) => Promise<Membership[]>
  /** Of one person in every organisation, oldest first; for that person only. */
  readonly ofPerson: (personId: string) => Promise<(Membership & { readonly active: boolean })[]>
}

type Row = { id: string; org_id: string; person_id: string; roles: string[] }

const view = (row: Row): Membership => ({
  membershipId: row.id,
  orgId: row.org_id,
  personId: row.person_id,
  roles: row.roles,
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
      RETURNING id, org_id, person_id, roles`
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
    remove: (orgId, membershipId) =>
      db.asOrg(orgId, async (tx) => {
        return (await tx`DELETE FROM auth.memberships WHERE id = ${membershipId} AND org_id = ${orgId}`).count > 0
      }),
    find: (orgId, membershipId) =>
      db.asOrg(orgId, async (tx) => {
        const [row] = await tx<Row[]>`
          SELECT id, org_id, person_id, roles FROM auth.memberships WHERE id = ${membershipId} AND org_id = ${orgId}`
        return row && view(row)
      }),
    ofOrganisation: (orgId) =>
      db.asOrg(orgId, async (tx) => {
        const rows = await tx<Row[]>`SELECT id, org_id, person_id, roles FROM auth.memberships
          WHERE org_id = ${orgId} ORDER BY created_at, id LIMIT 500`
        return rows.map(view)
      }),
    // Over all organisations, so by the worker's role; the person's own id is the only key.
    ofPerson: async (personId) => {
      const rows = await db.worker<(Row & { active: boolean })[]>`
        SELECT m.id, m.org_id, m.person_id, m.roles, o.state = 'active' AND p.state = 'active' AS active
        FROM auth.memberships m JOIN auth.organisations o ON o.id = m.org_id JOIN auth.people p ON p.id = m.person_id
        WHERE m.person_id = ${personId} ORDER BY m.created_at, m.id LIMIT 100`
      return rows.map((row) => ({ ...view(row), active: row.active }))
    },
  }
}
