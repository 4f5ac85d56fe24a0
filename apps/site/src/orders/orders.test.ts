import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { startWorkers } from '@bithive/kernel/worker'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { FileRequest, Orders, OrdersDeps } from './index.ts'
import { allow, lungOrder, registerSample } from './testing/sample-order.ts'
import { startTestHub, type TestHub, type TestHubOptions } from './testing/test-hub.ts'
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
type Setting = { hub?: Partial<TestHubOptions>; faults?: Partial<OrdersDeps>; sample?: 'ct-chest' | 'mr-head' }

/** A site with one sample series, a hub with one node, and a record of what was filed. */
async function setting({ hub: hubOptions, faults, sample = 'ct-chest' }: Setting = {}) {
  const hub = await startTestHub({ token: SITE_TOKEN, ...hubOptions })
  closing.push(hub.stop)
  const filed: FileRequest[] = []
  const onFile = (request: FileRequest) => void filed.push(request)
  const site = createTestSite({ db, hubUrl: hub.url, onFile, ...(faults ? { faults } : {}) })
  closing.push(site.remove)
  const series = await registerSample(site, sample, `orders-${++seeds}`)
  return { hub, site, series, filed }
}

function follow(orders: Orders) {
  const workers = startWorkers(orders.workers)
  closing.push(workers.stop)
  return workers
}

const stateOf = async (site: TestSite, orderId: string) => (await site.orders.explain(orderId)).order.state
const reaches = (site: TestSite, orderId: string, state: string) =>
  vi.waitFor(async () => expect(await stateOf(site, orderId)).toBe(state), { timeout: 20_000, interval: 20 })
const inputsSent = (hub: TestHub) => hub.count('PUT', /\/input\//)

describe('an order from the series to the settled job', () => {
  test('goes through every state once, files the result and tells each step', async () => {
    const { hub, site, series, filed } = await setting()
    await allow(site, series.personId)
    follow(site.orders)
    const placed = await site.orders.place(lungOrder(series), site.actor)
    expect(placed).toMatchObject({ tier: 1, dataClass: 'imaging.chest', jurisdictions: ['CN'] })
    await reaches(site, placed.orderId, 'settled')
    const { steps } = await site.orders.explain(placed.orderId)
    const stages = steps.map((step) => step.stage)
    expect(stages.filter((stage) => stage !== 'running')).toEqual([
      'draft',
      'allowed',
      'prepared',
      'ordered',
      'leased',
      'staged',
      'returned',
      'verified',
      'filed',
      'accepted',
      'settled',
    ])
    expect(site.steps.filter((step) => step.orderId === placed.orderId).map((step) => step.stage)).toEqual(
      stages.slice(1),
    )
    expect(filed).toMatchObject([{ orderId: placed.orderId, personId: series.personId }])
    expect(filed[0]?.result.measurements.map((measurement) => measurement.key)).toContain('laa-950')
    expect([inputsSent(hub), hub.jobs.size]).toEqual([1, 1])
    // The bundle and the result have done their work and lie nowhere any more.
    expect(await site.blobs.list(`orders/${placed.orderId}`)).toEqual([])
  })

  test('one request key is one order and one job', async () => {
    const { hub, site, series } = await setting({ hub: { automatic: false } })
    await allow(site, series.personId)
    const input = lungOrder(series, { requestKey: `key-${seeds}` })
    const [first, second] = await Promise.all([
      site.orders.place(input, site.actor),
      site.orders.place(input, site.actor),
    ])
    expect(second.orderId).toBe(first.orderId)
    expect(hub.jobs.size).toBe(1)
  })

  test('a head series is ordered at tier 3, and a home node never gets it', async () => {
    const { hub, site, series } = await setting({ sample: 'mr-head' })
    await allow(site, series.personId)
    follow(site.orders)
    const placed = await site.orders.place({ ...lungOrder(series), workload: 'imaging.mr.brain-volume' }, site.actor)
    expect(placed).toMatchObject({ tier: 3, dataClass: 'imaging.head' })
    await reaches(site, placed.orderId, 'refused')
    expect((await site.orders.explain(placed.orderId)).order.problem).toBe('consent.tier')
    await vi.waitFor(() => expect([...hub.jobs.values()][0]?.state).toBe('cancelled'))
    expect(inputsSent(hub)).toBe(0)
  })

  test('a series that the workload is not made for is refused before anything is written', async () => {
    const { site, series } = await setting({ sample: 'mr-head' })
    await expect(site.orders.place(lungOrder(series), site.actor)).rejects.toMatchObject({
      code: 'orders.wrong-modality',
    })
    await expect(site.orders.place(lungOrder({ ...series, seriesId: 'ser_0' }), site.actor)).rejects.toMatchObject({
      code: 'orders.unknown-series',
    })
  })
})

describe('consent', () => {
  test('without it nothing is de-identified and nothing leaves', async () => {
    const { hub, site, series } = await setting()
    await expect(site.orders.place(lungOrder(series), site.actor)).rejects.toMatchObject({
      code: 'orders.not-allowed',
      facts: { reason: 'consent.none' },
    })
    expect(hub.seen).toEqual([])
  })

  test('withdrawn between order and staging stops every byte and cancels the job', async () => {
    const { hub, site, series } = await setting({ hub: { automatic: false } })
    const { consentId } = await allow(site, series.personId)
    const { orderId } = await site.orders.place(lungOrder(series), site.actor)
    const [job] = [...hub.jobs.values()]
    await site.consent.withdraw(consentId, site.actor, 'changed my mind')
    hub.lease(job as NonNullable<typeof job>)
    const after = await site.orders.advance(orderId)
    expect(after).toMatchObject({ state: 'refused', problem: 'consent.revoked' })
    expect(inputsSent(hub)).toBe(0)
    expect(job?.state).toBe('cancelled')
  })

  test.each([
    ['a kind of node that was not allowed', { ownerKind: 'data-centre' }, 'consent.recipient-kind'],
    ['a jurisdiction that was not allowed', { jurisdiction: 'SG' }, 'consent.jurisdiction'],
    ['a region that was not allowed', { region: 'chengdu' }, 'consent.region'],
  ] as const)('%s gets nothing even when the hub chose it', async (_, recipient, reason) => {
    const { hub, site, series } = await setting({ hub: { recipient } })
    await allow(site, series.personId, { recipientKinds: ['home'], regions: ['guangzhou'] })
    const { orderId } = await site.orders.place(lungOrder(series), site.actor)
    expect(await site.orders.advance(orderId)).toMatchObject({ state: 'refused', problem: reason })
    expect(inputsSent(hub)).toBe(0)
  })

  test('what leaves is in the audit before it leaves', async () => {
    let recorded = 0
    const { hub, site, series } = await setting()
    await allow(site, series.personId)
    const record: OrdersDeps['audit']['record'] = async (event) => {
      if (event.action !== 'orders.send-input') return
      recorded++
      throw new Error('disk full')
    }
    await expect(site.restart({ audit: { record } }).place(lungOrder(series), site.actor)).rejects.toThrow('disk full')
    expect([recorded, inputsSent(hub)]).toEqual([1, 0])
  })
})

describe("a result that is not this order's", () => {
  test.each([
    ['another study', { studyInstanceUid: '2.25.1' }, 'study', 'wrong-study'],
    ['another series', { seriesInstanceUid: '2.25.1' }, 'series', 'wrong-study'],
    ['another input', { inputSha256: 'f'.repeat(64) }, 'input-hash', 'wrong-input'],
    ['another version', { version: '9.9.9' }, 'workload', 'wrong-input'],
    ['no measurements', { measurements: [] }, 'schema', 'unreadable'],
  ] as const)(
    "%s is refused, nothing is filed, and the next node's good one is taken",
    async (_, change, fault, code) => {
      const spoil: TestHubOptions['spoil'] = (result, epoch) => (epoch === 1 ? { ...result, ...change } : result)
      const { hub, site, series, filed } = await setting({ hub: { spoil } })
      await allow(site, series.personId)
      follow(site.orders)
      const { orderId } = await site.orders.place(lungOrder(series), site.actor)
      await reaches(site, orderId, 'settled')
      const { steps } = await site.orders.explain(orderId)
      expect(steps.filter((step) => step.stage === 'result-refused').map((step) => step.facts)).toEqual([
        { epoch: 1, fault, code },
      ])
      expect(hub.count('POST', /\/accept$/)).toBe(1)
      expect(filed).toHaveLength(1)
    },
  )

  test('garbage that opens is refused as unreadable', async () => {
    const spoil = (result: object, epoch: number) => (epoch === 1 ? 'not json at all' : result)
    const { hub, site, series } = await setting({ hub: { spoil } })
    await allow(site, series.personId)
    follow(site.orders)
    const { orderId } = await site.orders.place(lungOrder(series), site.actor)
    await reaches(site, orderId, 'settled')
    const rejected = hub.seen.find((seen) => seen.path.endsWith('/reject'))
    expect(JSON.parse(Buffer.from(rejected?.body ?? []).toString())).toEqual({ epoch: 1, code: 'unreadable' })
  })

  test("another patient's result, sealed to this order, is refused", async () => {
    const other = await setting()
    await allow(other.site, other.series.personId)
    follow(other.site.orders)
    const { orderId: otherId } = await other.site.orders.place(lungOrder(other.series), other.site.actor)
    await reaches(other.site, otherId, 'settled')
    const theirs = other.filed[0]?.result
    const { site, series, filed } = await setting({
      hub: { spoil: (result, epoch) => (epoch === 1 ? { ...theirs, inputSha256: result.inputSha256 } : result) },
    })
    await allow(site, series.personId)
    follow(site.orders)
    const { orderId } = await site.orders.place(lungOrder(series), site.actor)
    await reaches(site, orderId, 'settled')
    const { steps } = await site.orders.explain(orderId)
    expect(steps.find((step) => step.stage === 'result-refused')?.facts).toEqual({
      epoch: 1,
      fault: 'study',
      code: 'wrong-study',
    })
    expect(filed.map((one) => one.result.studyInstanceUid)).not.toContain(theirs?.studyInstanceUid)
  })
})
