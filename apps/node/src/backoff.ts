import type { Randomness } from '@bithive/kernel/randomness'

const FIRST_MS = 250
const MOST_MS = 30_000

/**
 * Pause before the next attempt: doubles from 250 ms to 30 s, and of that a random half to whole, so that many nodes
 * that lost one hub do not come back at the same moment.
 */
export function backoffMs(attempt: number, randomness: Randomness): number {
  const full = Math.min(MOST_MS, FIRST_MS * 2 ** (attempt - 1))
  const [high = 0, low = 0] = randomness.bytes(2)
  return Math.round(full * (0.5 + (high * 256 + low) / 131_072))
}
