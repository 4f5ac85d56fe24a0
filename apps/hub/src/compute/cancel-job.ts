import type { Actor } from '@bithive/kernel/actor'
import { mustAllow } from '@bithive/kernel/http'
import { endJob } from './end-job.ts'
import { computeErrors } from './errors.ts'
import { type JobRow, jobById } from './job-store.ts'
import { statesBefore } from './lifecycle.ts'
import { ownJob } from './own-job.ts'
import { placeHold } from './place-hold.ts'
import { mayOrderJobs } from './policy.ts'
import type { Room } from './ports.ts'

/**
 * Cancels a job that has not returned a result, and gives the money back. Cancelling twice is cancelling once.
 * @throws compute.wrong-state once a result lies here: it must be accepted or rejected
 */
export async function cancelJob(room: Room, actor: Actor, jobId: string): Promise<JobRow> {
  mustAllow(mayOrderJobs(actor))
  const job = await ownJob(room, actor, jobId)
  if (job.state === 'cancelled') return job
  await room.audit.record({ orgId: actor.orgId, actorId: actor.id, action: 'compute.cancel-job', resource: jobId })
  // A hold that is still on its way must land first: a refund that overtook it would leave it standing for ever.
  const settled = await placeHold(room, job)
  if (settled.state === 'ordered') throw computeErrors.error('wrong-state', { state: settled.state })
  const from = statesBefore('cancelled').filter((state) => state !== 'ordered')
  const cancelled = await endJob(room, jobId, 'cancelled', { from, problem: null })
  const now = await jobById(room.db.worker, jobId)
  if (!cancelled && now?.state !== 'cancelled')
    throw computeErrors.error('wrong-state', { state: now?.state ?? 'unknown' })
  return now as JobRow
}
