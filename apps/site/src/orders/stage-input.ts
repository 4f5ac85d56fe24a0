import type { JobView, LeaseView } from '@bithive/api/compute'
import { systemActor } from '@bithive/kernel/actor'
import { invariant, isDomainError } from '@bithive/kernel/errors'
import { sha256Hex } from '@bithive/kernel/ids'
import { seal } from '@bithive/kernel/sealed-box'
import type { OrdersDeps } from './deps.ts'
import type { MoveOrder } from './move-order.ts'
import { orderVault } from './prepare-input.ts'
import type { OrderRow } from './store.ts'

const covers = (wide: string, narrow: string) => narrow === wide || narrow.startsWith(`${wide}-`)

/**
 * Asks everything again that was asked when the order was placed, now that the recipient is known: a consent may
 * have been withdrawn, a rule changed, a person forgotten, and the hub may have chosen wrongly.
 * @returns the reason why nothing may leave, or undefined
 */
async function refuseReason(deps: OrdersDeps, order: OrderRow, lease: LeaseView): Promise<string | undefined> {
  if (await deps.identifiers.isForgotten(order.personId)) return 'orders.person-forgotten'
  const facts = await deps.imaging.describeSeries(order.studyId, order.seriesId)
  if (!facts) return 'orders.unknown-series'
  const { modality, bodyPartWords } = facts
  const release = deps.consent.release({ dataClass: order.dataClass, modality, bodyPartWords })
  if (order.tier < release.minTier) return 'consent.tier'
  if (!order.jurisdictions.some((wide) => covers(wide, lease.jurisdiction))) return 'consent.jurisdiction'
  const { ownerKind, region, jurisdiction } = lease
  const decision = await deps.consent.mayUse({
    personId: order.personId,
    purpose: order.purpose,
    dataClass: release.dataClass,
    tier: order.tier,
    at: deps.clock.now(),
    recipient: { orgId: lease.ownerOrgId, ownerKind, region, jurisdiction },
  })
  return decision.ok ? undefined : decision.reason
}

/** A short line for each node that was looked at: what a person reads as «why there and not here». */
const placementFacts = (job: JobView) =>
  job.placement.map(({ code, nodeName, ownerKind, facts }) => ({ code, nodeName, ownerKind, facts }))

const leaseFacts = (lease: LeaseView) => ({
  epoch: lease.epoch,
  nodeId: lease.nodeId,
  nodeName: lease.nodeName,
  ownerOrgId: lease.ownerOrgId,
  ownerKind: lease.ownerKind,
  region: lease.region,
  jurisdiction: lease.jurisdiction,
})

/**
 * Checks the node that has the lease, then seals the input to it and sends it. What will leave, to whom, is in the
 * audit before the first byte leaves. A kill after sending is seen from the job, which is then `staged`.
 * @returns the moved order: `staged`, or `refused` with a cancellation due
 */
export const stageInput =
  (deps: OrdersDeps, move: MoveOrder) =>
  async (order: OrderRow, job: JobView): Promise<OrderRow> => {
    const lease = job.lease
    invariant(lease && order.jobId, 'a leased job has a lease')
    let current = order
    if (order.state !== 'leased' || order.leaseEpoch !== lease.epoch) {
      current = await move(order, {
        to: 'leased',
        facts: { ...leaseFacts(lease), placement: placementFacts(job), priceQuoted: job.priceQuoted },
        patch: { leaseEpoch: lease.epoch },
      })
    }
    const reason = await refuseReason(deps, current, lease)
    if (reason) {
      const facts = { by: 'site', problem: reason, ...leaseFacts(lease) }
      return move(current, { to: 'refused', facts, patch: { problem: reason, cancelDue: true } })
    }
    const bundle = await orderVault(deps).getBundle(current)
    invariant(bundle && sha256Hex(bundle) === current.inputSha256, 'the stored input is the one that was ordered')
    const sealed = await seal(lease.nodeKey, bundle, `input:${job.jobId}:${lease.epoch}`)
    const { orderId, inputSha256 } = current
    const { epoch, nodeId, ownerOrgId, jurisdiction } = lease
    await deps.audit.record({
      orgId: deps.orgId,
      actorId: systemActor().id,
      action: 'orders.send-input',
      resource: current.seriesId,
      facts: { orderId, inputSha256, jobId: job.jobId, epoch, nodeId, ownerOrgId, jurisdiction, tier: current.tier },
    })
    try {
      await deps.hub.putInput(job.jobId, lease.epoch, sealed)
    } catch (error) {
      // A first sending arrived and its answer was lost: the lease has its input, sealed with another ephemeral key.
      if (!isDomainError(error, 'orders.hub-refused') || error.facts.problem !== 'compute.input-differs') throw error
    }
    return move(current, {
      to: 'staged',
      facts: { epoch, nodeName: lease.nodeName, sealedBytes: sealed.length, sealedSha256: sha256Hex(sealed) },
      patch: { stagedEpoch: lease.epoch },
    })
  }
