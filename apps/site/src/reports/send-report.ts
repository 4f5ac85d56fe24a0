import { systemActor } from '@bithive/kernel/actor'
import { isDomainError } from '@bithive/kernel/errors'
import { type DicomTarget, type SendOutcome, sendInstances } from '../imaging/index.ts'
import type { ReportStep, ReportsDeps } from './deps.ts'
import { reportDocuments } from './documents.ts'
import { DELIVERY_LIFECYCLE, type DeliveryState, deliveryPauseMs } from './lifecycle.ts'
import * as store from './store.ts'

type Verdict = { readonly state: DeliveryState; readonly reason: string | null; readonly status: number | null }

/** Out of resources (PS3.4 table B.2-1): the archive wants it later, not never. */
const isLater = (status: number) => (status & 0xff00) === 0xa700

function verdictOf(outcome: SendOutcome): Verdict {
  switch (outcome.state) {
    case 'sent':
      return { state: 'sent', reason: null, status: outcome.status }
    case 'refused':
      if (isLater(outcome.status)) return { state: 'unreachable', reason: 'out-of-resources', status: outcome.status }
      return { state: 'refused', reason: outcome.reason, status: outcome.status }
    case 'unreachable':
    case 'unknown':
      return { state: outcome.state, reason: null, status: null }
  }
}

/** The segmentation goes first: the report refers to it. */
const ORDER = { seg: 0, sr: 1 } as const

/**
 * Sends what is due of one report to the archive over one association. Recorded in the audit before a byte leaves.
 * Repeating it is safe: the same SOP Instance UIDs arrive again. It does not throw for what archive or network do.
 */
export const sendReport =
  (deps: ReportsDeps, tell: (step: ReportStep) => void) =>
  async (reportId: string, target: DicomTarget): Promise<void> => {
    const asSite = <T>(run: Parameters<typeof deps.db.asOrg<T>>[1]) => deps.db.asOrg(deps.orgId, run)
    const found = await asSite(async (tx) => ({
      report: await store.findReport(tx, reportId),
      documents: await store.listDocuments(tx, [reportId]),
      deliveries: await store.listDeliveries(tx, [reportId]),
    }))
    const { report } = found
    const due = found.deliveries
      .filter((delivery) => DELIVERY_LIFECYCLE[delivery.state].retry)
      .sort((a, b) => ORDER[a.kind] - ORDER[b.kind])
    if (report?.state !== 'preliminary' || due.length === 0) return
    const hashOf = (kind: string) => found.documents.find((document) => document.kind === kind)?.sha256 ?? ''
    const files: Uint8Array[] = []
    try {
      for (const { kind } of due) files.push(await reportDocuments(deps).get(report, kind, hashOf(kind)))
    } catch (error) {
      // Forgotten between the list and the read: there is nothing to send, and the eraser notes that.
      if (isDomainError(error, 'kernel.person-forgotten')) return
      throw error
    }
    const facts = { orderId: report.orderId, calledAe: target.calledAe, documents: due.map((d) => d.kind).join(' ') }
    const actorId = systemActor().id
    await deps.audit.record({ orgId: deps.orgId, actorId, action: 'reports.send', resource: reportId, facts })
    const outcomes = await (deps.send ?? sendInstances)(target, files)
    const nowMs = deps.clock.now()
    for (const [index, { kind, attempts }] of due.entries()) {
      const verdict = verdictOf(outcomes[index] ?? { state: 'unknown' })
      const nextTryMs = nowMs + deliveryPauseMs(attempts + 1)
      await asSite((tx) => store.noteDelivery(tx, { reportId, kind, ...verdict, nowMs, nextTryMs }))
      deps.log.info({ reportId, kind, state: verdict.state, status: verdict.status }, 'report delivery')
      const stage = verdict.state as ReportStep['stage']
      const told = { kind, calledAe: target.calledAe, attempt: attempts + 1, status: verdict.status ?? 0 }
      tell({ reportId, orderId: report.orderId, stage, at: nowMs, facts: told })
    }
  }
