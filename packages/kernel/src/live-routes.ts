import type { Hono } from 'hono'
import { actorOf, createRoutes, type HttpEnv } from './http.ts'
import type { Live } from './live.ts'

/** `GET /events`: the server-sent events of the caller's own organisation. */
export function createLiveRoutes(deps: { readonly live: Live }): Hono<HttpEnv> {
  const routes = createRoutes()
  routes.get('/events', (c) => {
    const { orgId, id } = actorOf(c)
    const body = deps.live.stream(orgId, c.req.raw.signal, id)
    // A proxy that gathers an answer before it passes it on would hold every event back.
    return c.body(body, 200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' })
  })
  return routes
}
