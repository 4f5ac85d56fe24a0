import type { JobView } from '@bithive/api/compute'
import {
  type NewOrderInput,
  type OrderDetail,
  type OrderList,
  OrderListQuery,
  type OrderPreview,
  type OrderPreviewRequest,
  type OrderSummary,
  type OrderView,
} from '@bithive/api/orders'
import { type Actor, systemActor } from '@bithive/kernel/actor'
import type { Worker } from '@bithive/kernel/worker'
import type { Eraser } from '../identifiers/index.ts'
import { createAdvanceOrder } from './advance-order.ts'
import { cancelOrder } from './cancel-order.ts'
import type { OrdersDeps } from './deps.ts'
import { orderErrors } from './errors.ts'
import { explainOrder } from './explain-order.ts'
import { orderWorkers } from './follow-orders.ts'
import { hasEnded } from './lifecycle.ts'
import { createMoveOrder } from './move-order.ts'
import { toOrderView } from './order-view.ts'
import { ordersOfPerson, type PersonOrder } from './orders-of-person.ts'
import { placeOrder } from './place-order.ts'
import { orderVault } from './prepare-input.ts'
import { previewOrder } from './preview-order.ts'
import type { OrderStep } from './schema.ts'
import * as store from './store.ts'

export type { FileRequest, OrdersDeps } from './deps.ts'
export { orderErrors } from './errors.ts'
export { createHubClient } from './hub-client.ts'
export { ORDER_LIFECYCLE } from './lifecycle.ts'
export { orderRoutes } from './routes.ts'
export type { OrderStep } from './schema.ts'

export const ordersMigrations = {
  room: 'orders',
  directory: new URL('./migrations/', import.meta.url),
} as const

/** The site's side of the compute market. */
export type Orders = {
  readonly place: (input: NewOrderInput, actor: Actor) => Promise<OrderView>
  readonly cancel: (orderId: string, actor: Actor) => Promise<OrderView>
  /** What an order would do and cost now; nothing is written. @throws http.forbidden, orders.unknown-series */
  readonly preview: (asked: OrderPreviewRequest, actor: Actor) => Promise<OrderPreview>
  readonly list: (query?: Partial<OrderListQuery>) => Promise<OrderList>
  /** Counts by what they ask for, and money since a time, milliseconds since the epoch. */
  readonly summarise: (sinceMs: number) => Promise<OrderSummary>
  /** A person's orders, newest first. */
  readonly ofPerson: (
    personId: string,
    page: { readonly before?: { readonly at: number; readonly id: string } | undefined; readonly limit: number },
  ) => Promise<PersonOrder[]>
  /** @param orderId the order's own id or the one of its job at the hub. @throws orders.unknown */
  readonly explain: (orderId: string) => Promise<OrderDetail>
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
    deps.live?.publish(deps.orgId, { topic: 'orders', id: step.orderId })
  }
  const titleOf = (workload: string) => {
    const title = deps.workloads.find(({ card }) => card.id === workload)?.card.title
    return title ?? { zh: workload, en: workload }
  }
  const view = (row: store.OrderRow) => toOrderView(row, titleOf(row.workload))
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
    place: async (input, actor) => view(await place(input, actor)),
    cancel: async (orderId, actor) => view(await cancel(orderId, actor)),
    preview: previewOrder(deps),
    list: async (asked = {}) => {
      const query = { ...OrderListQuery.parse({}), ...asked }
      const { rows, total } = await asSite((tx) => store.listOrders(tx, query))
      const last = rows.length === query.limit ? rows.at(-1) : undefined
      return { orders: rows.map(view), total, ...(last ? { next: last.orderId } : {}) }
    },
    summarise: (sinceMs) =>
      asSite(async (tx) => ({ ...(await store.countOrders(tx)), spend: await store.sumSpend(tx, sinceMs) })),
    ofPerson: ordersOfPerson(deps),
    explain: async (orderId) => {
      const found = await asSite(async (tx) => {
        const order = (await store.findOrder(tx, orderId)) ?? (await store.findByJob(tx, orderId))
        return order && { order, steps: await store.listSteps(tx, order.orderId) }
      })
      if (!found) throw orderErrors.error('unknown')
      return explainOrder(found.order, found.steps, titleOf(found.order.workload))
    },
    advance: async (orderId, job) => view(await advance(orderId, job)),
    watch: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    workers: orderWorkers(deps, advance),
    eraser: { room: 'orders', erase },
  }
}
