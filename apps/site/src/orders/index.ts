import type { JobView } from '@bithive/api/compute'
import { type Actor, systemActor } from '@bithive/kernel/actor'
import type { Worker } from '@bithive/kernel/worker'
import type { Eraser } from '../identifiers/index.ts'
import { createAdvanceOrder } from './advance-order.ts'
import { cancelOrder } from './cancel-order.ts'
import type { OrdersDeps } from './deps.ts'
import { orderErrors } from './errors.ts'
import { orderWorkers } from './follow-orders.ts'
import { hasEnded } from './lifecycle.ts'
import { createMoveOrder } from './move-order.ts'
import { type OrderExplanation, type OrderView, toOrderView } from './order-view.ts'
import { ordersOfPerson, type PersonOrder } from './orders-of-person.ts'
import { placeOrder } from './place-order.ts'
import { orderVault } from './prepare-input.ts'
import type { NewOrderInput, OrderStep } from './schema.ts'
import * as store from './store.ts'

export type { FileRequest, OrdersDeps } from './deps.ts'
export { orderErrors } from './errors.ts'
export { createHubClient } from './hub-client.ts'
export { ORDER_LIFECYCLE } from './lifecycle.ts'
export { orderRoutes } from './routes.ts'
export type { NewOrderInput, OrderStep } from './schema.ts'

export const ordersMigrations = {
  room: 'orders',
  directory: new URL('./migrations/', import.meta.url),
} as const

/** The site's side of the compute market. */
export type Orders = {
  readonly place: (input: NewOrderInput, actor: Actor) => Promise<OrderView>
  readonly cancel: (orderId: string, actor: Actor) => Promise<OrderView>
  readonly list: (limit?: number) => Promise<OrderView[]>
  /** A person's orders, newest first. */
  readonly ofPerson: (
    personId: string,
    page: { readonly before?: { readonly at: number; readonly id: string } | undefined; readonly limit: number },
  ) => Promise<PersonOrder[]>
  /** @throws orders.unknown */
  readonly explain: (orderId: string) => Promise<OrderExplanation>
  /** Drives one order as far as it goes now; safe at any time. `job` is a view that the caller already has. */
  readonly advance: (orderId: string, job?: JobView) => Promise<OrderView>
  /** Calls back for every step once it is stored, until the returned function is called. */
  readonly watch: (listener: (step: OrderStep) => void) => () => void
  /** Follow the hub's feed and take up what was left. */
  readonly workers: readonly Worker[]
  /** For the vault when somebody is forgotten. */
  readonly eraser: Eraser
}

export function createOrders(given: OrdersDeps): Orders {
  const deps = { ...given, log: given.log.child({ room: 'orders' }) }
  const listeners = new Set<(step: OrderStep) => void>()
  const tell = (step: OrderStep) => {
    deps.onProgress?.(step)
    for (const listener of listeners) listener(step)
  }
  const move = createMoveOrder(deps, tell)
  const advance = createAdvanceOrder(deps, move)
  const place = placeOrder(deps, advance)
  const cancel = cancelOrder(deps, move, advance)
  const asSite = <T>(run: Parameters<typeof deps.db.asOrg<T>>[1]) => deps.db.asOrg(deps.orgId, run)

  /** Withdraws what is open and removes what lies here; the hub is told by the worker when it cannot be asked now. */
  const erase = async (personId: string) => {
    for (const order of await asSite((tx) => store.listOfPerson(tx, personId))) {
      await orderVault(deps).remove(order.orderId)
      const problem = orderErrors.code('person-forgotten')
      const gone = { resultSecret: null, input: null }
      if (hasEnded(order.state)) {
        const change = { state: order.state, nowMs: deps.clock.now(), patch: gone }
        await asSite((tx) => store.changeOrder(tx, order, change))
      } else if (order.state !== 'accepted' && order.state !== 'filed') {
        const cancelDue = order.jobId !== null || order.state === 'unknown'
        const facts = { by: systemActor().id, problem }
        await move(order, { to: 'refused', facts, patch: { ...gone, problem, cancelDue } })
      }
    }
  }

  return {
    place: async (input, actor) => toOrderView(await place(input, actor)),
    cancel: async (orderId, actor) => toOrderView(await cancel(orderId, actor)),
    list: async (limit = 50) => (await asSite((tx) => store.listOrders(tx, limit))).map(toOrderView),
    ofPerson: ordersOfPerson(deps),
    explain: async (orderId) => {
      const found = await asSite(async (tx) => {
        const order = await store.findOrder(tx, orderId)
        return order && { order, steps: await store.listSteps(tx, orderId) }
      })
      if (!found) throw orderErrors.error('unknown')
      const since = found.order.createdAtMs
      return {
        order: toOrderView(found.order),
        steps: found.steps.map((step) => ({ ...step, sinceOrderedMs: step.at - since })),
      }
    },
    advance: async (orderId, job) => toOrderView(await advance(orderId, job)),
    watch: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    workers: orderWorkers(deps, advance),
    eraser: { room: 'orders', erase },
  }
}
