import type { JobView } from '@bithive/api/compute'
import type { OrderListQuery } from '@bithive/api/orders'
import type { PrivacyTier } from '@bithive/api/workload'
import type { Tx } from '@bithive/kernel/database'
import type { OrderState } from './lifecycle.ts'
import type { OrderInput, OrderStep, StepFacts } from './schema.ts'

export type OrderRow = {
  readonly orderId: string
  readonly requestKey: string | null
  readonly personId: string
  readonly studyId: string
  readonly seriesId: string
  readonly workload: string
  readonly version: string
  readonly workloadDigest: string
  readonly urgency: 'stat' | 'urgent' | 'routine'
  readonly purpose: 'care' | 'research' | 'training' | 'quality'
  readonly dataClass: string
  readonly tier: PrivacyTier
  readonly jurisdictions: string[]
  readonly maxPrice: string
  readonly requestedBy: string
  readonly createdAtMs: number
  readonly inputSha256: string | null
  readonly inputBytes: number | null
  readonly input: OrderInput | null
  readonly resultKey: string | null
  readonly resultSecret: Uint8Array | null
  readonly jobId: string | null
  readonly state: OrderState
  readonly stateAtMs: number
  readonly problem: string | null
  readonly leaseEpoch: number
  readonly stagedEpoch: number
  readonly runningEpoch: number
  readonly resultEpoch: number | null
  readonly resultSha256: string | null
  readonly reportId: string | null
  readonly cancelDue: boolean
  readonly failures: number
  readonly jobSeenAt: number
  /** What the hub last said of the job. */
  readonly jobView: JobView | null
}

const columns = (tx: Tx) => tx`
  order_id AS "orderId", request_key AS "requestKey", person_id AS "personId", study_id AS "studyId",
  series_id AS "seriesId", workload, version, workload_digest AS "workloadDigest", urgency, purpose,
  data_class AS "dataClass", tier, jurisdictions, max_price AS "maxPrice", requested_by AS "requestedBy",
  created_at_ms::float8 AS "createdAtMs", input_sha256 AS "inputSha256", input_bytes::float8 AS "inputBytes", input,
  result_key AS "resultKey", result_secret AS "resultSecret", job_id AS "jobId", state,
  state_at_ms::float8 AS "stateAtMs", problem, lease_epoch AS "leaseEpoch", staged_epoch AS "stagedEpoch",
  running_epoch AS "runningEpoch", result_epoch AS "resultEpoch", result_sha256 AS "resultSha256",
  report_id AS "reportId", cancel_due AS "cancelDue", failures, job_seen_at::float8 AS "jobSeenAt",
  job_view AS "jobView"`

export type NewOrderRow = Pick<
  OrderRow,
  | 'orderId'
  | 'personId'
  | 'studyId'
  | 'seriesId'
  | 'workload'
  | 'version'
  | 'workloadDigest'
  | 'urgency'
  | 'purpose'
  | 'dataClass'
  | 'tier'
  | 'jurisdictions'
  | 'maxPrice'
  | 'requestedBy'
> & { readonly requestKey: string | null; readonly orgId: string; readonly nowMs: number }

/** @returns undefined when an order with this request key is there already */
export async function insertOrder(tx: Tx, row: NewOrderRow): Promise<OrderRow | undefined> {
  const [made] = await tx<OrderRow[]>`
    INSERT INTO orders.job_order (order_id, org_id, request_key, person_id, study_id, series_id, workload, version,
      workload_digest, urgency, purpose, data_class, tier, jurisdictions, max_price, requested_by, created_at_ms,
      state, state_at_ms, next_try_ms)
    VALUES (${row.orderId}, ${row.orgId}, ${row.requestKey}, ${row.personId}, ${row.studyId}, ${row.seriesId},
      ${row.workload}, ${row.version}, ${row.workloadDigest}, ${row.urgency}, ${row.purpose}, ${row.dataClass},
      ${row.tier}, ${row.jurisdictions}, ${row.maxPrice}, ${row.requestedBy}, ${row.nowMs}, 'draft', ${row.nowMs},
      ${row.nowMs})
    ON CONFLICT (org_id, request_key) DO NOTHING RETURNING ${columns(tx)}`
  return made
}

export async function findOrder(tx: Tx, orderId: string): Promise<OrderRow | undefined> {
  const [row] = await tx<OrderRow[]>`SELECT ${columns(tx)} FROM orders.job_order WHERE order_id = ${orderId}`
  return row
}

export async function findByJob(tx: Tx, jobId: string): Promise<OrderRow | undefined> {
  const [row] = await tx<OrderRow[]>`SELECT ${columns(tx)} FROM orders.job_order WHERE job_id = ${jobId}`
  return row
}

export async function findByRequestKey(tx: Tx, requestKey: string): Promise<OrderRow | undefined> {
  const [row] = await tx<OrderRow[]>`SELECT ${columns(tx)} FROM orders.job_order WHERE request_key = ${requestKey}`
  return row
}

const ENDED = ['settled', 'refused', 'failed', 'cancelled']
const ATTENTION = ['refused', 'failed', 'unknown']

function fits(tx: Tx, query: Omit<OrderListQuery, 'limit' | 'before'>) {
  const { show, workload, urgency, studyId, find } = query
  return tx`
    (${show === 'all'} OR (${show === 'open'} AND state <> ALL(${ENDED})) OR (${show === 'ended'} AND state = ANY(${ENDED}))
      OR (${show === 'settled'} AND state = 'settled') OR (${show === 'attention'} AND state = ANY(${ATTENTION})))
    AND (${workload ?? null}::text IS NULL OR workload = ${workload ?? ''})
    AND (${urgency ?? null}::text IS NULL OR urgency = ${urgency ?? ''})
    AND (${studyId ?? null}::text IS NULL OR study_id = ${studyId ?? ''})
    AND (${find ?? null}::text IS NULL
      OR strpos(concat_ws(' ', order_id, job_id, study_id, person_id), ${find ?? ''}) > 0)`
}

/** Newest first, one page, with the count of all that fit. */
export async function listOrders(tx: Tx, query: OrderListQuery): Promise<{ rows: OrderRow[]; total: number }> {
  const { before, limit } = query
  const rows = await tx<OrderRow[]>`
    SELECT ${columns(tx)} FROM orders.job_order
    WHERE ${fits(tx, query)} AND (${before ?? null}::text IS NULL OR (created_at_ms, order_id) <
      (SELECT created_at_ms, order_id FROM orders.job_order WHERE order_id = ${before ?? ''}))
    ORDER BY created_at_ms DESC, order_id DESC LIMIT ${limit}`
  const [count] = await tx<{ total: number }[]>`
    SELECT count(*)::int AS total FROM orders.job_order WHERE ${fits(tx, query)}`
  return { rows: [...rows], total: count?.total ?? 0 }
}

export type OrderCounts = {
  readonly open: number
  readonly attention: number
  readonly settled: number
  readonly total: number
}

export async function countOrders(tx: Tx): Promise<OrderCounts> {
  const [row] = await tx<OrderCounts[]>`
    SELECT count(*) FILTER (WHERE state <> ALL(${ENDED}))::int AS open,
      count(*) FILTER (WHERE state = ANY(${ATTENTION}))::int AS attention,
      count(*) FILTER (WHERE state = 'settled')::int AS settled, count(*)::int AS total
    FROM orders.job_order`
  return row ?? { open: 0, attention: 0, settled: 0, total: 0 }
}

export type Spend = {
  readonly asset: string
  readonly paid: string
  readonly orders: number
  readonly held: string
  readonly holding: number
}

/** What settled orders cost since `sinceMs`, and what is held now, summed in the database as exact decimals. */
export async function sumSpend(tx: Tx, sinceMs: number): Promise<Spend[]> {
  return [
    ...(await tx<Spend[]>`
      SELECT m->>'asset' AS asset,
        coalesce(sum((m->>'amount')::numeric) FILTER (WHERE paid), 0)::text AS paid,
        count(DISTINCT order_id) FILTER (WHERE paid)::int AS orders,
        coalesce(sum((m->>'amount')::numeric) FILTER (WHERE m->>'part' = 'hold'), 0)::text AS held,
        count(DISTINCT order_id) FILTER (WHERE m->>'part' = 'hold')::int AS holding
      FROM orders.job_order, jsonb_array_elements(job_view->'money') AS m,
        LATERAL (SELECT m->>'part' = ANY(${['base-pay', 'royalty', 'fee', 'pool']}) AND state_at_ms >= ${sinceMs} AS paid) AS p
      GROUP BY 1 ORDER BY 1`),
  ]
}

/** Keeps the newest of the hub's views of a job. @returns false when a newer one is there already */
export async function keepJobView(tx: Tx, orderId: string, view: JobView): Promise<boolean> {
  const kept = await tx`
    UPDATE orders.job_order SET job_view = ${tx.json(view as never)}
    WHERE order_id = ${orderId} AND (job_view IS NULL OR (job_view->>'updatedAt')::float8 < ${view.updatedAt})
    RETURNING order_id`
  return kept.length > 0
}

/** Open orders whose time to be looked at has come, STAT first. */
export async function listDue(tx: Tx, nowMs: number, limit: number): Promise<string[]> {
  const rows = await tx<{ orderId: string }[]>`
    SELECT order_id AS "orderId" FROM orders.job_order
    WHERE next_try_ms <= ${nowMs} AND (cancel_due OR state NOT IN ('settled', 'refused', 'failed', 'cancelled'))
    ORDER BY array_position(ARRAY['stat', 'urgent', 'routine'], urgency), next_try_ms LIMIT ${limit}`
  return rows.map((row) => row.orderId)
}

export async function listOfPerson(tx: Tx, personId: string): Promise<OrderRow[]> {
  return [...(await tx<OrderRow[]>`SELECT ${columns(tx)} FROM orders.job_order WHERE person_id = ${personId}`)]
}

/** What a use case may change beside the state. `undefined` leaves a column as it is. */
export type OrderPatch = Partial<
  Pick<
    OrderRow,
    | 'inputSha256'
    | 'inputBytes'
    | 'input'
    | 'resultKey'
    | 'resultSecret'
    | 'jurisdictions'
    | 'jobId'
    | 'problem'
    | 'leaseEpoch'
    | 'stagedEpoch'
    | 'runningEpoch'
    | 'resultEpoch'
    | 'resultSha256'
    | 'reportId'
    | 'cancelDue'
    | 'failures'
    | 'jobSeenAt'
  >
> & { readonly nextTryMs?: number }

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/**
 * Changes an order only when it is still in the state that the caller saw: two drivers of one order cannot both
 * move it. @returns undefined when somebody else was first
 */
export async function changeOrder(
  tx: Tx,
  seen: Pick<OrderRow, 'orderId' | 'state'>,
  change: { readonly state: OrderState; readonly nowMs: number; readonly patch: OrderPatch },
): Promise<OrderRow | undefined> {
  const set: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(change.patch)) {
    if (value !== undefined) set[snake(name)] = name === 'input' && value !== null ? tx.json(value as never) : value
  }
  if (change.state !== seen.state) set.state_at_ms = change.nowMs
  set.state = change.state
  const [row] = await tx<OrderRow[]>`
    UPDATE orders.job_order SET ${tx(set as Record<string, never>)}
    WHERE order_id = ${seen.orderId} AND state = ${seen.state} RETURNING ${columns(tx)}`
  return row
}

export async function insertStep(tx: Tx, orgId: string, step: OrderStep): Promise<void> {
  await tx`
    INSERT INTO orders.step (order_id, seq, org_id, stage, at_ms, facts)
    SELECT ${step.orderId}, coalesce(max(seq), 0) + 1, ${orgId}, ${step.stage}, ${step.at},
      ${tx.json(step.facts as never)}
    FROM orders.step WHERE order_id = ${step.orderId}`
}

export async function listSteps(tx: Tx, orderId: string): Promise<OrderStep[]> {
  return [
    ...(await tx<OrderStep[]>`
      SELECT order_id AS "orderId", stage, at_ms::float8 AS at, facts FROM orders.step
      WHERE order_id = ${orderId} ORDER BY seq`),
  ].map((step) => ({ ...step, facts: step.facts as StepFacts }))
}

export async function readCursor(tx: Tx): Promise<number> {
  const [row] = await tx<{ after: number }[]>`SELECT after::float8 AS after FROM orders.follow`
  return row?.after ?? 0
}

export async function writeCursor(tx: Tx, orgId: string, after: number): Promise<void> {
  await tx`
    INSERT INTO orders.follow AS f (org_id, after) VALUES (${orgId}, ${after})
    ON CONFLICT (org_id) DO UPDATE SET after = greatest(f.after, excluded.after)`
}
