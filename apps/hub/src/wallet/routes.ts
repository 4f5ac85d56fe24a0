import { StatementQuery, WalletQuery } from '@bithive/api/wallet'
import { actorOf, checkInput, createRoutes, type HttpEnv, mustAllow } from '@bithive/kernel/http'
import { createRateLimiter, limitErrors } from '@bithive/kernel/limits'
import type { Context, Hono } from 'hono'
import { makeStatement } from './make-statement.ts'
import { mayReadWallet } from './policy.ts'
import type { WalletDeps } from './ports.ts'
import { readWalletBalances } from './read-balances.ts'
import { readWalletEntries } from './read-entries.ts'
import { streamCsv } from './stream-csv.ts'

/** Reading only: what moves money are use cases of other rooms. Relative to `/hub/v1`. */
export function createWalletRoutes(deps: WalletDeps): Hono<HttpEnv> {
  const routes = createRoutes()
  // A statement reads back to its month, so it costs more than a page.
  const statements = createRateLimiter({ clock: deps.clock, capacity: 20, refillPerSecond: 1, maxKeys: 10_000 })
  const readerOf = (c: Context<HttpEnv>) => {
    const actor = actorOf(c)
    mustAllow(mayReadWallet(actor))
    return actor.orgId
  }
  const oneStatement = (orgId: string) => {
    const rate = statements.take(orgId)
    if (!rate.ok) throw limitErrors.error('too-many-requests', { retryAfterMs: rate.retryAfterMs })
  }
  routes.get('/wallet/balances', async (c) => c.json(await readWalletBalances(deps, readerOf(c))))
  routes.get('/wallet/entries', async (c) =>
    c.json(await readWalletEntries(deps, readerOf(c), checkInput(WalletQuery, c.req.query()))),
  )
  routes.get('/wallet/statement', async (c) => {
    const orgId = readerOf(c)
    const query = checkInput(StatementQuery, c.req.query())
    oneStatement(orgId)
    return c.json(await makeStatement(deps, orgId, query))
  })
  routes.get('/wallet/statement.csv', async (c) => {
    const orgId = readerOf(c)
    const query = checkInput(StatementQuery, c.req.query())
    oneStatement(orgId)
    const csv = await streamCsv(deps, orgId, { ...query, locale: query.words ?? c.get('locale') })
    return c.body(csv, 200, {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="statement-${query.asset}-${query.month}.csv"`,
    })
  })
  return routes
}
