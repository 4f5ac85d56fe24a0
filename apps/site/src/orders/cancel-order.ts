import type { Actor } from '@bithive/kernel/actor'
import { isDomainError } from '@bithive/kernel/errors'
import { mustAllow } from '@bithive/kernel/http'
import type { AdvanceOrder } from './advance-order.ts'
import type { OrdersDeps } from './deps.ts'
import { orderErrors } from './errors.ts'
import { mayFollow } from './lifecycle.ts'
import type { MoveOrder } from './move-order.ts'
import { mayOrder } from './policy.ts'
import * as store from './store.ts'

/**
 * Cancels an order. The hub decides whether it is in time: only after it agreed is the order cancelled here, so
 * the two never differ about who is paid.
 * @throws orders.unknown, orders.too-late, orders.hub-unreachable, orders.outcome-unknown, http.forbidden
 */
export const cancelOrder =
  (deps: OrdersDeps, move: MoveOrder, advance: AdvanceOrder) =>
  async (orderId: string, actor: Actor): Promise<store.OrderRow> => {
    mustAllow(mayOrder(actor))
    const find = () => deps.db.asOrg(deps.orgId, (tx) => store.findOrder(tx, orderId))
    let order = await find()
    if (!order) throw orderErrors.error('unknown')
    if (order.state === 'cancelled') return order
    // The first sending may have arrived: ask again under the same id, then there is a job to cancel.
    if (order.state === 'unknown' && !order.jobId) order = await advance(orderId)
    if (!mayFollow(order.state, 'cancelled') || order.resultEpoch !== null) throw orderErrors.error('too-late')
    await deps.audit.record({ orgId: deps.orgId, actorId: actor.id, action: 'orders.cancel', resource: orderId })
    const facts = { by: actor.id }
    if (!order.jobId) return move(order, { to: 'cancelled', facts })
    try {
      await deps.hub.cancel(order.jobId)
    } catch (error) {
      if (isDomainError(error, 'orders.hub-refused')) {
        const after = await advance(orderId)
        if (after.state === 'cancelled') return after
        throw orderErrors.error('too-late', { problem: String(error.facts.problem) }, error)
      }
      throw error
    }
    return advance(orderId)
  }
