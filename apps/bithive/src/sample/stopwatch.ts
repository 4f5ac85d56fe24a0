import { systemClock } from '@bithive/kernel/clock'

export type Stopwatch = {
  /** Seconds since the start, right-aligned, as every line of the loop begins. */
  readonly stamp: () => string
  /** Remembers how long a stage took, from the end of the one before it. */
  readonly lap: (stage: string) => void
  /** Milliseconds by stage, and the whole as `total`. */
  readonly stages: () => Readonly<Record<string, number>>
}

export function startStopwatch(): Stopwatch {
  const startedAt = systemClock.now()
  let last = startedAt
  const stages: Record<string, number> = {}
  return {
    stamp: () => `${((systemClock.now() - startedAt) / 1000).toFixed(2).padStart(7)} s`,
    lap: (stage) => {
      const now = systemClock.now()
      stages[stage] = now - last
      last = now
    },
    stages: () => ({ ...stages, total: systemClock.now() - startedAt }),
  }
}
