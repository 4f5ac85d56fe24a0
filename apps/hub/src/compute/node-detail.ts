import type { NodeDetail } from '@bithive/api/nodes'
import type { Actor } from '@bithive/kernel/actor'
import { httpErrors, mustAllow } from '@bithive/kernel/http'
import { joinChecks } from './join-checks.ts'
import { nodeById } from './node-store.ts'
import { viewNode } from './own-nodes.ts'
import { maySeeNodes } from './policy.ts'
import type { Room } from './ports.ts'

/** One node as its organisation sees it: measured facts, what is proven, what it holds. @throws http.not-found */
export async function readNodeDetail(room: Room, actor: Actor, nodeId: string): Promise<NodeDetail> {
  mustAllow(maySeeNodes(actor))
  const node = await room.db.asOrg(actor.orgId, (tx) => nodeById(tx, nodeId))
  if (!node) throw httpErrors.error('not-found')
  const [held] = await room.db.worker<{ awaiting: number }[]>`
    SELECT count(*)::int AS awaiting FROM compute.leases WHERE node_id = ${nodeId} AND state = 'returned'`
  const workloads = node.facts.workloads.map(async ({ id, version }) => {
    const listed = await room.workloadOf(id, version)
    return { id, version, ...(listed ? { title: listed.card.title } : {}) }
  })
  const { clockAheadMs, clockWithinMs } = node
  return {
    node: viewNode(node),
    checks: await joinChecks(room, { node }),
    ...(clockAheadMs === null || clockWithinMs === null
      ? {}
      : { clock: { aheadMs: clockAheadMs, withinMs: clockWithinMs } }),
    workloads: await Promise.all(workloads),
    windows: 'always',
    working: node.running,
    awaitingAnswer: held?.awaiting ?? 0,
  }
}
