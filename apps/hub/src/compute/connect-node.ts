import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { type HubToNode, NodeToHub } from '@bithive/api/compute'
import { budgetOf } from '@bithive/kernel/client-address'
import { DomainError } from '@bithive/kernel/errors'
import { createRateLimiter } from '@bithive/kernel/limits'
import { type WebSocket, WebSocketServer } from 'ws'
import { computeErrors } from './errors.ts'
import { handleMessage, type NodeSession, openNodeSession } from './node-session.ts'
import { closeSession, noteNodeEvent } from './node-store.ts'
import type { Room } from './ports.ts'
import { SIGNAL } from './signals.ts'
import { tellOwner } from './tell-owner.ts'

/** How often a node says that it lives; three silent beats and it counts as gone. */
export const HEARTBEAT_MS = 10_000
export const SILENT_MS = 3 * HEARTBEAT_MS
const FRAME_BYTES = 65_536
const HELLO_MS = 10_000
/** Messages of one connection that wait to be handled; a node that sends faster is cut off. */
const MOST_WAITING = 256
const PATH = '/hub/v1/nodes/connect'

/** Close codes of our own (RFC 6455 section 7.4.2 leaves 4000 to 4999 to applications). */
const CLOSE = { replaced: 4001, refused: 4003, silent: 4008, tooFast: 4029 } as const

type Live = { readonly node: NodeSession; readonly socket: WebSocket; lastHeardAt: number }

export type NodeConnections = {
  /**
   * Takes upgrade requests for nodes; leaves every other path to whoever else listens, and refuses it when nobody
   * does.
   */
  readonly attach: (server: Server) => void
  readonly connected: () => string[]
  /** False when the node has no live connection here. */
  readonly send: (nodeId: string, message: HubToNode) => boolean
  /** Closes the connections that have been silent for three heartbeats. */
  readonly closeSilent: () => void
  /** Closes all connections and waits until what they had sent is handled. */
  readonly close: () => Promise<void>
}

function refuseUpgrade(socket: Duplex, status: string, retryAfterMs?: number): void {
  const retry = retryAfterMs === undefined ? '' : `Retry-After: ${Math.ceil(retryAfterMs / 1000)}\r\n`
  const answer = `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n${retry}\r\n`
  // A caller that never closes its own half would keep the connection for ever.
  socket.end(answer, () => socket.destroy())
}

/** The nodes' connections to this hub: challenge, hello, then messages one after another. */
export function createNodeConnections(room: Room): NodeConnections {
  const { clock, log } = room
  const live = new Map<string, Live>()
  const atWork = new Set<Promise<void>>()
  const server = new WebSocketServer({ noServer: true, maxPayload: FRAME_BYTES, perMessageDeflate: false })
  const dials = createRateLimiter({ clock, capacity: 300, refillPerSecond: 10, maxKeys: 10_000 })
  const messages = createRateLimiter({ clock, capacity: 200, refillPerSecond: 20, maxKeys: 100_000 })

  const write = (socket: WebSocket, message: HubToNode) => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message))
  }

  /** The older connection of the same node goes: one live connection a node. */
  const take = (socket: WebSocket, node: NodeSession): Live => {
    live.get(node.nodeId)?.socket.close(CLOSE.replaced)
    const entry = { node, socket, lastHeardAt: clock.now() }
    live.set(node.nodeId, entry)
    write(socket, { type: 'welcome', nodeId: node.nodeId, heartbeatMs: HEARTBEAT_MS })
    return entry
  }

  const leave = async (entry: Live) => {
    const { nodeId, orgId, session } = entry.node
    if (live.get(nodeId) === entry) live.delete(nodeId)
    if (!(await closeSession(room.db.worker, { nodeId, session }))) return
    await noteNodeEvent(room.db.worker, { orgId, nodeId, kind: 'disconnected' }, clock.now())
    tellOwner(room, entry.node)
    room.signals.wake(SIGNAL.allocate)
  }

  const refuse = (socket: WebSocket, error: unknown) => {
    const code = error instanceof DomainError ? error.code : 'http.unexpected'
    if (!(error instanceof DomainError)) log.error({ err: error }, 'a node connection failed')
    write(socket, { type: 'refused', code })
    socket.close(CLOSE.refused)
  }

  const parse = (data: unknown): NodeToHub => {
    try {
      return NodeToHub.parse(JSON.parse(String(data)))
    } catch (error) {
      throw computeErrors.error('bad-message', {}, error)
    }
  }

  const serve = (socket: WebSocket) => {
    const nonce = Buffer.from(room.randomness.bytes(32)).toString('base64url')
    const challengedAt = clock.now()
    const hello = new AbortController()
    let entry: Live | undefined
    let gone = false
    let waiting = 0
    let last: Promise<void> = Promise.resolve()
    const reply = (message: HubToNode) => write(socket, message)

    const handle = async (data: unknown) => {
      if (socket.readyState !== socket.OPEN && !entry) return
      const message = parse(data)
      if (!entry) {
        if (message.type !== 'hello') throw computeErrors.error('bad-message')
        const node = await openNodeSession(room, { nonce, at: challengedAt }, message, reply)
        hello.abort()
        entry = take(socket, node)
        if (gone) await leave(entry)
        return
      }
      if (message.type === 'hello') throw computeErrors.error('bad-message')
      entry.lastHeardAt = clock.now()
      const current = await handleMessage(room, entry.node, message, reply)
      if (!current) socket.close(CLOSE.replaced)
    }
    /** One after another, in the order they came: an accept is never overtaken by the progress that follows it. */
    const enqueue = (act: () => Promise<void>) => {
      waiting++
      const done = last
        .then(act)
        .catch((error) => refuse(socket, error))
        .finally(() => {
          waiting--
          atWork.delete(done)
        })
      last = done
      atWork.add(done)
    }

    socket.on('message', (data) => {
      const rate = messages.take(entry?.node.nodeId ?? nonce)
      if (!rate.ok || waiting >= MOST_WAITING) return socket.close(CLOSE.tooFast)
      enqueue(() => handle(data))
    })
    socket.on('error', () => socket.terminate())
    socket.on('close', () => {
      gone = true
      hello.abort()
      enqueue(async () => {
        if (entry) await leave(entry)
      })
    })
    clock.sleep(HELLO_MS, hello.signal).then(
      () => socket.close(CLOSE.silent),
      () => {},
    )
    write(socket, { type: 'challenge', nonce })
  }

  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer, alone: boolean) => {
    // Node hands the socket over bare: a reset that nobody listens for would end the whole process.
    socket.on('error', () => socket.destroy())
    // A caller's path may be anything; `new URL` throws on some, and nobody would catch it here.
    if (request.url?.split('?', 1)[0] !== PATH) {
      if (alone) refuseUpgrade(socket, '404 Not Found')
      return
    }
    const rate = dials.take(budgetOf(request.socket.remoteAddress ?? ''))
    if (!rate.ok) return refuseUpgrade(socket, '429 Too Many Requests', rate.retryAfterMs)
    server.handleUpgrade(request, socket, head, serve)
  }

  return {
    attach: (http) => {
      http.on('upgrade', (request, socket, head) => {
        upgrade(request, socket, head, http.listenerCount('upgrade') === 1)
      })
    },
    connected: () => [...live.keys()],
    send: (nodeId, message) => {
      const entry = live.get(nodeId)
      if (entry?.socket.readyState !== entry?.socket.OPEN || !entry) return false
      write(entry.socket, message)
      return true
    },
    closeSilent: () => {
      for (const entry of live.values())
        if (clock.now() - entry.lastHeardAt >= SILENT_MS) {
          entry.socket.close(CLOSE.silent)
          entry.socket.terminate()
        }
    },
    close: async () => {
      for (const socket of server.clients) socket.terminate()
      server.close()
      while (atWork.size > 0) await Promise.all(atWork)
    },
  }
}
