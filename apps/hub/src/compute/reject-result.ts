import type { RejectResult } from '@bithive/api/compute'
import type { Actor } from '@bithive/kernel/actor'
import { mustAllow } from '@bithive/kernel/http'
import type { z } from 'zod'
import { releaseLease } from './end-job.ts'
import { computeErrors } from './errors.ts'
import { type JobRow, jobById } from './job-store.ts'
import { leaseOf } from './lease-store.ts'
import { ownJob } from './own-job.ts'
import { mayAnswerResults } from './policy.ts'
import type { Room } from './ports.ts'

/**
 * The site found the result unusable: the node is not paid and does not get the job again, which goes to another.
 * Rejecting twice is rejecting once.
 * @throws compute.stale-epoch, wrong-state
 */
export async function rejectResult(
  room: Room,
  actor: Actor,
  jobId: string,
  answer: z.infer<typeof RejectResult>,
): Promise<JobRow> {
  mustAllow(mayAnswerResults(actor))
  const job = await ownJob(room, actor, jobId)
  const lease = await leaseOf(room.db.worker, jobId, answer.epoch)
  if (lease?.state === 'ended' && lease.endReason === 'rejected') return job
  if (!lease || answer.epoch !== job.epoch)
    throw computeErrors.error('stale-epoch', { epoch: answer.epoch, latest: job.epoch })
  if (lease.state !== 'returned') throw computeErrors.error('wrong-state', { state: job.state })
  await room.audit.record({
    orgId: actor.orgId,
    actorId: actor.id,
    action: 'compute.reject-result',
    resource: jobId,
    facts: { epoch: answer.epoch, code: answer.code },
  })
  if (!(await releaseLease(room, lease, 'rejected', ['returned'])))
    throw computeErrors.error('wrong-state', { state: job.state })
  return (await jobById(room.db.worker, jobId)) as JobRow
}
