import { useOrderSummary } from '../shared/use-order-summary.ts'

/** How many orders are on their way. */
export function OpenJobsBadge() {
  const { data } = useOrderSummary()
  return data && data.open > 0 ? <span>{data.open}</span> : null
}
