/** Where time comes from. Rooms never read the system clock themselves, so that one seed replays a run. */
export type Clock = {
  /** Milliseconds since the Unix epoch, UTC. */
  readonly now: () => number
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
}

/** A longer timer overflows: Node would fire it at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

function systemSleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    let timer: NodeJS.Timeout
    const arm = (leftMs: number) => {
      timer = setTimeout(
        () => {
          if (leftMs > LONGEST_TIMER_MS) return arm(leftMs - LONGEST_TIMER_MS)
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
        Math.min(leftMs, LONGEST_TIMER_MS),
      )
    }
    arm(ms)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

export const systemClock: Clock = { now: () => Date.now(), sleep: systemSleep }

export type ManualClock = Clock & {
  /** Moves time forward and wakes every sleeper that is due, in order of its due time. */
  readonly advance: (ms: number) => Promise<void>
}

/** A clock that stands still until it is moved: for tests and the simulator. */
export function createManualClock(startMs: number): ManualClock {
  let now = startMs
  let sleepers: { due: number; wake: () => void }[] = []
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const onAbort = () => {
          sleepers = sleepers.filter((s) => s !== sleeper)
          reject(signal?.reason)
        }
        const wake = () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        }
        const sleeper = { due: now + ms, wake }
        sleepers.push(sleeper)
        signal?.addEventListener('abort', onAbort, { once: true })
      }),
    advance: async (ms) => {
      const end = now + ms
      for (;;) {
        const next = sleepers.filter((s) => s.due <= end).sort((a, b) => a.due - b.due)[0]
        if (!next) break
        now = Math.max(now, next.due)
        sleepers = sleepers.filter((s) => s !== next)
        next.wake()
        await new Promise((resolve) => setImmediate(resolve))
      }
      now = end
    },
  }
}
