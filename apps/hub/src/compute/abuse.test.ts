import { request } from 'node:http'
import { createSealKeys, createSignKeys, signText } from '@bithive/kernel/sealed-box'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { acceptResult } from './accept-result.ts'
import { driveJobs } from './expire-leases.ts'
import type { Room } from './ports.ts'
import { factsOf, HOSPITAL, type Market, market, until } from './test-market.ts'

let m: Market
beforeEach(async () => {
  m = await market()
})
afterEach(() => m.close())

test('an order that was refused is not taken up later, when there is money again', async () => {
  await m.stopHub()
  let asked = 0
  const ledger: typeof m.books = {
    ...m.books,
    // The money goes elsewhere between the first look and the second, and is back afterwards.
    balance: async (...of) => {
      const balance = await m.books.balance(...of)
      asked++
      return asked === 2 && balance ? { ...balance, shards: [] } : balance
    },
  }
  await m.restart({ ledger })
  await expect(m.order()).rejects.toThrow('409 compute.insufficient-funds')
  const [intent] = await m.db.worker<{ outcome: string }[]>`SELECT outcome FROM kernel.intent WHERE kind = 'order'`
  expect(JSON.parse(intent?.outcome ?? 'null')).toEqual({ refused: 'compute.insufficient-funds' })
  await m.pass(120_000)
  expect(await m.db.worker`SELECT id FROM compute.jobs`).toHaveLength(0)
  expect((await m.balances()).hospital.held).toBe(0n)
})

/** A room of its own over the market's tables, as a second hub would have, for what only a race shows. */
const roomOn = (change: Partial<Room>): Room =>
  ({
    db: m.db,
    clock: m.clock,
    ledger: m.books,
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    audit: { record: async () => {} },
    intents: { write: async () => ({ id: 'int_1', created: true }) },
    parameters: { get: async () => 3n },
    signals: { wake: () => {} },
    ...change,
  }) as unknown as Room

/** Runs `before` just ahead of the next transaction, once. */
const withBefore = (before: () => Promise<unknown>): Room['db'] => {
  let done = false
  const begin = async (run: never) => {
    if (!done) {
      done = true
      await before()
    }
    return m.db.worker.begin(run)
  }
  const worker = new Proxy(m.db.worker, { get: (of, key) => (key === 'begin' ? begin : Reflect.get(of, key)) })
  return { ...m.db, worker } as Room['db']
}

test('an answer to a result that was given back meanwhile pays nobody', async () => {
  await m.node('home-1')
  const { jobId } = await m.order()
  await m.stage(jobId)
  const first = await m.untilState(jobId, 'returned')
  await m.node('centre-1', { orgId: 'org_centre' })
  const answer = { epoch: 1, resultSha256: first.result?.resultSha256 as string }
  const another = async () => {
    await m.ask('POST', `/jobs/${jobId}/reject`, { json: { epoch: 1, code: 'implausible' } })
    await m.stage(jobId)
    await m.untilState(jobId, 'returned')
  }
  const actor = { id: 'site_1', kind: 'site', orgId: HOSPITAL, roles: ['orderer'] } as const
  await acceptResult(roomOn({ db: withBefore(another) }), actor, jobId, answer)
  expect(await m.view(jobId)).toMatchObject({ state: 'returned', attempt: 2 })
  await m.accept(jobId)
  await m.untilState(jobId, 'settled')
  const { home, centre } = await m.balances()
  expect([home.posted, centre.posted]).toEqual([0n, 8_500_000n])
})

test('a result that comes in while its job is taken for stuck is not thrown away', async () => {
  const node = await m.node('home-1', { behaviour: { start: 'progress-then-hang' } })
  const { jobId } = await m.order()
  await m.stage(jobId)
  await m.untilState(jobId, 'running')
  const finish = async () => {
    await node.compute(jobId)
    await m.untilState(jobId, 'returned')
  }
  const later = { ...m.clock, now: () => m.clock.now() + 3_600_001 }
  await driveJobs(roomOn({ db: withBefore(finish), clock: later }))
  const [lease] = await m.db.worker<{ state: string }[]>`SELECT state FROM compute.leases WHERE job_id = ${jobId}`
  expect(lease?.state).toBe('returned')
  await m.ask('POST', `/jobs/${jobId}/accept`, { json: m.answerOf(await m.view(jobId)) })
  await m.untilState(jobId, 'settled')
})

test('the token of a lease is worth the memory of two results, however many are sent', async () => {
  const node = await m.node('home-1', { behaviour: { start: 'hang' } })
  const { jobId } = await m.order()
  await m.stage(jobId)
  const start = await until('the start', async () => node.starts.get(jobId))
  const url = `${m.url()}/hub/v1/nodes/leases/${jobId}/1/result`
  const headers = { authorization: `Bearer ${start.token}`, 'content-length': '1000' }
  const hanging = Array.from({ length: 6 }, () => request(url, { method: 'PUT', headers, agent: false }))
  const statuses: number[] = []
  for (const one of hanging) {
    one.on('response', (response) => {
      statuses.push(response.statusCode ?? 0)
      response.resume()
    })
    one.on('error', () => {})
    one.write('x')
  }
  await until('the refusals', async () => statuses.length === 4)
  expect(statuses).toEqual([429, 429, 429, 429])
  for (const one of hanging) one.destroy()
  // A line that broke gives its turn back.
  await until('the result to be taken', async () =>
    node.compute(jobId).then(
      () => true,
      () => false,
    ),
  )
  await m.accept(jobId)
})

test('an id with a NUL is refused at the door, and is no error of the database', async () => {
  for (const path of ['/jobs/%00', '/jobs/%00/explain', '/nodes/%00', '/nodes/leases/%00/1/input']) {
    expect((await m.call('GET', path, { as: `${HOSPITAL}:admin:person` })).status, path).toBe(422)
  }
})

test('a node whose name would act on a terminal is not taken in', async () => {
  const { token } = await m.ask<{ token: string }>('POST', '/nodes/tokens', {
    json: { ownerKind: 'home', region: 'beijing', jurisdiction: 'CN' },
    as: 'org_home:node-operator:person',
  })
  const sign = createSignKeys()
  const { publicKey: encryptKey } = createSealKeys()
  const proof = signText(sign, `join:${token}:${encryptKey}`)
  const body = { token, signKey: sign.publicKey, encryptKey, proof, slots: 1, floorPrice: '0.5' }
  const join = (said: object) =>
    m.ask('POST', '/nodes/join', { json: { ...body, name: 'n', facts: factsOf(), ...said }, as: 'nobody' })
  await expect(join({ name: '\u001b]0;owned\u0007' })).rejects.toThrow('422 http.bad-request')
  await expect(join({ facts: factsOf({ platform: 'linux\u001b[2J' }) })).rejects.toThrow('422 http.bad-request')
  await join({ name: '林晓家的电脑' })
})

test('one token sent more often at once than there are connections takes in one node, and the hub goes on', async () => {
  const { token } = await m.ask<{ token: string }>('POST', '/nodes/tokens', {
    json: { ownerKind: 'home', region: 'beijing', jurisdiction: 'CN' },
    as: 'org_home:node-operator:person',
  })
  const [sign, seal] = [createSignKeys(), createSealKeys()]
  const proof = signText(sign, `join:${token}:${seal.publicKey}`)
  const json = { token, signKey: sign.publicKey, encryptKey: seal.publicKey, proof, slots: 1, floorPrice: '0.5' }
  const said = { json: { ...json, name: 'n', facts: factsOf() }, as: 'nobody' } as const
  const joins = Array.from({ length: 15 }, () => m.ask<{ nodeId: string }>('POST', '/nodes/join', said))
  const joined = new Set((await Promise.all(joins)).map(({ nodeId }) => nodeId))
  expect(joined.size).toBe(1)
  expect(await m.db.worker`SELECT id FROM compute.nodes WHERE sign_key = ${sign.publicKey}`).toHaveLength(1)
})
