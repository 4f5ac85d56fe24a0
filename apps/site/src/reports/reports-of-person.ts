import type { LocalText } from '@bithive/api/workload'
import type { ReportsDeps } from './deps.ts'
import { reportDocuments } from './documents.ts'
import { reportErrors } from './errors.ts'
import { REPORT_LIFECYCLE, type ReportState } from './lifecycle.ts'
import { NOT_FOR_DIAGNOSIS } from './report-input.ts'
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

const toReport = (row: Row): PersonReport => ({ ...row, stateText: REPORT_LIFECYCLE[row.state].text })

/** A person's reports, newest first. */
export const reportsOfPerson =
  (deps: Pick<ReportsDeps, 'db' | 'orgId'>) =>
  async (
    personId: string,
    page: { readonly before?: { readonly at: number; readonly id: string } | undefined; readonly limit: number },
  ): Promise<PersonReport[]> => {
    const { before, limit } = page
    const rows = await deps.db.asOrg(
      deps.orgId,
      (tx) => tx<Row[]>`
        SELECT report_id AS "reportId", created_at_ms::float8 AS at, workload, state FROM reports.report
        WHERE person_id = ${personId}
          AND (${before === undefined} OR (created_at_ms, report_id COLLATE "C") < (${before?.at ?? 0}, ${before?.id ?? ''}))
        ORDER BY created_at_ms DESC, report_id COLLATE "C" DESC LIMIT ${limit}`,
    )
    return rows.map(toReport)
  }

/**
 * What a report says, for the person it speaks of: the FHIR document. Recorded before the bytes leave.
 * @param reader the actor's id and the person that the actor's account stands for
 * @throws reports.unknown also for another person's report, reports.not-ready
 */
export const readOwnReport =
  (deps: ReportsDeps) => async (reportId: string, reader: { readonly actorId: string; readonly personId: string }) => {
    const { row, document } = await deps.db.asOrg(deps.orgId, async (tx) => {
      const found = await store.findReport(tx, reportId)
      if (!found || found.personId !== reader.personId || found.state === 'erased') throw reportErrors.error('unknown')
      if (found.state === 'filing') throw reportErrors.error('not-ready', { reportId })
      const documents = await store.listDocuments(tx, [reportId])
      return { row: found, document: documents.find((one) => one.kind === 'fhir') }
    })
    if (!document) throw reportErrors.error('unknown')
    const fhir = await reportDocuments(deps).get(row, 'fhir', document.sha256)
    await deps.audit.record({
      ...{ orgId: deps.orgId, actorId: reader.actorId, action: 'reports.read', resource: reportId },
      facts: { kind: 'fhir', by: 'the person' },
    })
    const report = toReport({ reportId, at: row.createdAtMs, workload: row.workload, state: row.state })
    return { ...report, notForDiagnosis: NOT_FOR_DIAGNOSIS, fhir }
  }
