import type { JobView, LeaseView } from '@bithive/api/compute'
import { formatAmount } from '@bithive/kernel/money'
import { cancelFacts } from './cancel-job.ts'
import { transferId } from './job-money.ts'
import { type JobRow, type PlacementRow, placementOf } from './job-store.ts'
import { type LeaseWithNode, latestLeases } from './lease-store.ts'
import { JOB_STATES } from './lifecycle.ts'
import type { Room } from './ports.ts'

const CENTS = 2
/** Reasons shown with a job, the chosen node first; all of them are grouped in its explanation. */
const MOST_REASONS = 200

function leaseView(lease: LeaseWithNode): LeaseView {
  return {
    leaseId: `${lease.jobId}/${lease.epoch}`,
    epoch: lease.epoch,
    nodeId: lease.nodeId,
    nodeName: lease.nodeName,
    ownerOrgId: lease.ownerOrgId,
    ownerKind: lease.ownerKind,
    region: lease.region,
    jurisdiction: lease.jurisdiction,
    nodeKey: lease.nodeKey,
    signKey: lease.signKey,
    expiresAt: Number(lease.expiresAt),
  }
}

/** The lease is shown only while the job is in its node's hands: an offer is not a lease yet. */
const IN_HANDS = new Set(['leased', 'staged', 'running', 'returned', 'accepted', 'settled', 'unresolved'])

type Shown = { readonly names: ReadonlyMap<string, string> }

function toView(
  job: JobRow,
  lease: LeaseWithNode | undefined,
  placement: PlacementRow | undefined,
  shown: Shown,
): JobView {
  const held = lease && IN_HANDS.has(job.state) ? lease : undefined
  const envelope = held?.envelope
  const reasons = [...(placement?.reasons ?? [])].sort(
    (a, b) => Number(b.code === 'chosen') - Number(a.code === 'chosen'),
  )
  const money = job.money.map((part) => {
    const toName = part.toOrgId === undefined ? undefined : shown.names.get(part.toOrgId)
    // The rest of a captured hold is freed by the capture itself, so that is the transfer to look up.
    const purpose = part.part === 'refund' && job.holdState === 'captured' ? 'capture' : part.part
    return { ...part, ...(toName === undefined ? {} : { toName }), transferId: transferId(job.id, purpose) }
  })
  return {
    jobId: job.id,
    requestId: job.requestId,
    orgId: job.orgId,
    workload: job.workload,
    version: job.version,
    urgency: job.urgency,
    tier: job.tier,
    state: job.state,
    stateText: JOB_STATES[job.state].text,
    attempt: job.epoch,
    createdAt: Number(job.createdAt),
    updatedAt: Number(job.updatedAt),
    ...(job.stage === null ? {} : { progress: { stage: job.stage, fraction: job.fraction ?? 0 } }),
    ...(held ? { lease: leaseView(held) } : {}),
    ...(envelope
      ? {
          result: {
            epoch: held.epoch,
            sealedSha256: envelope.sealedSha256,
            resultSha256: envelope.resultSha256,
            bytes: Number(held.resultSealedBytes),
            envelope,
            ...(held.signature === null ? {} : { signature: held.signature }),
          },
        }
      : {}),
    ...(job.priceCents === null ? {} : { priceQuoted: formatAmount(job.priceCents, CENTS) }),
    rate: job.rate,
    money,
    cancel: cancelFacts(job),
    placement: reasons.slice(0, MOST_REASONS),
    ...(job.problem === null ? {} : { problem: job.problem }),
  }
}

/** The jobs as their own organisation sees them, in the order given. */
export async function viewJobs(room: Room, jobs: readonly JobRow[]): Promise<JobView[]> {
  const ids = jobs.map((job) => job.id)
  const leases = await latestLeases(room.db.worker, ids)
  const placements = await placementOf(room.db.worker, ids)
  const names = new Map<string, string>()
  for (const orgId of new Set(jobs.flatMap((job) => job.money.flatMap((part) => part.toOrgId ?? [])))) {
    const organisation = await room.organisationOf(orgId)
    if (organisation) names.set(orgId, organisation.name)
  }
  return jobs.map((job) => toView(job, leases.get(job.id), placements.get(job.id), { names }))
}

export async function viewJob(room: Room, job: JobRow): Promise<JobView> {
  const [view] = await viewJobs(room, [job])
  return view as JobView
}
