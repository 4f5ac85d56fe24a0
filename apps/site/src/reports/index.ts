import type { ReportDetail, ReportOverlay, ReviewRequest, ReviewState } from '@bithive/api/reports'
import type { LocalText } from '@bithive/api/workload'
import type { Actor } from '@bithive/kernel/actor'
import { mustAllow } from '@bithive/kernel/http'
import type { Worker } from '@bithive/kernel/worker'
import type { Eraser } from '../identifiers/index.ts'
import type { DerivedObject } from '../imaging/index.ts'
import type { FileRequest, ReportStep, ReportsDeps } from './deps.ts'
import { derivedObjects } from './derived-objects.ts'
import { reportDocuments } from './documents.ts'
import { reportErrors } from './errors.ts'
import { fileResult } from './file-result.ts'
import { DELIVERY_LIFECYCLE, type DeliveryState, REPORT_LIFECYCLE, type ReportState } from './lifecycle.ts'
import { listWorklist } from './list-worklist.ts'
import { mayReadReports, maySendReports } from './policy.ts'
import { readDetail } from './read-detail.ts'
import { readOwnReport, reportsOfPerson } from './reports-of-person.ts'
import { openReviews, reviewReport, reviewStateOf } from './review-report.ts'
import { sendReport } from './send-report.ts'
import * as store from './store.ts'
import { deliveryWorker } from './worker.ts'

export type { FileRequest, ReportsDeps } from './deps.ts'
export { reportRoutes } from './routes.ts'

export const reportsMigrations = {
  room: 'reports',
  directory: new URL('./migrations/', import.meta.url),
} as const

type DeliveryView = {
  readonly kind: 'seg' | 'sr'
  readonly state: DeliveryState
  readonly stateText: LocalText
  readonly reason: string | null
  readonly attempts: number
  readonly stateAt: number
}

/** A report as lists show it. It names a person by `per_…` only. */
type ReportView = {
  readonly reportId: string
  readonly orderId: string
  readonly personId: string
  readonly studyId: string
  readonly seriesId: string
  readonly workload: string
  readonly version: string
  readonly state: ReportState
  readonly stateText: LocalText
  readonly createdAt: number
  readonly documents: readonly { readonly kind: string; readonly sha256: string; readonly bytes: number }[]
  readonly deliveries: readonly DeliveryView[]
  /** Whether people took the result over. */
  readonly review: ReviewState
}

/** Results as documents of the hospital: filed, read, sent to the archive. */
export type Reports = {
  readonly fileResult: (request: FileRequest) => Promise<{ readonly reportId: string }>
  readonly list: (limit?: number) => Promise<ReportView[]>
  /** @throws reports.unknown */
  readonly get: (reportId: string) => Promise<ReportView>
  /** A person's reports, newest first. */
  readonly ofPerson: ReturnType<typeof reportsOfPerson>
  /** For the person it speaks of. @throws reports.unknown, reports.not-ready */
  readonly readOwn: ReturnType<typeof readOwnReport>
  /** Recorded in the audit before the bytes leave. @throws reports.unknown, reports.not-ready, http.forbidden */
  readonly readDocument: (reportId: string, kind: store.DocumentKind, actor: Actor) => Promise<Uint8Array>
  /** What the screen of a result shows, recorded as read. @throws reports.unknown, reports.not-ready, http.forbidden */
  readonly detail: (reportId: string, actor: Actor) => Promise<ReportDetail>
  readonly overlay: (reportId: string, actor: Actor) => Promise<ReportOverlay>
  /** @throws what judging throws */
  readonly review: (reportId: string, request: ReviewRequest, actor: Actor) => Promise<ReportDetail['review']>
  readonly worklist: ReturnType<typeof listWorklist>
  /** For the imaging room, which offers them beside the images. */
  readonly derivedObjects: (studyIds: readonly string[]) => Promise<DerivedObject[]>
  /** Queues SR and SEG for the archive once more. @throws reports.unknown, reports.no-archive, http.forbidden */
  readonly sendAgain: (reportId: string, actor: Actor) => Promise<ReportView>
  /** Sends what is due of one report now, whatever the worker does. */
  readonly deliver: (reportId: string) => Promise<ReportView>
  /** Calls back for every step once it is stored, until the returned function is called. */
  readonly watch: (listener: (step: ReportStep) => void) => () => void
  readonly workers: readonly Worker[]
  /** For the vault when somebody is forgotten. */
  readonly eraser: Eraser
}

function toView(
  row: store.ReportRow,
  documents: readonly store.DocumentRow[],
  deliveries: readonly store.DeliveryRow[],
  reviews: readonly store.ReviewRow[],
) {
  const own = <T extends { reportId: string }>(rows: readonly T[]) =>
    rows.filter((one) => one.reportId === row.reportId)
  const { createdAtMs, resultSha256: _, ...rest } = row
  return {
    ...rest,
    stateText: REPORT_LIFECYCLE[row.state].text,
    createdAt: createdAtMs,
    documents: own(documents).map(({ kind, sha256, bytes }) => ({ kind, sha256, bytes })),
    deliveries: own(deliveries).map(({ kind, state, reason, attempts, stateAtMs }) => ({
      ...{ kind, state, reason, attempts },
      stateText: DELIVERY_LIFECYCLE[state].text,
      stateAt: stateAtMs,
    })),
    review: reviewStateOf(own(reviews)),
  }
}

/** Wakes the worker when a report was queued. */
function createBell() {
  let wake = () => {}
  return { ring: () => wake(), wait: () => new Promise<void>((resolve) => (wake = resolve)) }
}

export function createReports(given: ReportsDeps): Reports {
  const deps = { ...given, log: given.log.child({ room: 'reports' }) }
  const bell = createBell()
  const listeners = new Set<(step: ReportStep) => void>()
  const tell = (step: ReportStep) => {
    deps.onProgress?.(step)
    for (const listener of listeners) listener(step)
    deps.live?.publish(deps.orgId, { topic: 'reports', id: step.reportId })
    if (step.stage === 'filed') bell.ring()
  }
  const asSite = <T>(run: Parameters<typeof deps.db.asOrg<T>>[1]) => deps.db.asOrg(deps.orgId, run)
  const documents = reportDocuments(deps)
  const send = sendReport(deps, tell)

  const views = (rows: readonly store.ReportRow[]) =>
    asSite(async (tx) => {
      const ids = rows.map((row) => row.reportId)
      const [files, deliveries] = [await store.listDocuments(tx, ids), await store.listDeliveries(tx, ids)]
      const reviews = await store.listReviews(tx, ids)
      return rows.map((row) => toView(row, files, deliveries, reviews))
    })
  const find = async (reportId: string) => {
    const row = await asSite((tx) => store.findReport(tx, reportId))
    if (!row) throw reportErrors.error('unknown')
    return row
  }
  const get = async (reportId: string) => (await views([await find(reportId)]))[0] as ReportView

  const readDocument: Reports['readDocument'] = async (reportId, kind, actor) => {
    mustAllow(mayReadReports(actor))
    const row = await find(reportId)
    if (row.state === 'filing') throw reportErrors.error('not-ready', { reportId })
    const [document] = (await asSite((tx) => store.listDocuments(tx, [reportId]))).filter((one) => one.kind === kind)
    if (!document) throw reportErrors.error('unknown')
    const bytes = await documents.get(row, kind, document.sha256)
    const event = { orgId: deps.orgId, actorId: actor.id, action: 'reports.read', resource: reportId, facts: { kind } }
    await deps.audit.record(event)
    return bytes
  }

  const sendAgain: Reports['sendAgain'] = async (reportId, actor) => {
    mustAllow(maySendReports(actor))
    const row = await find(reportId)
    if (!deps.pacs) throw reportErrors.error('no-archive')
    if (row.state !== 'preliminary') throw reportErrors.error('not-ready', { reportId })
    await deps.audit.record({ orgId: deps.orgId, actorId: actor.id, action: 'reports.send-again', resource: reportId })
    await asSite(async (tx) => {
      const files = await store.listDocuments(tx, [reportId])
      const kinds = files.map((file) => file.kind).filter((kind) => kind !== 'fhir')
      await store.requeue(tx, { reportId, orgId: deps.orgId, kinds, nowMs: deps.clock.now() })
    })
    bell.ring()
    return get(reportId)
  }

  const reading = readDetail(deps, get)
  const judge = reviewReport(deps, reading.findingKeys)

  return {
    fileResult: fileResult(deps, tell),
    list: async (limit = 50) => views(await asSite((tx) => store.listReports(tx, limit))),
    ofPerson: reportsOfPerson(deps),
    readOwn: readOwnReport(deps),
    get,
    readDocument,
    detail: reading.detail,
    overlay: reading.overlay,
    review: async (reportId, request, actor) => {
      const report = await find(reportId)
      await judge(report, request, actor)
      return openReviews(deps, report)
    },
    worklist: listWorklist(deps),
    derivedObjects: derivedObjects(deps),
    sendAgain,
    deliver: async (reportId) => {
      if (deps.pacs) await send(reportId, deps.pacs)
      return get(reportId)
    },
    watch: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    workers: deliveryWorker(deps, send, bell.wait),
    eraser: {
      room: 'reports',
      erase: async (personId) => {
        for (const { reportId } of await asSite((tx) => store.listOfPerson(tx, personId))) {
          await documents.remove(reportId)
          await asSite((tx) => store.eraseReport(tx, reportId, deps.clock.now()))
          deps.live?.publish(deps.orgId, { topic: 'reports', id: reportId })
        }
      },
    },
  }
}
