import type { Worklist } from '@bithive/api/reports'
import type { Actor } from '@bithive/kernel/actor'
import type { ReportsDeps } from './deps.ts'
import { reviewStateOf } from './review-report.ts'
import * as store from './store.ts'

/**
 * Studies as whoever reads images sees them: whose, what, and what came of their analyses. Newest first. The imaging
 * room records, before it answers, which of them are shown.
 * @param page `before` is where it begins (`next` of the page before)
 */
export const listWorklist =
  (deps: ReportsDeps) =>
  async (
    page: { readonly before?: string; readonly studyId?: string; readonly limit: number },
    actor: Actor,
  ): Promise<Worklist> => {
    const { studies, next } = await deps.imaging.describeStudies(page, actor)
    const studyIds = studies.map((study) => study.studyId)
    const [reports, reviews] = await deps.db.asOrg(deps.orgId, async (tx) => {
      const found = (await store.listOfStudies(tx, studyIds)).filter((report) => report.state === 'preliminary')
      return [
        found,
        await store.listReviews(
          tx,
          found.map((report) => report.reportId),
        ),
      ] as const
    })
    const rows = studies.map((study) => ({
      ...study,
      reports: reports
        .filter((report) => report.studyId === study.studyId)
        .map(({ reportId, orderId, seriesId, workload, createdAtMs }) => ({
          ...{ reportId, orderId, seriesId, workload },
          createdAt: createdAtMs,
          review: reviewStateOf(reviews.filter((review) => review.reportId === reportId)),
        })),
    }))
    return { rows, next }
  }
