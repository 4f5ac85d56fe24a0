import { isDomainError } from '@bithive/kernel/errors'
import { shardOf } from '../ledger/index.ts'
import { computeErrors } from './errors.ts'
import { ESCROW_OWNER, holdChain, moneyOfHold } from './job-money.ts'
import { type JobRow, jobById, moveJob } from './job-store.ts'
import type { Room } from './ports.ts'
import { SIGNAL } from './signals.ts'

/**
 * Submits a job's hold, again if need be, and queues the job once it stands. A refusal ends the job without a hold;
 * an unknown outcome leaves it as it is, to be asked again under the same id.
 */
export async function placeHold(room: Room, job: JobRow): Promise<JobRow> {
  if (job.state !== 'ordered') return job
  await room.ledger.ensureAccounts(ESCROW_OWNER, job.asset, 'escrow')
  const toShard = shardOf(job.id)
  let [outcome] = await room.ledger.submit(holdChain(job, toShard))
  // The payer's money may lie on the other shard: it is brought here once, and the hold asked for again.
  if (outcome?.status === 'refused' && isDomainError(outcome.error, 'ledger.insufficient-funds')) {
    const payer = { owner: job.orgId, asset: job.asset, toShard, amount: job.holdAmount, reference: job.id }
    const gathered = await room.ledger.gather(payer)
    if (gathered === 'open') return job
    if (gathered === 'there') [outcome] = await room.ledger.submit(holdChain(job, toShard))
  }
  if (outcome?.status === 'refused') {
    if (outcome.error.entry.retryable) return job
    // The money was there when the order was checked, and went elsewhere before the hold was placed.
    const poor = outcome.error.code === 'ledger.insufficient-funds'
    const problem = poor ? computeErrors.code('insufficient-funds') : outcome.error.code
    await moveJob(room.db.worker, job, 'failed', room.clock.now(), { problem }, ['ordered'])
    room.log.warn({ jobId: job.id, code: outcome.error.code }, 'a hold was refused')
  } else if (outcome?.status === 'done' || outcome?.status === 'exists') {
    await confirmHold(room, job)
  }
  room.signals.wake(SIGNAL.jobsOf(job.orgId))
  return (await jobById(room.db.worker, job.id)) ?? job
}

/** The hold stands: the job may be placed. Called by whoever learns it first, the use case or the feed. */
export async function confirmHold(room: Room, job: JobRow): Promise<void> {
  const change = { holdState: 'held', money: moneyOfHold(job) } as const
  if (await moveJob(room.db.worker, job, 'queued', room.clock.now(), change, ['ordered'])) {
    room.signals.wake(SIGNAL.allocate)
    room.signals.wake(SIGNAL.jobsOf(job.orgId))
  }
}
