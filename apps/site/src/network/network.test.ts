import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Actor } from '@bithive/kernel/actor'
import { createManualClock, systemClock } from '@bithive/kernel/clock'
import { createHttp } from '@bithive/kernel/http'
import { createIds } from '@bithive/kernel/ids'
import type { LiveChange } from '@bithive/kernel/live'
import { silentLog } from '@bithive/kernel/log'
import { systemRandomness } from '@bithive/kernel/randomness'
import { startWorkers } from '@bithive/kernel/worker'
import { afterEach, describe, expect, test } from 'vitest'
import { SITE_ROLES } from '../access/index.ts'
import { ALLOWED_ROUTES } from './allowed-routes.ts'
import { createNetwork } from './index.ts'

const SITE = 'org_hospital'
const JOB = 'job_01kb7q4m8e0000000000000000'
const NODE = 'node_01kb7q4m8e0000000000000000'
const BALANCES = {
  balances: [
    {
      asset: 'BTT',
      kind: 'holder',
      posted: '5.000000',
      pendingOut: '0.000000',
      pendingIn: '0',
      available: '5',
      shards: [],
    },
  ],
}

type Seen = { method: string; url: string; headers: IncomingMessage['headers']; body: string }
type Answer = { status?: number; type?: string; body: string } | 'cut'

const opened: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

/** A hub that answers as told and keeps what it was asked. */
async function hubThat(answer: (seen: Seen) => Answer) {
  const seen: Seen[] = []
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const one = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') }
      seen.push(one)
      const said = answer(one)
      if (said === 'cut') request.socket.destroy()
      else response.writeHead(said.status ?? 200, { 'content-type': said.type ?? 'application/json' }).end(said.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opened.push(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function siteAt(url: string, options: { audit?: () => Promise<void> } = {}) {
  const recorded: { action: string; resource: string; actorId: string }[] = []
  const told: LiveChange[] = []
  const network = createNetwork({
    hub: { url, token: async () => 'site-secret' },
    clock: systemClock,
    log: silentLog,
    orgId: SITE,
    firstPauseMs: 1,
    audit: {
      record: async ({ action, resource, actorId }) => {
        await options.audit?.()
        recorded.push({ action, resource, actorId })
      },
    },
    live: { publish: (_, change) => void told.push(change) },
  })
  const ids = createIds({ clock: createManualClock(1_800_000_000_000), randomness: systemRandomness })
  const authenticate = async (request: Request): Promise<Actor | undefined> => {
    const [orgId, roles, kind = 'person'] = (request.headers.get('x-as') ?? '').split(':')
    return orgId ? { id: 'usr_1', kind: kind as Actor['kind'], orgId, roles: (roles ?? '').split(',') } : undefined
  }
  const app = createHttp({ log: silentLog, ids, clock: systemClock, authenticate })
  app.route('/site/v1/network', network.routes)
  const ask = async (as: string, method: string, path: string, body?: unknown) => {
    const response = await app.request(`/site/v1/network${path}`, {
      method,
      headers: { 'x-as': as, cookie: 'session=secret-of-a-person', 'x-forwarded-for': '9.9.9.9', 'x-evil': 'yes' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      text,
      json: text.startsWith('{') ? JSON.parse(text) : undefined,
      headers: response.headers,
    }
  }
  return { ask, recorded, told, network }
}

const ok = (body: unknown): Answer => ({ body: JSON.stringify(body) })
const problem = (status: number, code: string): Answer => ({
  status,
  body: JSON.stringify({
    ...{ code, status, retryable: false, facts: { needed: '24.00' }, title: 'x', detail: 'x', type: 'x' },
    text: {
      zh: { title: '余额不足', notDone: '未下单。', todo: '请充值。' },
      en: { title: 'T', notDone: 'N.', todo: 'D.' },
    },
  }),
})

describe('what reaches the hub', () => {
  test('is the method, our own path and the token of the site: no header, cookie or address of the caller', async () => {
    const hub = await hubThat(() => ok(BALANCES))
    const site = siteAt(hub.url)
    const answer = await site.ask(`${SITE}:finance`, 'GET', '/ledger/balances?lang=zh')
    expect([answer.status, answer.json]).toEqual([200, BALANCES])
    expect(hub.seen.map(({ method, url }) => [method, url])).toEqual([['GET', '/hub/v1/ledger/balances']])
    const headers = hub.seen[0]?.headers ?? {}
    expect(headers.authorization).toBe('Bearer site-secret')
    expect(Object.keys(headers).filter((name) => /cookie|x-as|forwarded|evil|org/.test(name))).toEqual([])
    expect(answer.text).not.toContain('site-secret')
  })

  test('is nothing at all for a path that is not on the list, whatever it is dressed as', async () => {
    const hub = await hubThat(() => ok(BALANCES))
    const site = siteAt(hub.url)
    const all = `${SITE}:${SITE_ROLES.join(',')}`
    const paths = [
      '/jobs/..%2fledger%2fbalances',
      '/jobs/%2e%2e/ledger/trial-balance',
      `/jobs/${JOB}%2fresult`,
      `/jobs/${JOB}%3fas=admin`,
      `/jobs/${JOB}%23`,
      `/jobs/${JOB.toUpperCase()}`,
      '/jobs/job_1',
      `/nodes/${JOB}`,
      `/jobs/${JOB}/result`,
      `/jobs/${JOB}/accept`,
      '/ledger/trial-balance',
      '/service-tokens',
      '/memberships',
      '/accounts',
      '/events',
      '/organisations',
      '//evil.example/jobs',
      '/http://evil.example/',
    ]
    for (const path of paths) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
        const { status } = await site.ask(all, method, path, method === 'GET' ? undefined : {})
        expect([method, path, status]).toEqual([method, path, 404])
      }
    }
    expect(hub.seen).toEqual([])
  })

  test('carries only known query fields, and never a long poll', async () => {
    const hub = await hubThat(() => ok({ jobs: [], next: 7 }))
    const site = siteAt(hub.url)
    const as = `${SITE}:clinician`
    expect((await site.ask(as, 'GET', '/jobs?after=7&limit=10')).json).toEqual({ jobs: [], next: 7 })
    expect(hub.seen[0]?.url).toBe('/hub/v1/jobs?after=7&limit=10')
    expect((await site.ask(as, 'GET', '/jobs?waitMs=25000')).status).toBe(422)
    expect((await site.ask(as, 'GET', '/jobs?after=7&orgId=org_other')).status).toBe(422)
    expect(hub.seen.length).toBe(1)
  })
})

describe('who may ask', () => {
  const needs: Readonly<Record<string, readonly string[]>> = {
    money: ['finance', 'admin', 'auditor'],
    models: ['clinician', 'admin', 'auditor', 'finance', 'node-operator'],
    jobs: ['clinician', 'admin', 'auditor'],
    nodes: ['node-operator', 'admin', 'auditor'],
    'run-nodes': ['node-operator'],
    order: ['clinician'],
    spend: ['finance', 'admin'],
  }
  const pathOf = (path: string) => path.replace(':jobId', JOB).replace(':nodeId', NODE)

  test('each role reaches exactly the routes of its work, and everybody else is told which is missing', async () => {
    const hub = await hubThat(() => problem(404, 'http.not-found'))
    const site = siteAt(hub.url)
    for (const route of ALLOWED_ROUTES) {
      for (const role of SITE_ROLES) {
        const { status, json } = await site.ask(`${SITE}:${role}`, route.method, pathOf(route.path), route.body && {})
        const may = needs[route.matter]?.includes(role) === true
        // 404 is this hub's own answer; 422 a body that was not read any further.
        expect([route.path, role, may ? [404, 422].includes(status) : status]).toEqual([route.path, role, may || 403])
        if (!may) expect(json.facts.reason).toBe(`network.needs-${route.matter}`)
      }
    }
  })

  test('nobody, another organisation and a machine’s token find nothing here', async () => {
    const hub = await hubThat(() => ok(BALANCES))
    const site = siteAt(hub.url)
    expect((await site.ask('', 'GET', '/ledger/balances')).status).toBe(401)
    expect((await site.ask('org_other:finance', 'GET', '/ledger/balances')).status).toBe(404)
    expect((await site.ask(`${SITE}:auditor:site`, 'GET', '/ledger/balances')).status).toBe(404)
    expect(hub.seen).toEqual([])
  })
})

describe('an act at the hub', () => {
  const order = { ownerKind: 'hospital', region: 'shanghai', jurisdiction: 'CN' }
  const created = { tokenId: 'tok_1', token: 'join_secret_token_1', expiresAt: 1 }

  test('is in the hospital’s audit before it leaves, with who did it; a broken audit stops it', async () => {
    const hub = await hubThat(() => ok(created))
    const site = siteAt(hub.url)
    const made = await site.ask(`${SITE}:node-operator`, 'POST', '/nodes/tokens', order)
    expect([made.status, made.json]).toEqual([201, created])
    expect(site.recorded).toEqual([{ action: 'network.issue-node-token', resource: '/nodes/tokens', actorId: 'usr_1' }])
    const broken = siteAt(hub.url, { audit: () => Promise.reject(new Error('no audit')) })
    expect((await broken.ask(`${SITE}:node-operator`, 'POST', '/nodes/tokens', order)).status).toBe(500)
    expect(hub.seen.length).toBe(1)
  })

  test('is checked here first: a body beyond the schema goes nowhere', async () => {
    const hub = await hubThat(() => ok(created))
    const site = siteAt(hub.url)
    const { status } = await site.ask(`${SITE}:node-operator`, 'POST', '/nodes/tokens', { ...order, orgId: 'org_x' })
    expect([status, hub.seen.length, site.recorded.length]).toEqual([422, 0, 0])
  })

  test('whose answer is lost is never repeated, and says that it may have been done', async () => {
    const hub = await hubThat(() => 'cut')
    const site = siteAt(hub.url)
    const lost = await site.ask(`${SITE}:node-operator`, 'POST', '/nodes/tokens', order)
    expect([lost.status, lost.json.code, hub.seen.length]).toEqual([504, 'network.outcome-unknown', 1])
  })
})

describe('what the hub answers', () => {
  test('passes with its own code, words and facts when it refuses', async () => {
    const hub = await hubThat(() => problem(409, 'compute.insufficient-funds'))
    const { status, json } = await siteAt(hub.url).ask(`${SITE}:clinician`, 'GET', `/jobs/${JOB}`)
    expect([status, json.code, json.text.zh.title]).toEqual([409, 'compute.insufficient-funds', '余额不足'])
    expect([json.facts, hub.seen.length]).toEqual([{ needed: '24.00' }, 1])
  })

  test('about the token of the site never signs a person out', async () => {
    const hub = await hubThat(() => problem(401, 'http.not-signed-in'))
    const { status, json } = await siteAt(hub.url).ask(`${SITE}:clinician`, 'GET', `/jobs/${JOB}`)
    expect([status, json.code]).toEqual([502, 'network.site-not-known'])
  })

  test('is held against the schema: another shape, more fields of a secret, or a page of a proxy do not pass', async () => {
    let body = JSON.stringify({ jobs: 'many' })
    const hub = await hubThat(() => ({ body }))
    const site = siteAt(hub.url)
    const as = `${SITE}:clinician`
    expect((await site.ask(as, 'GET', '/jobs')).json.code).toBe('network.answer-invalid')
    body = JSON.stringify({ jobs: [], next: 1, secret: 'x' })
    expect((await site.ask(as, 'GET', '/jobs')).json.code).toBe('network.answer-invalid')
    body = '<html>'
    expect((await site.ask(as, 'GET', '/jobs')).json.code).toBe('network.answer-invalid')
    body = JSON.stringify({ ...BALANCES, secret: 'x' })
    expect((await site.ask(`${SITE}:finance`, 'GET', '/ledger/balances')).text).not.toContain('secret')
  })

  test('that never comes is «unreachable», asked again for what is only read', async () => {
    const gone = siteAt('http://127.0.0.1:9')
    const none = await gone.ask(`${SITE}:finance`, 'GET', '/ledger/balances')
    expect([none.status, none.json.code, none.json.retryable]).toEqual([503, 'network.hub-unreachable', true])
    let calls = 0
    const hub = await hubThat(() => (++calls < 3 ? { status: 502, type: 'text/html', body: 'bad' } : ok(BALANCES)))
    expect((await siteAt(hub.url).ask(`${SITE}:finance`, 'GET', '/ledger/balances')).status).toBe(200)
    expect(calls).toBe(3)
  })
})

describe('news of the hub', () => {
  test('reaches the hospital’s pages as topics alone, and after each new connection everything is asked anew', async () => {
    const events = 'event: hello\ndata: {"at":1}\n\nevent: changed\ndata: {"topic":"jobs","id":"x"}\n\n'
    const strange = 'event: changed\ndata: {"topic":"members","id":"usr_other"}\n\n'
    const hub = await hubThat(() => ({ type: 'text/event-stream', body: events + strange }))
    const site = siteAt(hub.url)
    const workers = startWorkers(site.network.workers)
    opened.push(() => workers.stop())
    while (site.told.length < 5) await new Promise((resolve) => setImmediate(resolve))
    expect(site.told.slice(0, 5)).toEqual(['jobs', 'nodes', 'ledger', 'treasury', 'jobs'].map((topic) => ({ topic })))
    expect(hub.seen[0]).toMatchObject({ url: '/hub/v1/events', headers: { authorization: 'Bearer site-secret' } })
  })
})
