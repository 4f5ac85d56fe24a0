import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OrderDetail, OrderPreview } from '@bithive/api/orders'
import { systemClock } from '@bithive/kernel/clock'
import { silentLog } from '@bithive/kernel/log'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { startWorkers } from '@bithive/kernel/worker'
import { bundledWorkloads } from '@bithive/workloads'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
// biome-ignore lint/style/noRestrictedImports: this test joins the three programs that speak the protocol.
import { AUTHOR, HOSPITAL, type Market, market } from '../../../hub/src/compute/test-market.ts'
// biome-ignore lint/style/noRestrictedImports: this test joins the three programs that speak the protocol.
import { runNode } from '../../../node/src/main.ts'
import { allow, lungOrder, registerSample } from './testing/sample-order.ts'
import { createTestSite, siteMigrations, type TestSite } from './testing/test-site.ts'

/** The site against the hub's own compute room and ledger, with the real agent as node. */

let db: TestDatabase
let m: Market
let site: TestSite
let folder: string
const closing: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  // A database for each: the clock of the test's hub begins anew, and a followed feed does not.
  db = await createTestDatabase({ name: 'site', rooms: siteMigrations, maxConnections: 10 })
  m = await market()
  await m.stopHub()
  await m.restart({
    limits: { inputBytes: 10_000_000, resultBytes: 10_000_000 },
    workloadOf: async (id, version) => {
      const known = bundledWorkloads.find(({ card }) => card.id === id && card.version === version)
      return known && { card: known.card, digest: known.digest, authorOrgId: AUTHOR }
    },
  })
  folder = await mkdtemp(join(tmpdir(), 'bithive-order-hub-'))
  site = createTestSite({ db, hubUrl: m.url(), hubToken: `${HOSPITAL}:orderer`, orgId: HOSPITAL })
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await m.close()
  site.remove()
  await db.drop()
  await rm(folder, { recursive: true, force: true })
})

async function startNode(name: string): Promise<void> {
  const { token } = await m.ask<{ token: string }>('POST', '/nodes/tokens', {
    json: { ownerKind: 'home', region: 'beijing', jurisdiction: 'CN', trusted: false, ttlMs: 86_400_000 },
    as: 'org_home:node-operator:person',
  })
  const stop = new AbortController()
  const node = await runNode({
    ...{ hubUrl: m.url(), token, name, slots: 1, floorPrice: '0.5', sandbox: 'auto' },
    ...{ directory: join(folder, name), log: silentLog, clock: systemClock, signal: stop.signal, report: () => {} },
  })
  closing.push(async () => {
    stop.abort()
    await node.stopped
  })
}

function follow(): void {
  const workers = startWorkers([...site.orders.workers, ...site.reports.workers])
  closing.push(workers.stop)
}

const orderOf = async (orderId: string) => (await site.orders.explain(orderId)).order
const reaches = (orderId: string, state: string) =>
  vi.waitFor(async () => expect((await orderOf(orderId)).state).toBe(state), { timeout: 25_000, interval: 20 })

describe('the site, the hub and a node', () => {
  test('take a chest CT from the register to a filed report and a paid node', async () => {
    const series = await registerSample(site, 'ct-chest', 'with-hub-1')
    await allow(site, series.personId)
    await startNode('home')
    follow()
    const before = await m.balances()
    const { orderId } = await site.orders.place(lungOrder(series), site.actor)
    await reaches(orderId, 'settled')
    const after = await m.balances()
    expect(after.home.posted).toBeGreaterThan(before.home.posted)
    expect(after.hospital.posted).toBeLessThan(before.hospital.posted)
    expect(after).toMatchObject({ escrow: 0n, balanced: true, hospital: { held: 0n } })
    const { order, steps } = await site.orders.explain(orderId)
    expect((await site.reports.get(order.reportId as string)).state).toBe('preliminary')
    // The node's own signature came with the result and was checked here.
    expect(steps.find((step) => step.stage === 'returned')?.facts).toMatchObject({ epoch: 1, signed: true })
    const settled = steps.find((step) => step.stage === 'settled')?.facts.money as { part: string }[]
    expect(settled.map(({ part }) => part)).toEqual(expect.arrayContaining(['base-pay', 'royalty', 'fee']))
  })

  test('a withdrawal while the job waits gives the hold back, and nothing leaves', async () => {
    const series = await registerSample(site, 'ct-chest', 'with-hub-2')
    const { consentId } = await allow(site, series.personId)
    const before = await m.balances()
    const { orderId, jobId } = await site.orders.place(lungOrder(series), site.actor)
    expect((await m.balances()).hospital.held).toBeGreaterThan(0n)
    await site.consent.withdraw(consentId, site.actor, 'changed my mind')
    follow()
    await startNode('home')
    await reaches(orderId, 'refused')
    expect((await orderOf(orderId)).problem).toBe('consent.revoked')
    await vi.waitFor(async () => expect(await m.balances()).toEqual(before), { timeout: 10_000 })
    expect((await m.view(jobId as string)).state).toBe('cancelled')
    expect(await m.blobs.list('compute/')).toEqual([])
  })

  test('a head series waits for the hospital and is never offered to a home node', async () => {
    const series = await registerSample(site, 'mr-head', 'with-hub-3')
    await allow(site, series.personId)
    await startNode('home')
    follow()
    const placed = await site.orders.place({ ...lungOrder(series), workload: 'imaging.mr.brain-volume' }, site.actor)
    expect(placed.tier).toBe(3)
    const refusedByTier = async () => expect(await m.reasons(placed.jobId as string)).toEqual({ home: 'tier' })
    await vi.waitFor(refusedByTier, { timeout: 10_000 })
    expect(await site.orders.cancel(placed.orderId, site.actor)).toMatchObject({ state: 'cancelled' })
    expect(await m.balances()).toMatchObject({ hospital: { held: 0n }, balanced: true })
  })

  test('a hospital without funds is told so, and its money stays', async () => {
    const series = await registerSample(site, 'ct-chest', 'with-hub-4')
    await allow(site, series.personId)
    const dear = lungOrder(series, { maxPrice: '99999999.00' })
    await expect(site.orders.place(dear, site.actor)).rejects.toMatchObject({
      code: 'orders.refused',
      facts: { reason: 'compute.insufficient-funds' },
    })
    expect(await m.balances()).toMatchObject({ hospital: { held: 0n }, balanced: true })
  })
})

const amounts = (parts: readonly { amount: string }[]) =>
  parts.reduce((total, { amount }) => total + BigInt(amount.replace('.', '')), 0n)

describe('what a person sees of an order', () => {
  test('offers first, written nowhere; then stages with times, parts that add up to the hold, and what was signed', async () => {
    const series = await registerSample(site, 'ct-chest', 'with-hub-5')
    const asked = { ...series, workload: 'imaging.ct.lung-density', urgency: 'routine', purpose: 'care' } as const
    const { personId: _, ...look } = asked
    const refused = await site.orders.preview(look, site.actor)
    expect([refused.allowed, refused.quote]).toEqual([false, undefined])
    expect(refused.problems.map(({ code }) => code)).toEqual(['consent.none'])
    expect(refused.problems[0]?.todo.en).toMatch(/record a consent/)
    await allow(site, series.personId)
    await startNode('home')
    const seen = OrderPreview.parse(await site.orders.preview(look, site.actor))
    expect(seen).toMatchObject({ allowed: true, tier: 1, dataClass: 'imaging.chest', warnings: [] })
    expect(seen.quote?.offers.map(({ nodeName, reason }) => [nodeName, reason.facts.by])).toEqual([['home', 'only']])
    expect((await site.orders.list()).total).toBe(0)
    follow()
    const { orderId } = await site.orders.place(lungOrder(series, { urgency: 'routine' }), site.actor)
    await reaches(orderId, 'settled')
    const detail = OrderDetail.parse(await site.orders.explain(orderId))
    expect(detail.stages.map(({ key, state }) => [key, state])).toEqual(
      ['ordered', 'queued', 'leased', 'staged', 'running', 'returned', 'checked', 'settled'].map((key) => [
        key,
        'done',
      ]),
    )
    const times = detail.stages.flatMap(({ at }) => at ?? [])
    expect(times).toEqual([...times].sort((a, b) => a - b))
    const { cost } = detail.order
    expect(cost.state).toBe('paid')
    expect(amounts(detail.moneyParts)).toBe(amounts([{ amount: cost.paid }, { amount: cost.refunded }]))
    // Price and hold of the quote are what was then paid and held.
    expect(cost.paid).toBe(seen.quote?.offers[0]?.price.settlement)
    expect(detail.provenance).toMatchObject({ signature: 'valid', inputSha256: detail.order.inputSha256 })
    expect(detail.provenance.envelope?.inputSha256).toBe(detail.order.inputSha256)
    expect(detail.why).toMatchObject({ looked: 1, chosen: { nodeName: 'home' }, groups: [] })
    expect(detail.cancel.possible).toBe(false)
    const { spend, settled, open } = await site.orders.summarise(0)
    expect([settled, open, spend]).toEqual([
      1,
      0,
      [{ asset: 'BTT', paid: cost.paid, orders: 1, held: '0', holding: 0 }],
    ])
  })

  test('a queued order says what cancelling gives back, and after it that the money is back', async () => {
    const series = await registerSample(site, 'mr-head', 'with-hub-6')
    await allow(site, series.personId)
    await startNode('home')
    follow()
    const asked = { ...lungOrder(series), workload: 'imaging.mr.brain-volume' }
    const { orderId } = await site.orders.place(asked, site.actor)
    const waiting = async () => {
      const detail = await site.orders.explain(orderId)
      expect(detail.why?.groups.map(({ code, count }) => [code, count])).toEqual([['tier', 1]])
      return detail
    }
    await vi.waitFor(waiting, { timeout: 10_000 })
    const before = await site.orders.explain(orderId)
    expect(before.why?.groups[0]?.nodes[0]?.text.en).toMatch(/These data need tier 3/)
    expect(before.order.cost).toMatchObject({ state: 'held', asset: 'BTT' })
    expect(before.cancel).toMatchObject({ possible: true, refund: before.order.cost.held })
    await site.orders.cancel(orderId, site.actor)
    const back = async () =>
      expect((await site.orders.explain(orderId)).order.cost).toMatchObject({ state: 'returned', held: '0' })
    await vi.waitFor(back, { timeout: 10_000 })
    const after = await site.orders.explain(orderId)
    expect(after.order.cost.refunded).toBe(before.order.cost.held)
    expect(after.stages.find(({ state }) => state === 'bad')?.key).toBe('queued')
  })

  test('without a hub the preview says so, and an order’s page still shows what was last heard', async () => {
    const series = await registerSample(site, 'ct-chest', 'with-hub-7')
    await allow(site, series.personId)
    await m.stopHub()
    const { personId: _, ...place } = series
    const look = { ...place, workload: 'imaging.ct.lung-density', urgency: 'routine', purpose: 'care' } as const
    const seen = await site.orders.preview(look, site.actor)
    expect([seen.allowed, seen.problems.map(({ code }) => code)]).toEqual([false, ['orders.hub-unreachable']])
    await m.restart()
  })
})
