import { AcceptResult } from '@bithive/api/compute'
import type { Actor } from '@bithive/kernel/actor'
import { isDomainError } from '@bithive/kernel/errors'
import { mustAllow } from '@bithive/kernel/http'
import type { Intent } from '@bithive/kernel/intents'
import type { z } from 'zod'
import { shardOf } from '../ledger/index.ts'
import { lockJob } from './end-job.ts'
import { computeErrors } from './errors.ts'
import { captureChain, captureParts } from './job-money.ts'
import { type JobRow, jobById, moveJob } from './job-store.ts'
import { leaseOf, moveLease } from './lease-store.ts'
import { ownJob } from './own-job.ts'
import { mayAnswerResults } from './policy.ts'
import type { Room } from './ports.ts'
import { SIGNAL } from './signals.ts'

type Answer = z.infer<typeof AcceptResult>

/**
 * True when this very answer was given before. @throws compute.stale-epoch, result-differs, wrong-state
 */
async function checkAnswer(room: Room, job: JobRow, answer: Answer): Promise<boolean> {
  const { epoch, resultSha256 } = answer
  const lease = await leaseOf(room.db.worker, job.id, epoch)
  if (!lease || epoch !== job.epoch) throw computeErrors.error('stale-epoch', { epoch, latest: job.epoch })
  const matches = lease.envelope?.resultSha256 === resultSha256
  if ((job.state === 'accepted' || job.state === 'settled') && matches) return true
  if (job.state !== 'returned' && job.state !== 'unresolved')
    throw computeErrors.error('wrong-state', { state: job.state })
  if (!matches) throw computeErrors.error('result-differs', { epoch })
  return false
}

/** Marks the result as the job's, once. From here on the node is paid, whatever happens. */
async function markAccepted(room: Room, jobId: string, epoch: number): Promise<void> {
  await room.db.worker.begin(async (tx) => {
    const row = (await lockJob(tx, jobId)) as JobRow
    // Another lease may have come between the check and the lock; its result is not the one that was answered.
    if (row.epoch !== epoch) return
    const moved = await moveJob(tx, row, 'accepted', room.clock.now(), { acceptedEpoch: epoch })
    if (moved) await moveLease(tx, { jobId, epoch }, ['returned'], 'accepted')
  })
}

/**
 * The site has checked the result and takes it: the hold is captured for exactly the price, split by the shares on
 * the workload's card in one linked chain, and the rest of the hold is free. Settled once the feed shows it.
 * Accepting twice is accepting once.
 * @throws compute.stale-epoch, result-differs, wrong-state
 */
export async function acceptResult(room: Room, actor: Actor, jobId: string, answer: Answer): Promise<JobRow> {
  mustAllow(mayAnswerResults(actor))
  const job = await ownJob(room, actor, jobId)
  await checkAnswer(room, job, answer)
  const { orgId } = actor
  await room.audit.record({
    orgId,
    actorId: actor.id,
    action: 'compute.accept-result',
    resource: jobId,
    facts: { epoch: answer.epoch, resultSha256: answer.resultSha256 },
  })
  const reference = `${jobId}/${answer.epoch}`
  await room.intents.write({ room: 'compute', kind: 'accept', orgId, reference, payload: { jobId, answer } })
  return carryOut(room, jobId, answer)
}

async function carryOut(room: Room, jobId: string, answer: Answer): Promise<JobRow> {
  const job = (await jobById(room.db.worker, jobId)) as JobRow
  if (!(await checkAnswer(room, job, answer))) await markAccepted(room, jobId, answer.epoch)
  await captureJob(room, (await jobById(room.db.worker, jobId)) as JobRow)
  room.signals.wake(SIGNAL.jobsOf(job.orgId))
  return (await jobById(room.db.worker, jobId)) as JobRow
}

/** Submits the capture of an accepted job, again if need be. Its ids follow from the job, so it is booked once. */
export async function captureJob(room: Room, job: JobRow): Promise<void> {
  if (job.state !== 'accepted' || job.acceptedEpoch === null) return
  const lease = await leaseOf(room.db.worker, job.id, job.acceptedEpoch)
  const parts = captureParts(job, { nodeOwner: lease?.ownerOrgId as string, feeOwner: room.feeOwner })
  for (const part of parts) await room.ledger.ensureAccounts(part.owner, job.asset, part.kind)
  const outcomes = await room.ledger.submit(captureChain(job, parts, shardOf(job.id)))
  room.signals.wake(SIGNAL.feed)
  for (const outcome of outcomes) {
    if (outcome.status !== 'refused' && outcome.status !== 'unknown') continue
    // The one transfer that was refused says why; the others only say that their chain was.
    if (outcome.error.code === 'ledger.chain-failed') continue
    room.log.error({ jobId: job.id, code: outcome.error.code }, 'a capture was not booked, it will be asked again')
  }
}

/** Takes up an acceptance that its use case left half done; settled when the feed has shown the money. */
export async function resumeAcceptance(room: Room, intent: Intent) {
  const { jobId, answer } = intent.payload as { jobId: string; answer: unknown }
  try {
    const job = await carryOut(room, jobId, AcceptResult.parse(answer))
    return job.state === 'settled' ? { state: 'settled' } : undefined
  } catch (error) {
    if (isDomainError(error) && !error.entry.retryable) return { refused: error.code }
    throw error
  }
}
