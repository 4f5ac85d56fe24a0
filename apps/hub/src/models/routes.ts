import type { WorkloadCard } from '@bithive/api/workload'
import { actorOf, createRoutes, type HttpEnv } from '@bithive/kernel/http'
import type { Hono } from 'hono'

export type ListedModel = { readonly card: WorkloadCard; readonly digest: string; readonly authorOrgId?: string }

/** `GET /models`: the cards of every workload that may be ordered, for anyone who is signed in. */
export function createModelRoutes(deps: { list: () => Promise<ListedModel[]> }): Hono<HttpEnv> {
  const routes = createRoutes()
  routes.get('/models', async (c) => {
    actorOf(c)
    return c.json({ models: await deps.list() })
  })
  return routes
}
