import type { Actor, Decision } from '@bithive/kernel/actor'
import { actorOf, createRoutes, type HttpEnv, httpErrors, mustAllow, readJson } from '@bithive/kernel/http'
import type { Hono } from 'hono'
import { z } from 'zod'
import { NO_ORGANISATION } from './authenticate.ts'
import type { AuditPort, Members } from './members.ts'

/** Who may: each app answers for its own kinds of people. */
export type MemberPolicy = {
  readonly maySeeOrganisation: (actor: Actor, orgId: string) => Decision
  readonly maySeeMembers: (actor: Actor) => Decision
  /** Adds, changes (with the new roles) or removes (with none); `personId` is absent for a new person. */
  readonly mayManageMember: (actor: Actor, member: MemberChange) => Decision
  readonly mayManageTokens: (actor: Actor) => Decision
  readonly mayForget: (actor: Actor, personId: string) => Decision
}

export type MemberChange = { readonly orgId: string; readonly personId?: string; readonly roles: readonly string[] }

export type MemberRoutesDeps = {
  readonly members: Members
  readonly policy: MemberPolicy
  /** Roles that people can be given, and those that a token can carry. */
  readonly roles: readonly [string, ...string[]]
  readonly scopes: readonly [string, ...string[]]
  readonly audit: AuditPort
}

const OrgId = z.string().regex(/^org_[0-9a-z-]{1,40}$/)

/** `/me`, `/accounts`, `/memberships`, `/service-tokens`, `/organisations/:orgId`. */
export function createMemberRoutes(deps: MemberRoutesDeps): Hono<HttpEnv> {
  const routes = createRoutes()
  addMe(routes, deps)
  addMembers(routes, deps)
  addTokens(routes, deps)
  return routes
}

function addMe(routes: Hono<HttpEnv>, { members, policy, audit }: MemberRoutesDeps): void {
  routes.get('/me', async (c) => {
    const actor = actorOf(c)
    const organisation = await members.organisations.byId(actor.orgId)
    const self = { actorId: actor.id, kind: actor.kind, roles: actor.roles, organisation: organisation ?? null }
    if (actor.kind !== 'person') return c.json(self)
    const person = await members.people.byId(actor.id)
    const memberships = await members.memberships.ofPerson(actor.id)
    return c.json({ ...self, name: person?.name ?? '', login: person?.login ?? '', memberships })
  })

  routes.get('/organisations/:orgId', async (c) => {
    const actor = actorOf(c)
    const orgId = c.req.param('orgId')
    // Whether it exists is no stranger's business, so "not yours" and "not there" are one answer.
    if (!policy.maySeeOrganisation(actor, orgId).ok) throw httpErrors.error('not-found')
    const organisation = await members.organisations.byId(orgId)
    if (!organisation) throw httpErrors.error('not-found')
    return c.json(organisation)
  })

  routes.delete('/accounts/:userId', async (c) => {
    const actor = actorOf(c)
    const personId = c.req.param('userId')
    if (!policy.mayForget(actor, personId).ok) throw httpErrors.error('not-found')
    if (!(await members.people.byId(personId))) throw httpErrors.error('not-found')
    await audit.record({
      orgId: actor.orgId,
      actorId: actor.id,
      action: 'members.person-forgotten',
      resource: personId,
    })
    await members.people.forget(personId)
    return c.body(null, 204)
  })
}

function addMembers(routes: Hono<HttpEnv>, { members, policy, audit, roles }: MemberRoutesDeps): void {
  const Roles = z.array(z.enum(roles)).min(1).max(16)
  const NewMember = z.strictObject({
    orgId: OrgId.optional(),
    login: z.string().min(3).max(254),
    password: z.string().min(12).max(256),
    name: z.string().trim().min(1).max(120),
    roles: Roles,
  })
  const Grant = z.strictObject({ orgId: OrgId.optional(), personId: z.string().max(40), roles: Roles })
  const note = (actor: Actor, action: string, orgId: string, personId: string, given: readonly string[]) =>
    audit.record({ orgId, actorId: actor.id, action, resource: personId, facts: { roles: given.join(' ') } })

  routes.get('/memberships', async (c) => {
    const actor = actorOf(c)
    mustAllow(policy.maySeeMembers(actor))
    const list = await members.memberships.ofOrganisation(actor.orgId)
    const named = await Promise.all(
      list.map(async (one) => ({ ...one, name: (await members.people.byId(one.personId))?.name ?? '' })),
    )
    return c.json({ memberships: named })
  })

  /** A new person with a first password, in the actor's organisation or in the one named. */
  routes.post('/accounts', async (c) => {
    const actor = actorOf(c)
    const { orgId = actor.orgId, ...person } = await readJson(c, NewMember)
    mustAllow(policy.mayManageMember(actor, { orgId, roles: person.roles }))
    const membership = await members.createMember({ ...person, orgId, createdBy: actor.id })
    await note(actor, 'members.person-added', orgId, membership.personId, person.roles)
    return c.json(membership, 201)
  })

  /** Gives roles to a person who has an account already; a member's roles are replaced. */
  routes.post('/memberships', async (c) => {
    const actor = actorOf(c)
    const { orgId = actor.orgId, personId, roles: given } = await readJson(c, Grant)
    mustAllow(policy.mayManageMember(actor, { orgId, personId, roles: given }))
    const membership = await members.memberships.add({ orgId, personId, roles: given, createdBy: actor.id })
    await note(actor, 'members.roles-granted', orgId, personId, given)
    return c.json(membership, 201)
  })

  routes.delete('/memberships/:membershipId', async (c) => {
    const actor = actorOf(c)
    const found = await members.memberships.find(actor.orgId, c.req.param('membershipId'))
    if (!found) throw httpErrors.error('not-found')
    mustAllow(policy.mayManageMember(actor, { orgId: found.orgId, personId: found.personId, roles: [] }))
    await members.memberships.remove(found.orgId, found.membershipId)
    await note(actor, 'members.membership-removed', found.orgId, found.personId, [])
    return c.body(null, 204)
  })
}

function addTokens(routes: Hono<HttpEnv>, { members, policy, audit, scopes }: MemberRoutesDeps): void {
  const NewToken = z.strictObject({
    name: z.string().trim().min(1).max(80),
    scope: z.array(z.enum(scopes)).min(1).max(16),
    expiresAt: z.int().positive().optional(),
  })

  routes.get('/service-tokens', async (c) => {
    const actor = actorOf(c)
    mustAllow(policy.mayManageTokens(actor))
    return c.json({ tokens: await members.tokens.ofOrganisation(actor.orgId) })
  })

  /** The token is in this answer and never again. */
  routes.post('/service-tokens', async (c) => {
    const actor = actorOf(c)
    mustAllow(policy.mayManageTokens(actor))
    const { expiresAt, ...input } = await readJson(c, NewToken)
    const { orgId } = actor
    const expiry = expiresAt === undefined ? {} : { expiresAt }
    const issued = await members.tokens.issue({ ...input, ...expiry, orgId, createdBy: actor.id })
    const facts = { scope: input.scope.join(' ') }
    await audit.record({ orgId, actorId: actor.id, action: 'members.token-issued', resource: issued.tokenId, facts })
    return c.json(issued, 201)
  })

  routes.delete('/service-tokens/:tokenId', async (c) => {
    const actor = actorOf(c)
    const tokenId = c.req.param('tokenId')
    const { orgId } = actor
    if (orgId === NO_ORGANISATION) throw httpErrors.error('not-found')
    const known = (await members.tokens.ofOrganisation(orgId)).some((token) => token.tokenId === tokenId)
    if (!known) throw httpErrors.error('not-found')
    mustAllow(policy.mayManageTokens(actor))
    await members.tokens.revoke(orgId, tokenId)
    await audit.record({ orgId, actorId: actor.id, action: 'members.token-revoked', resource: tokenId })
    return c.body(null, 204)
  })
}
