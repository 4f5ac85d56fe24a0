import { actorOf, checkInput, createRoutes, type HttpEnv, httpErrors, mustAllow, readJson } from '@bithive/kernel/http'
import type { Context } from 'hono'
import { z } from 'zod'
import { consentErrors } from './errors.ts'
import type { ConsentRegister } from './index.ts'
import { mayRecordConsent, maySeeConsents } from './policy.ts'
import { NewConsent, Withdrawal } from './schema.ts'

const PersonQuery = z.strictObject({ personId: z.string().regex(/^per_[0-9a-z]{26}$/) })

/** Routes below /site/v1. A stranger organisation sees nothing of what is here: 404. */
export function consentRoutes(deps: { consent: ConsentRegister; orgId: string }) {
  const routes = createRoutes()
  const own = (c: Context<HttpEnv>) => {
    const actor = actorOf(c)
    if (actor.orgId !== deps.orgId) throw httpErrors.error('not-found')
    return actor
  }
  routes.get('/consents', async (c) => {
    const actor = own(c)
    const { personId } = checkInput(PersonQuery, { personId: c.req.query('personId') })
    mustAllow(maySeeConsents(actor, personId))
    return c.json({ consents: await deps.consent.history(personId) })
  })
  routes.post('/consents', async (c) => {
    const actor = own(c)
    const input = await readJson(c, NewConsent)
    mustAllow(mayRecordConsent(actor, input.personId))
    return c.json(await deps.consent.record(input, actor), 201)
  })
  routes.delete('/consents/:consentId', async (c) => {
    const actor = own(c)
    const { reason } = await readJson(c, Withdrawal)
    const found = await deps.consent.find(c.req.param('consentId'))
    if (!found) throw consentErrors.error('unknown')
    mustAllow(mayRecordConsent(actor, found.personId))
    return c.json(await deps.consent.withdraw(found.consentId, actor, reason))
  })
  return routes
}
