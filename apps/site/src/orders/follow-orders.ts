import type { JobView } from '@bithive/api/compute'
import { DomainError } from '@bithive/kernel/errors'
import { every, type Worker } from '@bithive/kernel/worker'
import type { AdvanceOrder } from './advance-order.ts'
import type { OrdersDeps } from './deps.ts'
import * as store from './store.ts'

const SWEEP_MS = 1_000
const AT_ONCE = 4
const FIRST_PAUSE_MS = 250
const MAX_PAUSE_MS = 30_000

/** At most `AT_ONCE` orders are driven together: sealing and opening are the site's processor time. */
async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items]
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await act(item)
  }
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, waiting.length) }, lane))
}

export function orderWorkers(deps: OrdersDeps, advance: AdvanceOrder): readonly Worker[] {
  const { clock, log } = deps
  const asSite = <T>(run: Parameters<typeof deps.db.asOrg<T>>[1]) => deps.db.asOrg(deps.orgId, run)
  /** One order's trouble is noted with it and never keeps the others waiting. */
  const safely = async (orderId: string, job?: JobView) => {
    try {
      await advance(orderId, job)
    } catch (error) {
      // A job of an earlier life of this database: there is nothing here to drive.
      if (error instanceof DomainError && error.code === 'orders.unknown') return
      log.error({ orderId, err: error }, 'an order could not be driven, it will be tried again')
    }
  }

  const followPage = async (signal: AbortSignal) => {
    const after = await asSite(store.readCursor)
    const page = await deps.hub.listJobs({ after, waitMs: deps.pollMs ?? 20_000 }, signal)
    await inParallel(page.jobs, (job) => safely(job.requestId, job))
    // The cursor may pass an order that failed: its own row says when it is tried again.
    if (page.next > after) await asSite((tx) => store.writeCursor(tx, deps.orgId, page.next))
  }

  const follow: Worker = {
    name: 'orders.follow',
    run: async (signal) => {
      let failures = 0
      while (!signal.aborted) {
        try {
          await followPage(signal)
          failures = 0
        } catch (error) {
          if (signal.aborted) return
          failures++
          const code = error instanceof DomainError ? error.code : 'unexpected'
          log.warn({ worker: 'orders.follow', code, failures }, 'the hub could not be followed, it will be tried again')
          const pause = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10))
          await clock.sleep(pause, signal).catch(() => {})
        }
      }
    },
  }

  const sweep = every({
    name: 'orders.sweep',
    intervalMs: SWEEP_MS,
    clock,
    log,
    act: async () => {
      const due = await asSite((tx) => store.listDue(tx, clock.now(), 100))
      await inParallel(due, (orderId) => safely(orderId))
    },
  })
  return [follow, sweep]
}
