import type { Actor } from '@bithive/kernel/actor'
import { mustAllow } from '@bithive/kernel/http'
import { sha256Hex } from '@bithive/kernel/ids'
import { lockJob } from './end-job.ts'
import { computeErrors } from './errors.ts'
import { type JobRow, jobById, moveJob } from './job-store.ts'
import { type LeaseRow, leaseOf, stageLeaseInput } from './lease-store.ts'
import { ownJob } from './own-job.ts'
import { mayOrderJobs } from './policy.ts'
import type { Room } from './ports.ts'
import { SIGNAL } from './signals.ts'

/** Sealed bytes of a lease lie below one folder, so that they go together. */
export const leaseFolder = (lease: { jobId: string; epoch: number }) => `compute/${lease.jobId}/${lease.epoch}`
export const inputKey = (lease: { jobId: string; epoch: number }, sha256: string) =>
  `${leaseFolder(lease)}/input-${sha256}`
export const resultKey = (lease: { jobId: string; epoch: number }, sha256: string) =>
  `${leaseFolder(lease)}/result-${sha256}`

/** True when the same bytes were staged before; throws when others were, or the lease is no longer the job's. */
function checkStage(job: JobRow, lease: LeaseRow | undefined, epoch: number, sha256: string): boolean {
  if (!lease || epoch !== job.epoch || lease.state === 'ended')
    throw computeErrors.error('stale-epoch', { epoch, latest: job.epoch })
  if (lease.state === 'held') return false
  if (lease.state === 'offered') throw computeErrors.error('wrong-state', { state: job.state })
  if (lease.inputSealedSha256 !== sha256) throw computeErrors.error('input-differs', { epoch })
  return true
}

/**
 * Takes the input that the site has sealed to the node of the job's latest lease. The hub cannot read it; it keeps
 * the bytes until the lease is over. Sending the same bytes twice is sending them once.
 * @throws compute.stale-epoch, wrong-state, input-differs
 */
export async function stageInput(
  room: Room,
  actor: Actor,
  input: { jobId: string; epoch: number; bytes: Uint8Array },
): Promise<JobRow> {
  mustAllow(mayOrderJobs(actor))
  const { jobId, epoch, bytes } = input
  const sha256 = sha256Hex(bytes)
  const job = await ownJob(room, actor, jobId)
  if (checkStage(job, await leaseOf(room.db.worker, jobId, epoch), epoch, sha256)) return job
  await room.audit.record({
    orgId: actor.orgId,
    actorId: actor.id,
    action: 'compute.stage-input',
    resource: jobId,
    facts: { epoch, sealedSha256: sha256, bytes: bytes.length },
  })
  await room.blobs.put(inputKey(input, sha256), bytes)
  await room.db.worker.begin(async (tx) => {
    const row = (await lockJob(tx, jobId)) as JobRow
    const lease = await leaseOf(tx, jobId, epoch)
    if (checkStage(row, lease, epoch, sha256)) return
    const now = room.clock.now()
    await stageLeaseInput(tx, input, { sha256, bytes: bytes.length }, now + (lease?.leaseMs ?? 0))
    await moveJob(tx, row, 'staged', now)
  })
  room.signals.wake(SIGNAL.deliver)
  room.signals.wake(SIGNAL.jobsOf(actor.orgId))
  return (await jobById(room.db.worker, jobId)) as JobRow
}
