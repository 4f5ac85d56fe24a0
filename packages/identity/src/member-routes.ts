import type { Actor, Decision } from '@bithive/kernel/actor'
import type { Clock } from '@bithive/kernel/clock'
import { actorOf, createRoutes, type HttpEnv, httpErrors } from '@bithive/kernel/http'
import type { Hono } from 'hono'
import { addInvitations } from './invitation-routes.ts'
import type { AuditPort, Members } from './members.ts'
import { addMembers } from './membership-routes.ts'
import { addTokens } from './token-routes.ts'

/** Who may: each app answers for its own kinds of people. */
export type MemberPolicy = {
  readonly maySeeOrganisation: (actor: Actor, orgId: string) => Decision
  readonly maySeeMembers: (actor: Actor) => Decision
  /** Adds, changes (with the new roles) or removes (with none); `personId` is absent for a new person. */
  readonly mayManageMember: (actor: Actor, member: MemberChange) => Decision
  /** Confirms powerful roles that another gave; that it was another is judged by the route. */
  readonly mayConfirmMember: (
    actor: Actor,
    member: Pick<MemberChange, 'orgId' | 'personId' | 'administered'>,
  ) => Decision
  readonly mayManageTokens: (actor: Actor) => Decision
  readonly mayForget: (actor: Actor, personId: string) => Decision
}

export type MemberChange = {
  readonly orgId: string
  readonly personId?: string
  readonly roles: readonly string[]
  /** What the member has now. */
  readonly holds?: readonly string[]
  /** The act reaches the person's account, and the person belongs to other organisations too. */
  readonly reachesElsewhere?: boolean
  /** The organisation is another than the actor's, and somebody in it administers it. */
  readonly administered?: boolean
}

export type MemberRoutesDeps = {
  readonly members: Members
  readonly policy: MemberPolicy
  /** Roles that people can be given, and those that a token can carry. */
  readonly roles: readonly [string, ...string[]]
  readonly scopes: readonly [string, ...string[]]
  /** Whose sign-in is reset only when two agree: whoever had the code could act with these. */
  readonly powerful: readonly string[]
  readonly audit: AuditPort
  readonly clock: Clock
}

/** `/me`, `/accounts`, `/memberships`, `/invitations`, `/service-tokens`, `/organisations/:orgId`. */
export function createMemberRoutes(deps: MemberRoutesDeps): Hono<HttpEnv> {
  const routes = createRoutes()
  addMe(routes, deps)
  addMembers(routes, deps)
  addInvitations(routes, deps)
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
