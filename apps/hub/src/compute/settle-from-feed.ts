import { formatAmount } from '@bithive/kernel/money'
import type { Transfer } from '../ledger/index.ts'
import { captureParts, moneyOfCapture, moneyOfHold, moneyOfRefund, purposeOf } from './job-money.ts'
import { type JobRow, jobById, moveJob, noteHold, type Runner } from './job-store.ts'
import { leaseOf } from './lease-store.ts'
import { confirmHold } from './place-hold.ts'
import type { Room } from './ports.ts'
import { SIGNAL } from './signals.ts'

const PAGE = 200

async function readCursor(room: Room, shard: number): Promise<bigint> {
  const [row] = await room.db.worker<{ seq: bigint }[]>`
    SELECT seq FROM compute.feed_cursors WHERE shard = ${shard}`
  return row?.seq ?? 0n
}

async function keepCursor(room: Room, shard: number, seq: bigint): Promise<void> {
  // Two hubs may read the same page; the cursor never goes back, and seeing a transfer twice changes nothing.
  await room.db.worker`
    INSERT INTO compute.feed_cursors AS c (shard, seq) VALUES (${shard}, ${seq})
    ON CONFLICT (shard) DO UPDATE SET seq = greatest(c.seq, EXCLUDED.seq)`
}

/** The capture is in the books: the job is settled, and its node is told what it earned. */
async function settle(room: Room, sql: Runner, job: JobRow): Promise<void> {
  const lease = await leaseOf(sql, job.id, job.acceptedEpoch as number)
  const parts = captureParts(job, { nodeOwner: lease?.ownerOrgId as string, feeOwner: room.feeOwner })
  const money = moneyOfCapture(job, parts)
  const change = { holdState: 'captured', money } as const
  const settled = await moveJob(sql, job, 'settled', room.clock.now(), change)
  if (!settled) return
  await sql`
    UPDATE compute.leases SET due = 'settled' WHERE job_id = ${job.id} AND epoch = ${job.acceptedEpoch as number}`
  room.log.info({ jobId: job.id, amount: formatAmount(parts[0]?.amount ?? 0n, job.scale) }, 'a job was settled')
}

/** What one transfer of the feed means for the job that it names. */
async function take(room: Room, transfer: Transfer): Promise<void> {
  if (!transfer.reference?.startsWith('job_')) return
  const job = await jobById(room.db.worker, transfer.reference)
  const purpose = job && purposeOf(job.id, transfer.id)
  if (!job || !purpose) return
  if (purpose === 'hold') {
    if (job.holdState === 'none') await confirmHold(room, job)
    // A hold that was asked for and then refused elsewhere never comes here; one that lands late is given back.
    if (job.state === 'failed' || job.state === 'cancelled')
      await noteHold(room.db.worker, job.id, 'held', moneyOfHold(job), room.clock.now(), 'none')
  } else if (purpose === 'refund') {
    await noteHold(room.db.worker, job.id, 'released', moneyOfRefund(job), room.clock.now(), 'held')
  } else if (purpose === 'capture') {
    // The chain is booked as one, so its first transfer stands for all of it.
    await room.db.worker.begin((tx) => settle(room, tx, job))
  }
  room.signals.wake(SIGNAL.deliver)
  room.signals.wake(SIGNAL.jobsOf(job.orgId))
}

/** Reads what is new in one shard's feed and moves the jobs that it speaks of. Answers how many it read. */
export async function settleFromFeed(room: Room, shard: number): Promise<number> {
  const after = await readCursor(room, shard)
  const transfers = await room.ledger.feed({ shard, after, limit: PAGE })
  for (const transfer of transfers) await take(room, transfer)
  const last = transfers.at(-1)
  if (last) await keepCursor(room, shard, last.seq)
  return transfers.length
}
