import type { HubToNode } from '@bithive/api/compute'
import { formatAmount } from '@bithive/kernel/money'
import type { NodeConnections } from './connect-node.ts'
import { captureParts } from './job-money.ts'
import { type JobRow, jobById } from './job-store.ts'
import { type DueLease, dueLeases, takeDue } from './lease-store.ts'
import { leaseToken } from './lease-token.ts'
import type { Room } from './ports.ts'

const PAGE = 200

async function messageFor(room: Room, lease: DueLease): Promise<HubToNode> {
  const { jobId, epoch, nodeId } = lease
  if (lease.due === 'offer') {
    const { workload, version, digest, leaseMs } = lease
    return { type: 'offer', jobId, epoch, workload, version, workloadDigest: digest, leaseMs }
  }
  if (lease.due === 'start')
    return {
      type: 'start',
      jobId,
      epoch,
      inputSha256: lease.inputSha256,
      sealedSha256: lease.inputSealedSha256 as string,
      sealedBytes: Number(lease.inputSealedBytes),
      resultKey: lease.resultKey,
      token: leaseToken(room.leaseSecret, { jobId, epoch, nodeId }),
    }
  if (lease.due === 'revoke') return { type: 'revoke', jobId, epoch, reason: `compute.${lease.endReason}` }
  const job = (await jobById(room.db.worker, jobId)) as JobRow
  const [base] = captureParts(job, { nodeOwner: lease.ownerOrgId, feeOwner: room.feeOwner })
  return { type: 'settled', jobId, asset: job.asset, amount: formatAmount(base?.amount ?? 0n, job.scale) }
}

/**
 * Sends what the leases of the connected nodes have waiting. What is due follows from the stored lease, so a hub
 * that died between taking and sending says it again when the node connects.
 */
export async function deliverMessages(room: Room, connections: NodeConnections): Promise<number> {
  const leases = await dueLeases(room.db.worker, connections.connected(), PAGE)
  for (const lease of leases) {
    const message = await messageFor(room, lease)
    if (await takeDue(room.db.worker, lease)) connections.send(lease.nodeId, message)
  }
  return leases.length
}
