import { OrderPreview } from '@bithive/api/orders'
import { useQuery } from '@tanstack/react-query'
import { call } from '../shared/call.ts'
import type { Draft } from './draft.ts'

/** What the order of this draft would do and cost now; nothing is asked while a choice is missing. */
export function usePreview({ studyId, seriesId, workload, urgency, purpose, maxPrice }: Draft) {
  const limit = maxPrice === undefined ? {} : { maxPrice }
  const body = { studyId, seriesId, workload, urgency, purpose, ...limit }
  return useQuery({
    // The market moves under every job; offers change only when they are asked for again.
    queryKey: ['treasury', 'preview', body],
    queryFn: ({ signal }) => call(OrderPreview, '/site/v1/orders/preview', { method: 'POST', body, signal }),
    enabled: studyId !== undefined && seriesId !== undefined && workload !== undefined,
    placeholderData: (past) => (past?.workload === workload ? past : undefined),
  })
}
