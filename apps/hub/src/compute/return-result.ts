import { ResultEnvelope } from '@bithive/api/compute'
import { canonicalEnvelope } from '@bithive/api/result-envelope'
import { sha256Hex } from '@bithive/kernel/ids'
import { limitErrors } from '@bithive/kernel/limits'
import { verifyText } from '@bithive/kernel/sealed-box'
import { lockJob, releaseLease } from './end-job.ts'
import { computeErrors } from './errors.ts'
import { type JobRow, jobById, moveJob } from './job-store.ts'
import { countResultPut, type LeaseRow, leaseOf, noteLateResult, returnLease } from './lease-store.ts'
import { isLeaseToken } from './lease-token.ts'
import { nodeById } from './node-store.ts'
import type { Room } from './ports.ts'
import { SIGNAL } from './signals.ts'
import { inputKey, resultKey } from './stage-input.ts'

/** Sealed results that a node may put under one lease: it may be cut off and start again, but not for ever. */
const MOST_PUTS = 8

type LeaseAct = { readonly jobId: string; readonly epoch: number; readonly token: string }

/** The lease that a bearer token stands for. @throws compute.lease-token, stale-epoch */
export async function leaseByToken(room: Room, act: LeaseAct): Promise<LeaseRow> {
  const lease = await leaseOf(room.db.worker, act.jobId, act.epoch)
  // An unknown lease and a wrong token look alike, so that nobody can find out which jobs exist.
  if (!lease || !isLeaseToken(room.leaseSecret, lease, act.token)) throw computeErrors.error('lease-token')
  if (lease.state === 'ended') throw computeErrors.error('stale-epoch', { epoch: act.epoch })
  return lease
}

/** The sealed input for the node of a lease. Recorded before the bytes leave. @throws compute.wrong-state */
export async function readInput(room: Room, act: LeaseAct): Promise<Uint8Array> {
  const lease = await leaseByToken(room, act)
  const sha256 = lease.inputSealedSha256
  const bytes = sha256 ? await room.blobs.get(inputKey(act, sha256)) : undefined
  if (!bytes) throw computeErrors.error('wrong-state', { state: lease.state })
  await room.audit.record({
    orgId: lease.orgId,
    actorId: lease.nodeId,
    action: 'compute.send-input',
    resource: act.jobId,
    facts: { epoch: act.epoch, sealedSha256: sha256 as string },
  })
  return bytes
}

/** Takes the sealed result bytes of a lease; they count only once the signed envelope names them. */
export async function putResult(room: Room, act: LeaseAct, bytes: Uint8Array): Promise<{ sealedSha256: string }> {
  const lease = await leaseByToken(room, act)
  const sealedSha256 = sha256Hex(bytes)
  if (lease.envelope?.sealedSha256 === sealedSha256) return { sealedSha256 }
  if (!(await countResultPut(room.db.worker, act, MOST_PUTS))) {
    if (lease.resultPuts >= MOST_PUTS) throw limitErrors.error('too-many-requests')
    throw computeErrors.error('wrong-state', { state: lease.state })
  }
  await room.blobs.put(resultKey(act, sealedSha256), bytes)
  return { sealedSha256 }
}

/** Checks what the hub can check of a result: who signed it, for which workload and input, over which bytes. */
function checkEnvelope(job: JobRow, envelope: ResultEnvelope, ok: { signature: boolean; bytes: boolean }): void {
  if (!ok.signature) throw computeErrors.error('envelope-signature')
  const sameWorkload = envelope.workload === job.workload && envelope.version === job.version
  if (!sameWorkload || envelope.workloadDigest !== job.digest) throw computeErrors.error('envelope-workload')
  if (envelope.inputSha256 !== job.inputSha256) throw computeErrors.error('envelope-input')
  if (!ok.bytes) throw computeErrors.error('envelope-bytes')
}

/**
 * Takes the signed envelope of a result. It is accepted once, from the node that holds the job's latest lease; one
 * under an older lease is kept as evidence and never paid; one that does not hold together ends the lease, and the
 * job goes to another node.
 * @throws compute.stale-epoch, envelope-signature, envelope-workload, envelope-input, envelope-bytes
 */
export async function returnResult(
  room: Room,
  nodeId: string,
  message: { envelope: ResultEnvelope; signature: string },
): Promise<void> {
  const envelope = ResultEnvelope.parse(message.envelope)
  const { jobId, epoch } = envelope
  const lease = await leaseOf(room.db.worker, jobId, epoch)
  const node = await nodeById(room.db.worker, nodeId)
  const job = await jobById(room.db.worker, jobId)
  if (!lease || !node || !job || lease.nodeId !== nodeId || envelope.nodeId !== nodeId)
    throw computeErrors.error('stale-epoch', { epoch })
  if (lease.state === 'returned' || lease.state === 'accepted') return
  if (lease.state === 'ended' || job.epoch !== epoch) {
    await noteLateResult(room.db.worker, envelope)
    throw computeErrors.error('stale-epoch', { epoch, latest: job.epoch })
  }
  const bytes = await room.blobs.get(resultKey(envelope, envelope.sealedSha256))
  try {
    const signature = verifyText(node.signKey, canonicalEnvelope(envelope), message.signature)
    checkEnvelope(job, envelope, { signature, bytes: bytes !== undefined })
  } catch (error) {
    await releaseLease(room, lease, 'garbage')
    throw error
  }
  const { orgId } = job
  await room.audit.record({
    orgId,
    actorId: nodeId,
    action: 'compute.return-result',
    resource: jobId,
    facts: { epoch, resultSha256: envelope.resultSha256, sealedSha256: envelope.sealedSha256 },
  })
  await room.db.worker.begin(async (tx) => {
    const row = (await lockJob(tx, jobId)) as JobRow
    const signed = { signature: message.signature, sealedBytes: bytes?.length ?? 0 }
    const returned = await returnLease(tx, envelope, signed)
    if (returned) await moveJob(tx, row, 'returned', room.clock.now())
  })
  room.signals.wake(SIGNAL.allocate)
  room.signals.wake(SIGNAL.jobsOf(orgId))
}
