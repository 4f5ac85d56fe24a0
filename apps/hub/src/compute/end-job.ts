import type { JobState } from '@bithive/api/compute'
import { shardOf } from '../ledger/index.ts'
import { refundChain } from './job-money.ts'
import { type JobRow, jobById, moveJob, type Runner } from './job-store.ts'
import { type EndReason, endLease, type LeaseRow, leaseOf, noteInputRefusal } from './lease-store.ts'
import type { Room } from './ports.ts'
import { SIGNAL } from './signals.ts'
import { tellOwner } from './tell-owner.ts'

/** Ends that say nothing about the node or the job, so they do not count as a try. */
const FREE_OF_CHARGE: readonly EndReason[] = ['declined', 'offer-unanswered']

/** Problem shown when a job has used up its tries for this reason. */
const problemOf = (reason: EndReason) =>
  reason === 'not-staged' ? 'compute.answer-missing' : 'compute.attempts-used-up'

function wakeAfter(room: Room, job: JobRow): void {
  room.signals.wake(SIGNAL.allocate)
  room.signals.wake(SIGNAL.deliver)
  room.signals.wake(SIGNAL.jobsOf(job.orgId))
}

/**
 * Takes a lease from its node without pay. The job goes back to the queue for another node, or fails when it has
 * used up its tries or its input is agreed to be unusable (`code` says why). False when the lease had ended or moved
 * on already.
 */
export async function releaseLease(
  room: Room,
  lease: Pick<LeaseRow, 'jobId' | 'epoch'>,
  reason: EndReason,
  from?: readonly LeaseRow['state'][],
  code?: string,
): Promise<boolean> {
  const attempts = Number(await room.parameters.get('compute.attempts'))
  const now = room.clock.now()
  const job = await room.db.worker.begin(async (tx) => {
    const row = await lockJob(tx, lease.jobId)
    if (!row) return undefined
    const ended = await endLease(tx, lease, reason, now, from)
    if (!ended) return undefined
    const lost = row.lost + (FREE_OF_CHARGE.includes(reason) ? 0 : 1)
    // An offer that was not taken never changed the job's state.
    if (row.state === 'queued') return row
    if (reason === 'input-refused' && code && (await noteInputRefusal(tx, lease, code))) {
      return moveJob(tx, row, 'failed', now, { lost, problem: code })
    }
    if (lost >= attempts) return moveJob(tx, row, 'failed', now, { lost, problem: problemOf(reason) })
    return moveJob(tx, row, 'queued', now, { lost, priceCents: null })
  })
  if (!job) return false
  const ended = await leaseOf(room.db.worker, lease.jobId, lease.epoch)
  if (ended) tellOwner(room, { orgId: ended.ownerOrgId, nodeId: ended.nodeId })
  room.log.info({ jobId: job.id, epoch: lease.epoch, reason, state: job.state }, 'a lease ended without pay')
  wakeAfter(room, job)
  if (job.state === 'failed') await refundJob(room, job)
  return true
}

/** Locks the job's row, so that ends, acceptances and leases of one job happen one after another. */
export async function lockJob(tx: Runner, jobId: string): Promise<JobRow | undefined> {
  await tx`SELECT FROM compute.jobs WHERE id = ${jobId} FOR UPDATE`
  return jobById(tx, jobId)
}

/**
 * Ends a job that will not be computed, with its lease, and gives the hold back. Undefined when it was in none of
 * the states `from` any more.
 */
export async function endJob(
  room: Room,
  jobId: string,
  to: Extract<JobState, 'failed' | 'cancelled'>,
  options: { from: readonly JobState[]; problem: string | null },
): Promise<JobRow | undefined> {
  const now = room.clock.now()
  const job = await room.db.worker.begin(async (tx) => {
    const row = await lockJob(tx, jobId)
    if (!row) return undefined
    const moved = await moveJob(tx, row, to, now, { problem: options.problem }, options.from)
    if (moved) await endLease(tx, { jobId, epoch: row.epoch }, 'cancelled', now)
    return moved
  })
  if (!job) return undefined
  wakeAfter(room, job)
  await refundJob(room, job)
  return job
}

/** Voids the hold of an ended job. Doing it twice changes nothing; the feed says when it is done. */
export async function refundJob(room: Room, job: JobRow): Promise<void> {
  if (job.holdState !== 'held') return
  const [outcome] = await room.ledger.submit(refundChain(job, shardOf(job.id)))
  room.signals.wake(SIGNAL.feed)
  if (outcome?.status === 'refused' || outcome?.status === 'unknown')
    room.log.error({ jobId: job.id, code: outcome.error.code }, 'a refund was not booked, it will be asked again')
}
