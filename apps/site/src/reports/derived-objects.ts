import type { DerivedObject } from '../imaging/index.ts'
import { SEGMENTATION_CLASS } from './build-seg.ts'
import { COMPREHENSIVE_3D_SR } from './build-sr.ts'
import type { ReportsDeps } from './deps.ts'
import { reportDocuments } from './documents.ts'
import { documentUid } from './report-input.ts'
import * as store from './store.ts'

/** The segmentations and reports of studies, for the imaging room to offer beside the images that they speak of. */
export const derivedObjects =
  (deps: ReportsDeps) =>
  async (studyIds: readonly string[]): Promise<DerivedObject[]> => {
    const [reports, documents] = await deps.db.asOrg(deps.orgId, async (tx) => {
      const found = (await store.listOfStudies(tx, studyIds)).filter((report) => report.state === 'preliminary')
      return [
        found,
        await store.listDocuments(
          tx,
          found.map((report) => report.reportId),
        ),
      ] as const
    })
    const files = reportDocuments(deps)
    return reports.flatMap((report) =>
      documents
        .filter((document) => document.reportId === report.reportId)
        .flatMap(({ kind, sha256, bytes }): DerivedObject[] => {
          if (kind === 'fhir') return []
          return [
            {
              resource: `${report.reportId}/${kind}`,
              studyId: report.studyId,
              // The same names that the documents carry: they are drawn from the order.
              seriesInstanceUid: documentUid(report.orderId, `${kind} series`),
              sopInstanceUid: documentUid(report.orderId, kind),
              sopClassUid: kind === 'seg' ? SEGMENTATION_CLASS : COMPREHENSIVE_3D_SR,
              modality: kind === 'seg' ? 'SEG' : 'SR',
              seriesDescription: `${report.workload} (not for diagnosis)`.slice(0, 64),
              sizeBytes: bytes,
              read: () => files.get(report, kind, sha256),
            },
          ]
        }),
    )
  }
