import type { HubStatus } from '@bithive/console'
import { createManualClock } from '@bithive/kernel/clock'
import { createHttp, type HttpDeps } from '@bithive/kernel/http'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { createMetrics } from '@bithive/kernel/metrics'
import { systemRandomness } from '@bithive/kernel/randomness'
import { type Served, serve } from '@bithive/kernel/serve'
import { afterEach, describe, expect, test } from 'vitest'
import { createFrontDoor } from './front-door.ts'

const WELL: HubStatus = {
  ...{ version: '1.2.3', profile: 'sample', sample: true, database: true, ledgerBalanced: true, jobs: { settled: 2 } },
  ...{ nodesOnline: 1, nodesKnown: 3, dicomPort: 11112, at: 0 },
}
const from = (remoteAddress: string) => ({ incoming: { socket: { remoteAddress } } })
const clock = createManualClock(0)

function door(status: () => Promise<HubStatus | undefined> = async () => WELL) {
  const made = createFrontDoor({ metrics: createMetrics(), status })
  const get = (path: string, headers: Record<string, string> = {}, env: object = from('127.0.0.1')) =>
    made.fetch(new Request(`http://house${path}`, { headers }), env)
  return { ...made, get }
}

let served: Served | undefined
afterEach(async () => {
  await served?.stop()
  served = undefined
})

describe('metrics', () => {
  test.each(['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])('are read from %s', async (address) => {
    const response = await door().get('/metrics', {}, from(address))
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4'])
    expect(await response.text()).toContain('# TYPE bithive_http_request_seconds histogram')
  })

  test.each(['192.0.2.1', '10.0.0.1', '::2', '2001:db8::1', '::ffff:192.0.2.1', '1270.0.0.1', ''])(
    'are not read from «%s»',
    async (address) => {
      const response = await door().get('/metrics', {}, from(address))
      expect(response.status).toBe(403)
      expect(await response.text()).not.toContain('bithive_')
    },
  )

  test('are not read when nobody knows from where', async () => {
    expect((await door().get('/metrics', {}, {})).status).toBe(403)
  })

  test.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'])(
    'are not read through a proxy on this machine, which names its caller in %s',
    async (header) => {
      expect((await door().get('/metrics', { [header]: '127.0.0.1' })).status).toBe(403)
    },
  )
})

describe('health', () => {
  test('is 503 while the house starts, with a time to ask again', async () => {
    const response = await door(async () => undefined).get('/healthz')
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
    expect(await response.json()).toEqual({ state: 'starting', database: false, ledgerBalanced: false })
  })

  test.each([
    [true, true, 200, 'ok'],
    [false, false, 503, 'unsound'],
    [true, false, 503, 'unsound'],
  ])('with database %s and balanced books %s is %i %s', async (database, ledgerBalanced, status, state) => {
    const response = await door(async () => ({ ...WELL, database, ledgerBalanced })).get('/healthz')
    expect([response.status, await response.json()]).toEqual([
      status,
      { state, database, ledgerBalanced, version: '1.2.3' },
    ])
  })

  test('that cannot be read is unsound, not an error page', async () => {
    const broken = door(() => Promise.reject(new Error('password=geheim')))
    for (const path of ['/healthz', '/']) {
      const response = await broken.get(path)
      expect(response.status).toBe(503)
      expect(await response.text()).toBe('{"state":"unsound","database":false,"ledgerBalanced":false}')
    }
  })
})

describe('the status page', () => {
  test.each([
    ['/', {}, 'zh-CN'],
    ['/', { 'accept-language': 'en-GB,en;q=0.9,zh;q=0.1' }, 'en'],
    ['/', { 'accept-language': 'zh-CN,en;q=0.5' }, 'zh-CN'],
    ['/?lang=en', { 'accept-language': 'zh-CN' }, 'en'],
    ['/?lang=zh', { 'accept-language': 'en' }, 'zh-CN'],
  ])('at %s with %j is in %s', async (path, headers: Record<string, string>, lang) => {
    const response = await door().get(path, headers)
    expect(await response.text()).toContain(`<html lang="${lang}">`)
  })

  test('allows no script, no frame and no keeping', async () => {
    const { headers } = await door().get('/')
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    )
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('is 503 while the house starts', async () => {
    expect((await door(async () => undefined).get('/')).status).toBe(503)
  })
})

describe('the two apps', () => {
  test('answer below their prefix once they are open, and 503 before', async () => {
    const house = door()
    expect((await house.get('/hub/v1/jobs')).status).toBe(503)
    house.open('/hub/', (request) => new Response(`hub ${new URL(request.url).pathname}`))
    expect(await (await house.get('/hub/v1/jobs')).text()).toBe('hub /hub/v1/jobs')
    expect((await house.get('/site/v1/studies')).status).toBe(503)
    house.open('/site/', () => new Response('site'))
    expect(await (await house.get('/site/v1/studies')).text()).toBe('site')
  })

  test('get nothing that is not theirs', async () => {
    const house = door()
    house.open('/hub/', () => new Response('hub'))
    for (const path of ['/hub', '/hubs/x', '/x/hub/v1', '/metricsx', '/healthz/x', '/favicon.ico', '//hub/v1']) {
      const response = await house.get(path, { 'accept-language': 'en' })
      expect([path, response.status]).toEqual([path, 404])
      expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8')
      expect(await response.json()).toMatchObject({ code: 'http.not-found', title: 'Not found' })
    }
  })

  test('are served with their own headers over a real socket', async () => {
    const deps: HttpDeps = {
      ...{ log: silentLog, clock, ids: createIds({ clock, randomness: systemRandomness }) },
      authenticate: async () => undefined,
    }
    const hub = createHttp(deps)
    hub.get('/hub/v1/hello', (c) => c.json({ remote: c.get('remote') }))
    const house = door()
    house.open('/hub/', hub.fetch)
    served = await serve({ host: '127.0.0.1', port: 0, fetch: house.fetch })
    const response = await fetch(`${served.url}/hub/v1/hello`)
    expect([await response.json(), response.headers.get('x-frame-options')]).toEqual([{ remote: '127.0.0.1' }, 'DENY'])
    expect((await fetch(`${served.url}/metrics`)).status).toBe(200)
    expect((await fetch(`${served.url}/healthz`)).status).toBe(200)
  })
})

describe('the name that a request is for', () => {
  const asked = async (host: string, publicHosts: readonly string[] | undefined) => {
    const made = createFrontDoor({
      metrics: createMetrics(),
      status: async () => WELL,
      ...(publicHosts === undefined ? {} : { publicHosts }),
    })
    made.open('/hub/', () => new Response('from the hub'))
    const request = new Request('http://house/hub/v1/jobs', { headers: { host } })
    return (await made.fetch(request, from('127.0.0.1'))).status
  }

  test.each(['localhost', 'localhost:8080', '127.0.0.1:8080', '[::1]:8080', 'care.example.org', 'CARE.example.org'])(
    '%s is answered by a house of this machine with a public address',
    async (host) => expect(await asked(host, ['care.example.org'])).toBe(200),
  )

  test.each(['rebound.example.com', 'rebound.example.com:8080', 'localhost.example.com', '127.0.0.1.example.com', ''])(
    '«%s», pointed at this machine by a page elsewhere, is not',
    async (host) => expect(await asked(host, ['care.example.org'])).toBe(403),
  )

  test('is free where the house listens for others', async () => {
    expect(await asked('any.example.com', undefined)).toBe(200)
  })
})
