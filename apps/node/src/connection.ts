import { HubToNode, type NodeFacts, type NodeToHub } from '@bithive/api/compute'
import type { Clock } from '@bithive/kernel/clock'
import type { Log } from '@bithive/kernel/log'
import type { Randomness } from '@bithive/kernel/randomness'
import { type KeyPair32, signText } from '@bithive/kernel/sealed-box'
import { WebSocket } from 'ws'
import { backoffMs } from './backoff.ts'
import { nodeErrors } from './errors.ts'

export type ConnectionDeps = {
  readonly socketUrl: string
  readonly nodeId: string
  readonly signKeys: KeyPair32
  readonly facts: () => Promise<NodeFacts>
  readonly holding: () => { jobId: string; epoch: number }[]
  readonly running: () => number
  readonly isDraining: () => boolean
  readonly onWelcome: () => void
  readonly onMessage: (message: HubToNode) => void
  readonly onDown: () => void
  readonly clock: Clock
  readonly randomness: Randomness
  readonly log: Log
}

export type Connection = {
  /** Keeps connected until the signal aborts. @throws node.refused when the hub does not know this node any more. */
  readonly run: (signal: AbortSignal) => Promise<void>
  /** False when there is no welcomed connection, or it is stuck: the message was not sent. */
  readonly send: (message: NodeToHub) => boolean
}

const FRAME_BYTES = 65_536
const WELCOME_MS = 15_000
const BUFFER_BYTES = 1_048_576
const CLOSE_MS = 2_000
/** What a hub says of a node that it does not take; any other refusal is its own passing trouble. */
const FINAL = new Set(['compute.unknown-node', 'compute.bad-proof'])
/** A hub that is being restored may say it once; one that says it three times in a row means it. */
const REFUSALS = 3

type Session = { readonly welcomed: boolean; readonly refused: string | undefined }

function parseFrame(data: unknown): HubToNode | undefined {
  try {
    return HubToNode.safeParse(JSON.parse(String(data))).data
  } catch {
    return undefined
  }
}

/** The node's one outgoing connection to the hub: it never listens. */
export function createConnection(deps: ConnectionDeps): Connection {
  const { clock, log } = deps
  let open: WebSocket | undefined

  const write = (socket: WebSocket, message: NodeToHub): boolean => {
    if (socket.readyState !== WebSocket.OPEN || socket.bufferedAmount > BUFFER_BYTES) return false
    socket.send(JSON.stringify(message))
    return true
  }

  const sayHello = async (socket: WebSocket, nonce: string) => {
    const { nodeId } = deps
    const signature = signText(deps.signKeys, `connect:${nonce}:${nodeId}`)
    const facts = await deps.facts()
    write(socket, { type: 'hello', nodeId, signature, facts, at: clock.now(), holding: deps.holding() })
  }

  /** Beats until the session ends; a hub that answers no ping for three beats is gone, whatever TCP believes. */
  const beat = async (socket: WebSocket, heartbeatMs: number, ended: AbortSignal) => {
    let silentBeats = 0
    socket.on('pong', () => {
      silentBeats = 0
    })
    for (;;) {
      if (silentBeats >= 3) return socket.terminate()
      write(socket, { type: 'heartbeat', running: deps.running(), draining: deps.isDraining() })
      if (socket.readyState === WebSocket.OPEN) socket.ping()
      silentBeats++
      await clock.sleep(heartbeatMs, ended)
    }
  }

  const session = (signal: AbortSignal): Promise<Session> =>
    new Promise((resolve) => {
      const socket = new WebSocket(deps.socketUrl, {
        maxPayload: FRAME_BYTES,
        perMessageDeflate: false,
        handshakeTimeout: WELCOME_MS,
      })
      const ended = new AbortController()
      let welcomed = false
      let refused: string | undefined
      const leave = () => {
        socket.close(1000)
        clock.sleep(CLOSE_MS, ended.signal).then(
          () => socket.terminate(),
          () => {},
        )
      }
      signal.addEventListener('abort', leave, { once: true })
      clock.sleep(WELCOME_MS, ended.signal).then(
        () => !welcomed && socket.terminate(),
        () => {},
      )
      const onWelcome = (heartbeatMs: number) => {
        if (welcomed) return
        welcomed = true
        open = socket
        beat(socket, heartbeatMs, ended.signal).catch(() => {})
        deps.onWelcome()
      }
      socket.on('message', (data) => {
        const message = parseFrame(data)
        if (!message) log.warn({}, 'the hub sent a message that this agent does not know')
        else if (message.type === 'challenge') sayHello(socket, message.nonce).catch(() => socket.terminate())
        else if (message.type === 'welcome') onWelcome(message.heartbeatMs)
        else if (message.type === 'refused') refused = message.code
        else if (welcomed) deps.onMessage(message)
      })
      socket.on('error', (error: NodeJS.ErrnoException) => log.debug({ code: error.code }, 'the connection failed'))
      socket.once('close', () => {
        ended.abort()
        signal.removeEventListener('abort', leave)
        if (open === socket) open = undefined
        resolve({ welcomed, refused })
      })
    })

  return {
    send: (message) => open !== undefined && write(open, message),
    run: async (signal) => {
      let attempt = 0
      let refusals = 0
      while (!signal.aborted) {
        const { welcomed, refused } = await session(signal)
        if (signal.aborted) return
        if (welcomed) deps.onDown()
        refusals = refused !== undefined && FINAL.has(refused) ? refusals + 1 : 0
        if (refused !== undefined && refusals >= REFUSALS) throw nodeErrors.error('refused', { code: refused })
        attempt = welcomed ? 1 : attempt + 1
        const pauseMs = backoffMs(attempt, deps.randomness)
        log.info({ attempt, pauseMs, refused }, 'not connected to the hub, trying again')
        await clock.sleep(pauseMs, signal).catch(() => {})
      }
    },
  }
}
