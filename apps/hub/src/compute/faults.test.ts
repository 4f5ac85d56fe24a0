import type { NodeToHub } from '@bithive/api/compute'
import { canonicalEnvelope } from '@bithive/api/result-envelope'
import { sha256Hex } from '@bithive/kernel/ids'
import { createSignKeys, signText } from '@bithive/kernel/sealed-box'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HOSPITAL, type Market, market, until } from './test-market.ts'
import type { TestNode } from './test-node.ts'

type Returned = Extract<NodeToHub, { type: 'returned' }>

let m: Market
beforeEach(async () => {
  m = await market()
})
afterEach(() => m.close())

/** Base pay of one job at 0.50 CNY a reference second. */
const PAY = 8_500_000n

const leases = (jobId: string) =>
  m.db.worker<{ epoch: number; node: string; state: string; end: string | null; late: boolean }[]>`
    SELECT l.epoch, n.name AS node, l.state, l.end_reason AS "end", l.late_envelope IS NOT NULL AS late
    FROM compute.leases l JOIN compute.nodes n ON n.id = l.node_id WHERE l.job_id = ${jobId} ORDER BY l.epoch`

/** Exactly one job was paid, to whichever node, and nothing is left on hold. */
const expectOneReward = async () => {
  const { hospital, home, centre, author, fee, escrow, balanced } = await m.balances()
  expect({ earned: home.posted + centre.posted, author, fee, escrow, held: hospital.held, balanced }).toEqual({
    earned: PAY,
    author: 1_000_000n,
    fee: 500_000n,
    escrow: 0n,
    held: 0n,
    balanced: true,
  })
}
/** Nobody earned anything and the hospital has all of its money back. */
const expectRefund = async (before: Awaited<ReturnType<Market['balances']>>) =>
  until('the refund', async () => (await m.balances()).hospital.held === 0n).then(async () =>
    expect(await m.balances()).toEqual({ ...before, escrow: 0n }),
  )

describe('a node that fails its lease', () => {
  test('that dies mid-job loses it when the lease runs out; another is paid, once', async () => {
    const first = await m.node('home-1', { behaviour: { start: 'progress-then-hang' } })
    const { jobId } = await m.order()
    await m.stage(jobId)
    await m.untilState(jobId, 'running')
    const second = await m.node('centre-1', { orgId: 'org_centre' })
    await first.cut()
    await m.pass(115_000, second)
    expect((await m.view(jobId)).state).toBe('running')
    await until('the lease to run out', async () => {
      await m.pass(5_000, second)
      return (await m.view(jobId)).attempt === 2
    })
    await m.finish(jobId)
    expect(await leases(jobId)).toEqual([
      { epoch: 1, node: 'home-1', state: 'ended', end: 'expired', late: false },
      { epoch: 2, node: 'centre-1', state: 'accepted', end: null, late: false },
    ])
    await expectOneReward()
  })

  test('that comes back without its lease loses it at once; a result under the old lease is never paid', async () => {
    const first = await m.node('home-1', { behaviour: { start: 'hang' } })
    const { jobId } = await m.order()
    await m.stage(jobId)
    await until('the start to arrive', async () => first.starts.has(jobId))
    await m.node('centre-1', { orgId: 'org_centre' })
    await first.cut()
    first.holding.clear()
    await first.connect()
    await m.untilState(jobId, 'leased')
    // The old machine was not dead after all, and returns what it computed.
    await expect(first.compute(jobId)).rejects.toThrow('409')
    first.send(await forged(first, jobId))
    await until('the late result to be kept', async () => (await leases(jobId))[0]?.late)
    await m.finish(jobId)
    expect(await leases(jobId)).toEqual([
      { epoch: 1, node: 'home-1', state: 'ended', end: 'lost', late: true },
      { epoch: 2, node: 'centre-1', state: 'accepted', end: null, late: false },
    ])
    await expectOneReward()
  })

  test('that loses only its line goes on with the same lease', async () => {
    const node = await m.node('home-1', { behaviour: { start: 'progress-then-hang' } })
    const { jobId } = await m.order()
    await m.stage(jobId)
    await m.untilState(jobId, 'running')
    await node.cut()
    expect(await node.connect()).toBe('welcome')
    await node.compute(jobId)
    await m.accept(jobId)
    expect((await m.untilState(jobId, 'settled')).attempt).toBe(1)
    await expectOneReward()
  })

  test('that never answers an offer, or declines it, is passed over without a mark against the job', async () => {
    const mute = await m.node('a-mute', { behaviour: { offer: 'ignore' } })
    const busy = await m.node('b-busy', { behaviour: { offer: 'decline' } })
    const { jobId } = await m.order()
    await until('the first offer', async () => mute.received.length + busy.received.length > 0)
    const willing = await m.node('c-willing')
    await until('a node that accepts', async () => {
      await m.pass(5_000, mute, busy, willing)
      return (await m.view(jobId)).state === 'leased'
    })
    await m.finish(jobId)
    const [row] = await m.db.worker<{ lost: number }[]>`SELECT lost FROM compute.jobs WHERE id = ${jobId}`
    expect(row).toEqual({ lost: 0 })
    await expectOneReward()
  })

  test('that says it cannot is not asked again, and after three nodes the hospital has its money back', async () => {
    const before = await m.balances()
    for (const name of ['a', 'b', 'c', 'd']) await m.node(name, { behaviour: { start: 'fail' } })
    const { jobId } = await m.order()
    for (const attempt of [1, 2, 3]) {
      await until(`lease ${attempt}`, async () => {
        const job = await m.view(jobId)
        return job.state === 'leased' && job.attempt === attempt
      })
      await m.stage(jobId)
    }
    expect(await m.untilState(jobId, 'failed')).toMatchObject({ problem: 'compute.attempts-used-up' })
    await expectRefund(before)
    expect(new Set((await leases(jobId)).map(({ node }) => node)).size).toBe(3)
    expect((await m.view(jobId)).money).toEqual([
      {
        ...{ part: 'refund', toOrgId: HOSPITAL, toName: HOSPITAL, asset: 'BTT', amount: '24.000000' },
        transferId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    ])
  })
})

/** An envelope of the node over its own computation, without putting the bytes again. */
async function forged(node: TestNode, jobId: string, change: Partial<Returned['envelope']> = {}): Promise<Returned> {
  const start = node.starts.get(jobId)
  const envelope = {
    jobId,
    epoch: start?.epoch ?? 1,
    nodeId: node.nodeId,
    workload: 'test.chest',
    version: '1.0.0',
    workloadDigest: 'a'.repeat(64),
    inputSha256: start?.inputSha256 ?? '',
    resultSha256: 'c'.repeat(64),
    sealedSha256: 'd'.repeat(64),
    cpuMs: 1,
    startedAt: 1,
    endedAt: 2,
    ...change,
  }
  return { type: 'returned', envelope, signature: signText(node.sign, canonicalEnvelope(envelope)) }
}

describe('a result that does not hold together', () => {
  const resign = (node: () => TestNode, change: Partial<Returned['envelope']>) => (returned: Returned) => {
    const envelope = { ...returned.envelope, ...change }
    return { ...returned, envelope, signature: signText(node().sign, canonicalEnvelope(envelope)) }
  }
  const liar = () => m.nodes.get('a-liar') as TestNode
  const cases: [string, (returned: Returned) => Returned, string][] = [
    [
      'signed with another key',
      (r) => ({ ...r, signature: signText(createSignKeys(), canonicalEnvelope(r.envelope)) }),
      'signature',
    ],
    [
      'altered after signing',
      (r) => ({ ...r, envelope: { ...r.envelope, resultSha256: 'f'.repeat(64) } }),
      'signature',
    ],
    ['of another workload', resign(liar, { workloadDigest: 'b'.repeat(64) }), 'workload'],
    ['of another input', resign(liar, { inputSha256: sha256Hex('other') }), 'input'],
    ['over other bytes', resign(liar, { sealedSha256: sha256Hex('other') }), 'bytes'],
  ]
  test.each(cases)('%s is refused, its node is not paid, and another node is', async (_, spoil, code) => {
    await m.node('a-liar', { behaviour: { spoil } })
    // A trusted institution's node is kept for work that needs one, so the other is asked first.
    await m.node('b-honest', { orgId: 'org_centre', trusted: true })
    const { jobId } = await m.order()
    await m.stage(jobId)
    await until('the refusal', async () =>
      liar().received.some((message) => message.type === 'revoke' && message.reason === `compute.envelope-${code}`),
    )
    await m.finish(jobId)
    expect((await leases(jobId)).map(({ node, end }) => [node, end])).toEqual([
      ['a-liar', 'garbage'],
      ['b-honest', null],
    ])
    expect((await m.balances()).home.posted).toBe(0n)
    await expectOneReward()
  })

  test('is garbage to the site: rejected, not paid, and computed again elsewhere', async () => {
    await m.node('a-liar', { behaviour: { spoilBytes: (sealed) => sealed.map((byte) => byte ^ 1) } })
    // A trusted institution's node is kept for work that needs one, so the other is asked first.
    await m.node('b-honest', { orgId: 'org_centre', trusted: true })
    const { jobId } = await m.order()
    await m.stage(jobId)
    await expect(m.accept(jobId)).rejects.toThrow('seal.unreadable')
    const json = { epoch: 1, code: 'unreadable' }
    await m.ask('POST', `/jobs/${jobId}/reject`, { json })
    // Twice is once.
    await m.ask('POST', `/jobs/${jobId}/reject`, { json })
    await m.finish(jobId)
    expect((await leases(jobId)).map(({ node, end }) => [node, end])).toEqual([
      ['a-liar', 'rejected'],
      ['b-honest', null],
    ])
    await expectOneReward()
  })

  test('returned twice is one result, and accepted twice is one payment', async () => {
    await m.node('home-1', { behaviour: { sendTimes: 3 } })
    const { jobId } = await m.order()
    await m.stage(jobId)
    const returned = await m.untilState(jobId, 'returned')
    const json = m.answerOf(returned)
    await Promise.all([1, 2, 3].map(() => m.ask('POST', `/jobs/${jobId}/accept`, { json })))
    await m.untilState(jobId, 'settled')
    await m.ask('POST', `/jobs/${jobId}/accept`, { json })
    await expectOneReward()
  })

  test('cannot be accepted under another epoch or hash, nor rejected once it is paid', async () => {
    await m.node('home-1')
    const { jobId } = await m.order()
    await m.stage(jobId)
    const { result } = await m.untilState(jobId, 'returned')
    const accept = (json: object) => m.ask('POST', `/jobs/${jobId}/accept`, { json })
    await expect(accept({ epoch: 2, resultSha256: result?.resultSha256 })).rejects.toThrow('409 compute.stale-epoch')
    await expect(accept({ epoch: 1, resultSha256: 'e'.repeat(64) })).rejects.toThrow('409 compute.result-differs')
    await m.accept(jobId)
    await m.untilState(jobId, 'settled')
    await expect(m.ask('POST', `/jobs/${jobId}/reject`, { json: { epoch: 1, code: 'implausible' } })).rejects.toThrow(
      '409 compute.wrong-state',
    )
    await expectOneReward()
  })
})

describe('time-outs', () => {
  test('a result without an answer stays open with its hold, and a late answer still settles it', async () => {
    const node = await m.node('home-1')
    const { jobId } = await m.order()
    await m.stage(jobId)
    await m.untilState(jobId, 'returned')
    await m.pass(3_600_000, node)
    await until('the workers to look', async () => {
      await m.pass(1_000, node)
      return (await m.view(jobId)).state !== 'returned'
    })
    expect(await m.untilState(jobId, 'unresolved')).toMatchObject({ problem: 'compute.answer-missing' })
    expect((await m.balances()).hospital.held).toBe(24_000_000n)
    const job = await m.view(jobId)
    await m.ask('POST', `/jobs/${jobId}/accept`, { json: m.answerOf(job) })
    await m.untilState(jobId, 'settled')
    await expectOneReward()
  }, 120_000)

  test('an input that never comes frees the node, and the job is offered again', async () => {
    const node = await m.node('home-1')
    const { jobId } = await m.order()
    await m.untilState(jobId, 'leased')
    await m.pass(600_000, node)
    await until('the second lease', async () => {
      await m.pass(5_000, node)
      return (await m.view(jobId)).attempt === 2
    })
    expect((await leases(jobId))[0]).toMatchObject({ end: 'not-staged' })
  }, 60_000)

  test('a job that no node may have fails after a day, and the money is back', async () => {
    const before = await m.balances()
    const { jobId } = await m.order()
    await m.clock.advance(86_401_000)
    await until('the workers to look', async () => {
      await m.pass(1_000)
      return (await m.view(jobId)).state !== 'queued'
    })
    expect(await m.untilState(jobId, 'failed')).toMatchObject({ problem: 'compute.no-node-in-time' })
    await expectRefund(before)
  })
})

describe('ordering', () => {
  test('without funds is refused with what is needed and what is there, and leaves nothing behind', async () => {
    const before = await m.balances()
    const response = await m.call('POST', '/jobs', {
      json: { ...(await m.order({ maxPrice: '0.01' })).json, requestId: m.ids.next('ord'), maxPrice: '9999.00' },
    })
    expect(response.status).toBe(409)
    expect(await response.json()).toMatchObject({
      code: 'compute.insufficient-funds',
      facts: { needed: '19998.000000', available: '3999.980000', asset: 'BTT' },
    })
    const [row] = await m.db.worker<{ n: number }[]>`SELECT count(*)::int AS n FROM compute.jobs`
    expect(row?.n).toBe(1)
    expect((await m.balances()).hospital.posted).toBe(before.hospital.posted)
  })

  test('uses the shard that still has money, then brings together what lies on both, until it is too little', async () => {
    // Each shard holds 1,000.00 CNY: two orders of 600.00 find one each, the third finds 400.00 on both.
    const jobs = [await m.order({ maxPrice: '600.00' }), await m.order({ maxPrice: '600.00' })]
    const shards = await m.db.worker<{ shard: number }[]>`
      SELECT DISTINCT shard FROM ledger.transfer WHERE reference = ANY(${jobs.map((job) => job.jobId)})`
    expect(shards.length).toBe(2)
    expect((await m.order({ maxPrice: '600.00' })).state).toBe('queued')
    await expect(m.order({ maxPrice: '600.00' })).rejects.toThrow('409 compute.insufficient-funds')
  })

  test('twice with one request id is one job and one hold; with other content it is refused', async () => {
    const first = await m.order()
    const again = await Promise.all([1, 2, 3].map(() => m.ask('POST', '/jobs', { json: first.json })))
    expect(again.map((job) => job.jobId)).toEqual([first.jobId, first.jobId, first.jobId])
    expect((await m.balances()).hospital.held).toBe(24_000_000n)
    await expect(m.ask('POST', '/jobs', { json: { ...first.json, tier: 2 } })).rejects.toThrow(
      '409 compute.request-conflict',
    )
  })

  test('many at once under one request id is one job', async () => {
    const { json } = await m.order({ maxPrice: '0.01' })
    const fresh = { ...json, requestId: m.ids.next('ord'), maxPrice: '12.00' }
    const jobs = await Promise.all(Array.from({ length: 8 }, () => m.ask('POST', '/jobs', { json: fresh })))
    expect(new Set(jobs.map((job) => job.jobId)).size).toBe(1)
    expect((await m.balances()).hospital.held).toBe(24_020_000n)
  })

  test.each([
    [{ workload: 'test.nothing' }, '422 compute.unknown-workload'],
    [{ version: '9.9.9' }, '422 compute.unknown-workload'],
    [{ dataClass: 'imaging.head' }, '422 compute.wrong-data-class'],
    [{ maxPrice: '1.001' }, '422 money.bad-amount'],
    [{ patientName: 'Wang' }, '422 http.bad-request'],
  ])('%o is refused as %s', async (change, refusal) => {
    const { json } = await m.order({ maxPrice: '0.01' })
    const body = { ...json, requestId: m.ids.next('ord'), ...change }
    await expect(m.ask('POST', '/jobs', { json: body })).rejects.toThrow(refusal)
  })

  test('needs the role, and stops at the limit of open jobs', async () => {
    const { json } = await m.order({ maxPrice: '0.01' })
    const fresh = () => ({ ...json, requestId: m.ids.next('ord') })
    await expect(m.ask('POST', '/jobs', { json: fresh(), as: `${HOSPITAL}:auditor:person` })).rejects.toThrow(
      '403 http.forbidden',
    )
    await m.db.owner`UPDATE kernel.parameter SET value = 1 WHERE name = 'compute.open-jobs'`
    await expect(m.ask('POST', '/jobs', { json: fresh() })).rejects.toThrow('429 compute.too-many-open-jobs')
  })
})

describe('cancelling', () => {
  test('gives the money back from every state before a result, and the node is told to stop', async () => {
    const node = await m.node('home-1', { behaviour: { start: 'progress-then-hang' } })
    const before = await m.balances()
    const { jobId } = await m.order()
    await m.stage(jobId)
    await m.untilState(jobId, 'running')
    await m.ask('POST', `/jobs/${jobId}/cancel`)
    expect((await m.ask('POST', `/jobs/${jobId}/cancel`)).state).toBe('cancelled')
    await until('the revocation', async () => node.received.some((message) => message.type === 'revoke'))
    const waiting = await m.order({ tier: 3 })
    await m.ask('POST', `/jobs/${waiting.jobId}/cancel`)
    await expectRefund(before)
  })

  test('comes too late once a result lies at the hub', async () => {
    await m.node('home-1')
    const { jobId } = await m.order()
    await m.stage(jobId)
    await m.untilState(jobId, 'returned')
    await expect(m.ask('POST', `/jobs/${jobId}/cancel`)).rejects.toThrow('409 compute.wrong-state')
  })
})

describe('the sealed input', () => {
  test('is taken for the latest lease only, once, and up to its limit', async () => {
    await m.node('home-1', { behaviour: { start: 'hang' } })
    const { jobId } = await m.order()
    const { sealed } = await m.stage(jobId)
    const put = (epoch: number, body: Uint8Array) => m.ask('PUT', `/jobs/${jobId}/input/${epoch}`, { body })
    expect((await put(1, sealed)).state).toBe('staged')
    await expect(put(1, new Uint8Array([1]))).rejects.toThrow('409 compute.input-differs')
    await expect(put(2, sealed)).rejects.toThrow('409 compute.stale-epoch')
    await expect(put(1, new Uint8Array(100_001))).rejects.toThrow('413 limits.body-too-large')
  })
})
