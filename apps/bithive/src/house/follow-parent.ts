import type { Clock } from '@bithive/kernel/clock'

const LOOK_MS = 1_000

/**
 * npm runs a script through a shell, and neither passes SIGTERM on: whoever ends `npm start` would leave a house
 * running without an owner. So a house that npm started ends, in order, when its parent has gone.
 * @returns a signal that aborts with `signal`, or when the parent changes
 */
export function followParent(deps: {
  readonly clock: Clock
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  readonly parent?: () => number
}): AbortSignal {
  const parent = deps.parent ?? (() => process.ppid)
  if (!deps.env.npm_lifecycle_event) return deps.signal
  const gone = new AbortController()
  const first = parent()
  const look = async () => {
    while (!deps.signal.aborted && parent() === first) await deps.clock.sleep(LOOK_MS, deps.signal).catch(() => {})
    gone.abort()
  }
  void look()
  return AbortSignal.any([deps.signal, gone.signal])
}
