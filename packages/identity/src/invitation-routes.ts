import { budgetOf } from '@bithive/kernel/client-address'
import { actorOf, type HttpEnv, httpErrors, mustAllow, readJson } from '@bithive/kernel/http'
import { createRateLimiter, limitErrors } from '@bithive/kernel/limits'
import type { Context, Hono } from 'hono'
import { z } from 'zod'
import type { Invitation } from './invitations.ts'
import { memberErrors } from './member-errors.ts'
import type { MemberRoutesDeps } from './member-routes.ts'
import { findMember } from './membership-routes.ts'
import { noteAct } from './note-act.ts'
import { heldBy } from './second-person.ts'

const Code = z.string().min(1).max(64)
const Opened = z.strictObject({ code: Code })
const NewPerson = z.strictObject({
  code: Code,
  login: z.string().min(3).max(254),
  password: z.string().min(12).max(256),
  name: z.string().trim().min(1).max(120),
})
const Reset = z.strictObject({ code: Code, password: z.string().min(12).max(256) })

/** Codes tried from one address, at once and a minute. A code has 100 random bits: this spares the database. */
const TRIES = { capacity: 20, refillPerSecond: 20 / 60, maxKeys: 100_000 }

/** `/invitations` and `/memberships/:membershipId/reset`. Who accepts is nobody yet, and brings a code. */
export function addInvitations(routes: Hono<HttpEnv>, deps: MemberRoutesDeps): void {
  addIssuing(routes, deps)
  addResets(routes, deps)
  addAccepting(routes, deps)
}

function addIssuing(routes: Hono<HttpEnv>, deps: MemberRoutesDeps): void {
  const { members, policy, audit, roles } = deps
  const NewInvitation = z.strictObject({ roles: z.array(z.enum(roles)).min(1).max(16) })

  routes.get('/invitations', async (c) => {
    const actor = actorOf(c)
    mustAllow(policy.maySeeMembers(actor))
    return c.json({ invitations: await members.invitations.ofOrganisation(actor.orgId) })
  })

  /** The code is in this answer and never again. */
  routes.post('/invitations', async (c) => {
    const actor = actorOf(c)
    const { orgId } = actor
    const { roles: given } = await readJson(c, NewInvitation)
    mustAllow(policy.mayManageMember(actor, { orgId, roles: given }))
    const invitationId = members.ids.next('inv')
    const act = { orgId, actorId: actor.id, action: 'members.invited', resource: invitationId }
    const invitation = { orgId, roles: given, createdBy: actor.id, invitationId }
    const facts = { roles: given.join(' ') }
    return c.json(await noteAct(audit, { ...act, facts }, () => members.invitations.invite(invitation)), 201)
  })

  routes.delete('/invitations/:invitationId', async (c) => {
    const actor = actorOf(c)
    const { orgId } = actor
    const found = await findInvitation(deps, c)
    mustAllow(policy.mayManageMember(actor, { orgId, roles: found.roles }))
    const { invitationId } = found
    const act = { orgId, actorId: actor.id, action: 'members.invitation-revoked', resource: invitationId }
    const revoked = await noteAct(audit, act, () => members.invitations.revoke(orgId, invitationId))
    if (!revoked) throw memberErrors.error('invitation-over', { state: found.state })
    return c.body(null, 204)
  })
}

/** @throws http.not-found when the actor's organisation has none such */
async function findInvitation(deps: MemberRoutesDeps, c: Context<HttpEnv>): Promise<Invitation> {
  const found = await deps.members.invitations.find(actorOf(c).orgId, c.req.param('invitationId') ?? '')
  if (!found) throw httpErrors.error('not-found')
  return found
}

function addResets(routes: Hono<HttpEnv>, deps: MemberRoutesDeps): void {
  const { members, policy, audit, powerful } = deps

  const mustReset = async (c: Context<HttpEnv>, member: { personId: string; roles: readonly string[] }) => {
    const actor = actorOf(c)
    const own = await members.memberships.ofPerson(member.personId)
    const reachesElsewhere = own.some((one) => one.orgId !== actor.orgId)
    const change = { orgId: actor.orgId, personId: member.personId, roles: [], holds: member.roles, reachesElsewhere }
    mustAllow(policy.mayManageMember(actor, change))
    return { reachesElsewhere }
  }

  /**
   * A code that the administrator hands over in person; with it the member chooses a new password, and every passkey
   * and session of before is gone. For a member with powerful roles, or with roles elsewhere that nobody here knows,
   * it is only proposed: a second person approves.
   */
  routes.post('/memberships/:membershipId/reset', async (c) => {
    const actor = actorOf(c)
    const member = await findMember(deps, c)
    const { reachesElsewhere } = await mustReset(c, { personId: member.personId, roles: heldBy(member) })
    const { orgId, personId } = member
    // Roles that only wait count here: the sign-in is not reset by one hand before another confirms them.
    const roles = heldBy(member)
    const needsSecond = reachesElsewhere || roles.some((role) => powerful.includes(role))
    const invitationId = members.ids.next('inv')
    const action = needsSecond ? 'members.reset-proposed' : 'members.reset-issued'
    const act = { orgId, actorId: actor.id, action, resource: personId, facts: { invitationId } }
    const reset = { orgId, personId, roles, createdBy: actor.id, invitationId }
    if (!needsSecond) {
      const issued = await noteAct(audit, act, () => members.invitations.reset(reset))
      return c.json({ state: 'open', ...issued }, 201)
    }
    const proposed = await noteAct(audit, act, () => members.invitations.proposeReset(reset))
    return c.json({ state: 'proposed', ...proposed }, 201)
  })

  /** By another person than the one who proposed it, and than the one whose sign-in it is. */
  routes.post('/invitations/:invitationId/approve', async (c) => {
    const actor = actorOf(c)
    const found = await findInvitation(deps, c)
    const { orgId, invitationId, personId } = found
    if (personId === undefined) throw httpErrors.error('not-found')
    await mustReset(c, { personId, roles: found.roles })
    if (found.createdBy === actor.id) throw memberErrors.error('second-person-waits')
    const act = { orgId, actorId: actor.id, action: 'members.reset-approved', resource: personId }
    const facts = { invitationId, proposedBy: found.createdBy }
    const approval = { orgId, invitationId, by: actor.id }
    return c.json(await noteAct(audit, { ...act, facts }, () => members.invitations.approve(approval)), 201)
  })
}

function addAccepting(routes: Hono<HttpEnv>, { members, clock }: MemberRoutesDeps): void {
  const tries = createRateLimiter({ clock, ...TRIES })
  const mustTry = (c: Context<HttpEnv>) => {
    const taken = tries.take(budgetOf(c.get('remote')))
    if (!taken.ok) throw limitErrors.error('too-many-requests', { retryAfterMs: taken.retryAfterMs })
  }

  /** What a code is for, for whoever holds it; it stays unused. */
  routes.post('/invitations/open', async (c) => {
    mustTry(c)
    const { code } = await readJson(c, Opened, 4096)
    const { purpose, roles, orgId, expiresAt, personId } = await members.invitations.byCode(code)
    const organisation = await members.organisations.byId(orgId)
    const name = organisation?.name ?? { zh: '', en: '' }
    const login = personId === undefined ? undefined : (await members.people.byId(personId))?.login
    const opened = { purpose, roles, organisation: { orgId, name }, expiresAt }
    return c.json({ ...opened, ...(login === undefined ? {} : { login }) })
  })

  /** Makes the account and the membership; signing in with what was just chosen is the next call. */
  routes.post('/invitations/accept', async (c) => {
    mustTry(c)
    const given = await readJson(c, NewPerson, 4096)
    const { membership } = await members.accept.asNewPerson(given)
    return c.json(membership, 201)
  })

  /** Somebody who has an account, and is signed in, joins one more organisation. */
  routes.post('/invitations/join', async (c) => {
    const actor = actorOf(c)
    if (actor.kind !== 'person') throw httpErrors.error('forbidden', { reason: 'members.needs-person' })
    mustTry(c)
    const { code } = await readJson(c, Opened, 4096)
    return c.json(await members.accept.asPerson({ code, personId: actor.id }), 201)
  })

  routes.post('/invitations/reset', async (c) => {
    mustTry(c)
    return c.json(await members.accept.resetSignIn(await readJson(c, Reset, 4096)))
  })
}
