import type { NodeView } from '@bithive/api/compute'
import { tierGranted } from '@bithive/engines/allocate'
import type { Actor } from '@bithive/kernel/actor'
import { httpErrors, mustAllow } from '@bithive/kernel/http'
import { formatAmount } from '@bithive/kernel/money'
import { allNodes, type NodeRow, nodeById, noteNodeEvent, setDraining } from './node-store.ts'
import { mayRunNodes, maySeeNodes } from './policy.ts'
import type { Room } from './ports.ts'
import { SIGNAL } from './signals.ts'
import { tellOwner } from './tell-owner.ts'

const MICRO = 6

export function viewNode(node: NodeRow): NodeView {
  const state = node.online ? (node.draining || node.drainReported ? 'draining' : 'online') : 'offline'
  return {
    nodeId: node.id,
    orgId: node.orgId,
    name: node.name,
    ownerKind: node.ownerKind,
    region: node.region,
    jurisdiction: node.jurisdiction,
    trusted: node.trusted,
    tierGranted: tierGranted(node),
    state,
    slots: node.slots,
    running: node.running,
    floorPrice: formatAmount(node.floorMicro, MICRO),
    facts: node.facts,
    joinedAt: Number(node.joinedAt),
    lastSeenAt: Number(node.lastSeenAt),
  }
}

/** The nodes of the actor's organisation, by id. */
export async function listOwnNodes(room: Room, actor: Actor): Promise<NodeView[]> {
  mustAllow(maySeeNodes(actor))
  return (await room.db.asOrg(actor.orgId, (tx) => allNodes(tx))).map(viewNode)
}

/** @throws http.not-found for a node of another organisation too */
export async function readOwnNode(room: Room, actor: Actor, nodeId: string): Promise<NodeView> {
  mustAllow(maySeeNodes(actor))
  const node = await room.db.asOrg(actor.orgId, (tx) => nodeById(tx, nodeId))
  if (!node) throw httpErrors.error('not-found')
  return viewNode(node)
}

/** Lets a node finish what it has and gives it nothing new, or takes that back. @throws http.not-found */
export async function drainNode(
  room: Room,
  actor: Actor,
  drain: { nodeId: string; draining: boolean },
): Promise<NodeView> {
  const { nodeId, draining } = drain
  await readOwnNode(room, actor, nodeId)
  mustAllow(mayRunNodes(actor))
  const { orgId } = actor
  const facts = { draining }
  await room.audit.record({ orgId, actorId: actor.id, action: 'compute.drain-node', resource: nodeId, facts })
  await room.db.asOrg(orgId, async (tx) => {
    await setDraining(tx, nodeId, draining)
    await noteNodeEvent(tx, { orgId, nodeId, kind: draining ? 'draining' : 'resumed' }, room.clock.now())
  })
  tellOwner(room, { orgId, nodeId })
  room.signals.wake(SIGNAL.allocate)
  return readOwnNode(room, actor, nodeId)
}
