import type { Clock } from './clock.ts'
import type { Log } from './log.ts'

/** What happens as time passes. `run` returns when the signal aborts and never throws for expected trouble. */
export type Worker = {
  readonly name: string
  readonly run: (signal: AbortSignal) => Promise<void>
  /** How it goes; absent where a worker is not one act that repeats. */
  readonly report?: () => WorkerReport
}

/** Times are milliseconds since the Unix epoch. */
export type WorkerReport = {
  readonly name: string
  readonly intervalMs: number
  readonly startedAt?: number
  /** When the act that is under way began. */
  readonly actingSince?: number
  readonly lastSuccessAt?: number
  readonly lastFailure?: { readonly at: number; readonly code: string }
  /** Failures since the last success. */
  readonly failures: number
}

export type EveryOptions = {
  readonly name: string
  readonly intervalMs: number
  readonly clock: Clock
  readonly log: Log
  readonly act: (signal: AbortSignal) => Promise<void>
  /** Asked at each pause: resolves when there may be work before the interval is over; the worker then acts at once. */
  readonly wake?: () => Promise<void>
}

/** Repeats one act. A failing act is logged by its code and tried again after the interval, doubled up to 32 times. */
export function every(options: EveryOptions): Worker {
  const { name, intervalMs, clock, log, act, wake } = options
  let report: WorkerReport = { name, intervalMs, failures: 0 }
  return {
    name,
    report: () => report,
    run: async (signal) => {
      let failures = 0
      report = { ...report, startedAt: clock.now() }
      let pause: AbortController | undefined
      let waiting: Promise<void> | undefined
      while (!signal.aborted) {
        const { actingSince: _, ...before } = report
        try {
          report = { ...before, actingSince: clock.now() }
          await act(signal)
          failures = 0
          report = { ...before, failures, lastSuccessAt: clock.now() }
        } catch (error) {
          if (signal.aborted) return
          failures++
          const code = error instanceof Error && 'code' in error ? String(error.code) : (error as Error)?.name
          report = { ...before, failures, lastFailure: { at: clock.now(), code: code ?? 'unexpected' } }
          log.error({ worker: name, failures, code, err: error }, 'worker failed, it will try again')
        }
        // A signal that aborted during the act would never interrupt the pause.
        if (signal.aborted) return
        const current = new AbortController()
        pause = current
        const stop = () => current.abort()
        signal.addEventListener('abort', stop, { once: true })
        if (wake && failures === 0) {
          const woken = wake()
          // A promise given again was listened to already: a race a round would pile up on it until it resolves.
          if (woken !== waiting)
            woken.then(
              () => pause?.abort(),
              () => {},
            )
          waiting = woken
        }
        await clock.sleep(intervalMs * 2 ** Math.min(failures, 5), current.signal).catch(() => {})
        pause = undefined
        signal.removeEventListener('abort', stop)
      }
    },
  }
}

/** Starts workers together; `stop` aborts them and waits until the last has returned. */
export function startWorkers(workers: readonly Worker[]): { readonly stop: () => Promise<void> } {
  const controller = new AbortController()
  const running = workers.map((worker) => worker.run(controller.signal))
  return {
    stop: async () => {
      controller.abort()
      await Promise.allSettled(running)
    },
  }
}
