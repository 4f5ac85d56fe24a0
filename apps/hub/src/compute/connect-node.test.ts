import { connect as dial } from 'node:net'
import { createSealKeys, createSignKeys, signText } from '@bithive/kernel/sealed-box'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { factsOf, type Market, market, until } from './test-market.ts'
import type { TestNode } from './test-node.ts'

let m: Market
beforeAll(async () => {
  m = await market()
})
afterAll(() => m.close())

const OPERATOR = 'org_home:node-operator:person'
const TOKEN = { ownerKind: 'home', region: 'beijing', jurisdiction: 'CN' }

const newToken = async () =>
  (await m.ask<{ token: string }>('POST', '/nodes/tokens', { json: TOKEN, as: OPERATOR })).token

const joinBody = (token: string, sign = createSignKeys(), encrypt = createSealKeys()) => ({
  token,
  name: 'joiner',
  signKey: sign.publicKey,
  encryptKey: encrypt.publicKey,
  proof: signText(sign, `join:${token}:${encrypt.publicKey}`),
  slots: 1,
  floorPrice: '0.5',
  facts: factsOf(),
})
const join = (json: object) => m.ask<{ nodeId: string }>('POST', '/nodes/join', { json, as: 'nobody' })

const online = async (node: TestNode) => {
  const view = await m.ask<{ state: string }>('GET', `/nodes/${node.nodeId}`, { as: OPERATOR })
  return view.state === 'online'
}

describe('joining', () => {
  test('takes one node a token; the same node asking again is the same node', async () => {
    const token = await newToken()
    const body = joinBody(token)
    const { nodeId } = await join(body)
    expect((await join(body)).nodeId).toBe(nodeId)
    await expect(join(joinBody(token))).rejects.toThrow('410 compute.token-used')
    const [stored] = await m.db.worker<{ n: number }[]>`
      SELECT count(*)::int AS n FROM compute.join_tokens t WHERE t::text LIKE ${`%${token}%`}`
    expect(stored?.n).toBe(0)
  })

  test('needs a known token that has not run out, and a proof of the key', async () => {
    await expect(join(joinBody('join_of-nobody-at-all'))).rejects.toThrow('401 compute.unknown-token')
    const token = await newToken()
    await expect(join({ ...joinBody(token), encryptKey: createSealKeys().publicKey })).rejects.toThrow(
      '422 compute.bad-proof',
    )
    const sign = createSignKeys()
    await join(joinBody(token, sign))
    await expect(join(joinBody(await newToken(), sign))).rejects.toThrow('409 compute.key-in-use')
    const old = await newToken()
    await m.clock.advance(86_400_001)
    await expect(join(joinBody(old))).rejects.toThrow('410 compute.token-expired')
  })

  test('two nodes at once with one token: one joins', async () => {
    const token = await newToken()
    const answers = await Promise.allSettled([join(joinBody(token)), join(joinBody(token)), join(joinBody(token))])
    expect(answers.filter((answer) => answer.status === 'fulfilled')).toHaveLength(1)
  })

  test('nobody makes a hospital or a trusted node of what the network does not hold to be one', async () => {
    const ask = (json: object, as: string) => m.ask('POST', '/nodes/tokens', { json: { ...TOKEN, ...json }, as })
    await expect(ask({}, 'org_home:orderer')).rejects.toThrow('403 http.forbidden')
    await expect(ask({ ownerKind: 'hospital' }, OPERATOR)).rejects.toThrow('403 http.forbidden')
    await expect(ask({ trusted: true }, OPERATOR)).rejects.toThrow('403 http.forbidden')
  })

  test('guesses of tokens are slowed down by address', async () => {
    const statuses = await Promise.all(
      Array.from(
        { length: 30 },
        async () => (await m.call('POST', '/nodes/join', { json: joinBody('join_guess-guess') })).status,
      ),
    )
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0)
    // Time refills the budget for the tests that follow.
    await m.clock.advance(60_000)
  })
})

describe('connecting', () => {
  test('needs the node’s key over this connection’s challenge', async () => {
    const node = await m.node('keyed', { connect: false })
    const other = signText(createSignKeys(), `connect:whatever:${node.nodeId}`)
    expect(await node.connect({ signature: other })).toBe('compute.bad-proof')
    const replayed = signText(node.sign, `connect:${'n'.repeat(43)}:${node.nodeId}`)
    expect(await node.connect({ signature: replayed })).toBe('compute.bad-proof')
    expect(await node.connect({ nodeId: 'node_unknown' })).toBe('compute.unknown-node')
    expect(await online(node)).toBe(false)
    expect(await node.connect()).toBe('welcome')
    expect(await online(node)).toBe(true)
  })

  test('a newer connection of the same node replaces the older one', async () => {
    const node = await m.node('twice')
    const older = node.send
    expect(await node.connect()).toBe('welcome')
    older({ type: 'heartbeat', running: 0, draining: false })
    expect(await online(node)).toBe(true)
  })

  test('what is not in the protocol, or too large, ends the connection', async () => {
    for (const text of ['{', '{"type":"nothing"}', `{"type":"drain","extra":1}`, 'x'.repeat(70_000)]) {
      const node = await m.node(`rude-${text.length}`)
      node.say(text)
      await until('the node to be offline', async () => !(await online(node)))
    }
  })

  test('a caller that resets its connection, or asks for an odd path, ends nobody else', async () => {
    const { hostname, port } = new URL(m.url())
    const upgrade = (path: string) =>
      new Promise<{ said: string; reset: () => void }>((resolve, reject) => {
        const socket = dial(Number(port), hostname)
        let said = ''
        socket.on('data', (bytes) => {
          said += bytes.toString('latin1')
        })
        const headers = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
        socket.once('connect', () => {
          socket.write(
            `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
          )
          if (path.endsWith('connect'))
            socket.once('data', () => resolve({ said, reset: () => socket.resetAndDestroy() }))
        })
        socket.once('close', () => resolve({ said, reset: () => {} }))
        socket.once('error', reject)
      })
    for (const path of ['//', '/hub/v1/elsewhere', '/%', 'http://[::x/'])
      expect((await upgrade(path)).said).toMatch(/^HTTP\/1\.1 404 /)
    const node = await m.node('bystander')
    for (let i = 0; i < 5; i++) (await upgrade('/hub/v1/nodes/connect')).reset()
    // The reset of a path that is refused reaches the server while it answers.
    for (let i = 0; i < 5; i++) {
      const socket = dial(Number(port), hostname)
      socket.once('connect', () => {
        socket.write('GET /x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', () =>
          socket.resetAndDestroy(),
        )
      })
      await new Promise((resolve) => socket.once('close', resolve))
    }
    expect(await online(node)).toBe(true)
  })

  test('a connection that says no hello is closed, and other paths are left alone', async () => {
    const socket = new WebSocket(`${m.url().replace('http', 'ws')}/hub/v1/nodes/connect`)
    const code = new Promise<number>((resolve) => socket.once('close', resolve))
    await new Promise((resolve) => socket.once('message', resolve))
    await m.clock.advance(10_001)
    expect(await code).toBe(4008)
  })

  test('a node that falls silent for three beats counts as offline', async () => {
    const node = await m.node('silent')
    await m.pass(25_000)
    expect(await online(node)).toBe(true)
    await until('the node to be offline', async () => {
      await m.pass(1_000)
      return !(await online(node))
    })
  })

  test('a node that floods the hub is cut off', async () => {
    const node = await m.node('flood')
    for (let i = 0; i < 400; i++) node.send({ type: 'heartbeat', running: 0, draining: false })
    await until('the node to be offline', async () => !(await online(node)))
  })

  test('a draining node gets nothing new until it stops draining', async () => {
    const node = await m.node('drained', { jurisdiction: 'SG' })
    const drain = (json: object) =>
      m.ask<{ state: string }>('POST', `/nodes/${node.nodeId}/drain`, { json, as: OPERATOR })
    expect((await drain({ draining: true })).state).toBe('draining')
    const { jobId } = await m.order({ jurisdictions: ['SG'] })
    await until('the allocator to look', async () => (await m.reasons(jobId)).drained === 'draining')
    expect((await drain({ draining: false })).state).toBe('online')
    await until('a lease', async () => (await m.reasons(jobId)).drained === 'chosen')
  })
})
