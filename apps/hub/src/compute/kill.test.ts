import type { Blobs } from '@bithive/kernel/blobs'
import type { Database, Sql } from '@bithive/kernel/database'
import { sha256Hex } from '@bithive/kernel/ids'
import { createSealKeys, seal } from '@bithive/kernel/sealed-box'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Pen, stillHolds, takePen } from './hold-pen.ts'
import { type Market, market, until } from './test-market.ts'
import type { TestNode } from './test-node.ts'

let m: Market
beforeEach(async () => {
  m = await market({ fundCents: 10_000_000n })
})
afterEach(() => m.close())

/** Where a process dies: before its nth reach to the database or the blobs, or after it and before it hears back. */
type Death = { readonly at: number; readonly when: 'before' | 'after' }

/**
 * The world as a process sees it that dies at one of its reaches. From then on nothing of it reaches anything: what
 * it still has in memory is as lost as after kill -9.
 */
function createMortal(death: Death, db: Database, blobs: Blobs) {
  let reaches = 0
  let armed = false
  let dead = false
  const reach = async <T>(act: () => PromiseLike<T>): Promise<T> => {
    if (dead) throw new Error('killed')
    if (!armed) return act()
    reaches++
    const dies = reaches === death.at
    if (dies && death.when === 'before') dead = true
    if (dead) throw new Error('killed')
    const answer = await act()
    if (dies && armed) dead = true
    if (dead) throw new Error('killed')
    return answer
  }
  const mortal = (sql: Sql): Sql =>
    new Proxy(sql, {
      apply: (target, self, args) => {
        const query: PromiseLike<unknown> | undefined = Reflect.apply(target as never, self, args)
        // A fragment is never waited for, so only what is really sent counts as a reach.
        if (typeof query?.then === 'function') {
          const then = query.then.bind(query) as PromiseLike<unknown>['then']
          // biome-ignore lint/suspicious/noThenProperty: a query is sent when it is waited for, and may die there.
          query.then = (ok: never, no: never) =>
            reach(() => new Promise((y, n) => void then(y, n))).then(ok, no) as never
        }
        return query
      },
      get: (target, key) => {
        if (key === 'begin') return (run: never) => reach(() => target.begin(run))
        return Reflect.get(target, key)
      },
    })
  return {
    db: {
      ...db,
      worker: mortal(db.worker),
      app: mortal(db.app),
      asOrg: ((org, run) => reach(() => db.asOrg(org, run))) as Database['asOrg'],
    },
    blobs: {
      ...blobs,
      put: (key: string, bytes: Uint8Array) => reach(() => blobs.put(key, bytes)),
      get: (key: string) => reach(() => blobs.get(key)),
    },
    arm: () => {
      armed = true
    },
    disarm: () => {
      armed = false
    },
    isDead: () => dead,
    reaches: () => reaches,
  }
}

type Act = (jobId: string | undefined) => Promise<string>

/** A site that repeats each call until it is answered, as the product's site does. */
function createSite(answer: 'accept' | 'cancel' = 'accept') {
  const keys = createSealKeys()
  const input = Buffer.from('a de-identified bundle')
  const json = {
    requestId: m.ids.next('ord'),
    workload: 'test.chest',
    version: '1.0.0',
    urgency: 'routine',
    tier: 1,
    jurisdictions: ['CN'],
    dataClass: 'imaging.chest',
    inputSha256: sha256Hex(input),
    inputBytes: input.length,
    resultKey: keys.publicKey,
    maxPrice: '12.00',
  }
  const step: Act = async (jobId) => {
    if (!jobId) return (await m.ask('POST', '/jobs', { json })).jobId
    const job = await m.view(jobId)
    if (job.state === 'leased' && answer === 'cancel') await m.ask('POST', `/jobs/${jobId}/cancel`)
    else if (job.state === 'leased' && job.lease) {
      const body = await seal(job.lease.nodeKey, input, `input:${jobId}:${job.lease.epoch}`)
      await m.ask('PUT', `/jobs/${jobId}/input/${job.lease.epoch}`, { body })
    } else if (job.state === 'returned') {
      await m.call('GET', `/jobs/${jobId}/result`)
      await m.ask('POST', `/jobs/${jobId}/accept`, { json: m.answerOf(job) })
    }
    return jobId
  }
  return step
}

/** A little time passes; the node beats if it has a line. */
async function tick(node: TestNode) {
  node.heartbeat()
  await m.clock.advance(1_000)
  for (let turn = 0; turn < 4; turn++) await m.db.worker`SELECT 1`
}

/** One job through a hub that dies once; another hub takes over. Answers whether it died, and the job's end. */
async function runThrough(death: Death, node: TestNode, answer: 'accept' | 'cancel' = 'accept') {
  // The hub of the run before may have died at its very last reach.
  await m.stopHub().catch(() => {})
  const mortal = createMortal(death, m.db, m.blobs)
  await m.restart({ db: mortal.db, blobs: mortal.blobs })
  await node.connect()
  const step = createSite(answer)
  mortal.arm()
  let revived = false
  let jobId: string | undefined
  const isDone = async () => {
    const [row] = await m.db.worker<{ state: string; hold: string }[]>`
      SELECT state, hold_state AS hold FROM compute.jobs WHERE id = ${jobId ?? ''}`
    return row?.state === 'settled' || (row?.state === 'cancelled' && row.hold === 'released')
  }
  await until(`a job to end whatever dies (${JSON.stringify(death)})`, async () => {
    if (mortal.isDead() && !revived) {
      await m.stopHub().catch(() => {})
      await m.restart()
      revived = (await node.connect()) === 'welcome'
      node.resume()
    }
    jobId = await step(jobId).catch(() => jobId)
    await tick(node)
    return isDone()
  })
  mortal.disarm()
  return { died: mortal.isDead(), reaches: mortal.reaches(), jobId: jobId as string }
}

const MODES = ['before', 'after'] as const
/** Every place is tried by `npm run soak:kill`; otherwise each fifth, so that the suite stays short. */
const STRIDE = process.env.BITHIVE_SOAK === '1' ? 1 : 5

describe('a hub killed at any reach to the world', () => {
  test.each(MODES)(
    '(%s it happens) pays one reward for each job and loses none',
    async (when) => {
      const node = await m.node('home-1')
      const before = await m.balances()
      let jobs = 0n
      let died = 0
      for (let at = 1; ; at += STRIDE) {
        const run = await runThrough({ at, when }, node)
        jobs++
        const after = await m.balances()
        expect({ at, home: after.home.posted, author: after.author, fee: after.fee }).toEqual({
          at,
          home: jobs * 8_500_000n,
          author: jobs * 1_000_000n,
          fee: jobs * 500_000n,
        })
        expect(after).toMatchObject({
          hospital: { posted: before.hospital.posted - jobs * 10_000_000n, held: 0n },
          escrow: 0n,
          balanced: true,
        })
        if (!run.died) break
        died++
      }
      process.stdout.write(`killed ${when} ${died} reaches\n`)
      expect(died).toBeGreaterThan(20)
    },
    300_000,
  )

  test.each(MODES)(
    '(%s it happens) gives all of the money back for each job that is cancelled',
    async (when) => {
      const node = await m.node('home-1')
      const before = await m.balances()
      let died = 0
      for (let at = 1; ; at += STRIDE) {
        const run = await runThrough({ at, when }, node, 'cancel')
        expect(await m.balances()).toEqual({ ...before, escrow: 0n })
        if (!run.died) break
        died++
      }
      expect(died).toBeGreaterThan(5)
    },
    300_000,
  )
})

describe('hubs side by side', () => {
  test('a hub that slept through its time cannot write a lease any more', async () => {
    await m.stopHub()
    const on = { db: m.db, clock: m.clock }
    const first = await takePen(on, { name: 'test', holder: 'hub_a' })
    expect(await takePen(on, { name: 'test', holder: 'hub_b' })).toBeUndefined()
    await m.clock.advance(10_001)
    const second = await takePen(on, { name: 'test', holder: 'hub_b' })
    const holds = (pen: Pen | undefined) => m.db.worker.begin((tx) => stillHolds(tx, pen as Pen))
    expect([await holds(first), await holds(second)]).toEqual([false, true])
    expect(await takePen(on, { name: 'test', holder: 'hub_a' })).toBeUndefined()
    await m.restart()
  })

  test('a hub that stops mid-job is followed by another on the same database, and the node goes on', async () => {
    const node = await m.node('home-1', { behaviour: { start: 'progress-then-hang' } })
    const { jobId } = await m.order()
    await m.stage(jobId)
    await m.untilState(jobId, 'running')
    await m.stopHub()
    await m.restart()
    expect(await node.connect()).toBe('welcome')
    await node.compute(jobId)
    await m.accept(jobId)
    expect((await m.untilState(jobId, 'settled')).attempt).toBe(1)
    expect((await m.balances()).home.posted).toBe(8_500_000n)
  })

  test('one places and the other stands by, until the first is gone', async () => {
    const second = await m.startHub()
    const writers = () => m.db.worker<{ holder: string; epoch: bigint }[]>`SELECT holder, epoch FROM compute.writers`
    await m.pass(3_000)
    const [first] = await writers()
    await m.node('home-1')
    const { jobId } = await m.order()
    await m.finish(jobId)
    expect((await writers())[0]).toEqual(first)
    await m.stopHub()
    await until('the second hub to take the pen', async () => {
      await m.pass(1_000)
      return (await writers())[0]?.holder !== first?.holder
    })
    expect((await writers())[0]?.epoch).toBe((first?.epoch ?? 0n) + 1n)
    await second.stop()
    await m.restart()
  })
})
