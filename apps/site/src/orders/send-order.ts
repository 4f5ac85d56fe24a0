import type { JobOrder } from '@bithive/api/compute'
import { invariant, isDomainError } from '@bithive/kernel/errors'
import type { OrdersDeps } from './deps.ts'
import type { MoveOrder } from './move-order.ts'
import type { OrderRow } from './store.ts'

/** What the hub is told: no patient, no original UID, no site id of a study. */
function jobOrderOf(order: OrderRow): JobOrder {
  const { inputSha256, inputBytes, resultKey } = order
  invariant(inputSha256 && inputBytes && resultKey, 'an order is sent only after its input was prepared')
  return {
    requestId: order.orderId,
    workload: order.workload,
    version: order.version,
    urgency: order.urgency,
    tier: order.tier,
    jurisdictions: order.jurisdictions,
    dataClass: order.dataClass,
    inputSha256,
    inputBytes,
    resultKey,
    maxPrice: order.maxPrice,
  }
}

/**
 * Orders the job at the hub. The order's own id is the request id, so sending it again after a lost answer finds
 * the same job; a lost answer is the state `unknown`, never a failure.
 */
export const sendOrder =
  (deps: OrdersDeps, move: MoveOrder) =>
  async (order: OrderRow): Promise<OrderRow> => {
    try {
      const job = await deps.hub.placeJob(jobOrderOf(order))
      return await move(order, {
        to: 'ordered',
        facts: { jobId: job.jobId, tier: order.tier, urgency: order.urgency, jurisdictions: order.jurisdictions },
        patch: { jobId: job.jobId, nextTryMs: deps.clock.now() },
      })
    } catch (error) {
      if (isDomainError(error, 'orders.hub-refused')) {
        const problem = String(error.facts.problem)
        return move(order, { to: 'refused', facts: { by: 'hub', problem }, patch: { problem } })
      }
      if (isDomainError(error, 'orders.outcome-unknown') && order.state === 'preparing') {
        return move(order, { to: 'unknown', facts: { problem: error.code }, patch: { problem: error.code } })
      }
      throw error
    }
  }
