import { TimeZone } from '@bithive/api/nodes'
import { actorOf, checkInput, createRoutes, type HttpEnv } from '@bithive/kernel/http'
import type { Hono } from 'hono'
import { z } from 'zod'
import { listTokens, readJoinProgress, readNodeOptions, revokeToken } from './join-tokens.ts'
import { readLeaseHistory } from './lease-history.ts'
import { readNodeDetail } from './node-detail.ts'
import { readNodeOverview } from './node-overview.ts'
import type { Room } from './ports.ts'
import { removeNode } from './remove-node.ts'

const OverviewQuery = z.object({ nodeId: z.string().max(64).optional(), zone: TimeZone.default('UTC') })
const HistoryQuery = z.object({
  after: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

/** What the owners of nodes read and do beside joining and draining, relative to `/hub/v1`. */
export function createNodeDeskRoutes(room: Room): Hono<HttpEnv> {
  const routes = createRoutes()
  routes.get('/nodes/options', async (c) => c.json(await readNodeOptions(room, actorOf(c))))
  routes.get('/nodes/overview', async (c) =>
    c.json(await readNodeOverview(room, actorOf(c), checkInput(OverviewQuery, c.req.query()))),
  )
  routes.get('/nodes/tokens', async (c) => c.json({ tokens: await listTokens(room, actorOf(c)) }))
  routes.get('/nodes/tokens/:joinTokenId', async (c) =>
    c.json(await readJoinProgress(room, actorOf(c), c.req.param('joinTokenId'))),
  )
  routes.delete('/nodes/tokens/:joinTokenId', async (c) =>
    c.json(await revokeToken(room, actorOf(c), c.req.param('joinTokenId'))),
  )
  routes.get('/nodes/:nodeId/detail', async (c) =>
    c.json(await readNodeDetail(room, actorOf(c), c.req.param('nodeId'))),
  )
  routes.get('/nodes/:nodeId/history', async (c) => {
    const query = checkInput(HistoryQuery, c.req.query())
    return c.json(await readLeaseHistory(room, actorOf(c), { nodeId: c.req.param('nodeId'), ...query }))
  })
  routes.post('/nodes/:nodeId/remove', async (c) => c.json(await removeNode(room, actorOf(c), c.req.param('nodeId'))))
  return routes
}
