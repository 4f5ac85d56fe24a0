import type { ReportDetail, ReportOverlay } from '@bithive/api/reports'
import type { Actor } from '@bithive/kernel/actor'
import { mustAllow } from '@bithive/kernel/http'
import type { ReportsDeps } from './deps.ts'
import { reportDocuments } from './documents.ts'
import { reportErrors } from './errors.ts'
import { mayReadReports } from './policy.ts'
import { overlayOf, readFindings, readSeg, reportedSeries } from './read-findings.ts'
import { NOT_FOR_DIAGNOSIS } from './report-input.ts'
import { openReviews } from './review-report.ts'
import * as store from './store.ts'

type Found = { readonly report: store.ReportRow; readonly documents: readonly store.DocumentRow[] }
type ListView = {
  readonly stateText: ReportDetail['stateText']
  readonly deliveries: readonly ReportDetail['deliveries'][number][]
}

/** Reads what a filed report holds. Who reads it is recorded before anything is opened. */
export function readDetail(deps: ReportsDeps, viewOf: (reportId: string) => Promise<ListView>) {
  const files = reportDocuments(deps)

  const open = async (reportId: string, actor: Actor): Promise<Found> => {
    mustAllow(mayReadReports(actor))
    const found = await deps.db.asOrg(deps.orgId, async (tx) => ({
      report: await store.findReport(tx, reportId),
      documents: await store.listDocuments(tx, [reportId]),
    }))
    const { report, documents } = found
    if (!report || report.state === 'erased') throw reportErrors.error('unknown')
    if (report.state === 'filing') throw reportErrors.error('not-ready', { reportId })
    return { report, documents }
  }

  const read = async ({ report, documents }: Found, kind: store.DocumentKind): Promise<Uint8Array | undefined> => {
    const document = documents.find((one) => one.kind === kind)
    return document && (await files.get(report, kind, document.sha256))
  }

  const record = (reportId: string, actor: Actor, kind: string) =>
    deps.audit.record({
      orgId: deps.orgId,
      actorId: actor.id,
      action: 'reports.read',
      resource: reportId,
      facts: { kind },
    })

  const contentOf = async (found: Found) => {
    const [sr, seg] = [await read(found, 'sr'), await read(found, 'seg')]
    if (!sr) throw reportErrors.error('document-missing', { reportId: found.report.reportId, kind: 'sr' })
    return { place: reportedSeries(sr), findings: readFindings(sr, seg && readSeg(seg)) }
  }

  return {
    /** Keys of the findings of a report, for those that judge them. */
    findingKeys: async (report: store.ReportRow): Promise<ReadonlySet<string>> => {
      const documents = await deps.db.asOrg(deps.orgId, (tx) => store.listDocuments(tx, [report.reportId]))
      return new Set((await contentOf({ report, documents })).findings.map((finding) => finding.key))
    },

    /** @throws http.forbidden, reports.unknown, reports.not-ready, reports.document-missing */
    detail: async (reportId: string, actor: Actor): Promise<ReportDetail> => {
      const found = await open(reportId, actor)
      const { report } = found
      await record(reportId, actor, 'detail')
      const { place, findings } = await contentOf(found)
      const { orderId, personId, studyId, seriesId, workload, version, state, resultSha256, createdAtMs } = report
      const { stateText, deliveries } = await viewOf(reportId)
      const documents = found.documents.map(({ kind, sha256, bytes }) => ({ kind, sha256, bytes }))
      return {
        ...{ reportId, orderId, personId, studyId, seriesId, workload, version, state, resultSha256 },
        ...place,
        ...{ stateText, documents, findings },
        deliveries: [...deliveries],
        createdAt: createdAtMs,
        notForDiagnosis: NOT_FOR_DIAGNOSIS,
        verification: 'UNVERIFIED',
        review: await openReviews(deps, report),
      }
    },

    /** @throws http.forbidden, reports.unknown (also for a report without a segmentation), reports.not-ready */
    overlay: async (reportId: string, actor: Actor): Promise<ReportOverlay> => {
      const found = await open(reportId, actor)
      if (!found.documents.some((one) => one.kind === 'seg')) throw reportErrors.error('unknown')
      await record(reportId, actor, 'overlay')
      return overlayOf(readSeg((await read(found, 'seg')) as Uint8Array))
    },
  }
}
