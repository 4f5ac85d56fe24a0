/**
 * The page's only clock and timers. Figures such as «3 s ago» follow the server's clock: a computer that runs ten
 * minutes late would otherwise show the future.
 */
let ahead = 0

/** Milliseconds since 1970 by the server's clock, as far as it is known. */
export function now(): number {
  return Date.now() + ahead
}

/**
 * Takes over what a server said its time is. A `Date` header has whole seconds, so a difference below two seconds
 * (answers take time as well) says nothing.
 */
export function learnServerTime(serverTime: number): void {
  if (!Number.isFinite(serverTime)) return
  const difference = serverTime - Date.now()
  ahead = Math.abs(difference) < 2_000 ? 0 : difference
}

/** Calls once after `ms`; the answer calls it off. */
export function after(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, ms)
  return () => clearTimeout(timer)
}

/** Calls again and again; the answer stops it. */
export function every(ms: number, act: () => void): () => void {
  const timer = setInterval(act, ms)
  return () => clearInterval(timer)
}

/** Resolves after `ms`, or at once when `signal` ends. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const stop = ms === Number.POSITIVE_INFINITY ? () => {} : after(ms, resolve)
    const end = () => {
      stop()
      resolve()
    }
    signal?.addEventListener('abort', end, { once: true })
  })
}
