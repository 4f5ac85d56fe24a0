import type { Hono } from 'hono'
import { inspectRoutes } from 'hono/dev'

/** Somebody who calls: the headers that say who it is. None for nobody. */
export type Caller = {
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
  /** Paths on which these headers mean anything; elsewhere the caller is nobody. Everywhere unless told. */
  readonly knownBelow?: string
}

/**
 * A route that a stranger, or nobody, may call with success, and why. `public` answers everybody alike;
 * `self` answers each caller about the caller; `guarded` asks for something else than
 * a sign-in, a token in the body or of a lease: whoever calls without it must be refused, with whatever 4xx.
 */
export type Exception = {
  readonly kind: 'public' | 'self' | 'guarded'
  readonly reason: string
  /** What of A's this route shows everybody on purpose, for example what A offers in the open market. */
  readonly shows?: (secret: string) => boolean
  /** The call ends the caller's own session, so it comes after all others. */
  readonly last?: boolean
}

export type StrangerCheck = {
  /** Ids that really exist and belong to organisation A, by the name of the path parameter or of `METHOD path`. */
  readonly params: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  /** Members of organisation B, one for each kind of actor that B can have. */
  readonly strangers: readonly Caller[]
  /** Bodies that would be accepted from a member of A, for routes that read the body before they decide. */
  readonly bodies?: Readonly<Record<string, unknown>>
  /** Query strings for routes that name A's things there, for example `personId=…`. */
  readonly queries?: Readonly<Record<string, string>>
  readonly exceptions: Readonly<Record<string, Exception>>
  /**
   * A member of A who may see all of it. What a stranger is refused must be there for this one: otherwise a wrong
   * id would make every check pass. Only GET is tried, because the rest would change what is tried next.
   */
  readonly owner: Caller
  /** GET routes where A's own member gets no answer in the state that the test makes, with the reason. */
  readonly ownerGetsNothing?: Readonly<Record<string, string>>
  /** Ids and names of A that no answer to a stranger may contain. */
  readonly secrets: readonly string[]
  /** Answers to calls go here too, for tests that look at them. */
  readonly seen?: (call: Call) => void
}

type Call = { readonly route: string; readonly caller: string; readonly status: number; readonly body: string }
export type Finding = { readonly route: string; readonly caller: string; readonly problem: string }

type Route = { readonly method: string; readonly path: string }

const NOBODY: Caller = { name: 'nobody', headers: {} }
/** A wildcard stands for these two: one that changes nothing and one that does. */
const ALL_METHODS = ['GET', 'POST'] as const

/** Every route of the application, once each; what only passes a request on is left out. */
export function routesOf(app: Hono<never>): Route[] {
  const found = new Map<string, Route>()
  for (const { method, path, isMiddleware } of inspectRoutes(app)) {
    // Middleware is mounted on ALL below a wildcard. A handler that takes `next` elsewhere is still a door.
    if (method === 'ALL' && isMiddleware && path.endsWith('*')) continue
    for (const each of method === 'ALL' ? ALL_METHODS : [method]) found.set(`${each} ${path}`, { method: each, path })
  }
  return [...found.values()]
}

/** The path with A's ids in it, or the name of a parameter for which there is none. */
function fill(route: string, path: string, check: StrangerCheck): { path: string } | { missing: string } {
  const own = check.params[route]
  let missing: string | undefined
  const filled = path
    .replace(/:([A-Za-z0-9_]+)(\{[^}]*\})?\??/g, (_, name: string) => {
      const value = (typeof own === 'object' ? own[name] : undefined) ?? check.params[name]
      if (typeof value === 'string') return encodeURIComponent(value)
      missing ??= name
      return ''
    })
    .replaceAll('*', 'x')
  return missing === undefined ? { path: filled } : { missing }
}

function judge(
  call: Call,
  isNobody: boolean,
  exception: Exception | undefined,
  secrets: readonly string[],
): string | undefined {
  const leaked = secrets.find((secret) => call.body.includes(secret) && !exception?.shows?.(secret))
  if (leaked !== undefined) return `shows ${leaked} of another organisation`
  if (call.status >= 500) return `fails with ${call.status}`
  if (exception?.kind === 'public') return undefined
  if (exception?.kind === 'guarded') {
    return call.status >= 400 ? undefined : `lets ${call.caller} in with ${call.status}, past its own guard`
  }
  if (isNobody) return call.status === 401 ? undefined : `answers nobody with ${call.status}, not 401`
  if (exception?.kind === 'self') return undefined
  if (call.status === 403 || call.status === 404) return undefined
  if (call.status === 422 || call.status === 413 || call.status === 415) {
    return `answers ${call.status}: it judges the body before the caller, so give it a body that would pass`
  }
  return `answers a stranger with ${call.status}, not 403 or 404`
}

async function send(app: Hono<never>, route: Route, path: string, caller: Caller, body: unknown): Promise<Response> {
  const withBody = route.method !== 'GET' && route.method !== 'HEAD'
  return app.request(path, {
    method: route.method,
    headers: { ...caller.headers, ...(withBody ? { 'content-type': 'application/json' } : {}) },
    ...(withBody ? { body: JSON.stringify(body ?? {}) } : {}),
  })
}

/** What an answer says. A stream of events has no end, so of it the opening is read. */
async function bodyOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return response.text()
  const reader = response.body?.getReader()
  const opening = await reader?.read()
  await reader?.cancel()
  return new TextDecoder().decode(opening?.value)
}

async function isThereForOwner(app: Hono<never>, route: Route, path: string, check: StrangerCheck): Promise<boolean> {
  const name = `${route.method} ${route.path}`
  const guarded = check.exceptions[name] === undefined && check.ownerGetsNothing?.[name] === undefined
  if (route.method !== 'GET' || !guarded) return true
  const response = await send(app, route, path, check.owner, undefined)
  await response.body?.cancel()
  return ![401, 403, 404].includes(response.status) && response.status < 500
}

/**
 * Calls every route of a composed application with ids of organisation A, as members of organisation B and as
 * nobody. A route that is new to the application is called too, without anybody listing it.
 * @returns what is wrong; an empty list when law 3 holds.
 */
export async function callEveryRouteAsStranger(app: Hono<never>, check: StrangerCheck): Promise<Finding[]> {
  const findings: Finding[] = []
  const routes = routesOf(app)
  const known = new Set(routes.map(({ method, path }) => `${method} ${path}`))
  const lists = [check.exceptions, check.bodies, check.queries, check.ownerGetsNothing]
  for (const named of new Set(lists.flatMap((list) => Object.keys(list ?? {})))) {
    if (!known.has(named))
      findings.push({ route: named, caller: 'list', problem: 'is listed, but is no route any more' })
  }
  const isLast = ({ method, path }: Route) => check.exceptions[`${method} ${path}`]?.last === true
  for (const route of [...routes.filter((one) => !isLast(one)), ...routes.filter(isLast)]) {
    const name = `${route.method} ${route.path}`
    const filled = fill(name, route.path, check)
    if ('missing' in filled) {
      findings.push({ route: name, caller: 'list', problem: `no id of organisation A is given for :${filled.missing}` })
      continue
    }
    const query = check.queries?.[name]
    const path = query === undefined ? filled.path : `${filled.path}?${query}`
    if (!(await isThereForOwner(app, route, path, check))) {
      findings.push({
        route: name,
        caller: check.owner.name,
        problem: 'is not there for its owner: the check is empty',
      })
    }
    for (const caller of [NOBODY, ...check.strangers]) {
      const response = await send(app, route, path, caller, check.bodies?.[name])
      const call: Call = { route: name, caller: caller.name, status: response.status, body: await bodyOf(response) }
      check.seen?.(call)
      const isNobody = caller === NOBODY || !route.path.startsWith(caller.knownBelow ?? '')
      const problem = judge(call, isNobody, check.exceptions[name], check.secrets)
      if (problem !== undefined) findings.push({ route: name, caller: caller.name, problem })
    }
  }
  return findings
}
