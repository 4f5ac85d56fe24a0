import type { ReviewState } from '@bithive/api/reports'
import type { LocalText } from '@bithive/api/workload'
import type { ReportsDeps } from './deps.ts'
import { reportDocuments } from './documents.ts'
import { reportErrors } from './errors.ts'
import { REPORT_LIFECYCLE, type ReportState } from './lifecycle.ts'
import { NOT_FOR_DIAGNOSIS } from './report-input.ts'
import { reviewStateOf } from './review-report.ts'
import * as store from './store.ts'

/** A report for the person's own list of records. */
export type PersonReport = {
  readonly reportId: string
  readonly at: number
  readonly workload: string
  readonly state: ReportState
  readonly stateText: LocalText
}

type Row = Omit<PersonReport, 'stateText'>

/** What doctors made of it, as the patient reads it. A judgement signs nothing, and is not said of what is erased. */
const REVIEWED: Readonly<Record<Exclude<ReviewState, 'pending'>, LocalText>> = {
  accepted: { zh: '医生已看过，未签署', en: 'A doctor has looked at it; it is not signed' },
  rejected: { zh: '医生没有采用这份结果', en: 'The doctor did not use this result' },
  disputed: { zh: '医生们对这份结果看法不一，未签署', en: 'Doctors disagree about this result; it is not signed' },
}

/** @param reviews of any reports, oldest first */
function toReport(row: Row, reviews: readonly store.ReviewRow[]): PersonReport {
  const judged = reviewStateOf(reviews.filter(({ reportId }) => reportId === row.reportId))
  const text = row.state === 'preliminary' && judged !== 'pending' ? REVIEWED[judged] : REPORT_LIFECYCLE[row.state].text
  return { ...row, stateText: text }
}

/** A person's reports, newest first. */
export const reportsOfPerson =
  (deps: Pick<ReportsDeps, 'db' | 'orgId'>) =>
  async (
    personId: string,
    page: { readonly before?: { readonly at: number; readonly id: string } | undefined; readonly limit: number },
  ): Promise<PersonReport[]> => {
    const { before, limit } = page
    return deps.db.asOrg(deps.orgId, async (tx) => {
      const rows = await tx<Row[]>`
        SELECT report_id AS "reportId", created_at_ms::float8 AS at, workload, state FROM reports.report
        WHERE person_id = ${personId}
          AND (${before === undefined} OR (created_at_ms, report_id COLLATE "C") < (${before?.at ?? 0}, ${before?.id ?? ''}))
        ORDER BY created_at_ms DESC, report_id COLLATE "C" DESC LIMIT ${limit}`
      const reviews = await store.listReviews(
        tx,
        rows.map(({ reportId }) => reportId),
      )
      return rows.map((row) => toReport(row, reviews))
    })
  }

/**
 * What a report says, for the person it speaks of: the FHIR document. Recorded before the bytes leave.
 * @param reader the actor's id and the person that the actor's account stands for
 * @throws reports.unknown also for another person's report, reports.not-ready
 */
export const readOwnReport =
  (deps: ReportsDeps) => async (reportId: string, reader: { readonly actorId: string; readonly personId: string }) => {
    const { row, document, reviews } = await deps.db.asOrg(deps.orgId, async (tx) => {
      const found = await store.findReport(tx, reportId)
      if (!found || found.personId !== reader.personId || found.state === 'erased') throw reportErrors.error('unknown')
      if (found.state === 'filing') throw reportErrors.error('not-ready', { reportId })
      const documents = await store.listDocuments(tx, [reportId])
      const fhirDocument = documents.find((one) => one.kind === 'fhir')
      return { row: found, document: fhirDocument, reviews: await store.listReviews(tx, [reportId]) }
    })
    if (!document) throw reportErrors.error('unknown')
    const fhir = await reportDocuments(deps).get(row, 'fhir', document.sha256)
    await deps.audit.record({
      ...{ orgId: deps.orgId, actorId: reader.actorId, action: 'reports.read', resource: reportId },
      facts: { kind: 'fhir', by: 'the person' },
    })
    const { workload, state } = row
    const report = toReport({ reportId, at: row.createdAtMs, workload, state }, reviews)
    return { ...report, notForDiagnosis: NOT_FOR_DIAGNOSIS, fhir }
  }
