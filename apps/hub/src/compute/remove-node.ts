import type { Actor } from '@bithive/kernel/actor'
import { mustAllow } from '@bithive/kernel/http'
import { releaseLease } from './end-job.ts'
import { workingLeasesOf } from './lease-store.ts'
import { markRemoved, noteNodeEvent } from './node-store.ts'
import { readOwnNode } from './own-nodes.ts'
import { mayRunNodes } from './policy.ts'
import type { Room } from './ports.ts'
import { SIGNAL } from './signals.ts'
import { tellOwner } from './tell-owner.ts'

/**
 * Takes a node out for good: what it works on goes to other nodes unpaid, what it has returned is still paid when it
 * is accepted, its connection ends at its next message, and its history stays with its organisation.
 * @throws http.not-found
 */
export async function removeNode(room: Room, actor: Actor, nodeId: string): Promise<{ nodeId: string }> {
  await readOwnNode(room, actor, nodeId)
  mustAllow(mayRunNodes(actor))
  const { orgId } = actor
  await room.audit.record({ orgId, actorId: actor.id, action: 'compute.remove-node', resource: nodeId })
  const now = room.clock.now()
  // First out of the market, so that no cycle gives it the job back that is taken from it next.
  await room.db.asOrg(orgId, async (tx) => {
    await markRemoved(tx, nodeId, now)
    await noteNodeEvent(tx, { orgId, nodeId, kind: 'removed' }, now)
  })
  for (const lease of await workingLeasesOf(room.db.worker, nodeId)) await releaseLease(room, lease, 'lost')
  tellOwner(room, { orgId, nodeId })
  room.signals.wake(SIGNAL.allocate)
  return { nodeId }
}
