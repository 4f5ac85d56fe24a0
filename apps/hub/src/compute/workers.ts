import type { Intent } from '@bithive/kernel/intents'
import { every, type Worker } from '@bithive/kernel/worker'
import { SHARDS } from '../ledger/index.ts'
import { resumeAcceptance } from './accept-result.ts'
import type { NodeConnections } from './connect-node.ts'
import { deliverMessages } from './deliver-messages.ts'
import { driveJobs, expireLeases, watchNodes } from './expire-leases.ts'
import { notePayouts } from './note-payouts.ts'
import { resumeOrder } from './order-job.ts'
import { placeJobs } from './place-jobs.ts'
import type { Room } from './ports.ts'
import { settleFromFeed } from './settle-from-feed.ts'
import { SIGNAL } from './signals.ts'
import { sweepBytes } from './sweep-bytes.ts'

const TICK_MS = 1_000
const SWEEP_MS = 10_000
/** After a start, how long nodes are given to connect again before a lease that ran out meanwhile is ended. */
export const START_GRACE_MS = 15_000

export function resumeIntent(room: Room, intent: Intent) {
  if (intent.kind === 'order') return resumeOrder(room, intent)
  if (intent.kind === 'accept') return resumeAcceptance(room, intent)
  return Promise.resolve({ refused: 'compute.unknown-intent' })
}

/** Repeats an act while it finds work, and otherwise when it is woken or the time is over. */
function onSignal(room: Room, name: string, signal: string, act: () => Promise<number | undefined>): Worker {
  const { clock, log } = room
  // Subscribed before the act reads, so that a wake during the act is not missed.
  let next = room.signals.next(signal)
  return every({
    name,
    intervalMs: TICK_MS,
    clock,
    log,
    act: async (abort) => {
      do {
        next.cancel()
        next = room.signals.next(signal)
      } while (((await act()) ?? 0) > 0 && !abort.aborted)
    },
    wake: () => next.woken,
  })
}

/** What the room does as time passes. */
export function computeWorkers(room: Room, connections: NodeConnections): Worker[] {
  const { clock, log } = room
  const startedAt = clock.now()
  const tick = (name: string, intervalMs: number, act: () => Promise<unknown>): Worker =>
    every({
      name,
      intervalMs,
      clock,
      log,
      act: async () => {
        await act()
      },
    })
  const readFeeds = async () => {
    let read = 0
    for (const shard of SHARDS) read += await settleFromFeed(room, shard)
    return read
  }
  const readPayouts = async () => {
    let read = 0
    for (const shard of SHARDS) read += await notePayouts(room, shard)
    return read
  }
  return [
    onSignal(room, 'compute.place-jobs', SIGNAL.allocate, () => placeJobs(room)),
    onSignal(room, 'compute.deliver-messages', SIGNAL.deliver, () => deliverMessages(room, connections)),
    onSignal(room, 'compute.settle-from-feed', SIGNAL.feed, readFeeds),
    onSignal(room, 'compute.note-payouts', SIGNAL.feed, readPayouts),
    tick('compute.expire-leases', TICK_MS, async () => {
      connections.closeSilent()
      await watchNodes(room)
      if (clock.now() - startedAt >= START_GRACE_MS) await expireLeases(room)
    }),
    tick('compute.drive-jobs', TICK_MS, () => driveJobs(room)),
    tick('compute.sweep-bytes', SWEEP_MS, () => sweepBytes(room)),
    {
      name: 'compute.intents',
      run: (signal) => room.intents.drive('compute', (intent) => resumeIntent(room, intent), signal),
    },
  ]
}
