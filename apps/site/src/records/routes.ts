import {
  AnswerRequest,
  ConnectWallet,
  type MyConsent,
  type MyConsentRequest,
  type MyConsents,
  type MyReport,
  type MyWallet,
  type MyWithdrawal,
  type Timeline,
  type WithdrawalEffect,
} from '@bithive/api/patient'
import { actorOf, checkInput, createRoutes, type HttpEnv, httpErrors, readJson } from '@bithive/kernel/http'
import type { Context } from 'hono'
import { z } from 'zod'
import type { RecordsDeps } from './deps.ts'
import { recordErrors } from './errors.ts'
import type { Records } from './index.ts'
import type { Me } from './my-consents.ts'

const CURSOR = /^(\d{1,15})~([a-z]{3,4}_[0-9a-z.]{1,60})$/
const TimelineQuery = z.strictObject({
  before: z.string().regex(CURSOR).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  lang: z.enum(['zh', 'en']).optional(),
})

/** Routes below /site/v1/me. Whose data they are about is never asked: it is the person of the account's link. */
export function recordRoutes(
  deps: { readonly records: Records; readonly orgId: string } & Pick<RecordsDeps, 'thumbnail' | 'studies'>,
) {
  const { records } = deps
  const routes = createRoutes()
  const self = (c: Context<HttpEnv>): Promise<Me> => {
    const actor = actorOf(c)
    if (actor.orgId !== deps.orgId) throw httpErrors.error('not-found')
    return records.me(actor)
  }
  routes.get('/me/consents', async (c) => {
    return c.json((await records.consents.list(await self(c))) satisfies MyConsents)
  })
  routes.get('/me/consents/:consentId/effect', async (c) => {
    const me = await self(c)
    return c.json((await records.consents.effect(c.req.param('consentId'), me)) satisfies WithdrawalEffect)
  })
  routes.post('/me/consents/:consentId/withdraw', async (c) => {
    const me = await self(c)
    const done = await records.consents.withdraw(c.req.param('consentId'), me)
    return c.json(done satisfies z.infer<typeof MyWithdrawal>)
  })
  routes.post('/me/consents/:consentId/give-again', async (c) => {
    const me = await self(c)
    return c.json((await records.consents.giveAgain(c.req.param('consentId'), me)) satisfies MyConsent, 201)
  })
  routes.post('/me/consent-requests/:requestId/answer', async (c) => {
    const me = await self(c)
    const { answer } = await readJson(c, AnswerRequest)
    const answered = await records.consents.answer(c.req.param('requestId'), answer, me)
    return c.json(answered satisfies MyConsentRequest)
  })
  routes.get('/me/timeline', async (c) => {
    const me = await self(c)
    const { before, limit } = checkInput(TimelineQuery, c.req.query())
    const place = CURSOR.exec(before ?? '')
    const page = place ? { before: { at: Number(place[1]), id: place[2] as string }, limit } : { limit }
    return c.json((await records.timeline(me, page)) satisfies Timeline)
  })
  routes.get('/me/reports/:reportId', async (c) => {
    const me = await self(c)
    return c.json((await records.report(c.req.param('reportId'), me)) satisfies MyReport)
  })
  routes.get('/me/studies/:studyId/thumbnail', async (c) => {
    const { personId, actor } = await self(c)
    const studyId = c.req.param('studyId')
    const mine = (await deps.studies.ofPerson(personId, { limit: 10_000 })).some((one) => one.studyId === studyId)
    if (!mine || !deps.thumbnail) throw recordErrors.error('unknown')
    const picture = await deps.thumbnail(studyId, actor)
    if (!picture) throw recordErrors.error('unknown')
    return c.body(new Uint8Array(picture.bytes), 200, { 'content-type': picture.mediaType })
  })
  routes.get('/me/wallet', async (c) => {
    return c.json((await records.wallet.read(await self(c))) satisfies MyWallet)
  })
  routes.put('/me/wallet', async (c) => {
    const me = await self(c)
    await records.wallet.connect(me, (await readJson(c, ConnectWallet)).code)
    return c.json((await records.wallet.read(me)) satisfies MyWallet)
  })
  routes.delete('/me/wallet', async (c) => {
    await records.wallet.disconnect(await self(c))
    return c.body(null, 204)
  })
  return routes
}
