import type { Room } from './ports.ts'

/** Tells the open pages of a node's owner that something about its nodes changed. Call it after the commit. */
export function tellOwner(room: Pick<Room, 'live'>, node: { readonly orgId: string; readonly nodeId?: string }): void {
  const { orgId, nodeId } = node
  room.live?.publish(orgId, { topic: 'nodes', ...(nodeId === undefined ? {} : { id: nodeId }) })
}
