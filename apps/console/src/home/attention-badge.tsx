import { useOrderSummary } from '../shared/use-order-summary.ts'

/** Orders that were refused, failed, or have no answer. */
export function AttentionBadge() {
  const { data } = useOrderSummary()
  return data && data.attention > 0 ? <span>{data.attention}</span> : null
}
