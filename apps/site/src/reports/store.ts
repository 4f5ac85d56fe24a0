import type { RejectReason, Verdict } from '@bithive/api/reports'
import type { Tx } from '@bithive/kernel/database'
import type { DeliveryState, ReportState } from './lifecycle.ts'

export type DocumentKind = 'seg' | 'sr' | 'fhir'

export type ReportRow = {
  readonly reportId: string
  readonly orderId: string
  readonly personId: string
  readonly studyId: string
  readonly seriesId: string
  readonly workload: string
  readonly version: string
  readonly resultSha256: string
  readonly state: ReportState
  readonly createdAtMs: number
}

export type DocumentRow = {
  readonly reportId: string
  readonly kind: DocumentKind
  readonly sha256: string
  readonly bytes: number
}

export type DeliveryRow = {
  readonly reportId: string
  readonly kind: 'seg' | 'sr'
  readonly state: DeliveryState
  readonly reason: string | null
  readonly status: number | null
  readonly attempts: number
  readonly stateAtMs: number
}

const reportColumns = (tx: Tx) => tx`
  report_id AS "reportId", order_id AS "orderId", person_id AS "personId", study_id AS "studyId",
  series_id AS "seriesId", workload, version, result_sha256 AS "resultSha256", state,
  created_at_ms::float8 AS "createdAtMs"`

const deliveryColumns = (tx: Tx) => tx`
  report_id AS "reportId", kind, state, reason, status, attempts, state_at_ms::float8 AS "stateAtMs"`

/** Takes the order's place in the register, once. @returns the row, whoever made it */
export async function ensureReport(
  tx: Tx,
  row: Omit<ReportRow, 'state'> & { readonly orgId: string },
): Promise<ReportRow> {
  await tx`
    INSERT INTO reports.report (report_id, org_id, order_id, person_id, study_id, series_id, workload, version,
      result_sha256, state, created_at_ms)
    VALUES (${row.reportId}, ${row.orgId}, ${row.orderId}, ${row.personId}, ${row.studyId}, ${row.seriesId},
      ${row.workload}, ${row.version}, ${row.resultSha256}, 'filing', ${row.createdAtMs})
    ON CONFLICT (order_id) DO NOTHING`
  const [found] = await tx<ReportRow[]>`
    SELECT ${reportColumns(tx)} FROM reports.report WHERE order_id = ${row.orderId}`
  return found as ReportRow
}

/** Notes that every document is stored, and queues those that go to the archive. @returns false when it was done */
export async function finishReport(
  tx: Tx,
  done: {
    readonly reportId: string
    readonly orgId: string
    readonly documents: readonly Omit<DocumentRow, 'reportId'>[]
    readonly deliver: readonly ('seg' | 'sr')[]
    readonly nowMs: number
  },
): Promise<boolean> {
  const moved = await tx`
    UPDATE reports.report SET state = 'preliminary'
    WHERE report_id = ${done.reportId} AND state = 'filing' RETURNING report_id`
  if (moved.length === 0) return false
  for (const { kind, sha256, bytes } of done.documents) {
    await tx`
      INSERT INTO reports.document (report_id, kind, org_id, sha256, bytes)
      VALUES (${done.reportId}, ${kind}, ${done.orgId}, ${sha256}, ${bytes})`
  }
  for (const kind of done.deliver) {
    await tx`
      INSERT INTO reports.delivery (report_id, kind, org_id, state, state_at_ms, next_try_ms)
      VALUES (${done.reportId}, ${kind}, ${done.orgId}, 'queued', ${done.nowMs}, ${done.nowMs})`
  }
  return true
}

export async function findReport(tx: Tx, reportId: string): Promise<ReportRow | undefined> {
  const [row] = await tx<ReportRow[]>`
    SELECT ${reportColumns(tx)} FROM reports.report WHERE report_id = ${reportId}`
  return row
}

export async function listReports(tx: Tx, limit: number): Promise<ReportRow[]> {
  return [
    ...(await tx<ReportRow[]>`
      SELECT ${reportColumns(tx)} FROM reports.report ORDER BY created_at_ms DESC, report_id DESC LIMIT ${limit}`),
  ]
}

export async function listOfPerson(tx: Tx, personId: string): Promise<ReportRow[]> {
  return [...(await tx<ReportRow[]>`SELECT ${reportColumns(tx)} FROM reports.report WHERE person_id = ${personId}`)]
}

export async function listOfStudies(tx: Tx, studyIds: readonly string[]): Promise<ReportRow[]> {
  return [
    ...(await tx<ReportRow[]>`
      SELECT ${reportColumns(tx)} FROM reports.report
      WHERE study_id = ANY(${[...studyIds]}::text[]) ORDER BY created_at_ms DESC, report_id DESC`),
  ]
}

export async function lockReport(tx: Tx, reportId: string): Promise<void> {
  await tx`SELECT 1 FROM reports.report WHERE report_id = ${reportId} FOR UPDATE`
}

export type ReviewRow = {
  readonly reviewId: string
  readonly reportId: string
  readonly reviewerId: string
  readonly verdict: Verdict
  readonly reason: RejectReason | null
  readonly sealed: Uint8Array | null
  readonly createdAtMs: number
}

/** Oldest first. */
export async function listReviews(tx: Tx, reportIds: readonly string[]): Promise<ReviewRow[]> {
  return [
    ...(await tx<ReviewRow[]>`
      SELECT review_id AS "reviewId", report_id AS "reportId", reviewer_id AS "reviewerId", verdict, reason, sealed,
        created_at_ms::float8 AS "createdAtMs"
      FROM reports.review WHERE report_id = ANY(${[...reportIds]}::text[]) ORDER BY created_at_ms, review_id`),
  ]
}

export async function insertReview(
  tx: Tx,
  row: Omit<ReviewRow, 'createdAtMs'> & { readonly orgId: string; readonly nowMs: number },
): Promise<void> {
  await tx`
    INSERT INTO reports.review (review_id, org_id, report_id, reviewer_id, verdict, reason, sealed, created_at_ms)
    VALUES (${row.reviewId}, ${row.orgId}, ${row.reportId}, ${row.reviewerId}, ${row.verdict}, ${row.reason},
      ${row.sealed}, ${row.nowMs})`
}

export async function listDocuments(tx: Tx, reportIds: readonly string[]): Promise<DocumentRow[]> {
  return [
    ...(await tx<DocumentRow[]>`
      SELECT report_id AS "reportId", kind, sha256, bytes::float8 AS bytes FROM reports.document
      WHERE report_id = ANY(${[...reportIds]}::text[]) ORDER BY kind`),
  ]
}

export async function listDeliveries(tx: Tx, reportIds: readonly string[]): Promise<DeliveryRow[]> {
  return [
    ...(await tx<DeliveryRow[]>`
      SELECT ${deliveryColumns(tx)} FROM reports.delivery
      WHERE report_id = ANY(${[...reportIds]}::text[]) ORDER BY kind`),
  ]
}

/** Reports with a document whose time to be sent has come, those that wait longest first. */
export async function listDue(tx: Tx, nowMs: number, limit: number): Promise<string[]> {
  const rows = await tx<{ reportId: string }[]>`
    SELECT report_id AS "reportId" FROM reports.delivery
    WHERE next_try_ms <= ${nowMs} AND state IN ('queued', 'unreachable', 'unknown')
    GROUP BY report_id ORDER BY min(next_try_ms) LIMIT ${limit}`
  return rows.map((row) => row.reportId)
}

export async function noteDelivery(
  tx: Tx,
  row: Pick<DeliveryRow, 'reportId' | 'kind' | 'state' | 'reason' | 'status'> & {
    readonly nowMs: number
    readonly nextTryMs: number
  },
): Promise<void> {
  await tx`
    UPDATE reports.delivery
    SET state = ${row.state}, reason = ${row.reason}, status = ${row.status}, attempts = attempts + 1,
      state_at_ms = ${row.nowMs}, next_try_ms = ${row.nextTryMs}
    WHERE report_id = ${row.reportId} AND kind = ${row.kind} AND state IN ('queued', 'unreachable', 'unknown')`
}

/** Queues every document of a report again, also those that were refused or sent. */
export async function requeue(
  tx: Tx,
  row: { readonly reportId: string; readonly orgId: string; readonly kinds: readonly string[]; readonly nowMs: number },
): Promise<void> {
  for (const kind of row.kinds) {
    await tx`
      INSERT INTO reports.delivery AS d (report_id, kind, org_id, state, state_at_ms, next_try_ms)
      VALUES (${row.reportId}, ${kind}, ${row.orgId}, 'queued', ${row.nowMs}, ${row.nowMs})
      ON CONFLICT (report_id, kind) DO UPDATE SET state = 'queued', reason = NULL, status = NULL, attempts = 0,
        state_at_ms = excluded.state_at_ms, next_try_ms = excluded.next_try_ms
      WHERE d.state <> 'withdrawn'`
  }
}

/** Leaves what says that there was a report, without what it said. */
export async function eraseReport(tx: Tx, reportId: string, nowMs: number): Promise<void> {
  await tx`UPDATE reports.report SET state = 'erased' WHERE report_id = ${reportId}`
  await tx`DELETE FROM reports.document WHERE report_id = ${reportId}`
  await tx`UPDATE reports.review SET sealed = NULL WHERE report_id = ${reportId}`
  await tx`
    UPDATE reports.delivery SET state = 'withdrawn', state_at_ms = ${nowMs}
    WHERE report_id = ${reportId} AND state <> 'sent'`
}
