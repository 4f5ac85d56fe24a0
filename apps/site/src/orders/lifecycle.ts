import type { LocalText } from '@bithive/api/workload'

export type OrderState =
  | 'draft'
  | 'preparing'
  | 'ordered'
  | 'leased'
  | 'staged'
  | 'returned'
  | 'verified'
  | 'filed'
  | 'accepted'
  | 'settled'
  | 'refused'
  | 'failed'
  | 'cancelled'
  | 'unknown'

export type OrderStateEntry = {
  readonly next: readonly OrderState[]
  /** After this long without news the hub is asked. Undefined: the order has ended. */
  readonly askAfterMs?: number
  readonly text: LocalText
}

/**
 * The states of an order at the site. From `unknown` (the hub's answer was lost) every state is possible, because
 * the hub may have gone on meanwhile. A lost lease goes back from `staged` or `returned`; the hub finds another node.
 * A result that was filed here but never reached the hub's books may go back too: what is filed stays filed once.
 */
export const ORDER_LIFECYCLE: Readonly<Record<OrderState, OrderStateEntry>> = {
  draft: {
    next: ['preparing', 'refused', 'cancelled', 'failed'],
    askAfterMs: 5_000,
    text: { zh: '已登记', en: 'Drafted' },
  },
  preparing: {
    next: ['ordered', 'unknown', 'refused', 'cancelled', 'failed'],
    askAfterMs: 5_000,
    text: { zh: '正在去标识并打包', en: 'Being de-identified and packed' },
  },
  ordered: {
    next: ['leased', 'staged', 'returned', 'refused', 'failed', 'cancelled', 'unknown'],
    askAfterMs: 60_000,
    text: { zh: '已下单，等待节点', en: 'Ordered, waiting for a node' },
  },
  leased: {
    next: ['ordered', 'staged', 'returned', 'refused', 'failed', 'cancelled', 'unknown'],
    askAfterMs: 10_000,
    text: { zh: '节点已接单，正在复核', en: 'A node took it, being checked again' },
  },
  staged: {
    next: ['ordered', 'leased', 'returned', 'refused', 'failed', 'cancelled', 'unknown'],
    askAfterMs: 60_000,
    text: { zh: '已加密交给节点', en: 'Sealed and sent to the node' },
  },
  returned: {
    next: ['ordered', 'leased', 'staged', 'verified', 'refused', 'failed', 'cancelled', 'unknown'],
    askAfterMs: 10_000,
    text: { zh: '结果已返回，正在核对', en: 'Result returned, being checked' },
  },
  verified: {
    next: ['ordered', 'leased', 'staged', 'returned', 'filed', 'refused', 'failed', 'cancelled', 'unknown'],
    askAfterMs: 10_000,
    text: { zh: '结果已核对', en: 'Result checked' },
  },
  filed: {
    next: ['ordered', 'leased', 'staged', 'returned', 'accepted', 'settled', 'failed', 'cancelled', 'unknown'],
    askAfterMs: 10_000,
    text: { zh: '报告已归档', en: 'Report filed' },
  },
  accepted: {
    next: ['settled', 'failed', 'unknown'],
    askAfterMs: 60_000,
    text: { zh: '结果已接受，等待结算', en: 'Accepted, waiting for settlement' },
  },
  unknown: {
    next: ['ordered', 'leased', 'staged', 'returned', 'filed', 'accepted', 'settled', 'refused', 'failed', 'cancelled'],
    askAfterMs: 5_000,
    text: { zh: '结果未知，正在查询', en: 'Outcome unknown, being asked for' },
  },
  settled: { next: [], text: { zh: '已结算', en: 'Settled' } },
  refused: { next: [], text: { zh: '已拒绝', en: 'Refused' } },
  failed: { next: [], text: { zh: '失败，已退款', en: 'Failed, refunded' } },
  cancelled: { next: [], text: { zh: '已取消', en: 'Cancelled' } },
}

export const hasEnded = (state: OrderState): boolean => ORDER_LIFECYCLE[state].next.length === 0

export const mayFollow = (from: OrderState, to: OrderState): boolean => ORDER_LIFECYCLE[from].next.includes(to)
