import { actorOf, type HttpEnv, httpErrors, mustAllow, readJson } from '@bithive/kernel/http'
import type { Hono } from 'hono'
import { z } from 'zod'
import { NO_ORGANISATION } from './authenticate.ts'
import type { MemberRoutesDeps } from './member-routes.ts'
import { noteAct } from './note-act.ts'

/** `/service-tokens`: what machines sign in with. */
export function addTokens(routes: Hono<HttpEnv>, { members, policy, audit, scopes }: MemberRoutesDeps): void {
  const NewToken = z.strictObject({
    name: z.string().trim().min(1).max(80),
    scope: z.array(z.enum(scopes)).min(1).max(16),
    expiresAt: z.int().positive().optional(),
  })

  routes.get('/service-tokens', async (c) => {
    const actor = actorOf(c)
    mustAllow(policy.mayManageTokens(actor))
    return c.json({ tokens: await members.tokens.ofOrganisation(actor.orgId), scopes })
  })

  /** The token is in this answer and never again. */
  routes.post('/service-tokens', async (c) => {
    const actor = actorOf(c)
    mustAllow(policy.mayManageTokens(actor))
    const { expiresAt, ...input } = await readJson(c, NewToken)
    const { orgId } = actor
    const expiry = expiresAt === undefined ? {} : { expiresAt }
    const tokenId = members.ids.next('stk')
    const facts = { scope: input.scope.join(' ') }
    const act = { orgId, actorId: actor.id, action: 'members.token-issued', resource: tokenId, facts }
    const token = { ...input, ...expiry, tokenId, orgId, createdBy: actor.id }
    return c.json(await noteAct(audit, act, () => members.tokens.issue(token)), 201)
  })

  routes.delete('/service-tokens/:tokenId', async (c) => {
    const actor = actorOf(c)
    const tokenId = c.req.param('tokenId')
    const { orgId } = actor
    if (orgId === NO_ORGANISATION) throw httpErrors.error('not-found')
    const known = (await members.tokens.ofOrganisation(orgId)).some((token) => token.tokenId === tokenId)
    if (!known) throw httpErrors.error('not-found')
    mustAllow(policy.mayManageTokens(actor))
    const act = { orgId, actorId: actor.id, action: 'members.token-revoked', resource: tokenId }
    await noteAct(audit, act, () => members.tokens.revoke(orgId, tokenId))
    return c.body(null, 204)
  })
}
