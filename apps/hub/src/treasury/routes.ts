import { type GrantStatement, type GrantsAnswer, PairName, QuoteOrder, type QuotesAnswer } from '@bithive/api/treasury'
import { actorOf, checkInput, createRoutes, type HttpEnv, httpErrors, mustAllow, readJson } from '@bithive/kernel/http'
import { createRateLimiter, limitErrors } from '@bithive/kernel/limits'
import { parseAmount } from '@bithive/kernel/money'
import type { Hono } from 'hono'
import { z } from 'zod'
import { acceptQuote } from './accept-quote.ts'
import type { Checks } from './checks.ts'
import { treasuryErrors } from './errors.ts'
import { requestReference, viewFunding } from './funding.ts'
import { grantById, listGrants } from './grant-store.ts'
import { viewGrantStatement, viewGrants } from './grant-view.ts'
import { mountOperatorRoutes } from './operator-routes.ts'
import { mayConvert, mayReadPublicFigures, maySeeGrants } from './policy.ts'
import { type Room, SCALES } from './ports.ts'
import { assetsOf, quoteConversion } from './quote-conversion.ts'
import { newestQuotes, quoteById } from './quote-store.ts'
import { viewFees, viewQuote, viewRateHistory, viewRates, viewSupply } from './treasury-view.ts'

const MOST_ROWS = 200
const HistoryQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
  lang: z.string().max(20).optional(),
})

function publicRoutes(room: Room, routes: Hono<HttpEnv>): void {
  routes.get('/treasury/rates', async (c) => {
    mustAllow(mayReadPublicFigures(actorOf(c)))
    return c.json(await viewRates(room))
  })
  routes.get('/treasury/rates/:pair/history', async (c) => {
    mustAllow(mayReadPublicFigures(actorOf(c)))
    const pair = PairName.safeParse(c.req.param('pair'))
    if (!pair.success) throw httpErrors.error('not-found')
    const { limit } = checkInput(HistoryQuery, c.req.query())
    return c.json(await viewRateHistory(room, pair.data, limit))
  })
  routes.get('/treasury/supply', async (c) => {
    mustAllow(mayReadPublicFigures(actorOf(c)))
    const supply = await viewSupply(room)
    if (!supply) throw httpErrors.error('not-found')
    return c.json(supply)
  })
  routes.get('/treasury/fees', async (c) => {
    mustAllow(mayReadPublicFigures(actorOf(c)))
    return c.json(await viewFees(room))
  })
}

function conversionRoutes(room: Room, routes: Hono<HttpEnv>): void {
  const asked = createRateLimiter({ clock: room.clock, capacity: 60, refillPerSecond: 5, maxKeys: 10_000 })
  routes.post('/treasury/quotes', async (c) => {
    const actor = actorOf(c)
    mustAllow(mayConvert(actor))
    const rate = asked.take(actor.orgId)
    if (!rate.ok) throw limitErrors.error('too-many-requests', { retryAfterMs: rate.retryAfterMs })
    const { pair, side, sell } = await readJson(c, QuoteOrder)
    const scale = SCALES[assetsOf({ pair, side }).sellAsset]
    if (scale === undefined) throw treasuryErrors.error('no-pair', { pair })
    const amount = parseAmount(sell, scale)
    if (amount <= 0n) throw treasuryErrors.error('too-small', { pair })
    return c.json(viewQuote(room, await quoteConversion(room, actor, { pair, side, sell: amount })), 201)
  })
  routes.get('/treasury/quotes/:quoteId', async (c) => {
    const actor = actorOf(c)
    mustAllow(mayConvert(actor))
    const quote = await room.db.asOrg(actor.orgId, (tx) => quoteById(tx, c.req.param('quoteId')))
    if (!quote) throw httpErrors.error('not-found')
    return c.json(viewQuote(room, quote))
  })
  routes.post('/treasury/quotes/:quoteId/accept', async (c) =>
    c.json(viewQuote(room, await acceptQuote(room, actorOf(c), c.req.param('quoteId')))),
  )
  routes.get('/treasury/conversions', async (c) => {
    const actor = actorOf(c)
    mustAllow(mayConvert(actor))
    const quotes = await room.db.asOrg(actor.orgId, (tx) => newestQuotes(tx, MOST_ROWS))
    return c.json({ conversions: quotes.map((quote) => viewQuote(room, quote)) } satisfies QuotesAnswer)
  })
}

/** The room's routes, relative to `/hub/v1`. */
export function createTreasuryRoutes(room: Room, checks: Checks): Hono<HttpEnv> {
  const routes = createRoutes()
  publicRoutes(room, routes)
  conversionRoutes(room, routes)
  routes.get('/treasury/funding', async (c) => c.json(await viewFunding(room, actorOf(c))))
  routes.post('/treasury/funding', async (c) => c.json(await requestReference(room, actorOf(c)), 201))
  routes.get('/treasury/grants', async (c) => {
    const actor = actorOf(c)
    mustAllow(maySeeGrants(actor))
    return c.json(
      await room.db.asOrg(
        actor.orgId,
        async (tx): Promise<GrantsAnswer> => ({ grants: await viewGrants(room, tx, await listGrants(tx, MOST_ROWS)) }),
      ),
    )
  })
  routes.get('/treasury/grants/:grantId', async (c) => {
    const actor = actorOf(c)
    mustAllow(maySeeGrants(actor))
    return c.json(
      await room.db.asOrg(actor.orgId, async (tx): Promise<GrantStatement> => {
        const grant = await grantById(tx, c.req.param('grantId'))
        if (!grant) throw httpErrors.error('not-found')
        return viewGrantStatement(room, tx, grant)
      }),
    )
  })
  mountOperatorRoutes(room, checks, routes)
  return routes
}
