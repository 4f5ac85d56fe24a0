import type { Clock } from './clock.ts'
import { defineErrors, invariant } from './errors.ts'

export const limitErrors = defineErrors('limits', {
  'too-many-requests': {
    status: 429,
    retryable: true,
    zh: { title: '请求太频繁', notDone: '这次请求没有处理。', todo: '请稍等片刻再试。' },
    en: {
      title: 'Too many requests',
      notDone: 'This request was not processed.',
      todo: 'Wait a moment, then try again.',
    },
  },
  'body-too-large': {
    status: 413,
    retryable: false,
    zh: { title: '内容太大', notDone: '内容没有接收。', todo: '请分成较小的部分，或请管理员调整上限。' },
    en: {
      title: 'The body is too large',
      notDone: 'The content was not received.',
      todo: 'Send it in smaller parts, or ask the operator to raise the limit.',
    },
  },
})

export type RateLimiter = {
  /** Takes `cost` from the key's budget. `retryAfterMs` says when enough will be there again. */
  readonly take: (key: string, cost?: number) => { ok: true } | { ok: false; retryAfterMs: number }
}

export type RateLimiterOptions = {
  readonly clock: Clock
  /** Largest burst. */
  readonly capacity: number
  readonly refillPerSecond: number
  /** Keys remembered; beyond it the key unused for longest is forgotten (it would be near full anyway). */
  readonly maxKeys: number
}

/** Below this a bucket counts as full enough: a token is not refused for a rounding error of the division. */
const ROUNDING = 1e-9

/** Token buckets by key (principal or address). A cost above the capacity could never be paid and is a defect. */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { clock, capacity, refillPerSecond, maxKeys } = options
  invariant(capacity > 0 && refillPerSecond > 0 && maxKeys > 0, 'a budget has a size and refills')
  // A Map keeps insertion order, and each use re-inserts: the first key is the one unused for longest.
  const buckets = new Map<string, { tokens: number; at: number }>()
  return {
    take: (key, cost = 1) => {
      invariant(cost > 0 && cost <= capacity, 'a cost fits into the budget')
      const now = clock.now()
      const old = buckets.get(key) ?? { tokens: capacity, at: now }
      // The system clock may be set back: that must not empty a budget.
      const elapsedMs = Math.max(0, now - old.at)
      const tokens = Math.min(capacity, old.tokens + (elapsedMs / 1000) * refillPerSecond)
      buckets.delete(key)
      const enough = tokens >= cost - ROUNDING
      buckets.set(key, { tokens: enough ? Math.max(0, tokens - cost) : tokens, at: now })
      if (buckets.size > maxKeys) buckets.delete(buckets.keys().next().value as string)
      if (enough) return { ok: true }
      return { ok: false, retryAfterMs: Math.ceil(((cost - tokens) / refillPerSecond) * 1000) }
    },
  }
}

export type FairQueue = {
  /** Runs the act when it is its organisation's turn. @throws limits.too-many-requests when too many already wait. */
  readonly run: <T>(org: string, act: () => Promise<T>) => Promise<T>
}

type Waiting = { readonly start: () => void; readonly refuse: () => void }
type Party = { running: number; lastTurn: number; readonly waiting: Waiting[] }

/** What a refused caller is told: acts are short, and a place is soon free. */
const QUEUE_RETRY_MS = 1_000

/**
 * Lets at most `slots` acts run at once and `maxWaiting` wait, and no organisation more than its fair part of either
 * while others want it: the next slot goes to the waiting organisation with the fewest running, and among those to
 * the one whose last turn was longest ago. When no more may wait, the youngest of the organisation that has most
 * waiting gives way to an organisation that has fewer.
 */
export function createFairQueue(options: { slots: number; maxWaiting: number }): FairQueue {
  const parties = new Map<string, Party>()
  let active = 0
  let waiting = 0
  let turn = 0

  const startNext = () => {
    if (active >= options.slots || waiting === 0) return
    const [first] = [...parties.values()]
      .filter((party) => party.waiting.length > 0)
      .sort((a, b) => a.running - b.running || a.lastTurn - b.lastTurn)
    const next = first?.waiting.shift()
    if (!first || !next) return
    active++
    waiting--
    first.running++
    first.lastTurn = ++turn
    next.start()
  }

  /** Makes room for one more of `party`, or says that there is none. */
  const makeRoom = (party: Party): boolean => {
    const heaviest = [...parties.values()].reduce((a, b) => (b.waiting.length > a.waiting.length ? b : a), party)
    if (heaviest.waiting.length <= party.waiting.length + 1) return false
    heaviest.waiting.pop()?.refuse()
    waiting--
    return true
  }

  const wait = (org: string) =>
    new Promise<Party>((resolve, reject) => {
      const party = parties.get(org) ?? { running: 0, lastTurn: 0, waiting: [] }
      const refuse = () => reject(limitErrors.error('too-many-requests', { retryAfterMs: QUEUE_RETRY_MS }))
      if (active >= options.slots && waiting >= options.maxWaiting && !makeRoom(party)) return refuse()
      parties.set(org, party)
      party.waiting.push({ start: () => resolve(party), refuse })
      waiting++
      startNext()
    })

  return {
    run: async (org, act) => {
      const party = await wait(org)
      try {
        return await act()
      } finally {
        active--
        party.running--
        if (party.running === 0 && party.waiting.length === 0) parties.delete(org)
        startNext()
      }
    },
  }
}
