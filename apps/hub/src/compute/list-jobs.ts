import type { JobPage, JobPageQuery } from '@bithive/api/compute'
import type { Actor } from '@bithive/kernel/actor'
import { mustAllow } from '@bithive/kernel/http'
import { jobsChangedAfter } from './job-store.ts'
import { viewJobs } from './job-view.ts'
import { maySeeJobs } from './policy.ts'
import type { Room } from './ports.ts'
import { SIGNAL } from './signals.ts'

/** Another hub may have changed the job without waking this one, so a long poll looks again by itself. */
const LOOK_AGAIN_MS = 1_000

/**
 * Jobs of the actor's organisation that changed after the cursor, oldest change first; waits for one when there is
 * none. `updatedAt` follows the commits within an organisation, so a caller that goes on from `next` misses nothing.
 */
export async function listJobs(room: Room, actor: Actor, query: JobPageQuery, signal?: AbortSignal): Promise<JobPage> {
  mustAllow(maySeeJobs(actor))
  const { orgId } = actor
  const end = room.clock.now() + query.waitMs
  for (;;) {
    const change = room.signals.next(SIGNAL.jobsOf(orgId))
    const jobs = await room.db.asOrg(orgId, (tx) => jobsChangedAfter(tx, orgId, query.after, query.limit))
    const left = end - room.clock.now()
    if (jobs.length > 0 || left <= 0 || signal?.aborted) {
      change.cancel()
      const next = jobs.length > 0 ? Number(jobs.at(-1)?.updatedAt) : query.after
      return { jobs: await viewJobs(room, jobs), next }
    }
    const stop = new AbortController()
    const wake = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
    const slept = room.clock.sleep(Math.min(left, LOOK_AGAIN_MS), wake).catch(() => {})
    await Promise.race([change.woken, slept])
    stop.abort()
    change.cancel()
  }
}
