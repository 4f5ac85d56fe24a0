import { LeaseRecordQuery, NodeOverviewQuery } from '@bithive/api/nodes'
import { actorOf, checkInput, createRoutes, type HttpEnv } from '@bithive/kernel/http'
import type { Hono } from 'hono'
import { listTokens, readJoinProgress, readNodeOptions, revokeToken } from './join-tokens.ts'
import { readLeaseHistory } from './lease-history.ts'
import { readNodeDetail } from './node-detail.ts'
import { readNodeOverview } from './node-overview.ts'
import type { Room } from './ports.ts'
import { removeNode } from './remove-node.ts'

/** What the owners of nodes read and do beside joining and draining, relative to `/hub/v1`. */
export function createNodeDeskRoutes(room: Room): Hono<HttpEnv> {
  const routes = createRoutes()
  routes.get('/nodes/options', async (c) => c.json(await readNodeOptions(room, actorOf(c))))
  routes.get('/nodes/overview', async (c) =>
    c.json(await readNodeOverview(room, actorOf(c), checkInput(NodeOverviewQuery, c.req.query()))),
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
    const query = checkInput(LeaseRecordQuery, c.req.query())
    return c.json(await readLeaseHistory(room, actorOf(c), { nodeId: c.req.param('nodeId'), ...query }))
  })
  routes.post('/nodes/:nodeId/remove', async (c) => c.json(await removeNode(room, actorOf(c), c.req.param('nodeId'))))
  return routes
}
