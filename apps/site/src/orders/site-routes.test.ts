import type { Actor } from '@bithive/kernel/actor'
import { createHttp } from '@bithive/kernel/http'
import { silentLog } from '@bithive/kernel/log'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { startWorkers } from '@bithive/kernel/worker'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { consentRoutes } from '../consent/index.ts'
import { identifiersRoutes } from '../identifiers/index.ts'
import { reportRoutes } from '../reports/index.ts'
import { orderRoutes } from './index.ts'
import { lungOrder, registerSample } from './testing/sample-order.ts'
import { startTestHub } from './testing/test-hub.ts'
import { createTestSite, SITE_ORG, SITE_TOKEN, siteMigrations } from './testing/test-site.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms: siteMigrations, maxConnections: 10 })
})
afterAll(() => db.drop())
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

let seeds = 0

/** The four rooms' routes as the site mounts them; `x-roles` and `x-org` sign the test's caller in. */
async function setting() {
  const hub = await startTestHub({ token: SITE_TOKEN })
  closing.push(hub.stop)
  const site = createTestSite({ db, hubUrl: hub.url })
  closing.push(site.remove)
  const series = await registerSample(site, 'ct-chest', `routes-${++seeds}`)
  const authenticate = async (request: Request): Promise<Actor | undefined> => {
    const roles = request.headers.get('x-roles')
    if (roles === null) return undefined
    return { id: 'usr_1', kind: 'person', orgId: request.headers.get('x-org') ?? SITE_ORG, roles: roles.split(',') }
  }
  const app = createHttp({ log: silentLog, ids: site.ids, clock: site.clock, authenticate })
  const mounted = { orgId: SITE_ORG }
  app.route('/site/v1', identifiersRoutes({ identifiers: site.identifiers, ...mounted }))
  app.route('/site/v1', consentRoutes({ consent: site.consent, personOf: async () => undefined, ...mounted }))
  app.route('/site/v1', orderRoutes({ orders: site.orders, ...mounted }))
  app.route('/site/v1', reportRoutes({ reports: site.reports, ...mounted }))
  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    app.request(`/site/v1${path}`, {
      method,
      headers: { 'x-roles': 'clinician', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const consent = {
    personId: series.personId,
    purpose: 'care',
    dataClass: 'imaging',
    recipientKinds: ['home'],
    jurisdictions: ['CN'],
    from: site.clock.now() - 1_000,
    to: site.clock.now() + 100_000,
    evidenceSha256: 'e'.repeat(64),
  }
  return { site, hub, series, call, app, consent }
}

describe('the routes of a clinician', () => {
  test('lead from consent over the order to the report and its SR', async () => {
    const { site, series, call, consent } = await setting()
    expect((await call('POST', '/orders', lungOrder(series))).status).toBe(403)
    const given = await call('POST', '/consents', consent)
    expect(given.status).toBe(201)
    const workers = startWorkers(site.orders.workers)
    closing.push(workers.stop)
    const placed = await call('POST', '/orders', lungOrder(series))
    expect(placed.status).toBe(201)
    const { orderId } = (await placed.json()) as { orderId: string }
    type Shown = { order: { state: string; reportId: string }; steps: { stage: string }[] }
    const shown = async () => (await (await call('GET', `/orders/${orderId}`)).json()) as Shown
    await vi.waitFor(async () => expect((await shown()).order.state).toBe('settled'), { timeout: 20_000 })
    const { order, steps } = await shown()
    expect(steps.map((step) => step.stage)).toContain('verified')
    const fhir = await call('GET', `/reports/${order.reportId}`)
    expect(fhir.headers.get('content-type')).toContain('application/fhir+json')
    expect(await fhir.json()).toMatchObject({ resourceType: 'DiagnosticReport', status: 'preliminary' })
    const sr = await call('GET', `/reports/${order.reportId}/sr`)
    expect(
      Buffer.from(await sr.arrayBuffer())
        .subarray(128, 132)
        .toString(),
    ).toBe('DICM')
    expect((await call('POST', `/orders/${orderId}/cancel`)).status).toBe(409)
    const list = (await (await call('GET', '/reports?limit=1')).json()) as { reports: unknown[] }
    expect(list.reports).toHaveLength(1)
  })

  test('withdraw a consent with a reason', async () => {
    const { series, call, consent } = await setting()
    const { consentId } = (await (await call('POST', '/consents', consent)).json()) as { consentId: string }
    expect((await call('DELETE', `/consents/${consentId}`, {})).status).toBe(422)
    expect((await call('DELETE', `/consents/${consentId}`, { reason: 'changed my mind' })).status).toBe(200)
    const list = await call('GET', `/consents?personId=${series.personId}`)
    expect(await list.json()).toMatchObject({ consents: [{ consentId, revokedReason: 'changed my mind' }] })
  })
})

describe('strangers', () => {
  test('of another organisation, of no organisation and of the wrong role get nothing', async () => {
    const { series, call, consent, app } = await setting()
    const { personId } = series
    const routes: [string, string, unknown?][] = [
      ['POST', `/people/${personId}/reveal`, { reason: 'because' }],
      ['POST', `/people/${personId}/forget`, { reason: 'because' }],
      ['GET', '/identity-conflicts'],
      ['POST', '/identity-conflicts/cfl_1/resolve', { resolution: 'same-person' }],
      ['GET', `/consents?personId=${personId}`],
      ['POST', '/consents', consent],
      ['DELETE', '/consents/con_1', { reason: 'because' }],
      ['GET', '/orders'],
      ['POST', '/orders', lungOrder(series)],
      ['GET', '/orders/ord_1'],
      ['POST', '/orders/ord_1/cancel'],
      ['GET', '/reports'],
      ['GET', '/reports/rep_1'],
      ['GET', '/reports/rep_1/sr'],
      ['GET', '/reports/rep_1/seg'],
      ['POST', '/reports/rep_1/send'],
    ]
    for (const [method, path, body] of routes) {
      const as = (headers: Record<string, string>) => call(method, path, body, headers)
      expect([path, (await as({ 'x-org': 'org_stranger' })).status]).toEqual([path, 404])
      const nobody = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }
      expect([path, (await app.request(`/site/v1${path}`, nobody)).status]).toEqual([path, 401])
      expect([path, [403, 404]]).toEqual([path, expect.arrayContaining([(await as({ 'x-roles': 'none' })).status])])
    }
  })
})
