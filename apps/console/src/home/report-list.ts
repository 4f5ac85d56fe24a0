import { ReviewState } from '@bithive/api/reports'
import { z } from 'zod'

/** GET /site/v1/reports, as far as this page reads it. */
export const ReportList = z.object({
  reports: z.array(
    z.object({
      reportId: z.string(),
      orderId: z.string(),
      studyId: z.string(),
      workload: z.string(),
      createdAt: z.number(),
      review: ReviewState.optional(),
      deliveries: z.array(z.object({ kind: z.string(), state: z.string(), stateAt: z.number() })),
    }),
  ),
})
