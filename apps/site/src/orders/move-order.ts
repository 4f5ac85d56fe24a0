import { invariant } from '@bithive/kernel/errors'
import type { OrdersDeps } from './deps.ts'
import { orderErrors } from './errors.ts'
import { hasEnded, mayFollow, ORDER_LIFECYCLE, type OrderState } from './lifecycle.ts'
import type { OrderStep, StepFacts } from './schema.ts'
import * as store from './store.ts'

type Move = {
  readonly to: OrderState
  /** Name of the step in the lineage; the state's own name unless told. */
  readonly stage?: string
  readonly facts?: StepFacts
  readonly patch?: store.OrderPatch
}

/** Moves orders from state to state, with one line of lineage each, in one transaction. */
export type MoveOrder = (order: store.OrderRow, move: Move) => Promise<store.OrderRow>

/**
 * @param tell is told of the step after it is stored, never before
 * @returns the mover. It throws `orders.changed-meanwhile` when another driver moved the order first.
 */
export function createMoveOrder(deps: OrdersDeps, tell: (step: OrderStep) => void): MoveOrder {
  return async (order, { to, stage = to, facts = {}, patch = {} }) => {
    invariant(to === order.state || mayFollow(order.state, to), `an order does not go from ${order.state} to ${to}`)
    const nowMs = deps.clock.now()
    const step: OrderStep = { orderId: order.orderId, stage, at: nowMs, facts }
    const nextTryMs = nowMs + (hasEnded(to) ? 0 : (ORDER_LIFECYCLE[to].askAfterMs ?? 0))
    const change = { state: to, nowMs, patch: { failures: 0, problem: null, nextTryMs, ...patch } }
    const moved = await deps.db.asOrg(deps.orgId, async (tx) => {
      const row = await store.changeOrder(tx, order, change)
      if (row) await store.insertStep(tx, deps.orgId, step)
      return row
    })
    if (!moved) throw orderErrors.error('changed-meanwhile', { orderId: order.orderId })
    deps.log.info({ orderId: order.orderId, stage, state: to }, 'order moved')
    tell(step)
    return moved
  }
}
