import type { JobState } from '@bithive/api/compute'
import { captureJob } from './accept-result.ts'
import { SILENT_MS } from './connect-node.ts'
import { endJob, refundJob, releaseLease } from './end-job.ts'
import { computeErrors } from './errors.ts'
import { type JobRow, jobsStuckIn, jobsToRefund, moveJob } from './job-store.ts'
import { type EndReason, expiredLeases, type LeaseState } from './lease-store.ts'
import { JOB_STATES, type TimeoutAct } from './lifecycle.ts'
import { markSilentNodes, noteNodeEvent } from './node-store.ts'
import { placeHold } from './place-hold.ts'
import type { Room } from './ports.ts'
import { SIGNAL } from './signals.ts'
import { tellOwner } from './tell-owner.ts'

const PAGE = 100
/** After an end, how long the refund of the use case itself is given before it is asked again. */
const REFUND_AGAIN_MS = 5_000

/** Ends the leases whose node has fallen silent or never answered the offer; their jobs go to other nodes. */
export async function expireLeases(room: Room): Promise<number> {
  const leases = await expiredLeases(room.db.worker, room.clock.now(), PAGE)
  for (const lease of leases) {
    const reason = lease.state === 'offered' ? 'offer-unanswered' : 'expired'
    await releaseLease(room, lease, reason, [lease.state])
  }
  return leases.length
}

/** Nodes that no hub has heard for three heartbeats count as offline. */
export async function watchNodes(room: Room): Promise<void> {
  const now = room.clock.now()
  for (const { id, orgId } of await markSilentNodes(room.db.worker, now - SILENT_MS)) {
    await noteNodeEvent(room.db.worker, { orgId, nodeId: id, kind: 'silent' }, now)
    tellOwner(room, { orgId, nodeId: id })
    room.signals.wake(SIGNAL.allocate)
  }
}

async function leaveOpen(room: Room, job: JobRow): Promise<void> {
  const problem = computeErrors.code('answer-missing')
  if (await moveJob(room.db.worker, job, 'unresolved', room.clock.now(), { problem }, ['returned'])) {
    room.log.warn({ jobId: job.id, epoch: job.epoch }, 'a result got no answer; the hold stays')
    room.signals.wake(SIGNAL.jobsOf(job.orgId))
  }
}

/** How a lease that lasted too long in a job's state ends, and the state of the lease meanwhile. */
const TOO_LONG: Partial<Record<JobState, { reason: EndReason; lease: LeaseState }>> = {
  leased: { reason: 'not-staged', lease: 'held' },
  staged: { reason: 'too-slow', lease: 'staged' },
  running: { reason: 'too-slow', lease: 'running' },
}

/** Only while the lease is still where it stood too long: a result that has come in meanwhile counts. */
async function releaseStuck(room: Room, job: JobRow): Promise<void> {
  const found = TOO_LONG[job.state]
  if (found) await releaseLease(room, { jobId: job.id, epoch: job.epoch }, found.reason, [found.lease])
}

/** What is done when a job has been too long in a state, by the act that the lifecycle names. */
const ACTS: Readonly<Record<TimeoutAct, (room: Room, job: JobRow) => Promise<unknown>>> = {
  'hold-again': placeHold,
  'capture-again': captureJob,
  'leave-open': leaveOpen,
  'give-up': (room, job) =>
    endJob(room, job.id, 'failed', { from: [job.state], problem: computeErrors.code('no-node-in-time') }),
  'release-lease': releaseStuck,
}

/** Applies the lifecycle's time-outs. Answers how many jobs it took up. */
export async function driveJobs(room: Room): Promise<number> {
  const now = room.clock.now()
  let taken = 0
  for (const [state, { timeout }] of Object.entries(JOB_STATES)) {
    if (!timeout) continue
    for (const job of await jobsStuckIn(room.db.worker, state as JobState, now - timeout.afterMs, PAGE)) {
      await ACTS[timeout.act](room, job)
      taken++
    }
  }
  for (const job of await jobsToRefund(room.db.worker, now - REFUND_AGAIN_MS, PAGE)) {
    await refundJob(room, job)
    taken++
  }
  return taken
}
