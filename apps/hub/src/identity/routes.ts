import type { AuditPort, Members } from '@bithive/identity'
import { actorOf, createRoutes, type HttpEnv, httpErrors, mustAllow, readJson } from '@bithive/kernel/http'
import type { Hono } from 'hono'
import { mayChangeState, mayCreateOrganisation } from './policy.ts'
import { NewOrganisationBody, StateChange } from './schema.ts'

/** What the operator does with organisations. */
export function createOrganisationRoutes(deps: { members: Members; audit: AuditPort }): Hono<HttpEnv> {
  const { members, audit } = deps
  const routes = createRoutes()

  routes.get('/organisations', async (c) => {
    mustAllow(mayCreateOrganisation(actorOf(c)))
    return c.json({ organisations: await members.organisations.list() })
  })

  routes.post('/organisations', async (c) => {
    const actor = actorOf(c)
    mustAllow(mayCreateOrganisation(actor))
    const { slug, ...input } = await readJson(c, NewOrganisationBody)
    const named = slug === undefined ? input : { ...input, slug }
    const organisation = await members.organisations.create({ ...named, sample: false })
    await audit.record({
      orgId: actor.orgId,
      actorId: actor.id,
      action: 'identity.organisation-created',
      resource: organisation.orgId,
      facts: { kind: organisation.kind, jurisdiction: organisation.jurisdiction, trusted: organisation.trusted },
    })
    return c.json(organisation, 201)
  })

  /** Body `{ state, reason }`. Counts from the next request on, for people and tokens alike. */
  routes.put('/organisations/:orgId/state', async (c) => {
    const actor = actorOf(c)
    const orgId = c.req.param('orgId')
    mustAllow(mayChangeState(actor, orgId))
    if (!(await members.organisations.byId(orgId))) throw httpErrors.error('not-found')
    const { state, reason } = await readJson(c, StateChange)
    // Both chains hold it: the operator's, and that of the organisation that it happens to.
    const event = {
      actorId: actor.id,
      action: 'identity.organisation-state',
      resource: orgId,
      facts: { state, reason },
    }
    await audit.record({ ...event, orgId: actor.orgId })
    await audit.record({ ...event, orgId })
    await members.organisations.setState(orgId, state)
    return c.json(await members.organisations.byId(orgId))
  })

  return routes
}
