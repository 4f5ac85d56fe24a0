import { createManualClock } from '@bithive/kernel/clock'
import { describe, expect, test } from 'vitest'
import { followParent } from './follow-parent.ts'

const started = (env: Record<string, string>) => {
  const clock = createManualClock(0)
  const own = new AbortController()
  let parent = 100
  const signal = followParent({ clock, env, signal: own.signal, parent: () => parent })
  return { clock, own, signal, orphan: () => (parent = 1) }
}

describe('a house that npm started', () => {
  test('goes on while its parent lives, and ends when it has gone', async () => {
    const house = started({ npm_lifecycle_event: 'start' })
    await house.clock.advance(10_000)
    expect(house.signal.aborted).toBe(false)
    house.orphan()
    await house.clock.advance(1_000)
    expect(house.signal.aborted).toBe(true)
  })

  test('ends with its own signal too', () => {
    const house = started({ npm_lifecycle_event: 'start' })
    house.own.abort()
    expect(house.signal.aborted).toBe(true)
  })

  test('that a person started directly does not care who its parent is', async () => {
    const house = started({})
    house.orphan()
    await house.clock.advance(5_000)
    expect(house.signal.aborted).toBe(false)
  })
})
