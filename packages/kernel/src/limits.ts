import type { Clock } from './clock.ts'
import { defineErrors } from './errors.ts'

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

/** Token buckets by key (principal or address). */
export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { clock, capacity, refillPerSecond, maxKeys } = options
  // A Map keeps insertion order, and each use re-inserts: the first key is the one unused for longest.
  const buckets = new Map<string, { tokens: number; at: number }>()
  return {
    take: (key, cost = 1) => {
      const now = clock.now()
      const old = buckets.get(key) ?? { tokens: capacity, at: now }
      const tokens = Math.min(capacity, old.tokens + ((now - old.at) / 1000) * refillPerSecond)
      buckets.delete(key)
      const enough = tokens >= cost
      buckets.set(key, { tokens: enough ? tokens - cost : tokens, at: now })
      if (buckets.size > maxKeys) buckets.delete(buckets.keys().next().value as string)
      if (enough) return { ok: true }
      return { ok: false, retryAfterMs: Math.ceil(((cost - tokens) / refillPerSecond) * 1000) }
    },
  }
}

/**
 * Lets at most `slots` acts run at once, and no organisation more than its fair part while others wait:
 * the next slot always goes to the waiting organisation that has the fewest running.
 */
export function createFairQueue(options: { slots: number; maxWaiting: number }) {
  const running = new Map<string, number>()
  let active = 0
  const waiting: { org: string; start: () => void }[] = []
  const startNext = () => {
    if (active >= options.slots || waiting.length === 0) return
    const load = (org: string) => running.get(org) ?? 0
    let best = 0
    for (let i = 1; i < waiting.length; i++) {
      if (load((waiting[i] as { org: string }).org) < load((waiting[best] as { org: string }).org)) best = i
    }
    const [next] = waiting.splice(best, 1)
    if (!next) return
    active++
    running.set(next.org, load(next.org) + 1)
    next.start()
  }
  return {
    /** @throws limits.too-many-requests when too many already wait. */
    run: async <T>(org: string, act: () => Promise<T>): Promise<T> => {
      if (waiting.length >= options.maxWaiting) throw limitErrors.error('too-many-requests')
      await new Promise<void>((start) => {
        waiting.push({ org, start })
        startNext()
      })
      try {
        return await act()
      } finally {
        active--
        const left = (running.get(org) ?? 1) - 1
        if (left === 0) running.delete(org)
        else running.set(org, left)
        startNext()
      }
    },
  }
}
