import { NewOrder, OrderListQuery, OrderPreviewRequest, OrderSummaryQuery } from '@bithive/api/orders'
import { actorOf, checkInput, createRoutes, type HttpEnv, httpErrors, mustAllow, readJson } from '@bithive/kernel/http'
import type { Context } from 'hono'
import type { Orders } from './index.ts'
import { maySeeOrders } from './policy.ts'

/** The language is for the words of a problem; every answer carries both. */
const withoutLanguage = ({ lang: _, ...query }: Record<string, string>) => query

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
    return c.json(await deps.orders.list(checkInput(OrderListQuery, withoutLanguage(c.req.query()))))
  })
  routes.get('/orders/summary', async (c) => {
    mustAllow(maySeeOrders(own(c)))
    const { since } = checkInput(OrderSummaryQuery, withoutLanguage(c.req.query()))
    return c.json(await deps.orders.summarise(since))
  })
  routes.post('/orders/preview', async (c) => {
    const actor = own(c)
    return c.json(await deps.orders.preview(await readJson(c, OrderPreviewRequest), actor))
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
