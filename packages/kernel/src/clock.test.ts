import { getEventListeners } from 'node:events'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createManualClock, systemClock } from './clock.ts'

afterEach(() => void vi.useRealTimers())

describe('the system clock', () => {
  test('sleeps as long as asked, and a sleep longer than a timer holds does not end at once', async () => {
    vi.useFakeTimers()
    const days30 = 30 * 86_400_000
    let awake = false
    const sleep = systemClock.sleep(days30).then(() => (awake = true))
    await vi.advanceTimersByTimeAsync(days30 - 1)
    expect(awake).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(awake).toBe(true)
    await sleep
  })

  test('stops sleeping with the reason of the signal, whether it aborts before or meanwhile', async () => {
    const reason = new Error('enough')
    await expect(systemClock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason)
    const stop = new AbortController()
    const sleep = systemClock.sleep(60_000, stop.signal)
    stop.abort(reason)
    await expect(sleep).rejects.toBe(reason)
  })

  test('leaves no timer and no listener behind', async () => {
    vi.useFakeTimers()
    const { signal } = new AbortController()
    const sleeps = Array.from({ length: 100 }, () => systemClock.sleep(5, signal))
    expect(getEventListeners(signal, 'abort')).toHaveLength(100)
    await vi.advanceTimersByTimeAsync(5)
    await Promise.all(sleeps)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)

    const stop = new AbortController()
    const cut = systemClock.sleep(60_000, stop.signal).catch(() => {})
    stop.abort()
    await cut
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('the manual clock', () => {
  test('stands still until it is moved', async () => {
    const clock = createManualClock(1_000)
    let awake = false
    void clock.sleep(10).then(() => (awake = true))
    await clock.advance(9)
    expect([clock.now(), awake]).toEqual([1_009, false])
    await clock.advance(1)
    expect([clock.now(), awake]).toEqual([1_010, true])
  })

  test('wakes sleepers in the order in which they are due, each at its own time', async () => {
    const clock = createManualClock(0)
    const woken: [string, number][] = []
    for (const [name, ms] of [
      ['c', 30],
      ['a', 10],
      ['b', 20],
    ] as const) {
      void clock.sleep(ms).then(() => woken.push([name, clock.now()]))
    }
    await clock.advance(100)
    expect(woken).toEqual([
      ['a', 10],
      ['b', 20],
      ['c', 30],
    ])
    expect(clock.now()).toBe(100)
  })

  test('wakes a sleeper that lay down again within the same move', async () => {
    const clock = createManualClock(0)
    const beats: number[] = []
    const run = async () => {
      while (beats.length < 4) {
        await clock.sleep(10)
        beats.push(clock.now())
      }
    }
    const running = run()
    await clock.advance(45)
    expect(beats).toEqual([10, 20, 30, 40])
    await running
  })

  test('lets a signal end a sleep, and keeps no listener of one that ended by itself', async () => {
    const clock = createManualClock(0)
    const stop = new AbortController()
    for (let round = 0; round < 50; round++) {
      const sleep = clock.sleep(1, stop.signal)
      await clock.advance(1)
      await sleep
    }
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0)
    const sleep = clock.sleep(1, stop.signal)
    stop.abort('over')
    await expect(sleep).rejects.toBe('over')
    await expect(clock.sleep(1, stop.signal)).rejects.toBe('over')
  })
})
