import { request } from 'node:http'
import { json } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Actor, allow, deny } from './actor.ts'
import { createManualClock } from './clock.ts'
import type { Problem } from './errors.ts'
import {
  actorOf,
  checkInput,
  createHttp,
  createRoutes,
  type HttpDeps,
  httpErrors,
  mustAllow,
  readBytes,
  readJson,
} from './http.ts'
import { createIds } from './ids.ts'
import { createRateLimiter } from './limits.ts'
import { silentLog } from './log.ts'
import { createMetrics } from './metrics.ts'
import { createSeededRandomness } from './randomness.ts'
import { type Served, serve } from './serve.ts'

const PLANTED = 'Zhang^Sanfeng'
const CLERK: Actor = { id: 'per_clerk', kind: 'person', orgId: 'org_a', roles: [] }
const clock = createManualClock(1_760_000_000_000)
const ids = createIds({ clock, randomness: createSeededRandomness(1n) })

/** An application with one room whose routes do what the tests ask. */
function house(options: Partial<HttpDeps> = {}) {
  const logged: object[] = []
  const log = { ...silentLog, error: (facts: object) => void logged.push(facts) }
  const app = createHttp({
    ...{ log, ids, clock },
    authenticate: async (r) => (r.headers.get('authorization') === 'Bearer clerk' ? CLERK : undefined),
    ...options,
  })
  const routes = createRoutes()
  routes.get('/hello', (c) => c.json({ remote: c.get('remote'), locale: c.get('locale') }))
  routes.get('/mine', (c) => c.json({ id: actorOf(c).id }))
  routes.get('/theirs', () => mustAllow(deny('another-organisation')) as never)
  routes.get('/free', (c) => {
    mustAllow(allow)
    return c.json({})
  })
  routes.get('/broken', () => {
    throw new Error(`no patient ${PLANTED}`)
  })
  routes.get('/broken-types', (c) => {
    c.header('content-type', 'application/dicom')
    throw httpErrors.error('unavailable')
  })
  routes.post('/bytes', async (c) => c.json({ bytes: (await readBytes(c, 1_000)).length }))
  const Form = z.strictObject({ name: z.string().max(3), beds: z.array(z.strictObject({ n: z.int() })).optional() })
  routes.post('/form', async (c) => c.json(await readJson(c, Form, 1_000)))
  app.route('/room', routes)
  return { app, logged }
}

const zhFirst = { 'accept-language': 'zh-CN,zh;q=0.9' }
const enFirst = { 'accept-language': 'en-GB,en;q=0.9' }
const problemOf = async (response: Response) => (await response.json()) as Problem
const post = (body: string | Uint8Array, headers: Record<string, string> = {}) => ({
  method: 'POST',
  body: body as BodyInit,
  headers: { ...enFirst, ...headers },
})

describe('every answer', () => {
  test('has a request id of its own and the security headers, found or not, good or broken', async () => {
    const { app } = house()
    const seen = new Set<string>()
    for (const path of ['/room/hello', '/nothing', '/room/broken', '/room/mine']) {
      const { headers } = await app.request(path)
      seen.add(headers.get('x-request-id') ?? '')
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
      })
      expect(headers.get('content-security-policy')).toContain("default-src 'self'")
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    }
    expect(seen.size).toBe(4)
    for (const id of seen) expect(id).toMatch(/^req_/)
  })

  test('a client’s own request id is not taken over', async () => {
    const response = await house().app.request('/room/hello', { headers: { 'x-request-id': 'mine\u0001' } })
    expect(response.headers.get('x-request-id')).toMatch(/^req_/)
  })
})

describe('a problem', () => {
  test.each([
    [zhFirst, '找不到', '没有执行任何操作。请检查编号，或从列表重新打开。'],
    [enFirst, 'Not found', 'Nothing was done. Check the id, or open it from the list again.'],
  ])('is RFC 9457 in the language of %j', async (headers, title, detail) => {
    const response = await house().app.request('/nothing', { headers })
    expect(response.status).toBe(404)
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
    const problem = await problemOf(response)
    expect(problem).toMatchObject({ type: '/problems/http.not-found', title, detail, status: 404 })
    expect(problem).toMatchObject({ code: 'http.not-found', retryable: false, text: { zh: { title: '找不到' } } })
    expect(problem.requestId).toBe(response.headers.get('x-request-id'))
  })

  test('keeps its type when the handler had set another', async () => {
    const response = await house().app.request('/room/broken-types')
    expect(response.headers.get('content-type')).toContain('application/problem+json')
  })

  test('nobody foresaw hides its words from the caller and from the log', async () => {
    const { app, logged } = house()
    const response = await app.request('/room/broken', { headers: enFirst })
    expect(response.status).toBe(500)
    const text = await response.text()
    expect(JSON.parse(text).code).toBe('http.unexpected')
    expect(text).not.toContain(PLANTED)
    expect(logged).toHaveLength(1)
    expect(logged[0]).toMatchObject({ requestId: response.headers.get('x-request-id'), route: '/room/broken' })
  })

  test('of a sign-in that breaks is one too', async () => {
    const { app } = house({ authenticate: () => Promise.reject(new Error(PLANTED)) })
    const response = await app.request('/room/hello')
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain(PLANTED)
  })
})

describe('who may', () => {
  test('a stranger is asked to sign in, a signed-in person is known', async () => {
    const { app } = house()
    expect((await app.request('/room/mine')).status).toBe(401)
    const known = await app.request('/room/mine', { headers: { authorization: 'Bearer clerk' } })
    expect(await known.json()).toEqual({ id: 'per_clerk' })
  })

  test('a refusal says the policy’s reason', async () => {
    const { app } = house()
    const refused = await app.request('/room/theirs')
    expect([refused.status, (await problemOf(refused)).facts]).toEqual([403, { reason: 'another-organisation' }])
    expect((await app.request('/room/free')).status).toBe(200)
  })
})

describe('a body', () => {
  const stream = (bytes: number) =>
    new ReadableStream({
      start: (controller) => {
        for (let at = 0; at < bytes; at += 100) controller.enqueue(new Uint8Array(100))
        controller.close()
      },
    })
  const streamed = (bytes: number, headers: Record<string, string>) =>
    new Request('http://x/room/bytes', { method: 'POST', body: stream(bytes), headers, duplex: 'half' } as RequestInit)

  test('is taken up to its limit, to the byte', async () => {
    const { app } = house()
    expect(await (await app.request('/room/bytes', post(new Uint8Array(1_000)))).json()).toEqual({ bytes: 1_000 })
    expect((await app.request('/room/bytes', post(new Uint8Array(1_001)))).status).toBe(413)
    expect(await (await app.request('/room/bytes', { method: 'POST' })).json()).toEqual({ bytes: 0 })
  })

  test('that says it is too large is refused unread', async () => {
    const { app } = house()
    const response = await app.request(streamed(100, { 'content-length': '1001' }))
    expect([response.status, (await problemOf(response)).facts]).toEqual([413, { maxBytes: 1_000 }])
  })

  test.each(['10', '0', '-5', 'many', '1e1'])('that lies about its length (%s) is counted', async (length) => {
    const { app } = house()
    expect((await app.request(streamed(1_100, { 'content-length': length }))).status).toBe(413)
  })

  test('without end is cut off at the limit', async () => {
    let sent = 0
    const endless = new ReadableStream({
      pull: (controller) => {
        sent += 100
        controller.enqueue(new Uint8Array(100))
      },
    })
    const call = new Request('http://x/room/bytes', { method: 'POST', body: endless, duplex: 'half' } as RequestInit)
    expect((await house().app.request(call)).status).toBe(413)
    expect(sent).toBeLessThan(3_000)
  })

  test.each([
    ['{"name":', '/', undefined],
    [`{"name":"${PLANTED}"}`, '/name', 'too_big'],
    [`{"name":"a","beds":[{"n":1},{"n":"${PLANTED}"}]}`, '/beds/1/n', 'invalid_type'],
    [`{"name":"a","${PLANTED}":1}`, '/', 'unrecognized_keys'],
    [`"${PLANTED}"`, '/', 'invalid_type'],
    ['', '/', undefined],
  ])('of JSON %s is refused by path %s, never by value', async (body, path, rule) => {
    const response = await house().app.request('/room/form', post(body))
    expect(response.status).toBe(422)
    const text = await response.text()
    expect(JSON.parse(text).facts).toEqual({ path, ...(rule ? { rule } : {}) })
    expect(text).not.toContain('Sanfeng')
  })

  test('that is not UTF-8 is refused', async () => {
    const bytes = new Uint8Array([...new TextEncoder().encode('{"name":"'), 0xff, 0xfe, 0x22, 0x7d])
    const response = await house().app.request('/room/form', post(bytes))
    expect([response.status, (await problemOf(response)).facts]).toEqual([422, { path: '/' }])
  })

  test('with a key that the caller chose does not bring the key back', () => {
    const schema = z.record(z.string(), z.strictObject({ age: z.number() }))
    const call = () => checkInput(schema, { '张三 (1950-01-01)': { age: 'old' } })
    expect(call).toThrow(expect.objectContaining({ facts: { path: '/*/age', rule: 'invalid_type' } }))
  })
})

describe('a budget', () => {
  const limiter = () => createRateLimiter({ clock, capacity: 3, refillPerSecond: 0.4, maxKeys: 100 })
  const from = (remoteAddress: string) => ({ incoming: { socket: { remoteAddress } } })

  test('that is spent answers 429 with whole seconds to wait, and another address goes on', async () => {
    const { app } = house({ limiter: limiter() })
    for (let i = 0; i < 3; i++) expect((await app.request('/room/hello', {}, from('192.0.2.1'))).status).toBe(200)
    const refused = await app.request('/room/hello', {}, from('192.0.2.1'))
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '3'])
    expect(await problemOf(refused)).toMatchObject({ code: 'limits.too-many-requests', facts: { retryAfterMs: 2_500 } })
    expect((await app.request('/room/hello', {}, from('192.0.2.2'))).status).toBe(200)
  })

  test('of a person follows the person from address to address', async () => {
    const { app } = house({ limiter: limiter() })
    const headers = { authorization: 'Bearer clerk' }
    const statuses: number[] = []
    for (let i = 0; i < 4; i++)
      statuses.push((await app.request('/room/hello', { headers }, from(`192.0.2.${i}`))).status)
    expect(statuses).toEqual([200, 200, 200, 429])
  })

  test('is one for all addresses of an IPv6 network', async () => {
    const { app } = house({ limiter: limiter() })
    const statuses: number[] = []
    for (let i = 1; i < 5; i++) statuses.push((await app.request('/room/hello', {}, from(`2001:db8::${i}`))).status)
    expect(statuses).toEqual([200, 200, 200, 429])
  })

  test('is not escaped by an X-Forwarded-For that nobody trusts', async () => {
    const { app } = house({ limiter: limiter() })
    const statuses: number[] = []
    for (let i = 0; i < 4; i++) {
      const headers = { 'x-forwarded-for': `198.51.100.${i}` }
      statuses.push((await app.request('/room/hello', { headers }, from('192.0.2.1'))).status)
    }
    expect(statuses).toEqual([200, 200, 200, 429])
  })
})

test('what is counted has the route, never the path, and counts refusals too', async () => {
  const metrics = createMetrics()
  const limiter = createRateLimiter({ clock, capacity: 4, refillPerSecond: 1, maxKeys: 10 })
  const { app } = house({ metrics, limiter })
  for (const path of ['/room/hello', '/room/mine', '/room/broken', `/${PLANTED}`, '/room/hello'])
    await app.request(path)
  const text = await metrics.text()
  const counted = (route: string, status: number) =>
    text.includes(`bithive_http_request_seconds_count{method="GET",route="${route}",status="${status}"} 1`)
  expect(counted('/room/hello', 200)).toBe(true)
  expect(counted('/room/mine', 401)).toBe(true)
  expect(counted('/room/broken', 500)).toBe(true)
  expect(text).toMatch(/route="[^"]*",status="404"\} 1/)
  expect(text).toMatch(/route="[^"]*",status="429"\} 1/)
  expect(text).not.toContain(PLANTED)
})

describe('over a socket', () => {
  let served: Served | undefined
  afterEach(() => served?.stop())

  test('the peer’s address is known, and a trusted proxy’s word counts', async () => {
    const { app } = house({ trustedProxies: ['127.0.0.1'] })
    served = await serve({ host: '127.0.0.1', port: 0, fetch: app.fetch })
    const plain = await (await fetch(`${served.url}/room/hello`)).json()
    const headers = { 'x-forwarded-for': '6.6.6.6, 198.51.100.7', ...enFirst }
    const proxied = await (await fetch(`${served.url}/room/hello`, { headers })).json()
    expect([plain, proxied]).toEqual([
      { remote: '127.0.0.1', locale: 'zh' },
      { remote: '198.51.100.7', locale: 'en' },
    ])
  })

  test('a body in pieces without a length is counted, and the answer arrives', async () => {
    const { app } = house()
    served = await serve({ host: '127.0.0.1', port: 0, fetch: app.fetch })
    const answer = await new Promise<{ status?: number; body: unknown }>((resolve, reject) => {
      const call = request(`${served?.url}/room/bytes`, { method: 'POST', headers: enFirst }, async (response) => {
        resolve({ ...(response.statusCode ? { status: response.statusCode } : {}), body: await json(response) })
      })
      call.on('error', reject)
      for (let i = 0; i < 20; i++) call.write(new Uint8Array(100))
      call.end()
    })
    expect(answer).toMatchObject({ status: 413, body: { code: 'limits.body-too-large' } })
  })
})

describe('a character that no database text holds', () => {
  test.each(['/room/hello%00', '/room/hello?before=%00', '/room/%00/hello'])('is refused in %s', async (path) => {
    const { app, logged } = house()
    const response = await app.request(path)
    expect(response.status).toBe(422)
    expect(((await response.json()) as Problem).code).toBe('http.bad-request')
    expect(logged).toEqual([])
  })
})
