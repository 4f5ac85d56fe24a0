import { type OwnModels, OwnModelsQuery } from '@bithive/api/models'
import type { WorkloadCard } from '@bithive/api/workload'
import { actorOf, checkInput, createRoutes, type HttpEnv, mustAllow } from '@bithive/kernel/http'
import type { Hono } from 'hono'
import { maySeeOwnModels } from './policy.ts'

export type ListedModel = { readonly card: WorkloadCard; readonly digest: string; readonly authorOrgId?: string }

/**
 * `GET /models`: the cards of every workload that may be ordered, for anyone who is signed in. `GET /models/own`: what
 * the models of the caller's own organisation were used for and earned.
 */
export function createModelRoutes(deps: {
  list: () => Promise<ListedModel[]>
  own: (orgId: string, zone: string) => Promise<OwnModels>
}): Hono<HttpEnv> {
  const routes = createRoutes()
  routes.get('/models', async (c) => {
    actorOf(c)
    return c.json({ models: await deps.list() })
  })
  routes.get('/models/own', async (c) => {
    const actor = actorOf(c)
    mustAllow(maySeeOwnModels(actor))
    const { zone } = checkInput(OwnModelsQuery, c.req.query())
    return c.json(await deps.own(actor.orgId, zone))
  })
  return routes
}
