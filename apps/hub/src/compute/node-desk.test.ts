import { NodeTokenCreated } from '@bithive/api/compute'
import {
  JoinProgress,
  JoinTokenList,
  JoinTokenView,
  LeaseRecordPage,
  NodeDetail,
  NodeOptions,
  NodeOverview,
} from '@bithive/api/nodes'
import { formatAmount, parseAmount } from '@bithive/kernel/money'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { factsOf, HOSPITAL, type Market, market, until } from './test-market.ts'
import { joinTestNode } from './test-node.ts'

let m: Market
beforeAll(async () => {
  m = await market()
})
afterAll(() => m.close())

const HOME = 'org_home:node-operator:person'
const STRANGER = 'org_stranger:node-operator:person'
const overviewOf = async (as = HOME, query = 'zone=Asia%2FShanghai') =>
  NodeOverview.parse(await m.ask('GET', `/nodes/overview?${query}`, { as }))
const tokenOrder = { ownerKind: 'home', region: 'chengdu', jurisdiction: 'CN', trusted: false, ttlMs: 3_600_000 }
const makeToken = async () =>
  NodeTokenCreated.parse(await m.ask('POST', '/nodes/tokens', { as: HOME, json: tokenOrder }))
const stepsOf = async (tokenId: string, as = HOME) => {
  const { checks } = JoinProgress.parse(await m.ask('GET', `/nodes/tokens/${tokenId}`, { as }))
  return Object.fromEntries(checks.map(({ key, state }) => [key, state]))
}

/** Base pay of an organisation over all shards, as the ledger's own statement has it. */
async function basePayIn(orgId: string): Promise<bigint> {
  let sum = 0n
  for (let after: string | undefined; ; ) {
    const page = await m.books.history({ owner: orgId, ...(after === undefined ? {} : { after }), limit: 200 })
    for (const entry of page.entries) if (entry.code === 'base-pay' && entry.direction === 'in') sum += entry.amount
    if (page.next === undefined) return sum
    after = page.next
  }
}

describe('what the owner of nodes reads', () => {
  test('goes from a token to the first payment, each step measured or proven', async () => {
    const { tokenId } = await makeToken()
    expect(Object.values(await stepsOf(tokenId))).toEqual(Array(8).fill('waiting'))
    const one = await m.node('home-1', { orgId: 'org_home' })
    const { tokens } = JoinTokenList.parse(await m.ask('GET', '/nodes/tokens', { as: HOME }))
    const used = tokens.find(({ nodeId }) => nodeId === one.nodeId)
    expect(used).toMatchObject({ state: 'used', nodeName: 'home-1', ownerKind: 'home' })
    const after = await stepsOf(used?.tokenId ?? '')
    expect(after).toMatchObject({ joined: 'done', keys: 'done', sandbox: 'done', benchmark: 'done' })
    expect(after).toMatchObject({ offer: 'waiting', job: 'waiting', payment: 'waiting' })
    const { jobId } = await m.order()
    await m.stage(jobId)
    await m.untilState(jobId, 'returned')
    expect(await stepsOf(used?.tokenId ?? '')).toMatchObject({ offer: 'done', job: 'done', payment: 'waiting' })
    const pending = await overviewOf()
    expect(pending).toMatchObject({ pendingJobs: 1, earnedToday: [] })
    await m.accept(jobId)
    await until('the payment to be noted', async () => (await stepsOf(used?.tokenId ?? '')).payment === 'done')
    expect((await overviewOf()).earnedToday).toEqual(pending.pending)
  })

  test('is paid what the ledger says, to the last unit, today and by day', async () => {
    const first = await overviewOf()
    for (const urgency of ['routine', 'urgent', 'stat'] as const) {
      const { jobId } = await m.order({
        urgency,
        input: new Uint8Array([urgency.length]),
      })
      await m.finish(jobId)
    }
    const booked = await basePayIn('org_home')
    const said = await until('the payouts to be noted', async () => {
      const overview = await overviewOf()
      return overview.days.at(-1)?.paidJobs === (first.days.at(-1)?.paidJobs ?? 0) + 3 && overview
    })
    const amount = formatAmount(booked, 6)
    expect(said.earnedToday).toEqual([{ asset: 'BTT', amount }])
    expect(said.earned30Days).toEqual([{ asset: 'BTT', amount }])
    const byDay = said.days.flatMap(({ earned }) => earned.map((one) => parseAmount(one.amount, 6)))
    expect(byDay.reduce((sum, one) => sum + one, 0n)).toBe(booked)
    expect(said.days).toHaveLength(30)
    const { jobs } = LeaseRecordPage.parse(
      await m.ask('GET', `/nodes/${m.nodes.get('home-1')?.nodeId}/history`, { as: HOME }),
    )
    const shown = jobs.flatMap(({ earned }) => (earned ? [parseAmount(earned.amount, 6)] : []))
    expect(shown.reduce((sum, one) => sum + one, 0n)).toBe(booked)
  })

  test('counts as busy only the time between taking a job and giving it back, and as online only what was heard', async () => {
    const home = m.nodes.get('home-1') as NonNullable<ReturnType<Market['nodes']['get']>>
    const before = await overviewOf()
    await m.pass(20_000, home)
    const online = await overviewOf()
    // It was last heard five seconds ago, so these five are not counted yet.
    expect(online.onlineMs - before.onlineMs).toBe(15_000)
    expect(online.busyMs).toBe(before.busyMs)
    const { jobId } = await m.order()
    await m.untilState(jobId, 'leased')
    await m.pass(15_000, home)
    const busy = await overviewOf()
    expect(busy.busyMs - online.busyMs).toBe(15_000)
    expect(busy.utilisationBps).toBe(Math.floor((busy.busyMs * 10_000) / busy.onlineMs))
    expect(busy.jobsNow.map((one) => one.jobId)).toContain(jobId)
    await m.finish(jobId)
    // Silent for a minute: what was not heard is not online.
    await m.pass(60_000)
    const silent = await overviewOf()
    expect(silent.nodes.online).toBe(0)
    expect(silent.onlineMs - busy.onlineMs).toBeLessThanOrEqual(5_000)
  })

  test('names why work went elsewhere, with what was asked and what the node has', async () => {
    const cheap = await m.node('home-cheap', { orgId: 'org_elsewhere', floorPrice: '0.10' })
    const dear = await m.node('home-dear', { orgId: 'org_home', floorPrice: '0.90' })
    const only = `nodeId=${dear.nodeId}`
    const { jobId } = await m.order()
    await m.finish(jobId)
    const elsewhere = await overviewOf(HOME, only)
    expect(elsewhere.noWork).toMatchObject({ considered: 1, chosen: 0, reasons: [{ code: 'dearer', count: 1 }] })
    expect(elsewhere.noWork.reasons[0]?.fact?.en).toBe('You ask ¥9.00; it went for ¥1.00')
    expect(JSON.stringify(elsewhere.noWork)).not.toContain('home-cheap')
    await m.order({ tier: 3, requestId: m.ids.next('ord') })
    const reasons = await until('the second look', async () => {
      const { noWork } = await overviewOf(HOME, only)
      return noWork.considered === 2 && noWork.reasons
    })
    expect(reasons.map(({ code, count }) => [code, count])).toEqual([
      ['dearer', 1],
      ['tier', 1],
    ])
    expect(reasons[1]?.fact).toEqual({ zh: '需要信任级别 3，您是 1', en: 'It needs tier 3; yours is 1' })
    await cheap.cut()
  })

  test('may be shown only by its own organisation, and shows nothing of who ordered', async () => {
    const home = m.nodes.get('home-1')?.nodeId
    const { tokens } = JoinTokenList.parse(await m.ask('GET', '/nodes/tokens', { as: HOME }))
    for (const path of [`/nodes/${home}/detail`, `/nodes/${home}/history`, `/nodes/overview?nodeId=${home}`])
      expect((await m.call('GET', path, { as: STRANGER })).status).toBe(404)
    expect((await m.call('GET', `/nodes/tokens/${tokens[0]?.tokenId}`, { as: STRANGER })).status).toBe(404)
    const detail = await m.ask('GET', `/nodes/${home}/detail`, { as: HOME })
    expect(NodeDetail.parse(detail).node.nodeId).toBe(home)
    const history = await m.ask('GET', `/nodes/${home}/history`, { as: HOME })
    const shown = JSON.stringify([detail, history, await overviewOf()])
    expect(shown).not.toContain(HOSPITAL)
    expect(NodeOptions.parse(await m.ask('GET', '/nodes/options', { as: HOME })).ownerKinds).toEqual(['home'])
  })

  test('reads on by a cursor, each job once', async () => {
    const home = m.nodes.get('home-1')?.nodeId
    const whole = LeaseRecordPage.parse(await m.ask('GET', `/nodes/${home}/history?limit=200`, { as: HOME }))
    const seen: string[] = []
    for (let after = ''; ; ) {
      const page = LeaseRecordPage.parse(await m.ask('GET', `/nodes/${home}/history?limit=2${after}`, { as: HOME }))
      seen.push(...page.jobs.map(({ jobId, epoch }) => `${jobId}/${epoch}`))
      if (page.next === undefined) break
      after = `&after=${page.next}`
    }
    expect(seen).toEqual(whole.jobs.map(({ jobId, epoch }) => `${jobId}/${epoch}`))
    expect((await m.call('GET', `/nodes/${home}/history?after=1.x.1`, { as: HOME })).status).toBe(422)
  })
})

describe('the open pages of an owner', () => {
  test('hear of their own nodes after each step of a job, and nobody else does', async () => {
    const told: string[] = []
    await m.stopHub()
    await m.restart({
      live: { publish: (orgId, { topic, id }) => void (topic === 'nodes' && told.push(`${orgId} ${id ?? ''}`)) },
    })
    const home = m.nodes.get('home-1')
    await home?.connect()
    const mine = `org_home ${home?.nodeId}`
    expect(told).toEqual([mine])
    for (const one of m.nodes.values()) if (one !== home) await one.cut()
    const { jobId } = await m.order()
    await m.untilState(jobId, 'leased')
    const steps = [told.length]
    await m.stage(jobId)
    await m.untilState(jobId, 'returned')
    steps.push(told.length)
    await m.accept(jobId)
    await m.untilState(jobId, 'settled')
    await until('the payment to be told', async () => told.length > (steps[1] as number))
    // Offered and taken; started and returned; paid.
    expect(steps[0]).toBeGreaterThanOrEqual(3)
    expect(steps[1]).toBeGreaterThan(steps[0] as number)
    expect(new Set(told)).toEqual(new Set([mine]))
  })
})

describe('a join token', () => {
  test('that was revoked lets nobody in, and cannot be revoked twice', async () => {
    const { token, tokenId } = await makeToken()
    const revoked = JoinTokenView.parse(await m.ask('DELETE', `/nodes/tokens/${tokenId}`, { as: HOME }))
    expect(revoked.state).toBe('revoked')
    await expect(m.ask('DELETE', `/nodes/tokens/${tokenId}`, { as: HOME })).rejects.toThrow(
      '409 compute.token-not-open',
    )
    const join = joinTestNode({ name: 'late', url: m.url(), token, facts: factsOf() })
    await expect(join).rejects.toThrow('compute.token-revoked')
    expect((await stepsOf(tokenId)).joined).toBe('failed')
  })

  test('keeps why its node was refused, for the page that waits', async () => {
    const { token, tokenId } = await makeToken()
    const join = joinTestNode({ name: 'bad\u0007name', url: m.url(), token, facts: factsOf() })
    await expect(join).rejects.toThrow('http.bad-request')
    const { checks } = JoinProgress.parse(await m.ask('GET', `/nodes/tokens/${tokenId}`, { as: HOME }))
    expect(checks[0]).toMatchObject({ key: 'joined', state: 'failed' })
    expect(checks[0]?.fact.en).toContain('http.bad-request')
  })
})

describe('a node that its owner removes', () => {
  test('gives its work to another, is let in no more, and leaves its earnings where they were', async () => {
    const one = await m.node('home-gone', { orgId: 'org_home', floorPrice: '0.05' })
    const { jobId } = await m.order()
    const leased = await m.untilState(jobId, 'leased')
    expect(leased.lease?.nodeName).toBe('home-gone')
    const earned = (await overviewOf()).earned30Days
    await m.ask('POST', `/nodes/${one.nodeId}/remove`, { as: HOME, json: {} })
    await until('the job to leave it', async () => (await m.view(jobId)).lease?.nodeId !== one.nodeId)
    expect((await m.call('GET', `/nodes/${one.nodeId}`, { as: HOME })).status).toBe(404)
    await one.cut()
    expect(await one.connect()).toBe('compute.unknown-node')
    expect((await overviewOf()).earned30Days).toEqual(earned)
  })
})

describe('the payouts that are noted', () => {
  test('are each noted once, though the whole feed is read again', async () => {
    const before = await overviewOf()
    expect(before.earned30Days).toHaveLength(1)
    await m.db.worker`UPDATE compute.payout_cursors SET seq = 0`
    await until('the feed to be read again', async () => {
      await m.clock.advance(1_000)
      const [row] = await m.db.worker<{ seq: bigint }[]>`SELECT min(seq) AS seq FROM compute.payout_cursors`
      return (row?.seq ?? 0n) > 0n
    })
    expect((await overviewOf()).days).toEqual(before.days.map((day) => ({ ...day, busyMs: expect.any(Number) })))
  })
})
