import type { PlacementReason } from '@bithive/api/compute'
import {
  type Allocation,
  type AllocatorJob,
  type AllocatorNode,
  allocate,
  type Placement,
} from '@bithive/engines/allocate'
import { lockJob } from './end-job.ts'
import { type Pen, stillHolds, takePen } from './hold-pen.ts'
import { type JobRow, jobsToPlace, keepReasons, raiseEpoch, touchJob } from './job-store.ts'
import { type EndReason, insertLease } from './lease-store.ts'
import { allNodes, earlierEnds, type NodeRow } from './node-store.ts'
import type { Room } from './ports.ts'
import { SIGNAL } from './signals.ts'
import { tellOwner } from './tell-owner.ts'

export const ALLOCATOR = 'allocator'
/** Jobs looked at in one cycle, most urgent first. */
const CYCLE_JOBS = 500
/** How long an offer waits for the node's answer. */
const OFFER_MS = 10_000

/** Ends after which a node may have the same job again, once it has cooled down. */
const MAY_TRY_AGAIN: readonly EndReason[] = [
  'declined',
  'offer-unanswered',
  'expired',
  'lost',
  'not-staged',
  'cancelled',
]

/** A node as the allocator sees it, with the slots that are free now. */
export const toNode = (row: NodeRow): AllocatorNode => ({
  id: row.id,
  name: row.name,
  ownerOrgId: row.orgId,
  ownerKind: row.ownerKind,
  trusted: row.trusted,
  region: row.region,
  jurisdiction: row.jurisdiction,
  online: row.online,
  draining: row.draining || row.drainReported,
  freeSlots: Math.max(0, row.slots - row.running),
  memoryMb: row.facts.memoryMb,
  gpus: row.facts.gpus,
  runtimes: row.facts.runtimes,
  workloads: row.facts.workloads,
  sandbox: row.facts.sandbox,
  floorMicro: row.floorMicro,
})

/** A job as the allocator sees it. @param excluded nodes that may not have it again */
export const toJob = (row: JobRow, excluded: readonly string[]): AllocatorJob => ({
  id: row.id,
  orgId: row.orgId,
  urgency: row.urgency,
  tier: row.tier,
  jurisdictions: row.jurisdictions,
  workload: row.workload,
  version: row.version,
  digest: row.digest,
  // Only workloads with a digest of ours are listed, and the node proves that it carries the same bytes.
  pinned: true,
  needs: { runtime: row.runtime, memoryMb: row.memoryMb, gpus: row.gpus, cpuMs: row.cpuMs },
  factorBps: row.factorBps,
  maxPriceCents: row.maxPriceCents,
  excluded,
  orderedAt: Number(row.createdAt),
})

/** Nodes that may not have a job again: for good after a bad result, for a while after a silence. */
async function readExclusions(room: Room, jobs: readonly JobRow[]): Promise<Map<string, string[]>> {
  const coolDown = Number(await room.parameters.get('compute.cool-down-ms'))
  const ends = await earlierEnds(
    room.db.worker,
    jobs.map((job) => job.id),
  )
  const excluded = new Map<string, string[]>()
  for (const end of ends) {
    const cooled = room.clock.now() - Number(end.endedAt) >= coolDown
    if (MAY_TRY_AGAIN.includes(end.endReason) && cooled) continue
    excluded.set(end.jobId, [...(excluded.get(end.jobId) ?? []), end.nodeId])
  }
  return excluded
}

async function leaseMsOf(room: Room, job: JobRow): Promise<number> {
  return Number(await room.parameters.get(job.urgency === 'stat' ? 'compute.lease-stat-ms' : 'compute.lease-ms'))
}

/** Writes one lease under the pen; false when the pen or the job has moved on meanwhile. */
async function writeLease(room: Room, pen: Pen, job: JobRow, node: NodeRow, placement: Placement): Promise<boolean> {
  const leaseMs = await leaseMsOf(room, job)
  const now = room.clock.now()
  return room.db.worker.begin(async (tx) => {
    if (!(await stillHolds(tx, pen))) return false
    const row = await lockJob(tx, job.id)
    if (row?.state !== 'queued' || row.epoch !== job.epoch) return false
    const epoch = row.epoch + 1
    const { priceCents } = placement
    await insertLease(
      tx,
      row,
      { nodeId: node.id, ownerOrgId: node.orgId, epoch, priceCents, leaseMs, offerMs: OFFER_MS },
      now,
    )
    await raiseEpoch(tx, row.id, { epoch, priceCents }, now)
    return true
  })
}

const reasonsOf = (allocation: Allocation, jobId: string): PlacementReason[] =>
  (allocation.reasons.get(jobId) ?? []).map((reason) => ({ ...reason, facts: { ...reason.facts } }))

/**
 * One cycle of the market. Only the hub with the pen runs it; the others stand by and take over when it runs out.
 * Answers how many leases were written, or undefined when another hub holds the pen.
 */
export async function placeJobs(room: Room): Promise<number | undefined> {
  // 1 Pen: be the one who places.
  const pen = await takePen(room, { name: ALLOCATOR, holder: room.hubId })
  if (!pen) return undefined

  // 2 Heads: the most urgent jobs that have no lease on the way.
  const jobs = await jobsToPlace(room.db.worker, CYCLE_JOBS)
  if (jobs.length === 0) return 0

  // 3 Snapshot: every node with its free slots, and who may not try again.
  const nodes = await allNodes(room.db.worker)
  const excluded = await readExclusions(room, jobs)

  // 4 Decide: pure, exact, with a reason for every job and node.
  const allocation = allocate(
    nodes.map(toNode),
    jobs.map((job) => toJob(job, excluded.get(job.id) ?? [])),
  )

  // 5 Lease: one transaction a job, fenced by the pen.
  const placed = new Set<string>()
  for (const placement of allocation.placements) {
    const job = jobs.find((one) => one.id === placement.jobId) as JobRow
    const node = nodes.find((one) => one.id === placement.nodeId) as NodeRow
    if (!(await writeLease(room, pen, job, node, placement))) continue
    placed.add(job.id)
    tellOwner(room, { orgId: node.orgId, nodeId: node.id })
  }
  if (placed.size > 0) room.signals.wake(SIGNAL.deliver)

  // 6 Explain and requeue: what was not placed stays queued, with the reason of each node.
  for (const job of jobs) {
    const changed = await keepReasons(room.db.worker, job, reasonsOf(allocation, job.id), room.clock.now())
    if (changed && !placed.has(job.id)) await touchJob(room.db.worker, job.id, room.clock.now())
    if (changed || placed.has(job.id)) room.signals.wake(SIGNAL.jobsOf(job.orgId))
  }
  return placed.size
}
