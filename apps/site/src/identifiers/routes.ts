import { ClaimLink, type Invitation, type MyLink, type PersonLink } from '@bithive/api/patient'
import type { Actor } from '@bithive/kernel/actor'
import { actorOf, createRoutes, type HttpEnv, httpErrors, mustAllow, readJson } from '@bithive/kernel/http'
import type { Context } from 'hono'
import type { z } from 'zod'
import { identifierErrors } from './errors.ts'
import type { Identifiers } from './index.ts'
import { mayClaim, mayInvite, mayResolve } from './policy.ts'
import { Reason, Resolution } from './schema.ts'

/** Routes below /site/v1. A stranger organisation sees nothing of what is here: 404. */
export function identifiersRoutes(deps: { identifiers: Identifiers; orgId: string }) {
  const routes = createRoutes()
  const own = (c: Context<HttpEnv>) => {
    const actor = actorOf(c)
    if (actor.orgId !== deps.orgId) throw httpErrors.error('not-found')
    return actor
  }
  routes.post('/people/:personId/reveal', async (c) => {
    const actor = own(c)
    const { reason } = await readJson(c, Reason)
    return c.json(await deps.identifiers.reveal(c.req.param('personId'), actor, reason))
  })
  routes.post('/people/:personId/forget', async (c) => {
    const actor = own(c)
    const { reason } = await readJson(c, Reason)
    await deps.identifiers.forget(c.req.param('personId'), actor, reason)
    return c.json({ personId: c.req.param('personId'), state: 'forgotten' })
  })
  routes.get('/identity-conflicts', async (c) => {
    mustAllow(mayResolve(own(c)))
    return c.json({ conflicts: await deps.identifiers.listConflicts() })
  })
  routes.post('/identity-conflicts/:conflictId/resolve', async (c) => {
    const actor = own(c)
    const { resolution } = await readJson(c, Resolution)
    return c.json(await deps.identifiers.resolveConflict(c.req.param('conflictId'), resolution, actor))
  })
  routes.post('/people/:personId/invitation', async (c) => {
    const actor = own(c)
    const made = await deps.identifiers.invite(c.req.param('personId'), actor)
    return c.json(made satisfies z.infer<typeof Invitation>, 201)
  })
  routes.get('/people/:personId/link', async (c) => {
    const actor = own(c)
    return c.json((await deps.identifiers.linkOf(c.req.param('personId'), actor)) satisfies PersonLink)
  })
  routes.delete('/people/:personId/link', async (c) => {
    const actor = own(c)
    const { reason } = await readJson(c, Reason)
    mustAllow(mayInvite(actor))
    await deps.identifiers.unlink(c.req.param('personId'), actor, reason)
    return c.body(null, 204)
  })
  const mine = async (actor: Actor): Promise<MyLink> => {
    mustAllow(mayClaim(actor))
    const found = await deps.identifiers.personOf(actor)
    return found ? { state: 'linked', since: found.since } : { state: 'none', since: null }
  }
  routes.get('/me/link', async (c) => c.json(await mine(own(c))))
  routes.post('/me/link', async (c) => {
    const actor = own(c)
    mustAllow(mayClaim(actor))
    const { code, birthDate } = await readJson(c, ClaimLink)
    await deps.identifiers.claim(actor, code, { birthDate })
    return c.json(await mine(actor), 201)
  })
  routes.delete('/me/link', async (c) => {
    const actor = own(c)
    const found = await deps.identifiers.personOf(actor)
    if (!found) throw identifierErrors.error('not-linked')
    await deps.identifiers.unlink(found.personId, actor, 'by the patient')
    return c.body(null, 204)
  })
  return routes
}
