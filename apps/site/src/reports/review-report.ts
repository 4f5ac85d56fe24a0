import type { Review, ReviewRequest, ReviewState } from '@bithive/api/reports'
import type { Actor } from '@bithive/kernel/actor'
import { isDomainError } from '@bithive/kernel/errors'
import { mustAllow } from '@bithive/kernel/http'
import type { ReportsDeps } from './deps.ts'
import { reportErrors } from './errors.ts'
import { mayReviewReports } from './policy.ts'
import * as store from './store.ts'

/** What is sealed beside a verdict: it speaks of the patient. */
type SealedReview = { readonly text: string; readonly findings: Review['findings'] }

const context = (reviewId: string) => `reports.review:${reviewId}`
const NO_WORDS: SealedReview = { text: '', findings: [] }

/** The verdict of each person that holds: their last. */
function inForce<R extends { readonly reviewId: string; readonly reviewerId: string }>(
  rows: readonly R[],
): Set<string> {
  return new Set(new Map(rows.map((row) => [row.reviewerId, row.reviewId])).values())
}

/** @param rows of one report, oldest first */
export function reviewStateOf(rows: readonly store.ReviewRow[]): ReviewState {
  const holding = inForce(rows)
  const verdicts = new Set(rows.filter((row) => holding.has(row.reviewId)).map((row) => row.verdict))
  if (verdicts.size > 1) return 'disputed'
  return [...verdicts][0] ?? 'pending'
}

async function openWords(deps: ReportsDeps, personId: string, row: store.ReviewRow): Promise<SealedReview> {
  if (row.sealed === null) return NO_WORDS
  try {
    const bytes = await deps.dataKeys.decrypt(personId, row.sealed, context(row.reviewId))
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as SealedReview
  } catch (error) {
    if (isDomainError(error, 'kernel.person-forgotten')) return NO_WORDS
    throw error
  }
}

/** Every judgement of a report, oldest first, with its words. */
export async function openReviews(
  deps: ReportsDeps,
  report: Pick<store.ReportRow, 'reportId' | 'personId'>,
): Promise<{ readonly state: ReviewState; readonly history: Review[] }> {
  const rows = await deps.db.asOrg(deps.orgId, (tx) => store.listReviews(tx, [report.reportId]))
  const holding = inForce(rows)
  const history = await Promise.all(
    rows.map(async (row): Promise<Review> => {
      const { reviewId, reviewerId, verdict, reason, createdAtMs } = row
      const words = await openWords(deps, report.personId, row)
      return { reviewId, reviewerId, verdict, reason, ...words, at: createdAtMs, inForce: holding.has(reviewId) }
    }),
  )
  return { state: reviewStateOf(rows), history }
}

/** True when the person says again what they said last. */
function isSame(row: store.ReviewRow | undefined, words: SealedReview, request: ReviewRequest): boolean {
  if (!row || row.verdict !== request.verdict || row.reason !== (request.reason ?? null)) return false
  const { text = '', findings = [] } = request
  return words.text === text && JSON.stringify(words.findings) === JSON.stringify(findings)
}

/**
 * Records what a person makes of a result. It signs nothing: the documents stay unverified. It moves no money: what was
 * settled for the computing stays settled. The same judgement by the same person twice is one; another one comes after
 * it, and both stay.
 * @throws http.forbidden, reports.unknown, reports.not-ready, reports.unknown-finding, kernel.person-forgotten
 */
export const reviewReport =
  (deps: ReportsDeps, findingsOf: (report: store.ReportRow) => Promise<ReadonlySet<string>>) =>
  async (report: store.ReportRow, request: ReviewRequest, actor: Actor): Promise<void> => {
    mustAllow(mayReviewReports(actor))
    const { reportId, personId } = report
    if (report.state !== 'preliminary') throw reportErrors.error('not-ready', { reportId })
    const { verdict, reason = null, text = '', findings = [] } = request
    if (findings.length > 0) {
      const known = await findingsOf(report)
      if (!findings.every(({ key }) => known.has(key))) throw reportErrors.error('unknown-finding', { reportId })
    }
    const reviewId = deps.ids.next('rvw')
    const words: SealedReview = { text, findings }
    const sealed = await deps.dataKeys.encrypt(personId, Buffer.from(JSON.stringify(words)), context(reviewId))
    const facts = { verdict, reason: reason ?? '', findings: findings.length }
    const mineOf = (rows: readonly store.ReviewRow[]) => rows.filter((row) => row.reviewerId === actor.id).at(-1)
    for (let written = false; !written; ) {
      const before = mineOf(await deps.db.asOrg(deps.orgId, (tx) => store.listReviews(tx, [reportId])))
      if (before && isSame(before, await openWords(deps, personId, before), request)) return
      await deps.audit.record({
        orgId: deps.orgId,
        actorId: actor.id,
        action: 'reports.review',
        resource: reportId,
        facts,
      })
      written = await deps.db.asOrg(deps.orgId, async (tx) => {
        // Two windows of one person may speak at once: the row of the report puts them in order, and the second looks
        // again at what the first said.
        await store.lockReport(tx, reportId)
        if (mineOf(await store.listReviews(tx, [reportId]))?.reviewId !== before?.reviewId) return false
        const nowMs = deps.clock.now()
        const row = { reviewId, reportId, orgId: deps.orgId, reviewerId: actor.id, verdict, reason, sealed, nowMs }
        await store.insertReview(tx, row)
        return true
      })
    }
    deps.live?.publish(deps.orgId, { topic: 'reports', id: reportId })
  }
