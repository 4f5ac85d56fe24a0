import { actorOf, createRoutes, type HttpEnv, httpErrors, mustAllow, readJson } from '@bithive/kernel/http'
import type { Context } from 'hono'
import type { Identifiers } from './index.ts'
import { mayResolve } from './policy.ts'
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
  return routes
}
