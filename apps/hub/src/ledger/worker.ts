import type { Clock } from '@bithive/kernel/clock'
import type { Log } from '@bithive/kernel/log'
import { every, type Worker } from '@bithive/kernel/worker'
import type { Ledger } from './create-ledger.ts'

const CHECK_INTERVAL_MS = 5_000
const EXPIRY_INTERVAL_MS = 1_000
const LEVEL_INTERVAL_MS = 1_000

/**
 * What the ledger does as time passes: proves the books (what is new, and all the rest by slices), voids the
 * holds whose time is over, and ends levels between shards that were left open.
 */
export function ledgerWorkers(deps: {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly log: Log
  readonly checkIntervalMs?: number
  readonly expiryIntervalMs?: number
  readonly levelIntervalMs?: number
}): Worker[] {
  const { ledger, clock, log } = deps
  let begun = false
  return [
    every({
      name: 'ledger.check-books',
      intervalMs: deps.checkIntervalMs ?? CHECK_INTERVAL_MS,
      clock,
      log,
      act: async () => {
        // A new process reads all transfers once more, by slices, however lately another one did.
        const limits = begun ? {} : { replayRestMs: 0 }
        begun = (await ledger.checkBooks({ limits })) !== undefined || begun
      },
    }),
    every({
      name: 'ledger.expire-holds',
      intervalMs: deps.expiryIntervalMs ?? EXPIRY_INTERVAL_MS,
      clock,
      log,
      act: async () => {
        await ledger.expireHolds()
      },
    }),
    every({
      name: 'ledger.finish-levels',
      intervalMs: deps.levelIntervalMs ?? LEVEL_INTERVAL_MS,
      clock,
      log,
      act: async () => {
        await ledger.finishLevels()
      },
    }),
  ]
}
