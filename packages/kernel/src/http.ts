import { type Context, Hono, type MiddlewareHandler } from 'hono'
import type { z } from 'zod'
import type { Actor, Decision } from './actor.ts'
import { budgetOf, clientAddress } from './client-address.ts'
import type { Clock } from './clock.ts'
import { DomainError, defineErrors, type Locale, toProblem } from './errors.ts'
import type { Ids } from './ids.ts'
import { limitErrors, type RateLimiter } from './limits.ts'
import { pickLocale } from './locale.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { RequestContext } from './request-context.ts'

export type HttpEnv = {
  Variables: { requestId: string; locale: Locale; remote: string; actor: Actor | undefined }
  /** Put there by @hono/node-server; absent when a test calls `app.request`. */
  Bindings: { incoming?: { socket?: { remoteAddress?: string } } }
}

export const httpErrors = defineErrors('http', {
  'not-signed-in': {
    status: 401,
    retryable: false,
    zh: { title: '请先登录', notDone: '没有执行任何操作。', todo: '请登录后再试。' },
    en: { title: 'Not signed in', notDone: 'Nothing was done.', todo: 'Sign in, then try again.' },
  },
  forbidden: {
    status: 403,
    retryable: false,
    zh: { title: '没有权限', notDone: '没有执行任何操作。', todo: '请联系本机构管理员。' },
    en: { title: 'Not allowed', notDone: 'Nothing was done.', todo: "Ask your organisation's administrator." },
  },
  'not-found': {
    status: 404,
    retryable: false,
    zh: { title: '找不到', notDone: '没有执行任何操作。', todo: '请检查编号，或从列表重新打开。' },
    en: { title: 'Not found', notDone: 'Nothing was done.', todo: 'Check the id, or open it from the list again.' },
  },
  'bad-request': {
    status: 422,
    retryable: false,
    zh: { title: '填写的内容有误', notDone: '没有保存。', todo: '请修改标出的项目后重试。' },
    en: {
      title: 'The input is not right',
      notDone: 'Nothing was saved.',
      todo: 'Correct the named field, then try again.',
    },
  },
  unavailable: {
    status: 503,
    retryable: true,
    zh: { title: '服务暂时不可用', notDone: '这次请求没有处理。', todo: '请稍后再试。' },
    en: { title: 'Temporarily unavailable', notDone: 'This request was not processed.', todo: 'Try again shortly.' },
  },
  unexpected: {
    status: 500,
    retryable: false,
    zh: { title: '发生了意外错误', notDone: '不清楚操作是否完成，请先查看状态。', todo: '请把请求编号告诉管理员。' },
    en: {
      title: 'Something unexpected went wrong',
      notDone: 'It is not known whether the act completed: look at its state first.',
      todo: 'Give the request id to the operator.',
    },
  },
})

export const createRoutes = (): Hono<HttpEnv> => new Hono<HttpEnv>()

export type HttpDeps = {
  readonly log: Log
  readonly ids: Ids
  readonly clock: Clock
  readonly authenticate: (request: Request) => Promise<Actor | undefined>
  readonly metrics?: Metrics
  /** Budget by address for every request; a principal has its own budget of the same size. */
  readonly limiter?: RateLimiter
  /** Addresses of proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies?: readonly string[]
  /** Carries the request's id to whatever records the act. */
  readonly context?: RequestContext
}

/** Security headers are set before the handler runs: setting them after it costs a copy of every response. */
function firstHeaders(deps: HttpDeps): MiddlewareHandler<HttpEnv> {
  const proxies = deps.trustedProxies ?? []
  return async (c, next) => {
    c.set('requestId', deps.ids.next('req'))
    c.set('locale', pickLocale(c.req.query('lang'), c.req.header('accept-language')))
    const peer = c.env?.incoming?.socket?.remoteAddress
    c.set('remote', clientAddress(peer, c.req.header('x-forwarded-for'), proxies))
    c.header('x-request-id', c.get('requestId'))
    c.header('x-content-type-options', 'nosniff')
    c.header('x-frame-options', 'DENY')
    c.header('referrer-policy', 'no-referrer')
    c.header('cross-origin-resource-policy', 'same-origin')
    c.header('content-security-policy', "default-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'")
    c.header('cache-control', 'no-store')
    await next()
  }
}

function problemResponse(c: Context<HttpEnv>, error: DomainError): Response {
  const problem = toProblem(error, c.get('locale'), c.get('requestId'))
  const retryAfterMs = error.facts.retryAfterMs
  if (typeof retryAfterMs === 'number') c.header('retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1000))))
  c.header('content-type', 'application/problem+json; charset=utf-8')
  return c.body(JSON.stringify(problem), error.entry.status)
}

/** Renders a failure of any kind; what is not ours becomes `http.unexpected`, logged by kind and place only. */
export function renderError(deps: { log: Log }, c: Context<HttpEnv>, error: unknown): Response {
  if (error instanceof DomainError) return problemResponse(c, error)
  deps.log.error({ requestId: c.get('requestId'), method: c.req.method, route: c.req.routePath, err: error }, 'failed')
  return problemResponse(c, httpErrors.error('unexpected'))
}

/** The outer application: request ids, headers, budgets, sign-in, problem+json. Rooms are mounted into it. */
export function createHttp(deps: HttpDeps): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  app.onError((error, c) => renderError(deps, c, error))
  app.notFound((c) => problemResponse(c, httpErrors.error('not-found')))
  app.use(firstHeaders(deps))
  const { context } = deps
  if (context) app.use((c, next) => context.run(c.get('requestId'), next))
  // Outside the budgets and the sign-in, so that what they refuse is counted too.
  app.use(async (c, next) => {
    const startedAt = deps.clock.now()
    await next()
    deps.metrics?.request(c.req.method, c.req.routePath, c.res.status, deps.clock.now() - startedAt)
  })
  app.use(async (c, next) => {
    // PostgreSQL's text holds every character but this one: no id or cursor of ours has it.
    if (/%00|\0/.test(c.req.url)) throw httpErrors.error('bad-request', { path: '/' })
    await next()
  })
  app.use(async (c, next) => {
    const address = deps.limiter?.take(`address:${budgetOf(c.get('remote'))}`)
    if (address && !address.ok) throw limitErrors.error('too-many-requests', { retryAfterMs: address.retryAfterMs })
    const actor = await deps.authenticate(c.req.raw)
    c.set('actor', actor)
    const principal = actor && deps.limiter?.take(`actor:${actor.id}`)
    if (principal && !principal.ok)
      throw limitErrors.error('too-many-requests', { retryAfterMs: principal.retryAfterMs })
    await next()
  })
  return app
}

/** @throws http.not-signed-in */
export function actorOf(c: Context<HttpEnv>): Actor {
  const actor = c.get('actor')
  if (!actor) throw httpErrors.error('not-signed-in')
  return actor
}

/** @throws http.forbidden with the policy's reason */
export function mustAllow(decision: Decision): void {
  if (!decision.ok) throw httpErrors.error('forbidden', { reason: decision.reason })
}

/** Reads a body of at most `maxBytes`, whatever its declared length says. @throws limits.body-too-large */
export async function readBytes(c: Context<HttpEnv>, maxBytes: number): Promise<Uint8Array> {
  const declared = Number(c.req.header('content-length') ?? 0)
  if (declared > maxBytes) throw limitErrors.error('body-too-large', { maxBytes })
  const body = c.req.raw.body
  if (!body) return new Uint8Array(0)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > maxBytes) throw limitErrors.error('body-too-large', { maxBytes })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * Reads and checks a JSON body. The error names the path of the first fault, never the value.
 * @throws http.bad-request, limits.body-too-large
 */
export async function readJson<T>(c: Context<HttpEnv>, schema: z.ZodType<T>, maxBytes = 65_536): Promise<T> {
  const bytes = await readBytes(c, maxBytes)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw httpErrors.error('bad-request', { path: '/' })
  }
  return checkInput(schema, value)
}

/**
 * A name in a path as we write them. What a caller named himself (a key of a map) may be anything, and is not quoted.
 */
const OUR_NAME = /^(\d{1,9}|[A-Za-z][A-Za-z0-9_-]{0,39})$/

/** Checks any input against its schema. @throws http.bad-request with the path of the first fault */
export function checkInput<T>(schema: z.ZodType<T>, value: unknown): T {
  const checked = schema.safeParse(value)
  if (checked.success) return checked.data
  const issue = checked.error.issues[0]
  const steps = (issue?.path ?? []).map((step) => (OUR_NAME.test(String(step)) ? String(step) : '*'))
  throw httpErrors.error('bad-request', { path: `/${steps.join('/')}`, rule: issue?.code ?? 'invalid' })
}
