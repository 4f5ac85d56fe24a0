import type { Actor } from '@bithive/kernel/actor'
import { actorOf, checkInput, createRoutes, type HttpEnv, httpErrors, mustAllow, readJson } from '@bithive/kernel/http'
import type { Context } from 'hono'
import { z } from 'zod'
import { ALLOWED_ROUTES, type AllowedRoute, PARAMS } from './allowed-routes.ts'
import type { HubAnswer, HubCall } from './call-hub.ts'
import { networkErrors } from './errors.ts'
import { mayAskNetwork } from './policy.ts'

export type NetworkRoutesDeps = {
  readonly callHub: (call: HubCall) => Promise<HubAnswer>
  readonly audit: {
    readonly record: (event: {
      orgId: string
      actorId: string
      action: string
      resource: string
      facts?: Readonly<Record<string, string | number | boolean>>
    }) => Promise<void>
  }
  readonly orgId: string
}

const NoQuery = z.strictObject({})
const LANGUAGE = 'lang'

/** Builds the hub's path from the pattern and checked parameters. @throws http.not-found */
function buildPath(route: AllowedRoute, c: Context<HttpEnv>): string {
  return route.path.replace(/:([A-Za-z]+)/g, (_, name: string) => {
    const checked = PARAMS[name]?.safeParse(c.req.param(name))
    if (!checked?.success) throw httpErrors.error('not-found')
    return checked.data
  })
}

function readQuery(route: AllowedRoute, c: Context<HttpEnv>): URLSearchParams {
  // The language is the caller's own and answered here: texts of the hub come in both.
  const { [LANGUAGE]: _, ...given } = c.req.query()
  const checked = checkInput(route.query ?? NoQuery, given)
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(checked)) if (value !== undefined) query.set(name, String(value))
  return query
}

const isText = (answer: AllowedRoute['answer']): answer is { readonly text: readonly string[] } => 'text' in answer

/** The hub's answer, checked: what it says beyond the schema does not pass. @throws network.answer-invalid */
function checkAnswer(route: AllowedRoute, answer: HubAnswer): { readonly body: Uint8Array; readonly type: string } {
  if (isText(route.answer)) {
    const type = answer.contentType.split(';')[0]?.trim().toLowerCase() ?? ''
    if (!route.answer.text.includes(type)) throw networkErrors.error('answer-invalid', { path: route.path })
    return { body: answer.bytes, type: answer.contentType }
  }
  try {
    const value = route.answer.parse(JSON.parse(Buffer.from(answer.bytes).toString('utf8')))
    return { body: Buffer.from(JSON.stringify(value)), type: 'application/json' }
  } catch (error) {
    throw networkErrors.error('answer-invalid', { path: route.path }, error)
  }
}

async function recordAct(deps: NetworkRoutesDeps, route: AllowedRoute, actor: Actor, path: string): Promise<void> {
  if (!route.act) return
  const { orgId } = deps
  await deps.audit.record({
    orgId,
    actorId: actor.id,
    action: route.act,
    resource: path,
    facts: { method: route.method },
  })
}

async function forward(deps: NetworkRoutesDeps, route: AllowedRoute, c: Context<HttpEnv>): Promise<Response> {
  const actor = actorOf(c)
  // Another organisation's people have no standing here, and a machine's token was not made for this.
  if (actor.orgId !== deps.orgId || actor.kind !== 'person') throw httpErrors.error('not-found')
  mustAllow(mayAskNetwork(actor, route.matter))
  const path = buildPath(route, c)
  const query = readQuery(route, c)
  const body = route.body && (await readJson(c, route.body))
  await recordAct(deps, route, actor, path)
  const accept = isText(route.answer) ? route.answer.text.join(', ') : 'application/json'
  const answer = await deps.callHub({ method: route.method, path, query, accept, ...(body ? { body } : {}) })
  const checked = checkAnswer(route, answer)
  return c.body(new Uint8Array(checked.body), route.status ?? 200, { 'content-type': checked.type })
}

/** Routes below /site/v1/network: the allowed routes of the hub, asked with the site's token, under its policy. */
export function createNetworkRoutes(deps: NetworkRoutesDeps) {
  const routes = createRoutes()
  for (const route of ALLOWED_ROUTES) routes.on(route.method, route.path, (c) => forward(deps, route, c))
  return routes
}
