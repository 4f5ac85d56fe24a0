import type { Actor } from '@bithive/kernel/actor'
import { actorOf, type HttpEnv, httpErrors, mustAllow, readJson } from '@bithive/kernel/http'
import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { memberErrors } from './member-errors.ts'
import type { MemberRoutesDeps } from './member-routes.ts'
import type { Membership } from './memberships.ts'
import { noteAct } from './note-act.ts'
import { heldBy } from './second-person.ts'

const OrgId = z.string().regex(/^org_[0-9a-z-]{1,40}$/)
const StateChange = z.strictObject({ state: z.enum(['active', 'suspended']) })

/** `/memberships` and `/accounts`: each act is in the audit before it counts. */
export function addMembers(routes: Hono<HttpEnv>, deps: MemberRoutesDeps): void {
  const { members, policy, audit, roles, powerful } = deps
  const Roles = z.array(z.enum(roles)).min(1).max(16)
  const NewMember = z.strictObject({
    orgId: OrgId.optional(),
    login: z.string().min(3).max(254),
    password: z.string().min(12).max(256),
    name: z.string().trim().min(1).max(120),
    roles: Roles,
  })
  const Grant = z.strictObject({ orgId: OrgId.optional(), personId: z.string().max(40), roles: Roles })
  const Confirmation = z.strictObject({ orgId: OrgId.optional(), roles: Roles })
  const RolesChange = z.strictObject({ roles: Roles })

  const noted = <T>(
    actor: Actor,
    act: { action: string; orgId: string; personId: string; roles: readonly string[] },
    run: () => Promise<T>,
  ) => {
    const { orgId, personId, action } = act
    const facts = { roles: act.roles.join(' ') }
    return noteAct(audit, { orgId, actorId: actor.id, action, resource: personId, facts }, run)
  }

  /** The member whom a path names, who may be acted upon. Whether there is one is judged before the body is. */
  const target = async <T>(
    c: Context<HttpEnv>,
    body?: z.ZodType<T>,
    rolesOf: (given: T) => readonly string[] = () => [],
  ) => {
    const actor = actorOf(c)
    const found = await findMember(deps, c)
    const given = body ? await readJson(c, body) : undefined
    const change = { orgId: found.orgId, personId: found.personId, holds: heldBy(found) }
    mustAllow(policy.mayManageMember(actor, { ...change, roles: given === undefined ? [] : rolesOf(given) }))
    return { actor, found, given: given as T }
  }

  /** Of another organisation than the actor's: whether it has an administrator, who then takes its people in. */
  const isAdministered = async (actor: Actor, orgId: string) =>
    orgId !== actor.orgId && (await members.memberships.isAdministered(orgId))

  const mustNotHaveReset = async (
    actor: Actor,
    grant: { orgId: string; personId: string; roles: readonly string[] },
  ) => {
    const { orgId, personId } = grant
    if (!grant.roles.some((role) => powerful.includes(role))) return
    await members.invitations.mustNotHaveReset({ orgId, personId, by: actor.id })
  }

  routes.get('/memberships', async (c) => {
    const actor = actorOf(c)
    mustAllow(policy.maySeeMembers(actor))
    const list = await members.memberships.list(actor.orgId)
    const named = await Promise.all(
      list.map(async (one) => {
        const person = await members.people.byId(one.personId)
        return { ...one, name: person?.name ?? '', login: person?.login ?? '' }
      }),
    )
    return c.json({ memberships: named })
  })

  /**
   * A new person with a first password, in the actor's organisation or in the one named. For installations without a
   * browser: elsewhere an invitation lets the person choose a password that nobody else ever knew.
   */
  routes.post('/accounts', async (c) => {
    const actor = actorOf(c)
    const { orgId = actor.orgId, ...person } = await readJson(c, NewMember)
    const administered = await isAdministered(actor, orgId)
    mustAllow(policy.mayManageMember(actor, { orgId, roles: person.roles, administered }))
    const personId = members.ids.next('usr')
    const act = { action: 'members.person-added', orgId, personId, roles: person.roles }
    const made = { ...person, personId, orgId, createdBy: actor.id }
    return c.json(await noted(actor, act, () => members.createMember(made)), 201)
  })

  /** Replaces a member's roles, by the person. Who is no member yet is invited, and accepts. */
  routes.post('/memberships', async (c) => {
    const actor = actorOf(c)
    const { orgId = actor.orgId, personId, roles: given } = await readJson(c, Grant)
    const own = (await members.memberships.ofOrganisation(orgId)).find((one) => one.personId === personId)
    const administered = await isAdministered(actor, orgId)
    const change = { orgId, personId, roles: given, administered }
    mustAllow(policy.mayManageMember(actor, { ...change, ...(own ? { holds: heldBy(own) } : {}) }))
    if (!own) throw memberErrors.error('needs-invitation')
    await mustNotHaveReset(actor, { orgId, personId, roles: given })
    const act = { action: 'members.roles-granted', orgId, personId, roles: given }
    const grant = { orgId, personId, roles: given, createdBy: actor.id }
    return c.json(await noted(actor, act, () => members.memberships.add(grant)), 201)
  })

  routes.put('/memberships/:membershipId/roles', async (c) => {
    const { actor, found, given } = await target(c, RolesChange, (change) => change.roles)
    const { orgId, personId, membershipId } = found
    await mustNotHaveReset(actor, { orgId, personId, roles: given.roles })
    const change = { orgId, membershipId, roles: given.roles, by: actor.id }
    const act = { action: 'members.roles-granted', orgId, personId, roles: given.roles }
    return c.json(await noted(actor, act, () => members.memberships.setRoles(change)))
  })

  /**
   * Body `{ roles }`: what awaits a second person, as the second person saw it. With `orgId` for an organisation that
   * nobody administers yet.
   */
  routes.post('/memberships/:membershipId/confirm', async (c) => {
    const actor = actorOf(c)
    const { orgId = actor.orgId, roles: given } = await readJson(c, Confirmation)
    const found = await members.memberships.find(orgId, c.req.param('membershipId'))
    const administered = await isAdministered(actor, orgId)
    const decision = policy.mayConfirmMember(actor, {
      orgId,
      administered,
      ...(found ? { personId: found.personId } : {}),
    })
    // What is in another organisation is no business of whoever may not confirm there.
    if (!found || (orgId !== actor.orgId && !decision.ok)) throw httpErrors.error('not-found')
    const { personId, membershipId, awaiting } = found
    if (personId === actor.id || awaiting?.givenBy === actor.id) throw memberErrors.error('confirm-another')
    mustAllow(decision)
    if (!awaiting) throw memberErrors.error('confirm-changed')
    await mustNotHaveReset(actor, { orgId, personId, roles: given })
    const act = { orgId, actorId: actor.id, action: 'members.roles-confirmed', resource: personId }
    const facts = { roles: given.join(' '), givenBy: awaiting.givenBy }
    const confirmation = { orgId, membershipId, roles: given, by: actor.id }
    const confirmed = await noteAct(audit, { ...act, facts }, async () => {
      const done = await members.memberships.confirm(confirmation)
      if (!done) throw memberErrors.error('confirm-changed')
      return done
    })
    return c.json(confirmed)
  })

  /** Body `{ state }`. Counts with the member's next request; other organisations are not touched. */
  routes.put('/memberships/:membershipId/state', async (c) => {
    const { actor, found, given } = await target(c, StateChange)
    const { orgId, personId, membershipId } = found
    const { state } = given
    const suspended = state === 'suspended'
    const action = suspended ? 'members.suspended' : 'members.reinstated'
    const act = { action, orgId, personId, roles: found.roles }
    await noted(actor, act, () => members.memberships.setSuspended({ orgId, membershipId, suspended }))
    return c.json({ membershipId, state })
  })

  /** Ends every session of the person, so that signing in again is the next thing. */
  routes.delete('/memberships/:membershipId/sessions', async (c) => {
    const { actor, found } = await target(c)
    const { orgId, personId } = found
    const act = { action: 'members.sessions-ended', orgId, personId, roles: found.roles }
    return c.json({ ended: await noted(actor, act, () => members.endSessions(personId)) })
  })

  routes.delete('/memberships/:membershipId', async (c) => {
    const { actor, found } = await target(c)
    const { orgId, personId, membershipId } = found
    const act = { action: 'members.membership-removed', orgId, personId, roles: [] }
    await noted(actor, act, () => members.memberships.remove(orgId, membershipId))
    return c.body(null, 204)
  })
}

/** @throws http.not-found when the actor's organisation has no such membership */
export async function findMember(deps: MemberRoutesDeps, c: Context<HttpEnv>): Promise<Membership> {
  const actor = actorOf(c)
  const found = await deps.members.memberships.find(actor.orgId, c.req.param('membershipId') ?? '')
  if (!found) throw httpErrors.error('not-found')
  return found
}
