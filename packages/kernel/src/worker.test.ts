import { getEventListeners } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { type Clock, createManualClock } from './clock.ts'
import { type Log, silentLog } from './log.ts'
import { every, startWorkers, type Worker } from './worker.ts'

/** A manual clock that also says how long each sleep was asked for. */
function watchedClock() {
  const clock = createManualClock(0)
  const asked: number[] = []
  const sleep: Clock['sleep'] = (ms, signal) => {
    asked.push(ms)
    return clock.sleep(ms, signal)
  }
  return { clock: { ...clock, sleep }, asked }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

function start(worker: Worker) {
  const stop = new AbortController()
  const ended = worker.run(stop.signal)
  return { stop, ended }
}

describe('a worker', () => {
  test('acts at once and then at each interval', async () => {
    const { clock } = watchedClock()
    const acts: number[] = []
    const act = async () => void acts.push(clock.now())
    const { stop, ended } = start(every({ name: 'w', intervalMs: 100, clock, log: silentLog, act }))
    await turn()
    await clock.advance(350)
    expect(acts).toEqual([0, 100, 200, 300])
    stop.abort()
    await ended
  })

  test('says when it last succeeded, since when it fails and with which code', async () => {
    const { clock } = watchedClock()
    let fail = false
    const act = async () => {
      if (fail) throw Object.assign(new Error('no'), { code: 'room.trouble' })
    }
    const worker = every({ name: 'w', intervalMs: 100, clock, log: silentLog, act })
    expect(worker.report?.()).toEqual({ name: 'w', intervalMs: 100, failures: 0 })
    const { stop, ended } = start(worker)
    await turn()
    fail = true
    await clock.advance(100)
    const failed = { at: 100, code: 'room.trouble' }
    expect(worker.report?.()).toEqual({
      ...{ name: 'w', intervalMs: 100, startedAt: 0, lastSuccessAt: 0, lastFailure: failed, failures: 1 },
    })
    fail = false
    await clock.advance(200)
    expect(worker.report?.()).toMatchObject({ lastSuccessAt: 300, lastFailure: failed, failures: 0 })
    stop.abort()
    await ended
  })

  test('waits twice as long after each failure, at most 32 times, and as before after a success', async () => {
    const { clock, asked } = watchedClock()
    let failing = true
    const act = async () => {
      if (failing) throw new Error('down')
    }
    const { stop, ended } = start(every({ name: 'w', intervalMs: 10, clock, log: silentLog, act }))
    await turn()
    for (let i = 0; i < 7; i++) await clock.advance(asked.at(-1) as number)
    expect(asked).toEqual([20, 40, 80, 160, 320, 320, 320, 320])
    failing = false
    await clock.advance(320)
    await clock.advance(10)
    expect(asked.slice(8)).toEqual([10, 10])
    stop.abort()
    await ended
  })

  test('logs a failure by its code, with how often it failed', async () => {
    const { clock } = watchedClock()
    const logged: object[] = []
    const log: Log = { ...silentLog, error: (facts) => void logged.push(facts) }
    const act = () => Promise.reject(Object.assign(new Error('words'), { code: 'ECONNREFUSED' }))
    const { stop, ended } = start(every({ name: 'feed', intervalMs: 10, clock, log, act }))
    await turn()
    await clock.advance(20)
    expect(logged).toMatchObject([
      { worker: 'feed', failures: 1, code: 'ECONNREFUSED' },
      { worker: 'feed', failures: 2, code: 'ECONNREFUSED' },
    ])
    stop.abort()
    await ended
  })

  test('that is woken acts before its interval is over', async () => {
    const { clock } = watchedClock()
    let acts = 0
    let wake = () => {}
    const worker = every({
      ...{ name: 'w', intervalMs: 1_000_000, clock, log: silentLog },
      act: async () => void acts++,
      wake: () => new Promise<void>((resolve) => (wake = resolve)),
    })
    const { stop, ended } = start(worker)
    await turn()
    expect(acts).toBe(1)
    for (let i = 2; i < 6; i++) {
      wake()
      await turn()
      expect(acts).toBe(i)
    }
    stop.abort()
    await ended
  })

  test('that was woken while it acted acts again at once', async () => {
    const { clock } = watchedClock()
    let acts = 0
    let bell = Promise.withResolvers<void>()
    const worker = every({
      ...{ name: 'w', intervalMs: 1_000, clock, log: silentLog },
      act: async () => {
        bell = Promise.withResolvers<void>()
        if (++acts === 1) bell.resolve()
      },
      wake: () => bell.promise,
    })
    const { stop, ended } = start(worker)
    await turn()
    expect(acts).toBe(2)
    stop.abort()
    await ended
  })

  test('that fails is not woken out of its pause: what is down is left alone', async () => {
    const { clock } = watchedClock()
    let acts = 0
    const act = async () => {
      acts++
      throw new Error('down')
    }
    const wake = async () => {}
    const { stop, ended } = start(every({ name: 'w', intervalMs: 10, clock, log: silentLog, act, wake }))
    await turn()
    await turn()
    expect(acts).toBe(1)
    stop.abort()
    await ended
  })

  test('goes on at its interval when the bell itself is broken', async () => {
    const { clock } = watchedClock()
    let acts = 0
    const act = async () => void acts++
    const wake = () => Promise.reject(new Error('no bell'))
    const { stop, ended } = start(every({ name: 'w', intervalMs: 10, clock, log: silentLog, act, wake }))
    await turn()
    await clock.advance(20)
    expect(acts).toBe(3)
    stop.abort()
    await ended
  })

  test('stops at once, whether it sleeps, acts or has not begun', async () => {
    const { clock } = watchedClock()
    const options = { name: 'w', intervalMs: 1_000, clock, log: silentLog }
    const sleeping = start(every({ ...options, act: async () => {} }))
    await turn()
    sleeping.stop.abort()
    await sleeping.ended

    let acts = 0
    const untilAborted = (signal: AbortSignal) =>
      new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
    const acting = start(
      every({
        ...options,
        act: (signal) => {
          acts++
          return untilAborted(signal)
        },
      }),
    )
    acting.stop.abort()
    await acting.ended
    expect(acts).toBe(1)

    await every({ ...options, act: async () => void acts++ }).run(AbortSignal.abort())
    expect(acts).toBe(1)
  })

  test('that is stopped while its act ends well sleeps no more', async () => {
    const { clock, asked } = watchedClock()
    const stop = new AbortController()
    const act = async () => stop.abort()
    await every({ name: 'w', intervalMs: 1_000, clock, log: silentLog, act }).run(stop.signal)
    expect(asked).toEqual([])
  })

  test('keeps no listener and no promise over thousands of rounds', async () => {
    const rounds = 5_000
    let acts = 0
    let listeners = 0
    let most = 0
    const stop = new AbortController()
    const bell = new Promise<void>(() => {})
    const listening = vi.spyOn(bell, 'then')
    const worker = every({
      ...{ name: 'w', intervalMs: 1, log: silentLog },
      clock: { now: () => 0, sleep: () => Promise.resolve() },
      act: async (signal) => {
        listeners = getEventListeners(signal, 'abort').length
        most = Math.max(most, listeners)
        if (++acts === rounds) stop.abort()
      },
      wake: () => bell,
    })
    await worker.run(stop.signal)
    expect(acts).toBe(rounds)
    expect(most).toBe(0)
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0)
    expect(listening).toHaveBeenCalledTimes(1)
  })
})

describe('workers together', () => {
  test('are stopped together, and stopping waits for the last act', async () => {
    const { clock } = watchedClock()
    const ended: string[] = []
    const slow = Promise.withResolvers<void>()
    const workers: Worker[] = [
      every({ name: 'quick', intervalMs: 10, clock, log: silentLog, act: async () => {} }),
      {
        name: 'slow',
        run: async () => {
          await slow.promise
          ended.push('slow')
        },
      },
    ]
    const running = startWorkers(workers)
    let stopped = false
    const stop = running.stop().then(() => {
      stopped = true
    })
    await turn()
    expect(stopped).toBe(false)
    slow.resolve()
    await stop
    expect(ended).toEqual(['slow'])
  })
})
