import { systemActor } from '@bithive/kernel/actor'
import { isDomainError } from '@bithive/kernel/errors'
import { sha256Hex } from '@bithive/kernel/ids'
import { buildDiagnosticReport } from './build-diagnostic-report.ts'
import { buildSeg } from './build-seg.ts'
import { buildSr } from './build-sr.ts'
import type { FileRequest, ReportStep, ReportsDeps } from './deps.ts'
import { reportDocuments } from './documents.ts'
import { reportErrors } from './errors.ts'
import { readOriginalSeries } from './original-series.ts'
import type { ReportInput } from './report-input.ts'
import * as store from './store.ts'

type Built = { readonly kind: store.DocumentKind; readonly bytes: Uint8Array }

/** Images that do not say where they lie carry no segmentation; the figures are filed all the same. */
function segOrNothing(deps: ReportsDeps, orderId: string, input: ReportInput) {
  try {
    return buildSeg(input)
  } catch (error) {
    if (!isDomainError(error, 'reports.no-geometry')) throw error
    deps.log.warn({ orderId, code: error.code }, 'a report is filed without a segmentation')
    return undefined
  }
}

/**
 * Links the result back to the hospital's own patient and images and builds the documents. That the result speaks
 * of this series is checked once more here, against the images themselves: nothing is filed on an order's word.
 */
async function buildDocuments(deps: ReportsDeps, request: FileRequest, row: store.ReportRow): Promise<Built[]> {
  const { studyId, seriesId, personId, result, card, orderId } = request
  const mapped = await deps.imaging.deidentifySeries(studyId, seriesId)
  const originals = await deps.imaging.readOriginals(studyId, seriesId, systemActor(deps.orgId))
  const same =
    originals.personId === personId &&
    result.studyInstanceUid === mapped.studyInstanceUid &&
    result.seriesInstanceUid === mapped.seriesInstanceUid
  if (!same) throw reportErrors.error('wrong-patient', { orderId })
  const input = {
    documentKey: orderId,
    result,
    card,
    original: readOriginalSeries(originals.files.map((file) => file.bytes)),
    originalOf: mapped.originalOf,
    createdAtMs: row.createdAtMs,
  }
  const seg = segOrNothing(deps, orderId, input)
  const sr = buildSr(input, seg)
  const { reportId } = row
  const report = buildDiagnosticReport({ ...input, reportId, personId, orgId: deps.orgId }, { sr, seg })
  return [
    ...(seg ? [{ kind: 'seg', bytes: seg.bytes } as const] : []),
    { kind: 'sr', bytes: sr.bytes },
    { kind: 'fhir', bytes: Buffer.from(JSON.stringify(report)) },
  ]
}

/**
 * Files a verified result: SEG, SR and FHIR DiagnosticReport, preliminary, under the person's data key; and queues
 * SR and SEG for the archive. One order is filed once: asked again, it gives the first report. A kill in between is
 * repeated with the same bytes, because the row that fixes id and time comes first.
 * @throws reports.wrong-patient, kernel.person-forgotten, and what building throws
 */
export const fileResult =
  (deps: ReportsDeps, tell: (step: ReportStep) => void) =>
  async (request: FileRequest): Promise<{ readonly reportId: string }> => {
    const { orderId, personId, studyId, seriesId, card, result } = request
    const asSite = <T>(run: Parameters<typeof deps.db.asOrg<T>>[1]) => deps.db.asOrg(deps.orgId, run)
    const row = await asSite((tx) =>
      store.ensureReport(tx, {
        ...{ orderId, personId, studyId, seriesId, workload: card.id, version: card.version },
        reportId: deps.ids.next('rep'),
        orgId: deps.orgId,
        resultSha256: sha256Hex(JSON.stringify(result)),
        createdAtMs: deps.clock.now(),
      }),
    )
    const { reportId } = row
    if (row.personId !== personId) throw reportErrors.error('wrong-patient', { orderId })
    if (row.state !== 'filing') return { reportId }
    const built = await buildDocuments(deps, request, row)
    const documents = reportDocuments(deps)
    for (const { kind, bytes } of built) await documents.put(row, kind, bytes)
    const done = {
      reportId,
      orgId: deps.orgId,
      documents: built.map(({ kind, bytes }) => ({ kind, sha256: sha256Hex(bytes), bytes: bytes.length })),
      deliver: deps.pacs ? built.flatMap(({ kind }) => (kind === 'fhir' ? [] : [kind])) : [],
      nowMs: deps.clock.now(),
    }
    const actorId = systemActor().id
    await deps.audit.record({
      orgId: deps.orgId,
      actorId,
      action: 'reports.file',
      resource: reportId,
      facts: { orderId },
    })
    if (await asSite((tx) => store.finishReport(tx, done))) {
      const kinds = built.map(({ kind }) => kind).join(' ')
      deps.log.info({ reportId, orderId, kinds }, 'report filed')
      tell({ reportId, orderId, stage: 'filed', at: done.nowMs, facts: { kinds } })
    }
    return { reportId }
  }
