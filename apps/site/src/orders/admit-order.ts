import type { OrdersDeps } from './deps.ts'
import type { MoveOrder } from './move-order.ts'
import type { OrderRow } from './store.ts'

/**
 * Asks for consent before anything of the series is touched. It is a step of its own, driven from the row: an order
 * that a kill left as a draft is asked for again, and never goes on unasked.
 */
export const admitOrder =
  (deps: OrdersDeps, move: MoveOrder) =>
  async (order: OrderRow): Promise<OrderRow> => {
    const { personId, purpose, dataClass, tier } = order
    const decision = await deps.consent.mayUse({ personId, purpose, dataClass, tier, at: deps.clock.now() })
    if (!decision.ok) {
      const problem = decision.reason
      return move(order, { to: 'refused', facts: { by: 'site', problem }, patch: { problem } })
    }
    const { consentIds, jurisdictions } = decision
    return move(order, {
      to: 'preparing',
      stage: 'allowed',
      facts: { tier, dataClass, consentIds, jurisdictions },
      patch: { jurisdictions: [...jurisdictions], nextTryMs: deps.clock.now() },
    })
  }
