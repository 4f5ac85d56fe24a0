import type { Actor } from '@bithive/kernel/actor'
import { createManualClock } from '@bithive/kernel/clock'
import { actorOf, createHttp, createRoutes, httpErrors, mustAllow } from '@bithive/kernel/http'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { createSeededRandomness } from '@bithive/kernel/randomness'
import type { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { callEveryRouteAsStranger, type Finding, routesOf, type StrangerCheck } from './stranger.ts'

const A = 'org_a'
const B = 'org_b'
const SECRET = 'jam_of_organisation_a'

/** Judges a body as a schema would. */
async function mustHave(c: { req: { json: () => Promise<object> } }, field: string): Promise<void> {
  if (!(field in (await c.req.json()))) throw httpErrors.error('bad-request', { path: `/${field}` })
}

/** A small application: jars, each of one organisation. */
function pantry(plant: (routes: ReturnType<typeof createRoutes>) => void = () => {}): Hono<never> {
  const clock = createManualClock(0)
  const ids = createIds({ clock, randomness: createSeededRandomness(1n) })
  const authenticate = async (request: Request): Promise<Actor | undefined> => {
    const orgId = request.headers.get('x-test-org')
    return orgId === null ? undefined : { id: `person of ${orgId}`, kind: 'person', orgId, roles: [] }
  }
  const routes = createRoutes()
  const ownJar = (orgId: string) => {
    if (orgId !== A) throw httpErrors.error('not-found')
    return { jar: SECRET }
  }
  routes.get('/jars', (c) => c.json(actorOf(c).orgId === A ? [SECRET] : []))
  routes.get('/jars/:jarId', (c) => c.json(ownJar(actorOf(c).orgId)))
  routes.put('/jars/:jarId', async (c) => {
    const actor = actorOf(c)
    await mustHave(c, 'label')
    return c.json(ownJar(actor.orgId))
  })
  routes.post('/jars', (c) => {
    mustAllow(actorOf(c).orgId === A ? { ok: true } : { ok: false, reason: 'pantry.closed' })
    return c.json({}, 201)
  })
  routes.get('/open', (c) => c.text('open'))
  plant(routes)
  const app = createHttp({ log: silentLog, ids, clock, authenticate })
  app.route('/v1', routes)
  return app as unknown as Hono<never>
}

const check: StrangerCheck = {
  params: { jarId: 'jar_1' },
  owner: { name: 'person of A', headers: { 'x-test-org': A } },
  strangers: [{ name: 'person of B', headers: { 'x-test-org': B } }],
  bodies: { 'PUT /v1/jars/:jarId': { label: 'plum' } },
  exceptions: {
    'GET /v1/jars': { kind: 'self', reason: 'lists the jars of the caller' },
    'GET /v1/open': { kind: 'public', reason: 'says only that the pantry is open' },
  },
  secrets: [SECRET],
}

const walk = (plant?: (routes: ReturnType<typeof createRoutes>) => void, more: Partial<StrangerCheck> = {}) =>
  callEveryRouteAsStranger(pantry(plant), { ...check, ...more })
const problems = (found: Finding[]) => found.map(({ route, caller, problem }) => `${route} | ${caller} | ${problem}`)

describe('calling every route as a stranger', () => {
  test('finds every route of an application, and nothing that only passes on', () => {
    expect(routesOf(pantry()).map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v1/jars',
      'GET /v1/jars/:jarId',
      'PUT /v1/jars/:jarId',
      'POST /v1/jars',
      'GET /v1/open',
    ])
  })

  test('finds nothing wrong where every route guards itself', async () => {
    expect(await walk()).toEqual([])
  })

  test('catches a new route without any guard', async () => {
    const found = await walk((routes) => routes.get('/jars/:jarId/lid', (c) => c.json({ lid: 'tin' })))
    expect(problems(found)).toEqual([
      'GET /v1/jars/:jarId/lid | nobody | answers nobody with 200, not 401',
      'GET /v1/jars/:jarId/lid | person of B | answers a stranger with 200, not 403 or 404',
    ])
  })

  test('catches a new route that asks who calls, but not whose it is', async () => {
    const found = await walk((routes) => routes.delete('/jars/:jarId', (c) => c.json({ by: actorOf(c).id })))
    expect(problems(found)).toEqual([
      'DELETE /v1/jars/:jarId | person of B | answers a stranger with 200, not 403 or 404',
    ])
  })

  test('catches a list of one’s own that shows a neighbour’s', async () => {
    const found = await walk((routes) => routes.get('/shelf', (c) => c.json([actorOf(c).orgId, SECRET])), {
      exceptions: { ...check.exceptions, 'GET /v1/shelf': { kind: 'self', reason: 'lists the shelf of the caller' } },
    })
    expect(problems(found)).toEqual([`GET /v1/shelf | person of B | shows ${SECRET} of another organisation`])
  })

  test('catches a hole behind a wildcard, and one whose handler takes next', async () => {
    const found = await walk((routes) => {
      routes.all('/any/*', (c) => c.text('anything'))
      routes.get('/side', async (c, _next) => c.text('beside'))
    })
    expect(new Set(found.map(({ route }) => route))).toEqual(
      new Set(['GET /v1/any/*', 'POST /v1/any/*', 'GET /v1/side']),
    )
  })

  test('catches a route that judges the body before the caller', async () => {
    const found = await walk((routes) =>
      routes.post('/jars/:jarId/label', async (c) => {
        await mustHave(c, 'text')
        return c.json(actorOf(c))
      }),
    )
    expect(problems(found)).toEqual([
      'POST /v1/jars/:jarId/label | nobody | answers nobody with 422, not 401',
      'POST /v1/jars/:jarId/label | person of B | answers 422: it judges the body before the caller, so give it a body that would pass',
    ])
  })

  test('does not take a guard of another kind on trust', async () => {
    const gate = (open: boolean) => (routes: ReturnType<typeof createRoutes>) =>
      routes.post('/gate', (c) => {
        if (!open) throw httpErrors.error('bad-request')
        return c.text('in')
      })
    const exceptions = {
      ...check.exceptions,
      'POST /v1/gate': { kind: 'guarded', reason: 'a token in the body lets in' },
    } as const
    expect(await walk(gate(false), { exceptions })).toEqual([])
    expect(problems(await walk(gate(true), { exceptions }))).toEqual([
      'POST /v1/gate | nobody | lets nobody in with 200, past its own guard',
      'POST /v1/gate | person of B | lets person of B in with 200, past its own guard',
    ])
  })

  test('is not content with ids that do not exist', async () => {
    const found = await walk((routes) =>
      routes.get('/jars/:jarId/lid', (c) => {
        actorOf(c)
        throw httpErrors.error('not-found')
      }),
    )
    expect(problems(found)).toEqual([
      'GET /v1/jars/:jarId/lid | person of A | is not there for its owner: the check is empty',
    ])
  })

  test('catches a route that breaks', async () => {
    const found = await walk((routes) =>
      routes.get('/broken', () => {
        throw new Error('no')
      }),
    )
    expect(problems(found)).toContain('GET /v1/broken | person of B | fails with 500')
  })

  test('asks for an id of organisation A for every new kind of parameter, and for lists kept up to date', async () => {
    const found = await walk((routes) => routes.get('/lids/:lidId', (c) => c.json(actorOf(c))), {
      exceptions: { ...check.exceptions, 'GET /v1/gone': { kind: 'public', reason: 'was there once' } },
    })
    expect(problems(found)).toEqual([
      'GET /v1/gone | list | is listed, but is no route any more',
      'GET /v1/lids/:lidId | list | no id of organisation A is given for :lidId',
    ])
  })
})
