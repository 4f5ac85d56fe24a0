import { OrderList, type OrderView } from '@bithive/api/orders'
import { useLive } from '../shared/queries.ts'
import { hasRole, useSession } from '../shared/session.tsx'
import { ReportList } from './report-list.ts'

export type Waiting = {
  readonly key: string
  readonly kind: 'review' | 'delivery' | 'refused' | 'failed' | 'unknown'
  readonly at: number
  readonly order?: OrderView
  readonly reportId?: string
  readonly workload: string
  readonly studyId: string
  readonly orderId: string
}

const NOT_SENT = ['refused', 'unreachable', 'unknown']
const WEEK_MS = 7 * 86_400_000

/** What waits for this person: results to review, reports that did not arrive, orders that went wrong this week. */
export function useWaiting(now: number) {
  const session = useSession()
  const reads = hasRole(session, 'clinician')
  const orders = useLive(['orders', 'attention'], OrderList, '/site/v1/orders?show=attention&limit=50')
  const reports = useLive(['reports', 'waiting'], ReportList, reads ? '/site/v1/reports?limit=200' : undefined)
  const ofOrders = (orders.data?.orders ?? [])
    .filter(({ stateAt, state }) => state === 'unknown' || now - stateAt < WEEK_MS)
    .map((order): Waiting => {
      const { orderId, state, stateAt, workload, studyId } = order
      const kind = state === 'unknown' ? 'unknown' : state === 'failed' ? 'failed' : 'refused'
      return { key: orderId, kind, at: stateAt, order, workload, studyId, orderId }
    })
  const ofReports = (reports.data?.reports ?? []).flatMap((report): Waiting[] => {
    const { reportId, workload, createdAt, review, deliveries, studyId, orderId } = report
    const place = { reportId, workload, studyId, orderId }
    const unsent = deliveries.find(({ state }) => NOT_SENT.includes(state))
    return [
      ...(review === 'pending' ? [{ key: reportId, kind: 'review', at: createdAt, ...place } as const] : []),
      ...(unsent ? [{ key: `${reportId}-sent`, kind: 'delivery', at: unsent.stateAt, ...place } as const] : []),
    ]
  })
  const items = [...ofOrders, ...ofReports].sort((a, b) => b.at - a.at)
  return { items, loading: !orders.data && !orders.error, error: orders.error ?? reports.error, reports: reports.data }
}
