import type { ConsentPeopleAnswer, ConsentsAnswer } from '@bithive/api/consent'
import { PersonId } from '@bithive/api/consent'
import type { Actor } from '@bithive/kernel/actor'
import { actorOf, checkInput, createRoutes, type HttpEnv, httpErrors, mustAllow, readJson } from '@bithive/kernel/http'
import type { Context } from 'hono'
import { z } from 'zod'
import { consentErrors } from './errors.ts'
import type { ConsentRegister } from './index.ts'
import { mayListConsents, mayRecordConsent, maySeeConsents, mayWithdrawConsent } from './policy.ts'
import { NewConsent, NewConsentRequest, Withdrawal } from './schema.ts'

const PersonQuery = z.strictObject({ personId: PersonId, lang: z.enum(['zh', 'en']).optional() })
const CURSOR = /^(\d{1,15})\.(per_[0-9a-z]{26})$/
const PeopleQuery = z.strictObject({
  before: z.string().regex(CURSOR).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  lang: z.enum(['zh', 'en']).optional(),
})

export type ConsentRoutesDeps = {
  readonly consent: ConsentRegister
  readonly orgId: string
  /** Port to the vault: which person the actor's account stands for. */
  readonly personOf: (actor: Actor) => Promise<{ readonly personId: string } | undefined>
}

/** Routes below /site/v1. A stranger organisation sees nothing of what is here: 404. */
export function consentRoutes(deps: ConsentRoutesDeps) {
  const { consent } = deps
  const routes = createRoutes()
  const own = (c: Context<HttpEnv>) => {
    const actor = actorOf(c)
    if (actor.orgId !== deps.orgId) throw httpErrors.error('not-found')
    return actor
  }
  const selfOf = async (actor: Actor) => (await deps.personOf(actor))?.personId
  routes.get('/consents', async (c) => {
    const actor = own(c)
    const { personId } = checkInput(PersonQuery, c.req.query())
    mustAllow(maySeeConsents(actor, personId, await selfOf(actor)))
    const [consents, requests] = [await consent.history(personId), await consent.requestsOf(personId)]
    return c.json({ consents, requests } satisfies z.infer<typeof ConsentsAnswer>)
  })
  routes.post('/consents', async (c) => {
    const actor = own(c)
    const input = await readJson(c, NewConsent)
    mustAllow(mayRecordConsent(actor))
    return c.json(await consent.record(input, actor), 201)
  })
  routes.delete('/consents/:consentId', async (c) => {
    const actor = own(c)
    const { reason } = await readJson(c, Withdrawal)
    const found = await consent.find(c.req.param('consentId'))
    if (!found) throw consentErrors.error('unknown')
    mustAllow(mayWithdrawConsent(actor, found.personId, await selfOf(actor)))
    return c.json(await consent.withdraw(found.consentId, actor, reason))
  })
  routes.get('/consent-people', async (c) => {
    mustAllow(mayListConsents(own(c)))
    const { before, limit } = checkInput(PeopleQuery, c.req.query())
    const at = CURSOR.exec(before ?? '')
    const from = at ? { before: { at: Number(at[1]), personId: at[2] as string } } : {}
    const people = await consent.listPeople({ ...from, limit })
    const last = people.length === limit ? people.at(-1) : undefined
    const next = last ? { next: `${last.lastAt}.${last.personId}` } : {}
    return c.json({ people, ...next } satisfies z.infer<typeof ConsentPeopleAnswer>)
  })
  routes.post('/consent-requests', async (c) => {
    const actor = own(c)
    mustAllow(mayRecordConsent(actor))
    return c.json(await consent.request(await readJson(c, NewConsentRequest), actor), 201)
  })
  routes.delete('/consent-requests/:requestId', async (c) => {
    const actor = own(c)
    mustAllow(mayRecordConsent(actor))
    return c.json(await consent.withdrawRequest(c.req.param('requestId'), actor))
  })
  return routes
}
