import { accountIdOf, type Transfer } from '../ledger/index.ts'
import { purposeOf } from './job-money.ts'
import { jobById } from './job-store.ts'
import { leaseOf } from './lease-store.ts'
import type { Room } from './ports.ts'
import { tellOwner } from './tell-owner.ts'

const PAGE = 500

async function readCursor(room: Room, shard: number): Promise<bigint> {
  const [row] = await room.db.worker<{ seq: bigint }[]>`
    SELECT seq FROM compute.payout_cursors WHERE shard = ${shard}`
  return row?.seq ?? 0n
}

/** Two hubs may read the same page: the cursor never goes back, and a payout is noted once. */
async function keepCursor(room: Room, shard: number, seq: bigint): Promise<void> {
  await room.db.worker`
    INSERT INTO compute.payout_cursors AS c (shard, seq) VALUES (${shard}, ${seq})
    ON CONFLICT (shard) DO UPDATE SET seq = greatest(c.seq, EXCLUDED.seq)`
}

/** One booked transfer, as a payout of its job. Amount and time are the ledger's; anything else is left alone. */
async function note(room: Room, transfer: Transfer): Promise<void> {
  const { reference, shard, amount, atMs } = transfer
  if (!reference?.startsWith('job_')) return
  const part = purposeOf(reference, transfer.id)
  if (part !== 'base-pay' && part !== 'royalty') return
  const job = await jobById(room.db.worker, reference)
  if (job?.acceptedEpoch == null) return
  const lease = await leaseOf(room.db.worker, job.id, job.acceptedEpoch)
  if (!lease) return
  const { workload, version, asset, scale } = job
  const orgId = part === 'royalty' ? job.authorOrgId : lease.ownerOrgId
  const kind = part === 'royalty' ? 'royalty' : 'holder'
  if (accountIdOf({ owner: orgId, asset, kind, shard }) !== transfer.credit) {
    room.log.error({ jobId: job.id, part }, 'the ledger paid another account than the job names; it is not counted')
    return
  }
  const nodeId = part === 'royalty' ? null : lease.nodeId
  await room.db.worker`
    INSERT INTO compute.payouts (job_id, part, org_id, node_id, workload, version, asset, scale, amount, booked_at)
    VALUES (${job.id}, ${part}, ${orgId}, ${nodeId}, ${workload}, ${version}, ${asset}, ${scale}, ${amount}, ${atMs})
    ON CONFLICT (job_id, part) DO NOTHING`
  // The ledger's own news may have come before this row: an author's page asks again once it is there.
  if (nodeId === null) room.live?.publish(orgId, { topic: 'ledger' })
  else tellOwner(room, { orgId, nodeId })
}

/**
 * Reads what is new in one shard's feed and notes what jobs paid to owners of nodes and to authors. It has a cursor of
 * its own that begins with the first transfer, so a hub with an older history catches up. Answers how many it read.
 */
export async function notePayouts(room: Room, shard: number): Promise<number> {
  const after = await readCursor(room, shard)
  const transfers = await room.ledger.feed({ shard, after, limit: PAGE })
  for (const transfer of transfers) await note(room, transfer)
  const last = transfers.at(-1)
  if (last) await keepCursor(room, shard, last.seq)
  return transfers.length
}
