import { z } from 'zod'
import { learnServerTime } from './now.ts'
import { preferences } from './preferences.ts'

export type Service = 'site' | 'hub'

/** What went wrong, in the reader's language: RFC 9457 problem+json with our own members. */
export type ProblemFacts = {
  readonly code: string
  readonly status: number
  readonly title: string
  readonly notDone: string
  readonly todo: string
  readonly requestId?: string
  readonly facts: Readonly<Record<string, unknown>>
  readonly text: { readonly zh: ProblemText; readonly en: ProblemText }
  readonly retryAfterMs?: number
}

export type ProblemText = { readonly title: string; readonly notDone: string; readonly todo: string }

export class ApiProblem extends Error {
  readonly problem: ProblemFacts
  constructor(problem: ProblemFacts, cause?: unknown) {
    super(`${problem.code} ${problem.status}`, { cause })
    this.name = 'ApiProblem'
    this.problem = problem
  }
}

const Text = z.object({ title: z.string(), notDone: z.string(), todo: z.string() })
const ProblemBody = z.object({
  code: z.string(),
  status: z.number(),
  text: z.object({ zh: Text, en: Text }),
  requestId: z.string().optional(),
  facts: z.record(z.string(), z.unknown()).default({}),
})

/** Failures that no server could describe. */
const OWN: Readonly<Record<'unreachable' | 'not-understood' | 'unreadable', { zh: ProblemText; en: ProblemText }>> = {
  unreachable: {
    zh: {
      title: '连不上服务器',
      notDone: '这次请求可能没有到达服务器。',
      todo: '请检查网络后重试；涉及金额的操作，请先查看它的状态。',
    },
    en: {
      title: 'The server cannot be reached',
      notDone: 'This request may not have arrived.',
      todo: 'Check the network, then try again. For anything about money, look at its state first.',
    },
  },
  unreadable: {
    zh: {
      title: '服务器给出了看不懂的答复',
      notDone: '不清楚操作是否完成，请先查看状态。',
      todo: '请刷新页面；仍然这样时把请求编号告诉管理员。',
    },
    en: {
      title: 'The server answered with something this page cannot read',
      notDone: 'It is not known whether the act completed: look at its state first.',
      todo: 'Reload the page. If it stays, give the request id to the operator.',
    },
  },
  'not-understood': {
    zh: {
      title: '页面和服务器的版本不一致',
      notDone: '数据没有显示；您没有改动任何内容。',
      todo: '请刷新页面；仍然这样时把请求编号告诉管理员。',
    },
    en: {
      title: 'This page and the server are of different versions',
      notDone: 'The data are not shown. You changed nothing.',
      todo: 'Reload the page. If it stays, give the request id to the operator.',
    },
  },
}

export function ownProblem(
  key: keyof typeof OWN,
  status: number,
  requestId?: string | null,
  cause?: unknown,
  facts: Readonly<Record<string, unknown>> = {},
): ApiProblem {
  const text = OWN[key]
  const { title, notDone, todo } = text[preferences().locale]
  const id = requestId ? { requestId } : {}
  return new ApiProblem({ code: `console.${key}`, status, title, notDone, todo, facts, text, ...id }, cause)
}

/** What every call of this page carries. One page, one person, one organisation at a time. */
const caller: {
  orgId: Partial<Record<Service, string>>
  signInAgain: ((service: Service) => Promise<boolean>) | undefined
} = { orgId: {}, signInAgain: undefined }

/** Names the organisation that calls to a service act for. */
export function actFor(service: Service, orgId: string | undefined): void {
  if (orgId === undefined) delete caller.orgId[service]
  else caller.orgId[service] = orgId
}

/** Sets who is asked when a session has ended: resolves true once the person is signed in again. */
export function askToSignIn(ask: ((service: Service) => Promise<boolean>) | undefined): void {
  caller.signInAgain = ask
}

/** Asks the person to sign in again. @returns false when they would not, or when nobody can be asked. */
export const askAgain = async (service: Service): Promise<boolean> => (await caller.signInAgain?.(service)) ?? false

export const serviceOf = (path: string): Service => (path.startsWith('/site/') ? 'site' : 'hub')

export type CallInit = {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Sent as JSON, unless it is a Blob, which goes as it is. */
  readonly body?: unknown
  readonly signal?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
  /** False: a 401 is thrown; nobody is asked to sign in. */
  readonly signIn?: boolean
  /** Instead of the organisation chosen in the header. */
  readonly orgId?: string
}

export function callHeaders(path: string, init: CallInit = {}): Record<string, string> {
  const orgId = init.orgId ?? caller.orgId[serviceOf(path)]
  return {
    accept: 'application/json',
    'accept-language': preferences().locale,
    ...(orgId === undefined ? {} : { 'x-bithive-org': orgId }),
    ...init.headers,
  }
}

async function send(path: string, init: CallInit): Promise<Response> {
  const { body } = init
  const json = body !== undefined && !(body instanceof Blob)
  const headers = callHeaders(path, init)
  if (json) headers['content-type'] = 'application/json'
  try {
    const answer = await fetch(path, {
      method: init.method ?? 'GET',
      headers,
      credentials: 'same-origin',
      ...(body === undefined ? {} : { body: json ? JSON.stringify(body) : (body as Blob) }),
      ...(init.signal ? { signal: init.signal } : {}),
    })
    learnServerTime(Date.parse(answer.headers.get('date') ?? ''))
    return answer
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw ownProblem('unreachable', 0, null, error)
  }
}

/** The problem that an answer carries, or what can be said of an answer that carries none. */
export async function problemOf(answer: Response): Promise<ApiProblem> {
  const requestId = answer.headers.get('x-request-id')
  const parsed = ProblemBody.safeParse(await answer.json().catch(() => undefined))
  if (!parsed.success) return ownProblem('unreadable', answer.status, requestId)
  const { text, code, status, facts } = parsed.data
  const id = parsed.data.requestId ?? requestId
  const seconds = Number(answer.headers.get('retry-after'))
  return new ApiProblem({
    code,
    status,
    facts,
    text,
    ...text[preferences().locale],
    ...(id ? { requestId: id } : {}),
    ...(Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1000 } : {}),
  })
}

/**
 * Calls once; when the session has ended, asks the person to sign in above the page and calls once more.
 * @returns the answer of a success. @throws ApiProblem
 */
export async function callRaw(path: string, init: CallInit = {}): Promise<Response> {
  const answer = await send(path, init)
  if (answer.ok) return answer
  const problem = await problemOf(answer)
  const ended = answer.status === 401 && problem.problem.code === 'http.not-signed-in'
  const ask = init.signIn === false ? undefined : caller.signInAgain
  if (!ended || !ask || !(await ask(serviceOf(path)))) throw problem
  const second = await send(path, init)
  if (second.ok) return second
  throw await problemOf(second)
}

/**
 * Calls a route and checks that its answer has the shape the page was written for. `path` begins with `/site/` or
 * `/hub/`. A 204 is `undefined`. @throws ApiProblem
 */
export async function call<T>(schema: z.ZodType<T>, path: string, init: CallInit = {}): Promise<T> {
  const answer = await callRaw(path, init)
  const requestId = answer.headers.get('x-request-id')
  let body: unknown
  try {
    body = answer.status === 204 ? undefined : await answer.json()
  } catch (error) {
    throw ownProblem('unreadable', answer.status, requestId, error)
  }
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  // Where it differs, never what it holds: an answer can carry a patient's name.
  const where = parsed.error.issues.slice(0, 5).map(({ path: at, code }) => `${at.join('.')} ${code}`)
  throw ownProblem('not-understood', answer.status, requestId, undefined, { where: where.join('; ') })
}

/** For routes that answer nothing. */
export const Nothing = z.undefined()
