import { actorOf, checkInput, createRoutes, type HttpEnv, httpErrors, mustAllow, readJson } from '@bithive/kernel/http'
import type { Context } from 'hono'
import { z } from 'zod'
import type { Orders } from './index.ts'
import { maySeeOrders } from './policy.ts'
import { NewOrder } from './schema.ts'

const ListQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) })

/** Routes below /site/v1. A stranger organisation sees nothing of what is here: 404. */
export function orderRoutes(deps: { orders: Orders; orgId: string }) {
  const routes = createRoutes()
  const own = (c: Context<HttpEnv>) => {
    const actor = actorOf(c)
    if (actor.orgId !== deps.orgId) throw httpErrors.error('not-found')
    return actor
  }
  routes.get('/orders', async (c) => {
    mustAllow(maySeeOrders(own(c)))
    const { limit } = checkInput(ListQuery, c.req.query())
    return c.json({ orders: await deps.orders.list(limit) })
  })
  routes.post('/orders', async (c) => {
    const actor = own(c)
    return c.json(await deps.orders.place(await readJson(c, NewOrder), actor), 201)
  })
  routes.get('/orders/:orderId', async (c) => {
    mustAllow(maySeeOrders(own(c)))
    return c.json(await deps.orders.explain(c.req.param('orderId')))
  })
  routes.post('/orders/:orderId/cancel', async (c) => {
    const actor = own(c)
    return c.json(await deps.orders.cancel(c.req.param('orderId'), actor))
  })
  return routes
}
