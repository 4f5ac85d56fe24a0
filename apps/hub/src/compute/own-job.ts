import type { Actor } from '@bithive/kernel/actor'
import { httpErrors, mustAllow } from '@bithive/kernel/http'
import { type JobRow, jobById } from './job-store.ts'
import { maySeeJobs } from './policy.ts'
import type { Room } from './ports.ts'

/**
 * A job of the actor's organisation, read under row-level security: another's job is not there at all.
 * @throws http.not-found
 */
export async function ownJob(room: Room, actor: Actor, jobId: string): Promise<JobRow> {
  mustAllow(maySeeJobs(actor))
  const job = await room.db.asOrg(actor.orgId, (tx) => jobById(tx, jobId))
  if (!job) throw httpErrors.error('not-found')
  return job
}
