import { HubToNode, type NodeFacts, NodeJoined, type NodeToHub, type OwnerKind } from '@bithive/api/compute'
import { canonicalEnvelope } from '@bithive/api/result-envelope'
import { sha256Hex } from '@bithive/kernel/ids'
import { createSealKeys, createSignKeys, openSealed, seal, signText } from '@bithive/kernel/sealed-box'
import { WebSocket } from 'ws'

type Start = Extract<HubToNode, { type: 'start' }>
type Offer = Extract<HubToNode, { type: 'offer' }>
type Returned = Extract<NodeToHub, { type: 'returned' }>
type Hello = Extract<NodeToHub, { type: 'hello' }>

/** How the node behaves; a test changes it while the node runs. */
export type Behaviour = {
  offer: 'accept' | 'decline' | 'ignore'
  start: 'compute' | 'hang' | 'fail' | 'progress-then-hang'
  /** What it says when it fails. */
  failCode: string
  /** Spoils what is returned, after it was computed. */
  spoil: (returned: Returned) => Returned
  /** Spoils the sealed bytes before they are put. */
  spoilBytes: (sealed: Uint8Array) => Uint8Array
  /** How often the same result is sent. */
  sendTimes: number
}

export type TestNodeOptions = {
  readonly name: string
  readonly url: string
  readonly token: string
  readonly slots?: number
  readonly floorPrice?: string
  readonly facts: NodeFacts
  readonly behaviour?: Partial<Behaviour>
}

/** The result that a test node computes from an input: a pure function, so that a test can say what it expects. */
export const computeResult = (input: Uint8Array): Uint8Array =>
  Buffer.from(JSON.stringify({ of: sha256Hex(input), bytes: input.length }))

/** A client of the real protocol with real keys, HTTP and WebSocket; only what it computes is invented. */
export async function joinTestNode(options: TestNodeOptions) {
  const sign = createSignKeys()
  const encrypt = createSealKeys()
  const behaviour: Behaviour = {
    offer: 'accept',
    start: 'compute',
    spoil: (returned) => returned,
    spoilBytes: (sealed) => sealed,
    sendTimes: 1,
    failCode: 'node.sandbox-crashed',
    ...options.behaviour,
  }
  const response = await fetch(`${options.url}/hub/v1/nodes/join`, {
    method: 'POST',
    body: JSON.stringify({
      token: options.token,
      name: options.name,
      signKey: sign.publicKey,
      encryptKey: encrypt.publicKey,
      proof: signText(sign, `join:${options.token}:${encrypt.publicKey}`),
      slots: options.slots ?? 1,
      floorPrice: options.floorPrice ?? '0.5',
      facts: options.facts,
    }),
  })
  if (!response.ok) throw new Error(`join: ${response.status} ${await response.text()}`)
  const { nodeId, orgId, ownerKind } = NodeJoined.parse(await response.json())

  const received: HubToNode[] = []
  const holding = new Map<string, { jobId: string; epoch: number }>()
  const starts = new Map<string, Start>()
  const outcomes = new Map<string, Returned>()
  let socket: WebSocket | undefined
  let url = options.url
  let draining = false

  const send = (message: NodeToHub) => socket?.send(JSON.stringify(message))

  const transfer = async (start: Start, part: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${start.token}` }
    const answer = await fetch(`${url}/hub/v1/nodes/leases/${start.jobId}/${start.epoch}/${part}`, {
      ...init,
      headers,
    })
    if (!answer.ok) throw new Error(`${part}: ${answer.status} ${await answer.text()}`)
    return new Uint8Array(await answer.arrayBuffer())
  }

  /** Opens the input, computes, seals, puts and signs: what a real agent does, without the sandbox. */
  const compute = async (start: Start, offer: Offer): Promise<Returned> => {
    const { jobId, epoch } = start
    send({ type: 'progress', jobId, epoch, stage: 'compute', fraction: 0.5 })
    const sealedInput = await transfer(start, 'input')
    const input = await openSealed(encrypt, sealedInput, `input:${jobId}:${epoch}`)
    if (sha256Hex(input) !== start.inputSha256) throw new Error('another input than ordered')
    const result = computeResult(input)
    const sealed = behaviour.spoilBytes(await seal(start.resultKey, result, `result:${jobId}:${epoch}`))
    await transfer(start, 'result', { method: 'PUT', body: new Uint8Array(sealed) })
    const envelope = {
      jobId,
      epoch,
      nodeId,
      workload: offer.workload,
      version: offer.version,
      workloadDigest: offer.workloadDigest,
      inputSha256: start.inputSha256,
      resultSha256: sha256Hex(result),
      sealedSha256: sha256Hex(sealed),
      cpuMs: 1,
      startedAt: 1,
      endedAt: 2,
    }
    return behaviour.spoil({ type: 'returned', envelope, signature: signText(sign, canonicalEnvelope(envelope)) })
  }

  const onStart = async (start: Start) => {
    const { jobId, epoch } = start
    starts.set(jobId, start)
    if (behaviour.start === 'hang') return
    if (behaviour.start === 'progress-then-hang')
      return send({ type: 'progress', jobId, epoch, stage: 'compute', fraction: 0.1 })
    if (behaviour.start === 'fail') return send({ type: 'failed', jobId, epoch, code: behaviour.failCode })
    const offer = received.findLast((one): one is Offer => one.type === 'offer' && one.jobId === jobId) as Offer
    const returned = outcomes.get(jobId) ?? (await compute(start, offer))
    outcomes.set(jobId, returned)
    for (let time = 0; time < behaviour.sendTimes; time++) send(returned)
  }

  const onMessage = (message: HubToNode) => {
    received.push(message)
    if (message.type === 'offer' && behaviour.offer !== 'ignore') {
      const { jobId, epoch } = message
      if (behaviour.offer === 'decline') return send({ type: 'decline', jobId, epoch, code: 'node.busy' })
      holding.set(jobId, { jobId, epoch })
      send({ type: 'accept', jobId, epoch })
    } else if (message.type === 'start') {
      // A node whose upload is refused has nothing more to say about the lease.
      onStart(message).catch(() => {})
    } else if (message.type === 'revoke' || message.type === 'settled') {
      holding.delete(message.jobId)
      outcomes.delete(message.jobId)
      starts.delete(message.jobId)
    }
  }

  const connect = (change: Partial<Hello> = {}) =>
    new Promise<'welcome' | string>((resolve) => {
      const opened = new WebSocket(`${url.replace('http', 'ws')}/hub/v1/nodes/connect`)
      socket = opened
      opened.on('error', () => {})
      opened.once('close', (code) => resolve(`closed ${code}`))
      opened.on('message', (data) => {
        const message = HubToNode.parse(JSON.parse(String(data)))
        if (message.type === 'challenge') {
          const signature = signText(sign, `connect:${message.nonce}:${nodeId}`)
          const hello = { type: 'hello', nodeId, signature, facts: options.facts, holding: [...holding.values()] }
          opened.send(JSON.stringify({ ...hello, ...change }))
        } else if (message.type === 'welcome') resolve('welcome')
        else if (message.type === 'refused') resolve(message.code)
        else onMessage(message)
      })
    })

  /** After a new connection: says again what the hub may have missed, and tries again what was cut short. */
  const resume = () => {
    for (const { jobId, epoch } of holding.values()) {
      const start = starts.get(jobId)
      if (start?.epoch === epoch) onStart(start).catch(() => {})
    }
  }

  const cut = () =>
    new Promise<void>((resolve) => {
      if (!socket || socket.readyState === WebSocket.CLOSED) return resolve()
      socket.once('close', () => resolve())
      socket.terminate()
    })

  return {
    name: options.name,
    nodeId,
    orgId,
    ownerKind: ownerKind as OwnerKind,
    sign,
    behaviour,
    received,
    starts,
    /** Leases that the node believes it holds. A restarted machine believes it holds none: `holding.clear()`. */
    holding,
    connect,
    resume,
    /** Cuts the line as a power failure does. */
    cut,
    /** Says something as it stands, in the protocol or not. */
    say: (text: string) => socket?.send(text),
    send,
    heartbeat: () => send({ type: 'heartbeat', running: holding.size, draining }),
    drain: () => {
      draining = true
      send({ type: 'drain' })
    },
    compute: async (jobId: string) => {
      const offer = received.findLast((one): one is Offer => one.type === 'offer' && one.jobId === jobId) as Offer
      const returned = await compute(starts.get(jobId) as Start, offer)
      send(returned)
      return returned
    },
    /** The hub has moved to another address. */
    moveTo: (address: string) => {
      url = address
    },
  }
}

export type TestNode = Awaited<ReturnType<typeof joinTestNode>>
