import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createManualClock } from './clock.ts'
import { createIds } from './ids.ts'
import { createIntents } from './intents.ts'
import { silentLog } from './log.ts'
import { createSeededRandomness } from './randomness.ts'
import { createTestDatabase, type TestDatabase } from './testing.ts'

let db: TestDatabase
let seed = 0n
beforeAll(async () => {
  db = await createTestDatabase({ name: 'hub' })
})
afterAll(() => db?.drop())

const clock = createManualClock(Date.UTC(2026, 0, 1))
const never = new AbortController().signal
/** A hub of its own: another driver's name, the same database and time. */
function hub() {
  const ids = createIds({ clock, randomness: createSeededRandomness(++seed) })
  return createIntents({ db, clock, ids, log: silentLog })
}
const capture = (room: string, reference: string, amount = 5n) => ({
  room,
  kind: 'capture',
  orgId: 'org_a',
  reference,
  payload: { amount, to: ['node'] },
})
const now = { olderThanMs: 0 }

describe('writing an intent', () => {
  test('twice changes nothing', async () => {
    const first = await hub().write(capture('once', 'r1'))
    const second = await hub().write(capture('once', 'r1'))
    expect([first.created, second.created, second.id === first.id]).toEqual([true, false, true])
    expect(await hub().pending('once', 0, 10)).toMatchObject([{ id: first.id, payload: { amount: '5', to: ['node'] } }])
  })

  test('under a known reference with another payload or organisation is a conflict', async () => {
    const intents = hub()
    await intents.write(capture('conflict', 'r1'))
    await expect(intents.write(capture('conflict', 'r1', 6n))).rejects.toMatchObject({ code: 'intents.conflict' })
    const stranger = { ...capture('conflict', 'r1'), orgId: 'org_b' }
    await expect(intents.write(stranger)).rejects.toMatchObject({ code: 'intents.conflict' })
  })

  test('by many callers of two hubs at once creates each reference exactly once', async () => {
    const [a, b] = [hub(), hub()]
    const writes = Array.from({ length: 1500 }, (_, n) => (n % 2 ? a : b).write(capture('many', `r${n % 500}`)))
    const results = await Promise.all(writes)
    expect(results.filter((result) => result.created).length).toBe(500)
    expect((await a.pending('many', 0, 1000)).length).toBe(500)
  })

  test('a bad neighbour in the batch does not spoil the others', async () => {
    const intents = hub()
    const bad = { ...capture('neighbours', 'bad'), orgId: '' }
    const settled = await Promise.allSettled([
      ...['a', 'b', 'c'].map((reference) => intents.write(capture('neighbours', reference))),
      intents.write(bad),
      ...['d', 'e'].map((reference) => intents.write(capture('neighbours', reference))),
    ])
    expect(settled.map((one) => one.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ])
  })
})

describe('settling', () => {
  test('keeps the first outcome, and a later write reads it', async () => {
    const intents = hub()
    const { id } = await intents.write(capture('settle', 'r1'))
    const both = await Promise.all([intents.settle(id, { done: 1 }), intents.settle(id, { done: 2 })])
    expect(both).toEqual([true, false])
    expect(await intents.settle(id, { done: 3 })).toBe(false)
    expect(await intents.write(capture('settle', 'r1'))).toEqual({ id, created: false, outcome: { done: 1 } })
    expect(await intents.pending('settle', 0, 10)).toEqual([])
  })
})

describe('driving what was left', () => {
  test('leaves young intents to the use case at work on them', async () => {
    const intents = hub()
    await intents.write(capture('young', 'r1'))
    expect(await intents.driveOnce('young', async () => 'done', never)).toEqual({ taken: 0, settled: 0 })
    await clock.advance(5_000)
    expect(await intents.driveOnce('young', async () => 'done', never)).toEqual({ taken: 1, settled: 1 })
  })

  test('two hubs never run the same intent at once', async () => {
    const [a, b] = [hub(), hub()]
    await Promise.all(Array.from({ length: 40 }, (_, n) => a.write(capture('shared', `r${n}`))))
    const runs: string[] = []
    const handler = async (intent: { reference: string }) => {
      runs.push(intent.reference)
      return 'done'
    }
    const results = await Promise.all([
      a.driveOnce('shared', handler, never, now),
      b.driveOnce('shared', handler, never, now),
    ])
    expect(results.map((result) => result.taken)).toEqual([20, 20])
    expect(new Set(runs).size).toBe(40)
  })

  test('a hub that dies holds its lease until it runs out; then another finishes the work', async () => {
    const [dying, other] = [hub(), hub()]
    await dying.write(capture('killed', 'r1'))
    // What a kill leaves: the claim is committed and nothing after it ever happens.
    await db.owner`UPDATE kernel.intent SET leased_by = 'dead', attempts = 1,
      leased_until = ${new Date(clock.now() + 30_000)} WHERE room = 'killed'`
    expect(await other.driveOnce('killed', async () => 'done', never, now)).toEqual({ taken: 0, settled: 0 })
    await clock.advance(30_000)
    expect(await other.driveOnce('killed', async () => 'done', never, now)).toEqual({ taken: 1, settled: 1 })
  })

  test('a failing intent is tried again later and later, and does not stop the others', async () => {
    const intents = hub()
    await intents.write(capture('failing', 'bad'))
    await intents.write(capture('failing', 'good'))
    const handler = async (intent: { reference: string }) => {
      if (intent.reference === 'bad') throw new Error('away')
      return 'done'
    }
    expect(await intents.driveOnce('failing', handler, never, now)).toEqual({ taken: 2, settled: 1 })
    expect(await intents.driveOnce('failing', handler, never, now)).toEqual({ taken: 0, settled: 0 })
    await clock.advance(1_000)
    expect(await intents.driveOnce('failing', handler, never, now)).toEqual({ taken: 1, settled: 0 })
    await clock.advance(1_000)
    expect(await intents.driveOnce('failing', handler, never, now)).toEqual({ taken: 0, settled: 0 })
    await clock.advance(1_000)
    const [left] = await intents.pending('failing', 0, 10)
    expect(left).toMatchObject({ reference: 'bad', attempts: 2 })
    expect(await intents.driveOnce('failing', async () => 'at last', never, now)).toEqual({ taken: 1, settled: 1 })
  })

  test('a long handler keeps its lease, and is told to stop when the lease is lost', async () => {
    const [slow, other] = [hub(), hub()]
    await slow.write(capture('slow', 'r1'))
    let told: Promise<unknown> = Promise.resolve()
    const started = Promise.withResolvers<void>()
    const finish = Promise.withResolvers<void>()
    const run = slow.driveOnce(
      'slow',
      async (_, signal) => {
        told = new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason)))
        started.resolve()
        await finish.promise
        return 'done'
      },
      never,
      now,
    )
    await started.promise
    const lease = async () => {
      const [row] = await db.owner<{ ms: number }[]>`
        SELECT (extract(epoch FROM leased_until) * 1000)::float8 AS ms FROM kernel.intent WHERE room = 'slow'`
      return row?.ms ?? 0
    }
    for (let round = 0; round < 5; round++) {
      const before = await lease()
      await clock.advance(10_000)
      await expect.poll(lease).toBe(before + 10_000)
    }
    expect(await other.driveOnce('slow', async () => 'stolen', never, now)).toEqual({ taken: 0, settled: 0 })
    await db.owner`UPDATE kernel.intent SET leased_by = 'thief' WHERE room = 'slow'`
    await clock.advance(10_000)
    expect(await told).toMatchObject({ message: 'the lease was lost' })
    finish.resolve()
    await run
  })

  test('goes on over database errors, and returns when its signal aborts', async () => {
    let complaints = 0
    const log = { ...silentLog, warn: () => void complaints++ }
    const ids = createIds({ clock, randomness: createSeededRandomness(++seed) })
    const intents = createIntents({ db, clock, ids, log })
    await intents.write(capture('loop', 'r1'))
    const stop = new AbortController()
    const seen: string[] = []
    const handler = async (intent: { reference: string }) => seen.push(intent.reference)
    await db.owner`ALTER TABLE kernel.intent RENAME TO intent_away`
    const loop = intents.drive('loop', handler, stop.signal, now)
    await expect.poll(() => clock.advance(1_000).then(() => complaints)).toBeGreaterThan(1)
    await db.owner`ALTER TABLE kernel.intent_away RENAME TO intent`
    await expect.poll(() => clock.advance(1_000).then(() => seen)).toEqual(['r1'])
    stop.abort()
    await loop
  })
})

describe('row-level security', () => {
  test('shows an organisation its own intents only, and lets it change none', async () => {
    await hub().write({ ...capture('rls', 'mine'), orgId: 'org_mine' })
    await hub().write({ ...capture('rls', 'theirs'), orgId: 'org_theirs' })
    const rows = await db.asOrg('org_mine', (tx) => tx`SELECT reference FROM kernel.intent WHERE room = 'rls'`)
    expect([...rows]).toEqual([{ reference: 'mine' }])
    expect((await db.app`SELECT 1 FROM kernel.intent`).length).toBe(0)
    await expect(db.asOrg('org_mine', (tx) => tx`UPDATE kernel.intent SET outcome = '1'`)).rejects.toMatchObject({
      code: '42501',
    })
  })
})
