import { createAudit } from '@bithive/kernel/audit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { JOB_STATES, mayFollow } from './lifecycle.ts'
import { AUTHOR, HOSPITAL, type Market, market, until } from './test-market.ts'

let m: Market
beforeEach(async () => {
  m = await market()
})
afterEach(() => m.close())

const types = (name: string) => m.nodes.get(name)?.received.map((message) => message.type)

describe('a job from order to money', () => {
  test('is placed, computed, checked and paid by the shares of the card; the rest of the hold comes back', async () => {
    await m.node('home-1')
    const before = await m.balances()
    const { jobId } = await m.order({ maxPrice: '12.00' })
    const settled = await m.finish(jobId)
    // 10 reference seconds at 0.5 CNY: 5.00 CNY, 10 BTT at the sample rate; the hold was for 12.00 CNY, 24 BTT.
    expect(settled).toMatchObject({
      state: 'settled',
      attempt: 1,
      priceQuoted: '5.00',
      money: [
        { part: 'base-pay', toOrgId: 'org_home', toName: 'org_home', asset: 'BTT', amount: '8.500000' },
        { part: 'royalty', toOrgId: AUTHOR, toName: AUTHOR, asset: 'BTT', amount: '1.000000' },
        { part: 'fee', toOrgId: 'network', asset: 'BTT', amount: '0.500000' },
        { part: 'refund', toOrgId: HOSPITAL, toName: HOSPITAL, asset: 'BTT', amount: '14.000000' },
      ],
    })
    expect(await m.balances()).toEqual({
      ...before,
      hospital: { posted: before.hospital.posted - 10_000_000n, held: 0n },
      home: { posted: 8_500_000n, held: 0n },
      author: 1_000_000n,
      fee: 500_000n,
    })
    await until('the node to hear of its money', async () => types('home-1')?.includes('settled'))
    expect(types('home-1')).toEqual(['offer', 'start', 'settled'])
    expect(m.nodes.get('home-1')?.received.at(-1)).toMatchObject({ jobId, asset: 'BTT', amount: '8.500000' })
  })

  test('holds the whole price limit from the order on, on the one shard that its id names', async () => {
    const before = await m.balances()
    const { jobId, money } = await m.order({ maxPrice: '12.00' })
    expect(money).toMatchObject([{ part: 'hold', asset: 'BTT', amount: '24.000000' }])
    expect(await m.balances()).toEqual({ ...before, hospital: { posted: before.hospital.posted, held: 24_000_000n } })
    expect(await m.view(jobId)).toMatchObject({ state: 'queued', placement: [] })
  })

  test('keeps a head series on the hospital’s own node and says of every other why it was refused', async () => {
    await m.node('home-1')
    await m.node('centre-1', { orgId: 'org_centre', trusted: true })
    await m.node('elsewhere', { orgId: 'org_stranger', kind: 'hospital' })
    await m.node('ward-1', { orgId: HOSPITAL, floorPrice: '0.9' })
    const before = await m.balances()
    const { jobId } = await m.order({ tier: 3, workload: 'test.head' })
    await m.finish(jobId)
    expect(await m.reasons(jobId)).toEqual({
      'ward-1': 'chosen',
      'home-1': 'tier',
      'centre-1': 'tier',
      elsewhere: 'same-owner-only',
    })
    // 9.00 CNY are 18 BTT: what the hospital pays to itself stays, royalty and fee go.
    const after = await m.balances()
    expect(after.hospital).toEqual({ posted: before.hospital.posted - 2_700_000n, held: 0n })
    expect(types('home-1')).toEqual([])
  })

  test('waits with a reason for each node, largest group first, and is placed when one that fits comes', async () => {
    await m.node('home-1', { jurisdiction: 'SG' })
    await m.node('home-2', { jurisdiction: 'SG' })
    await m.node('home-3', { facts: { memoryMb: 256 } })
    await m.node('home-4', { floorPrice: '9' })
    const { jobId } = await m.order()
    await until('the allocator to look', async () => (await m.view(jobId)).placement.length === 4)
    const explained = await m.ask<{ groups: { code: string; count: number }[] }>('GET', `/jobs/${jobId}/explain`)
    expect(explained.groups.map(({ code, count }) => [code, count])).toEqual([
      ['jurisdiction', 2],
      ['memory', 1],
      ['price', 1],
    ])
    await m.node('home-5')
    expect((await m.untilState(jobId, 'leased')).lease?.nodeName).toBe('home-5')
  })

  test('goes to the cheapest node that fits; urgent work costs its factor', async () => {
    await m.node('dear', { floorPrice: '0.6' })
    await m.node('cheap', { floorPrice: '0.4', slots: 4 })
    const { jobId } = await m.order({ urgency: 'urgent' })
    expect(await m.untilState(jobId, 'leased')).toMatchObject({ priceQuoted: '6.00', lease: { nodeName: 'cheap' } })
    expect(await m.reasons(jobId)).toEqual({ cheap: 'chosen', dear: 'dearer' })
  })
})

describe('what the hub keeps', () => {
  test('sealed bytes go once nobody needs them, and the audit tells the whole story', async () => {
    await m.node('home-1')
    const { jobId } = await m.order()
    await m.stage(jobId)
    await m.untilState(jobId, 'returned')
    expect(await m.blobs.list(`compute/${jobId}/1/`)).toHaveLength(2)
    await m.accept(jobId)
    await m.untilState(jobId, 'settled')
    await m.pass(20_000, ...m.nodes.values())
    await until('the bytes to go', async () => (await m.blobs.list('compute/')).length === 0)

    const audit = createAudit({ db: m.db, clock: m.clock, ids: m.ids })
    expect(await audit.verify(HOSPITAL)).toMatchObject({ ok: true })
    const events = await m.db.worker<{ event: string }[]>`
      SELECT event FROM kernel.audit_event WHERE org_id = ${HOSPITAL} ORDER BY seq`
    expect(events.map(({ event }) => JSON.parse(event).action)).toEqual([
      'compute.order-job',
      'compute.stage-input',
      'compute.send-input',
      'compute.return-result',
      'compute.send-result',
      'compute.accept-result',
    ])
  })

  test('another organisation finds none of its jobs and nodes, whatever route it asks', async () => {
    const node = await m.node('home-1')
    const { jobId } = await m.order()
    await m.stage(jobId)
    await m.untilState(jobId, 'returned')
    const as = 'org_stranger:orderer,node-operator,admin'
    const answer = { epoch: 1, resultSha256: 'a'.repeat(64) }
    const calls: [string, string, object?][] = [
      ['GET', `/jobs/${jobId}`],
      ['GET', `/jobs/${jobId}/explain`],
      ['PUT', `/jobs/${jobId}/input/1`],
      ['GET', `/jobs/${jobId}/result`],
      ['POST', `/jobs/${jobId}/accept`, answer],
      ['POST', `/jobs/${jobId}/reject`, { epoch: 1, code: 'unreadable' }],
      ['POST', `/jobs/${jobId}/cancel`],
      ['GET', `/nodes/${node.nodeId}`],
      ['POST', `/nodes/${node.nodeId}/drain`],
    ]
    const statuses = await Promise.all(
      calls.map(async ([method, path, json]) => {
        const body = method === 'PUT' ? { body: new Uint8Array([1]) } : {}
        const response = await m.call(method, path, { as, ...(json ? { json } : {}), ...body })
        return [path, response.status, ((await response.json()) as { code: string }).code]
      }),
    )
    expect(statuses).toEqual(calls.map(([, path]) => [path, 404, 'http.not-found']))
    expect(await m.ask('GET', '/jobs', { as })).toEqual({ jobs: [], next: 0 })
    expect(await m.ask('GET', '/nodes', { as })).toEqual({ nodes: [] })
    const lease = await m.call('GET', `/nodes/leases/${jobId}/1/input`, { as: `${HOSPITAL}:orderer` })
    expect([lease.status, ((await lease.json()) as { code: string }).code]).toEqual([401, 'compute.lease-token'])
    expect((await m.view(jobId)).state).toBe('returned')
  })

  test('the database shows a lease to its two organisations only, and the market’s own rows to none', async () => {
    await m.node('home-1')
    const { jobId } = await m.order()
    await m.untilState(jobId, 'leased')
    const seenBy = async (orgId: string) =>
      m.db.asOrg(orgId, async (tx) => ({
        leases: (await tx`SELECT FROM compute.leases`).length,
        jobs: (await tx`SELECT FROM compute.jobs`).length,
        nodes: (await tx`SELECT FROM compute.nodes`).length,
        reasons: (await tx`SELECT FROM compute.placements`).length,
      }))
    expect(await seenBy(HOSPITAL)).toEqual({ leases: 1, jobs: 1, nodes: 0, reasons: 1 })
    expect(await seenBy('org_home')).toEqual({ leases: 1, jobs: 0, nodes: 1, reasons: 0 })
    expect(await seenBy('org_stranger')).toEqual({ leases: 0, jobs: 0, nodes: 0, reasons: 0 })
    const change = m.db.asOrg('org_home', (tx) => tx`UPDATE compute.leases SET due = NULL RETURNING epoch`)
    expect(await change).toHaveLength(0)
    await expect(m.db.app`SELECT FROM compute.writers`).rejects.toThrow('permission denied')
  })

  test('every state says what may follow in both languages, and ends can be reached from everywhere', () => {
    const states = Object.keys(JOB_STATES) as (keyof typeof JOB_STATES)[]
    for (const state of states) expect(JOB_STATES[state].text).toMatchObject({ zh: /./, en: /./ })
    const ends = (state: keyof typeof JOB_STATES, seen = new Set<string>()): boolean => {
      if (JOB_STATES[state].mayFollow.length === 0) return true
      seen.add(state)
      return JOB_STATES[state].mayFollow.some((next) => !seen.has(next) && ends(next, seen))
    }
    expect(states.filter((state) => !ends(state))).toEqual([])
    expect(mayFollow('settled', 'queued')).toBe(false)
    expect(mayFollow('accepted', 'cancelled')).toBe(false)
  })
})

describe('the page of jobs', () => {
  test('brings each change once, in the order of commits, and wakes a waiting site', async () => {
    const empty = await m.ask<{ next: number }>('GET', '/jobs')
    const waiting = m.ask<{ jobs: { jobId: string }[]; next: number }>('GET', `/jobs?after=${empty.next}&waitMs=20000`)
    const orders = await Promise.all([m.order(), m.order(), m.order()])
    const first = await waiting
    expect(first.jobs.length).toBeGreaterThan(0)
    const seen = new Set(first.jobs.map((job) => job.jobId))
    let { next } = first
    await until('all three to be seen', async () => {
      const page = await m.ask<{ jobs: { jobId: string; updatedAt: number }[]; next: number }>(
        'GET',
        `/jobs?after=${next}`,
      )
      for (const job of page.jobs) {
        expect(job.updatedAt).toBeGreaterThan(next)
        next = job.updatedAt
        seen.add(job.jobId)
      }
      return seen.size === 3
    })
    expect(seen).toEqual(new Set(orders.map((job) => job.jobId)))
  })
})
