import { actorOf, checkInput, createRoutes, type HttpEnv, httpErrors, mustAllow } from '@bithive/kernel/http'
import type { Context } from 'hono'
import { z } from 'zod'
import type { Reports } from './index.ts'
import { mayReadReports, maySendReports } from './policy.ts'

const ListQuery = z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50) })

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
  routes.get('/reports/:reportId/sr', document('sr'))
  routes.get('/reports/:reportId/seg', document('seg'))
  routes.post('/reports/:reportId/send', async (c) => {
    const actor = own(c)
    mustAllow(maySendReports(actor))
    return c.json(await deps.reports.sendAgain(c.req.param('reportId'), actor), 202)
  })
  return routes
}
