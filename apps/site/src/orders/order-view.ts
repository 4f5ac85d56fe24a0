import type { LocalText } from '@bithive/api/workload'
import { ORDER_LIFECYCLE, type OrderState } from './lifecycle.ts'
import type { OrderStep } from './schema.ts'
import type { OrderRow } from './store.ts'

/** An order as people and programs see it. It names a person by `per_…` only. */
export type OrderView = {
  readonly orderId: string
  readonly jobId: string | null
  readonly personId: string
  readonly studyId: string
  readonly seriesId: string
  readonly workload: string
  readonly version: string
  readonly urgency: OrderRow['urgency']
  readonly tier: OrderRow['tier']
  readonly dataClass: string
  readonly jurisdictions: readonly string[]
  readonly maxPrice: string
  readonly state: OrderState
  readonly stateText: LocalText
  readonly problem: string | null
  readonly inputSha256: string | null
  readonly reportId: string | null
  readonly createdAt: number
  readonly stateAt: number
}

/** What happened to an order, step by step, oldest first. */
export type OrderExplanation = {
  readonly order: OrderView
  readonly steps: readonly (OrderStep & { readonly sinceOrderedMs: number })[]
}

export const toOrderView = (row: OrderRow): OrderView => ({
  orderId: row.orderId,
  jobId: row.jobId,
  personId: row.personId,
  studyId: row.studyId,
  seriesId: row.seriesId,
  workload: row.workload,
  version: row.version,
  urgency: row.urgency,
  tier: row.tier,
  dataClass: row.dataClass,
  jurisdictions: row.jurisdictions,
  maxPrice: row.maxPrice,
  state: row.state,
  stateText: ORDER_LIFECYCLE[row.state].text,
  problem: row.problem,
  inputSha256: row.inputSha256,
  reportId: row.reportId,
  createdAt: row.createdAtMs,
  stateAt: row.stateAtMs,
})
