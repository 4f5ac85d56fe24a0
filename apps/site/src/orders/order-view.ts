import type { OrderView } from '@bithive/api/orders'
import type { LocalText } from '@bithive/api/workload'
import { hasEnded, ORDER_LIFECYCLE } from './lifecycle.ts'
import { orderCost } from './order-cost.ts'
import { problemWords } from './problem-words.ts'
import type { OrderRow } from './store.ts'

/** An order as people and programs see it. @param title the workload's own name, in words */
export function toOrderView(row: OrderRow, title: LocalText): OrderView {
  const { jobView } = row
  const computing = jobView?.state === 'running' && !hasEnded(row.state)
  return {
    orderId: row.orderId,
    jobId: row.jobId,
    personId: row.personId,
    studyId: row.studyId,
    seriesId: row.seriesId,
    workload: row.workload,
    version: row.version,
    title,
    urgency: row.urgency,
    purpose: row.purpose,
    tier: row.tier,
    dataClass: row.dataClass,
    jurisdictions: row.jurisdictions,
    maxPrice: row.maxPrice,
    requestedBy: row.requestedBy,
    state: row.state,
    stateText: ORDER_LIFECYCLE[row.state].text,
    ended: hasEnded(row.state),
    problem: row.problem,
    ...(row.problem === null ? {} : { problemText: problemWords(row.problem) }),
    ...(computing && jobView.progress ? { progress: jobView.progress } : {}),
    ...(jobView?.lease ? { nodeName: jobView.lease.nodeName } : {}),
    cost: orderCost(row.maxPrice, jobView),
    inputSha256: row.inputSha256,
    reportId: row.reportId,
    createdAt: row.createdAtMs,
    stateAt: row.stateAtMs,
  }
}
