import { describe, expect, test } from 'vitest'
import { hasEnded, mayFollow, ORDER_LIFECYCLE, type OrderState } from './lifecycle.ts'

const states = Object.keys(ORDER_LIFECYCLE) as OrderState[]

describe('the lifecycle of an order', () => {
  test('every state that is named exists and has words in both languages', () => {
    for (const state of states) {
      const { next, text } = ORDER_LIFECYCLE[state]
      for (const follower of next) expect(states).toContain(follower)
      expect(text.zh.length * text.en.length).toBeGreaterThan(0)
    }
  })

  test('an order that has not ended is asked about, and can still end', () => {
    const reach = (from: OrderState, seen = new Set<OrderState>()): Set<OrderState> => {
      for (const to of ORDER_LIFECYCLE[from].next) if (!seen.has(to)) reach(to, seen.add(to))
      return seen
    }
    for (const state of states.filter((one) => !hasEnded(one))) {
      expect(ORDER_LIFECYCLE[state].askAfterMs).toBeGreaterThan(0)
      expect([...reach(state)].some(hasEnded)).toBe(true)
      // Whatever the hub says, an order can stop without a result.
      expect(mayFollow(state, 'failed') || mayFollow(state, 'refused')).toBe(true)
    }
  })

  test('the ends are ends', () => {
    expect(states.filter(hasEnded).sort()).toEqual(['cancelled', 'failed', 'refused', 'settled'])
  })

  test('nothing is settled that was not filed', () => {
    const before = states.filter((state) => mayFollow(state, 'settled'))
    expect(before.sort()).toEqual(['accepted', 'filed', 'unknown'])
  })
})
