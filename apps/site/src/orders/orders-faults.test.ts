import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { startWorkers } from '@bithive/kernel/worker'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { FileRequest, Orders, OrdersDeps } from './index.ts'
import { allow, lungOrder, registerSample } from './testing/sample-order.ts'
import { startTestHub, type TestHubOptions } from './testing/test-hub.ts'
import { createTestSite, SITE_TOKEN, siteMigrations, type TestSite } from './testing/test-site.ts'

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
async function setting(hubOptions: Partial<TestHubOptions> = {}) {
  const hub = await startTestHub({ token: SITE_TOKEN, ...hubOptions })
  closing.push(hub.stop)
  const filings: FileRequest[] = []
  const onFile = (request: FileRequest) => void filings.push(request)
  const site = createTestSite({ db, hubUrl: hub.url, onFile })
  closing.push(site.remove)
  const series = await registerSample(site, 'ct-chest', `faults-${++seeds}`)
  await allow(site, series.personId)
  return { hub, site, series, filings }
}

function follow(orders: Orders) {
  const workers = startWorkers(orders.workers)
  closing.push(workers.stop)
}

const orderOf = async (site: TestSite, orderId: string) => (await site.orders.explain(orderId)).order
const reaches = (site: TestSite, orderId: string, state: string) =>
  vi.waitFor(async () => expect((await orderOf(site, orderId)).state).toBe(state), { timeout: 20_000, interval: 20 })

describe('when the hub is away', () => {
  test('the order is kept, and sent when the hub is back', async () => {
    const { hub, site, series } = await setting()
    await hub.stop()
    const placed = await site.orders.place(lungOrder(series), site.actor)
    expect(placed).toMatchObject({ state: 'preparing', problem: 'orders.hub-unreachable' })
    await hub.start()
    follow(site.orders)
    await reaches(site, placed.orderId, 'settled')
    expect(hub.jobs.size).toBe(1)
  })

  test('an answer lost after the order is a state, and never a second job', async () => {
    const { hub, site, series } = await setting({ automatic: false })
    hub.settings.dropAnswers = 4
    const placed = await site.orders.place(lungOrder(series), site.actor)
    expect(placed).toMatchObject({ state: 'unknown', problem: 'orders.outcome-unknown' })
    expect([hub.jobs.size, hub.count('POST', /\/jobs$/)]).toEqual([1, 4])
    expect(await site.orders.advance(placed.orderId)).toMatchObject({ state: 'ordered' })
    expect(hub.jobs.size).toBe(1)
  })

  test("a refusal by the hub ends the order with the hub's own code", async () => {
    const { hub, site, series } = await setting()
    hub.settings.failWith = 409
    await expect(site.orders.place(lungOrder(series), site.actor)).rejects.toMatchObject({
      code: 'orders.refused',
      facts: { reason: 'compute.insufficient-funds' },
    })
    const [order] = (await site.orders.list({ limit: 1 })).orders
    expect(order).toMatchObject({ state: 'refused', problem: 'compute.insufficient-funds', jobId: null })
  })

  test('a wrong token is told as what it is', async () => {
    const { site, series } = await setting({ token: 'another-token-than-the-site-has' })
    await expect(site.orders.place(lungOrder(series), site.actor)).rejects.toMatchObject({
      facts: { reason: 'http.not-signed-in' },
    })
  })

  test('an answer lost after the input was sent does not send it again', async () => {
    const { hub, site, series } = await setting({ automatic: false })
    const { orderId } = await site.orders.place(lungOrder(series), site.actor)
    const [job] = [...hub.jobs.values()]
    hub.lease(job as NonNullable<typeof job>)
    hub.settings.dropAnswers = 1
    await site.orders.advance(orderId)
    const after = await site.orders.advance(orderId)
    expect(after.state).toBe('staged')
    expect(job?.state).toBe('staged')
  })
})

describe('a kill at any step', () => {
  /** Each port that a step calls, and after which call the site dies. The answer of that call is lost too. */
  const deaths: readonly [string, (site: TestSite) => Partial<OrdersDeps>][] = [
    ['after de-identifying', (s) => ({ imaging: dieAfter(s.imaging, 'deidentifySeries') })],
    ['after the order reached the hub', (s) => ({ hub: dieAfter(s.hub, 'placeJob') })],
    ['after the input reached the hub', (s) => ({ hub: dieAfter(s.hub, 'putInput') })],
    ['after the result was fetched', (s) => ({ hub: dieAfter(s.hub, 'getResult') })],
    ['after the hub was told that the result is good', (s) => ({ hub: dieAfter(s.hub, 'accept') })],
  ]

  /** The port as it is, except that the first call of one function does its work and then never answers. */
  function dieAfter<T extends object>(port: T, name: keyof T): T {
    const call = port[name] as (...args: unknown[]) => Promise<unknown>
    const dying = async (...args: unknown[]) => {
      await call(...args)
      throw new Error('killed')
    }
    return { ...port, [name]: dying }
  }

  test.each(deaths)('%s is taken up again: one job, one filing, one acceptance', async (_, fault) => {
    const { hub, site, series, filings } = await setting()
    const dying = site.restart(fault(site))
    const dead = await driveUntilDead(dying, site, series)
    follow(site.restart())
    await reaches(site, dead, 'settled')
    expect(hub.jobs.size).toBe(1)
    expect(filings).toHaveLength(1)
    expect((await site.reports.list()).filter((report) => report.orderId === dead)).toHaveLength(1)
    const { steps } = await site.orders.explain(dead)
    for (const once of ['filed', 'accepted', 'settled']) {
      expect(steps.filter((step) => step.stage === once)).toHaveLength(1)
    }
  })

  async function driveUntilDead(dying: Orders, site: TestSite, series: Parameters<typeof lungOrder>[0]) {
    try {
      const { orderId } = await dying.place(lungOrder(series, { requestKey: `kill-${seeds}` }), site.actor)
      for (;;) {
        await dying.advance(orderId)
        await new Promise((resolve) => setImmediate(resolve))
      }
    } catch (error) {
      expect((error as Error).message).toBe('killed')
    }
    const [order] = (await site.orders.list({ limit: 1 })).orders
    return order?.orderId as string
  }

  test('between filing and accepting files once', async () => {
    const { hub, site, series, filings } = await setting()
    let kills = 1
    const reports: OrdersDeps['reports'] = {
      fileResult: async (request) => {
        const done = await site.reports.fileResult(request)
        if (kills-- > 0) throw new Error('killed')
        return done
      },
    }
    const orderId = await driveUntilDead(site.restart({ reports }), site, series)
    expect((await orderOf(site, orderId)).state).toBe('verified')
    expect(hub.count('POST', /\/accept$/)).toBe(0)
    follow(site.restart({ reports }))
    await reaches(site, orderId, 'settled')
    expect(hub.count('POST', /\/accept$/)).toBe(1)
    expect(filings.map((one) => one.orderId)).toEqual([orderId, orderId])
    const filed = (await site.reports.list()).filter((report) => report.orderId === orderId)
    expect(filed.map((report) => report.reportId)).toEqual([(await orderOf(site, orderId)).reportId])
  })

  test('a draft that a kill left is asked for consent, not sent on', async () => {
    const { hub, site, series } = await setting()
    const consent = { ...site.consent, mayUse: () => Promise.reject(new Error('killed')) }
    await expect(site.restart({ consent }).place(lungOrder(series), site.actor)).rejects.toThrow('killed')
    for (const { consentId } of await site.consent.history(series.personId)) {
      await site.consent.withdraw(consentId, site.actor, 'changed my mind')
    }
    const [order] = (await site.orders.list({ limit: 1 })).orders
    const after = await site.orders.advance(order?.orderId as string)
    expect(after).toMatchObject({ state: 'refused', problem: 'consent.revoked' })
    expect(hub.seen).toEqual([])
  })
})

describe('a node that is lost', () => {
  test('the next lease gets the input sealed to it under its own epoch', async () => {
    const { hub, site, series } = await setting({ automatic: false })
    const { orderId } = await site.orders.place(lungOrder(series), site.actor)
    const job = [...hub.jobs.values()][0] as NonNullable<ReturnType<TestSiteJobs['get']>>
    hub.lease(job)
    expect((await site.orders.advance(orderId)).state).toBe('staged')
    hub.change(job, 'queued')
    expect((await site.orders.advance(orderId)).state).toBe('ordered')
    hub.lease(job)
    await site.orders.advance(orderId)
    await hub.compute(job)
    expect(await site.orders.advance(orderId)).toMatchObject({ state: 'accepted' })
    expect(hub.count('PUT', /\/input\/1$/)).toBe(1)
    expect(hub.count('PUT', /\/input\/2$/)).toBe(1)
  })

  test('an old page of the feed does not send an order back', async () => {
    const { hub, site, series } = await setting({ automatic: false })
    const { orderId } = await site.orders.place(lungOrder(series), site.actor)
    const job = [...hub.jobs.values()][0] as NonNullable<ReturnType<TestSiteJobs['get']>>
    const old = hub.view(job)
    hub.lease(job)
    await site.orders.advance(orderId)
    await site.orders.advance(orderId)
    expect((await site.orders.advance(orderId, old)).state).toBe('staged')
    const { steps } = await site.orders.explain(orderId)
    expect(steps.filter((step) => step.stage === 'ordered')).toHaveLength(1)
  })
})

type TestSiteJobs = Awaited<ReturnType<typeof startTestHub>>['jobs']

describe('cancelling and forgetting', () => {
  test('an order that waits for a node is cancelled at the hub first', async () => {
    const { hub, site, series } = await setting({ automatic: false })
    const { orderId } = await site.orders.place(lungOrder(series), site.actor)
    expect(await site.orders.cancel(orderId, site.actor)).toMatchObject({ state: 'cancelled' })
    expect([...hub.jobs.values()][0]?.state).toBe('cancelled')
    expect(await site.orders.cancel(orderId, site.actor)).toMatchObject({ state: 'cancelled' })
    expect(await site.blobs.list(`orders/${orderId}`)).toEqual([])
  })

  test('a result that has come back is not cancelled any more', async () => {
    const { hub, site, series } = await setting({ automatic: false })
    const { orderId } = await site.orders.place(lungOrder(series), site.actor)
    const job = [...hub.jobs.values()][0] as NonNullable<ReturnType<TestSiteJobs['get']>>
    hub.lease(job)
    await site.orders.advance(orderId)
    await hub.compute(job)
    await expect(site.orders.cancel(orderId, site.actor)).rejects.toMatchObject({ code: 'orders.too-late' })
    expect(await orderOf(site, orderId)).toMatchObject({ state: 'accepted' })
  })

  test("a forgotten person's order is withdrawn, and nothing of it is left or sent", async () => {
    const { hub, site, series, filings } = await setting({ automatic: false })
    const { orderId } = await site.orders.place(lungOrder(series), site.actor)
    const job = [...hub.jobs.values()][0] as NonNullable<ReturnType<TestSiteJobs['get']>>
    await site.identifiers.forget(series.personId, site.actor, 'asked by the patient')
    hub.lease(job)
    follow(site.orders)
    await vi.waitFor(() => expect(job.state).toBe('cancelled'), { timeout: 10_000 })
    expect(await orderOf(site, orderId)).toMatchObject({ state: 'refused', problem: 'orders.person-forgotten' })
    expect(await site.blobs.list('')).toEqual([])
    expect([hub.count('PUT', /\/input\//), filings.length]).toEqual([0, 0])
    const [row] = await db.owner`SELECT result_secret, input FROM orders.job_order WHERE order_id = ${orderId}`
    expect(row).toEqual({ result_secret: null, input: null })
  })

  test('a stranger organisation sees no order', async () => {
    const { site, series } = await setting({ automatic: false })
    await site.orders.place(lungOrder(series), site.actor)
    expect(await db.asOrg('org_stranger', (tx) => tx`SELECT 1 FROM orders.job_order`)).toHaveLength(0)
    expect(await db.asOrg('org_stranger', (tx) => tx`SELECT 1 FROM orders.step`)).toHaveLength(0)
  })
})
