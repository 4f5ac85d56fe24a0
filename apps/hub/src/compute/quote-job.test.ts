import { JobQuote } from '@bithive/api/job-quote'
import type { Live } from '@bithive/kernel/live'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HOSPITAL, type Market, market, until } from './test-market.ts'

let m: Market
beforeEach(async () => {
  m = await market()
})
afterEach(() => m.close())

const order = (change: object = {}) => ({
  workload: 'test.chest',
  version: '1.0.0',
  urgency: 'routine',
  tier: 1,
  jurisdictions: ['CN'],
  dataClass: 'imaging.chest',
  ...change,
})
const quote = async (change: object = {}, as = `${HOSPITAL}:orderer`) =>
  JobQuote.parse(await m.ask('POST', '/jobs/quote', { json: order(change), as }))
const sum = (amounts: readonly string[]) =>
  amounts.reduce((total, amount) => total + BigInt(amount.replace('.', '')), 0n)

describe('offers before an order', () => {
  test('stand in the order in which the market then chooses, each with the true reason of its place', async () => {
    await m.node('dear-home', { floorPrice: '0.7' })
    await m.node('cheap-home', { floorPrice: '0.5' })
    await m.node('cheaper-but-trusted', { orgId: 'org_centre', trusted: true, floorPrice: '0.1' })
    await m.node('twin-home', { floorPrice: '0.5', slots: 3 })
    const { offers, hold, rate } = await quote()
    expect(offers.map(({ nodeName, price }) => [nodeName, price])).toEqual([
      ['twin-home', { accounting: '5.00', settlement: '10.000000' }],
      ['cheap-home', { accounting: '5.00', settlement: '10.000000' }],
      ['dear-home', { accounting: '7.00', settlement: '14.000000' }],
      ['cheaper-but-trusted', { accounting: '1.00', settlement: '2.000000' }],
    ])
    expect(offers.map(({ reason }) => [reason.code, reason.facts.by, reason.facts.differenceCents])).toEqual([
      ['chosen', 'free-slots', undefined],
      ['dearer', 'free-slots', undefined],
      ['dearer', 'price', '200'],
      ['dearer', 'tier', '-400'],
    ])
    expect(offers[2]?.text.en).toBe('It fits, but costs ¥2.00 more than twin-home.')
    expect(offers[3]?.text.en).toMatch(/^Though it is cheaper, it may take tier 2/)
    // Without a limit of its own, the dearest node that fits sets what would be held.
    expect(hold).toEqual({ accounting: '7.00', settlement: '14.000000' })
    expect(rate).toMatchObject({ unitsPerCent: '20000', source: 'sample' })
    const { jobId } = await m.order()
    expect((await m.untilState(jobId, 'leased')).lease?.nodeName).toBe(offers[0]?.nodeName)
    expect((await m.view(jobId)).priceQuoted).toBe(offers[0]?.price.accounting)
  })

  test('name the parts of each price, which add up to it, and what urgency costs', async () => {
    await m.node('home-1')
    const routine = await quote()
    const stat = await quote({ urgency: 'stat' })
    expect([routine.urgencyFactorBps, stat.urgencyFactorBps]).toEqual([10_000, 20_000])
    expect(stat.offers[0]?.price.accounting).toBe('10.00')
    const [offer] = stat.offers
    expect(offer?.parts.map(({ part }) => part)).toEqual(['base-pay', 'royalty', 'fee'])
    expect(sum(offer?.parts.map(({ amount }) => amount) ?? [])).toBe(sum([offer?.price.settlement ?? '']))
  })

  test('say of every node that cannot have it why, and which tier the data need', async () => {
    await m.node('home-1')
    await m.node('ward-1', { orgId: HOSPITAL, floorPrice: '0.9' })
    await m.node('abroad', { jurisdiction: 'SG' })
    const head = await quote({ tier: 3, workload: 'test.head', dataClass: 'imaging.head' })
    expect(head.offers.map(({ nodeName, own }) => [nodeName, own])).toEqual([['ward-1', true]])
    expect(head.excluded.map(({ code, count }) => [code, count])).toEqual([['tier', 2]])
    const limited = await quote({ maxPrice: '3.00' })
    expect(limited.offers).toEqual([])
    expect(limited.hold).toEqual({ accounting: '3.00', settlement: '6.000000' })
    expect(limited.excluded.map(({ code }) => code)).toContain('price')
    expect(limited.wait.text.en).toMatch(/No node can take it now/)
  })

  test('reserve and write nothing, and are refused to whoever may not order', async () => {
    await m.node('home-1')
    const before = await m.balances()
    const [one, two] = [await quote(), await quote()]
    expect(two.offers).toEqual(one.offers)
    expect(one.validUntil).toBeGreaterThan(one.at)
    expect(await m.balances()).toEqual(before)
    expect((await m.ask<{ jobs: unknown[] }>('GET', '/jobs')).jobs).toEqual([])
    await expect(quote({}, `${HOSPITAL}:auditor:person`)).rejects.toThrow('403 http.forbidden')
    await expect(quote({ workload: 'test.none' })).rejects.toThrow('422 compute.unknown-workload')
  })

  test('count the orders that would go first, and tell how long finished work took once three have', async () => {
    await m.node('home-1', { slots: 1 })
    for (let round = 0; round < 3; round++) await m.finish((await m.order()).jobId)
    const { jobId } = await m.order()
    await m.untilState(jobId, 'leased')
    await m.order()
    const found = await until('the second order to wait', async () => {
      const answer = await quote()
      return answer.wait.ahead === 1 && answer
    })
    expect(found.wait.freeSlots).toBe(0)
    expect(found.excluded.map(({ code }) => code)).toEqual(['busy'])
    expect(found.wait.ran?.jobs).toBe(3)
    // A stat order goes before what waits.
    expect((await quote({ urgency: 'stat' })).wait.ahead).toBe(0)
  })
})

describe('what cancelling gives back', () => {
  test('is said before, is the whole hold, and nothing once a result is back', async () => {
    const { jobId } = await m.order({ maxPrice: '12.00' })
    expect((await m.view(jobId)).cancel).toMatchObject({ possible: true, refund: '24.000000', asset: 'BTT' })
    const cancelled = await m.ask('POST', `/jobs/${jobId}/cancel`)
    expect(cancelled.cancel).toMatchObject({ possible: false, refund: '0.000000' })
    const back = await until('the refund to be booked', async () => {
      const job = await m.view(jobId)
      return job.money[0]?.part === 'refund' && job
    })
    expect(back.money).toMatchObject([{ part: 'refund', amount: '24.000000', asset: 'BTT' }])
    expect(back.cancel?.text.en).toBe('The whole hold is back.')
    await m.node('home-1')
    const second = await m.order()
    await m.stage(second.jobId)
    const returned = await m.untilState(second.jobId, 'returned')
    expect(returned.cancel).toMatchObject({ possible: false, refund: '0.000000' })
  })
})

describe('the money of a job', () => {
  test('names the transfers of the ledger, and its parts add up to the hold', async () => {
    await m.node('home-1')
    const { jobId, money } = await m.order({ maxPrice: '12.00' })
    const settled = await m.finish(jobId)
    expect(sum(settled.money.map(({ amount }) => amount))).toBe(sum(money.map(({ amount }) => amount)))
    const entries = await m.db.worker<{ id: string }[]>`SELECT id FROM ledger.transfer WHERE reference = ${jobId}`
    const booked = new Set(entries.map(({ id }) => id))
    expect([...money, ...settled.money].filter(({ transferId }) => !booked.has(transferId ?? ''))).toEqual([])
    expect(settled.rate).toEqual({ unitsPerFen: '20000', source: 'sample' })
  })
})

describe('open pages', () => {
  test('are told of every change of their own organisation’s jobs, and of nobody else’s', async () => {
    const told: [string, string][] = []
    const live: Pick<Live, 'publish'> = { publish: (orgId, { topic }) => void told.push([orgId, topic]) }
    await m.stopHub()
    await m.restart({ live })
    await m.order()
    expect(told).toContainEqual([HOSPITAL, 'jobs'])
    expect(told.filter(([orgId]) => orgId !== HOSPITAL)).toEqual([])
  })
})
