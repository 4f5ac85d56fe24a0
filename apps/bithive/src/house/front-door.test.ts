import { HouseFacts } from '@bithive/api/house'
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
import type { ConsoleFiles } from './serve-console.ts'

const WELL: HubStatus = {
  ...{ version: '1.2.3', profile: 'sample', sample: true, database: true, ledgerBalanced: true, jobs: { settled: 2 } },
  ...{ nodesOnline: 1, nodesKnown: 3, dicomPort: 11112, at: 0 },
}
const from = (remoteAddress: string) => ({ incoming: { socket: { remoteAddress } } })
const clock = createManualClock(0)

const HOUSE: HouseFacts = { version: '1.2.3', profile: 'sample', sample: true, hospital: true, startedAt: 7 }

function door(status: () => Promise<HubStatus | undefined> = async () => WELL, house: HouseFacts | undefined = HOUSE) {
  const made = createFrontDoor({ metrics: createMetrics(), status, house: () => house })
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
    for (const path of ['/healthz', '/status']) {
      const response = await broken.get(path)
      expect(response.status).toBe(503)
      expect(await response.text()).toBe('{"state":"unsound","database":false,"ledgerBalanced":false}')
    }
  })
})

describe('the status page', () => {
  test.each([
    ['/status', {}, 'zh-CN'],
    ['/status', { 'accept-language': 'en-GB,en;q=0.9,zh;q=0.1' }, 'en'],
    ['/status', { 'accept-language': 'zh-CN,en;q=0.5' }, 'zh-CN'],
    ['/status?lang=en', { 'accept-language': 'zh-CN' }, 'en'],
    ['/status?lang=zh', { 'accept-language': 'en' }, 'zh-CN'],
  ])('at %s with %j is in %s', async (path, headers: Record<string, string>, lang) => {
    const response = await door().get(path, headers)
    expect(await response.text()).toContain(`<html lang="${lang}">`)
  })

  test('allows no script, no frame and no keeping', async () => {
    const { headers } = await door().get('/status')
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    )
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('is 503 while the house starts', async () => {
    expect((await door(async () => undefined).get('/status')).status).toBe(503)
  })
})

const BROWSER = { accept: 'text/html,application/xhtml+xml', 'accept-language': 'en' }

/** A console that says which of its pages and files it was asked for. */
const shown: ConsoleFiles = {
  file: (path) => (path === '/assets/x.js' ? new Response('x.js') : undefined),
  page: (entry) => new Response(entry),
}

describe('what may be known of a house', () => {
  test('is told to anyone, and kept by nobody', async () => {
    const response = await door().get('/house', {}, from('192.0.2.1'))
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(HouseFacts.parse(await response.json())).toEqual(HOUSE)
  })

  test('is not known while it starts', async () => {
    const starting = createFrontDoor({ metrics: createMetrics(), status: async () => WELL, house: () => undefined })
    expect((await starting.fetch(new Request('http://house/house'), from('127.0.0.1'))).status).toBe(503)
  })
})

describe('the console', () => {
  const open = () => {
    const made = door()
    made.show(shown)
    return made
  }

  test.each([
    ['/', 'index.html'],
    ['/jobs/job_01', 'index.html'],
    ['/account?x=1', 'index.html'],
    ['/mine', 'index.html'],
    ['/m', 'm.html'],
    ['/m/consents', 'm.html'],
  ])('at %s is %s to a browser', async (path, entry) => {
    const response = await open().get(path, BROWSER)
    expect([response.status, await response.text()]).toEqual([200, entry])
  })

  test('is its first page to whatever asks without saying what it takes', async () => {
    expect(await (await open().get('/')).text()).toBe('index.html')
  })

  test('serves a file that it holds', async () => {
    expect(await (await open().get('/assets/x.js')).text()).toBe('x.js')
  })

  test.each([
    '/assets/gone.js',
    '/assets/',
    '/assets/../assets/x.js/..',
    '/docs/none.md',
    '/robots.txt',
    '/index.html.br',
    '/.env',
    '/hub',
    '/site',
    '/metrics/x',
    '/healthz/x',
    '/house/x',
    '/status/x',
    '//elsewhere.example.com',
  ])('does not answer %s', async (path) => {
    const response = await open().get(path, BROWSER)
    expect([response.status, response.headers.get('content-type')]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ])
  })

  test('answers a program that asks for no page with «not found»', async () => {
    expect((await open().get('/jobs/job_01', { accept: 'application/json' })).status).toBe(404)
  })

  test('is read, never written to', async () => {
    const made = createFrontDoor({ metrics: createMetrics(), status: async () => WELL, house: () => HOUSE })
    made.show(shown)
    const request = new Request('http://house/', { method: 'POST', headers: BROWSER, body: 'x' })
    expect((await made.fetch(request, from('127.0.0.1'))).status).toBe(404)
  })

  test.each([
    ['while it is built', undefined, 'BitHive is starting', true],
    ['when it could not be built', 'failed' as const, 'The pages were not built', false],
    ['when the house serves programs only', 'programs-only' as const, 'There are no pages here', false],
  ])('says so %s', async (_, state, said, reloads) => {
    const made = door()
    if (state) made.show(state)
    const response = await made.get('/jobs/job_01', BROWSER)
    const text = await response.text()
    expect([response.status, response.headers.get('cache-control')]).toEqual([503, 'no-store'])
    expect(text).toContain(said)
    expect(text.includes('http-equiv="refresh"')).toBe(reloads)
    expect(text).not.toContain('<script')
  })

  test('says that the house starts until its hospital can be signed in to', async () => {
    const made = createFrontDoor({ metrics: createMetrics(), status: async () => WELL, house: () => undefined })
    made.show(shown)
    const response = await made.fetch(new Request('http://house/', { headers: BROWSER }), from('127.0.0.1'))
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('BitHive is starting')])
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
      house: () => HOUSE,
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
