import { OrderSummary } from '@bithive/api/orders'
import { now } from './now.ts'
import { useLive } from './queries.ts'

/** The first moment of the reader's own month. */
export function monthStart(at: number): number {
  const date = new Date(at)
  return new Date(date.getFullYear(), date.getMonth(), 1).getTime()
}

/** Counts of orders, and what was spent and held this month. */
export function useOrderSummary() {
  const since = monthStart(now())
  return useLive(['orders', 'summary', since], OrderSummary, `/site/v1/orders/summary?since=${since}`)
}
