import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Clock } from './clock.ts'
import { createFairQueue, createRateLimiter } from './limits.ts'

/** A clock whose hand is set, also backwards, as a system's clock may be. */
function handClock() {
  let now = 1_000_000
  const clock: Clock = { now: () => now, sleep: () => Promise.reject(new Error('nobody sleeps here')) }
  return {
    clock,
    move: (ms: number) => {
      now += ms
    },
  }
}

describe('a rate limiter', () => {
  /** Exact: tokens in thousandths, one bucket a key, nothing ever forgotten. */
  function naiveLimiter(capacity: number, refillPerSecond: number) {
    const buckets = new Map<string, { milli: bigint; at: number }>()
    const full = BigInt(capacity) * 1000n
    return (key: string, cost: number, now: number) => {
      const old = buckets.get(key) ?? { milli: full, at: now }
      const grown = old.milli + BigInt(now - old.at) * BigInt(refillPerSecond)
      const milli = grown > full ? full : grown
      const due = BigInt(cost) * 1000n
      buckets.set(key, { milli: milli >= due ? milli - due : milli, at: now })
      if (milli >= due) return { ok: true }
      const rate = BigInt(refillPerSecond)
      return { ok: false, retryAfterMs: Number((due - milli + rate - 1n) / rate) }
    }
  }

  test('agrees with a naive twin in exact arithmetic', () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 3_000 }),
      key: fc.constantFrom('a', 'b', 'c'),
      cost: fc.integer({ min: 1, max: 5 }),
    })
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 20 }),
        fc.integer({ min: 1, max: 7 }),
        fc.array(step, { maxLength: 60 }),
        (capacity, refillPerSecond, steps) => {
          const { clock, move } = handClock()
          const limiter = createRateLimiter({ clock, capacity, refillPerSecond, maxKeys: 100 })
          const naive = naiveLimiter(capacity, refillPerSecond)
          for (const { wait, key, cost } of steps) {
            move(wait)
            const [given, right] = [limiter.take(key, cost), naive(key, cost, clock.now())]
            expect(given.ok).toBe(right.ok)
            // The division may be a rounding error above a whole millisecond; never below what is needed.
            if (!given.ok) expect([0, 1]).toContain(given.retryAfterMs - (right.retryAfterMs as number))
          }
        },
      ),
    )
  })

  test('keeps its word: after the time it names, the same is granted', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 500, noNaN: true }),
        fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 40 }),
        (refillPerSecond, costs) => {
          const { clock, move } = handClock()
          const limiter = createRateLimiter({ clock, capacity: 10, refillPerSecond, maxKeys: 10 })
          for (const cost of costs) {
            const first = limiter.take('a', cost)
            if (first.ok) continue
            move(first.retryAfterMs)
            expect(limiter.take('a', cost)).toEqual({ ok: true })
          }
        },
      ),
    )
  })

  test('is not short of a token by a rounding error: ten tenths of a second are a second', () => {
    const { clock, move } = handClock()
    const limiter = createRateLimiter({ clock, capacity: 1, refillPerSecond: 1, maxKeys: 10 })
    limiter.take('a')
    const granted = Array.from({ length: 10 }, () => {
      move(100)
      return limiter.take('a').ok
    })
    expect(granted).toEqual([...Array(9).fill(false), true])
  })

  test('does not lock anybody out when the system clock is set back', () => {
    const { clock, move } = handClock()
    const limiter = createRateLimiter({ clock, capacity: 3, refillPerSecond: 1, maxKeys: 10 })
    expect(limiter.take('a').ok).toBe(true)
    move(-3_600_000)
    expect(limiter.take('a').ok).toBe(true)
    expect(limiter.take('a').ok).toBe(true)
    expect(limiter.take('a')).toEqual({ ok: false, retryAfterMs: 1_000 })
  })

  test('remembers a bounded number of keys and forgets the one unused for longest', () => {
    const { clock } = handClock()
    const limiter = createRateLimiter({ clock, capacity: 1, refillPerSecond: 1, maxKeys: 2 })
    for (const key of ['busy', 'idle', 'busy', 'new']) limiter.take(key)
    expect(limiter.take('busy').ok).toBe(false)
    expect(limiter.take('idle').ok).toBe(true)
  })

  test('that could never grant a cost, or never refills, is a defect', () => {
    const { clock } = handClock()
    const limiter = createRateLimiter({ clock, capacity: 2, refillPerSecond: 1, maxKeys: 2 })
    expect(() => limiter.take('a', 3)).toThrow(/fits into the budget/)
    expect(() => limiter.take('a', -1)).toThrow(/fits into the budget/)
    expect(() => createRateLimiter({ clock, capacity: 1, refillPerSecond: 0, maxKeys: 1 })).toThrow(/refills/)
  })
})

/** Acts that are finished by hand, in the order in which they were started. */
function house(options: { slots: number; maxWaiting: number }) {
  const queue = createFairQueue(options)
  const started: string[] = []
  const running: { org: string; end: () => void }[] = []
  const refused: string[] = []
  let most = 0
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
  return {
    started,
    refused,
    running,
    most: () => most,
    settle,
    ask: (org: string) => {
      const act = () =>
        new Promise<void>((end) => {
          started.push(org)
          running.push({ org, end })
          most = Math.max(most, running.length)
        })
      queue.run(org, act).catch((error) => void refused.push(`${org} ${error.code}`))
    },
    /** Ends one that runs: the one that began first, unless told. */
    endOne: async (at = 0) => {
      running.splice(at % running.length, 1)[0]?.end()
      await settle()
    },
  }
}

describe('a fair queue', () => {
  test('with one slot lets a newcomer run next, however many another organisation has waiting', async () => {
    const h = house({ slots: 1, maxWaiting: 100 })
    for (let i = 0; i < 50; i++) h.ask('big')
    h.ask('small')
    await h.settle()
    await h.endOne()
    expect(h.started).toEqual(['big', 'small'])
  })

  test('takes turns between those who always have something waiting', async () => {
    const h = house({ slots: 1, maxWaiting: 100 })
    for (const org of ['a', 'b', 'c']) for (let i = 0; i < 10; i++) h.ask(org)
    await h.settle()
    for (let i = 0; i < 29; i++) await h.endOne()
    for (let i = 0; i < 30; i += 3) expect(new Set(h.started.slice(i, i + 3)).size).toBe(3)
  })

  test('never runs more than its slots, starts everything it took, and shares the slots evenly', async () => {
    const asks = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        asks,
        fc.infiniteStream(fc.nat(9)),
        async (slots, orgs, ends) => {
          const h = house({ slots, maxWaiting: 100 })
          for (const org of orgs) h.ask(org)
          await h.settle()
          const waiting = new Map<string, number>()
          for (const org of orgs) waiting.set(org, (waiting.get(org) ?? 0) + 1)
          for (const org of h.started) waiting.set(org, (waiting.get(org) as number) - 1)
          while (h.running.length > 0) {
            const before = h.started.length
            await h.endOne(ends.next().value)
            const next = h.started[before]
            if (!next) continue
            const load = (org: string) => h.running.filter((r) => r.org === org).length - (org === next ? 1 : 0)
            for (const [org, left] of waiting) if (left > 0) expect(load(next)).toBeLessThanOrEqual(load(org))
            waiting.set(next, (waiting.get(next) as number) - 1)
          }
          expect(h.most()).toBeLessThanOrEqual(slots)
          expect([...h.started].sort()).toEqual([...orgs].sort())
          expect(h.refused).toEqual([])
        },
      ),
      { numRuns: 100 },
    )
  })

  test('that is full refuses, with a time to try again', async () => {
    const queue = createFairQueue({ slots: 1, maxWaiting: 1 })
    let end = () => {}
    const first = queue.run('a', () => new Promise<void>((resolve) => (end = resolve)))
    const second = queue.run('a', async () => 2)
    await expect(queue.run('a', async () => 3)).rejects.toMatchObject({
      code: 'limits.too-many-requests',
      facts: { retryAfterMs: 1_000 },
    })
    end()
    expect(await Promise.all([first, second])).toEqual([undefined, 2])
  })

  test('that is full of one organisation still takes another: the youngest of the first gives way', async () => {
    const h = house({ slots: 1, maxWaiting: 4 })
    for (let i = 0; i < 5; i++) h.ask('flood')
    h.ask('small')
    h.ask('small')
    await h.settle()
    expect(h.refused).toEqual(['flood limits.too-many-requests', 'flood limits.too-many-requests'])
    h.ask('small')
    h.ask('flood')
    await h.settle()
    expect(h.refused.slice(2)).toEqual(['small limits.too-many-requests', 'flood limits.too-many-requests'])
    for (let i = 0; i < 5; i++) await h.endOne()
    expect(h.started).toEqual(['flood', 'small', 'flood', 'small', 'flood'])
  })

  test('lets the youngest give way, never one that waited longer', async () => {
    const queue = createFairQueue({ slots: 1, maxWaiting: 3 })
    const first = Promise.withResolvers<void>()
    const ran: string[] = []
    const ask = (org: string, name: string) =>
      queue.run(org, async () => void ran.push(name)).catch(() => void ran.push(`${name} refused`))
    const asked = [queue.run('flood', () => first.promise), ...['old', 'middle', 'young'].map((n) => ask('flood', n))]
    asked.push(ask('small', 'small'))
    first.resolve()
    await Promise.all(asked)
    expect(ran).toEqual(['young refused', 'small', 'old', 'middle'])
  })

  test('where nobody may wait runs what finds a free slot', async () => {
    const queue = createFairQueue({ slots: 1, maxWaiting: 0 })
    expect(await queue.run('a', async () => 'ran')).toBe('ran')
  })

  test('gives a failure to its caller and the slot to the next', async () => {
    const queue = createFairQueue({ slots: 1, maxWaiting: 5 })
    const failing = queue.run('a', () => Promise.reject(new Error('no')))
    const next = queue.run('b', async () => 'ran')
    await expect(failing).rejects.toThrow('no')
    expect(await next).toBe('ran')
  })
})
