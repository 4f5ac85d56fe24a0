/** Wakes whoever waits under a name. It only saves waiting: what is true is in the database, and is asked there. */
export type Signals = {
  readonly wake: (name: string) => void
  /** Resolves at the next wake after the call. Subscribe before reading what you wait for. */
  readonly next: (name: string) => { readonly woken: Promise<void>; readonly cancel: () => void }
}

/** @param onWake is told each name as it is woken */
export function createSignals(onWake?: (name: string) => void): Signals {
  const waiting = new Map<string, Set<() => void>>()
  return {
    wake: (name) => {
      const waiters = waiting.get(name)
      waiting.delete(name)
      for (const resolve of waiters ?? []) resolve()
      onWake?.(name)
    },
    next: (name) => {
      const waiters = waiting.get(name) ?? new Set()
      waiting.set(name, waiters)
      const { promise, resolve } = Promise.withResolvers<void>()
      waiters.add(resolve)
      const cancel = () => {
        waiters.delete(resolve)
        if (waiters.size === 0 && waiting.get(name) === waiters) waiting.delete(name)
        resolve()
      }
      return { woken: promise, cancel }
    },
  }
}

/** The names that this room's workers and long polls listen to. */
export const SIGNAL = {
  allocate: 'allocate',
  deliver: 'deliver',
  feed: 'feed',
  jobsOf: (orgId: string) => `jobs:${orgId}`,
} as const

/** The organisation whose jobs a name stands for; undefined for any other name. */
export const orgOfJobs = (name: string): string | undefined => (name.startsWith('jobs:') ? name.slice(5) : undefined)
