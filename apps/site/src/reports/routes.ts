import { ReviewRequest } from '@bithive/api/reports'
import { actorOf, checkInput, createRoutes, type HttpEnv, httpErrors, mustAllow, readJson } from '@bithive/kernel/http'
import type { Context } from 'hono'
import { z } from 'zod'
import type { Reports } from './index.ts'
import { mayReadReports, mayReviewReports, maySendReports } from './policy.ts'

const ListQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) })

const WorklistQuery = z.strictObject({
  before: z
    .string()
    .regex(/^stu_[0-9a-z]{26}$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(200).default(200),
})

/** Routes below /site/v1. A stranger organisation sees nothing of what is here: 404. */
export function reportRoutes(deps: { reports: Reports; orgId: string }) {
  const routes = createRoutes()
  const own = (c: Context<HttpEnv>) => {
    const actor = actorOf(c)
    if (actor.orgId !== deps.orgId) throw httpErrors.error('not-found')
    return actor
  }
  const document = (kind: 'sr' | 'seg') => async (c: Context<HttpEnv, '/reports/:reportId/sr'>) => {
    const actor = own(c)
    mustAllow(mayReadReports(actor))
    const bytes = await deps.reports.readDocument(c.req.param('reportId'), kind, actor)
    return c.body(new Uint8Array(bytes), 200, { 'content-type': 'application/dicom' })
  }
  routes.get('/reports', async (c) => {
    mustAllow(mayReadReports(own(c)))
    const { limit } = checkInput(ListQuery, c.req.query())
    return c.json({ reports: await deps.reports.list(limit) })
  })
  routes.get('/reports/:reportId', async (c) => {
    const actor = own(c)
    mustAllow(mayReadReports(actor))
    const bytes = await deps.reports.readDocument(c.req.param('reportId'), 'fhir', actor)
    return c.body(new Uint8Array(bytes), 200, { 'content-type': 'application/fhir+json; charset=utf-8' })
  })
  routes.get('/worklist', async (c) => {
    const actor = own(c)
    mustAllow(mayReadReports(actor))
    const { before, limit } = checkInput(WorklistQuery, c.req.query())
    return c.json(await deps.reports.worklist({ limit, ...(before ? { before } : {}) }, actor))
  })
  routes.get('/worklist/:studyId', async (c) => {
    const actor = own(c)
    mustAllow(mayReadReports(actor))
    const { rows } = await deps.reports.worklist({ studyId: c.req.param('studyId'), limit: 1 }, actor)
    if (!rows[0]) throw httpErrors.error('not-found')
    return c.json(rows[0])
  })
  routes.get('/reports/:reportId/detail', async (c) => {
    return c.json(await deps.reports.detail(c.req.param('reportId'), own(c)))
  })
  routes.get('/reports/:reportId/overlay', async (c) => {
    return c.json(await deps.reports.overlay(c.req.param('reportId'), own(c)))
  })
  routes.post('/reports/:reportId/review', async (c) => {
    const actor = own(c)
    mustAllow(mayReviewReports(actor))
    const request = await readJson(c, ReviewRequest)
    return c.json(await deps.reports.review(c.req.param('reportId'), request, actor))
  })
  routes.get('/reports/:reportId/sr', document('sr'))
  routes.get('/reports/:reportId/seg', document('seg'))
  routes.post('/reports/:reportId/send', async (c) => {
    const actor = own(c)
    mustAllow(maySendReports(actor))
    return c.json(await deps.reports.sendAgain(c.req.param('reportId'), actor), 202)
  })
  return routes
}
