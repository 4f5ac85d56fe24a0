import type { Actor } from '@bithive/kernel/actor'
import { mustAllow } from '@bithive/kernel/http'
import { computeErrors } from './errors.ts'
import { leaseOf } from './lease-store.ts'
import { ownJob } from './own-job.ts'
import { mayAnswerResults } from './policy.ts'
import type { Room } from './ports.ts'
import { resultKey } from './stage-input.ts'

/** The sealed result, for the site that ordered it. Recorded before the bytes leave. @throws compute.no-result */
export async function readResult(room: Room, actor: Actor, jobId: string): Promise<Uint8Array> {
  mustAllow(mayAnswerResults(actor))
  const job = await ownJob(room, actor, jobId)
  const lease = await leaseOf(room.db.worker, jobId, job.epoch)
  const envelope = lease?.state === 'returned' || lease?.state === 'accepted' ? lease.envelope : null
  const key = envelope && resultKey({ jobId, epoch: job.epoch }, envelope.sealedSha256)
  const bytes = key ? await room.blobs.get(key) : undefined
  if (!bytes || !envelope) throw computeErrors.error('no-result', { state: job.state })
  await room.audit.record({
    orgId: actor.orgId,
    actorId: actor.id,
    action: 'compute.send-result',
    resource: jobId,
    facts: { epoch: job.epoch, sealedSha256: envelope.sealedSha256 },
  })
  return bytes
}
