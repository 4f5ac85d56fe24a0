import { DomainError, type ErrorFacts, type Problem, toProblem } from '@bithive/kernel/errors'
import { z } from 'zod'
import { commandErrors } from './errors.ts'

/** An answer of a service that is a problem: carried to the person and to the exit code as it is. */
export class ServiceProblem extends Error {
  readonly problem: Problem
  constructor(problem: Problem) {
    super(problem.title)
    this.name = 'ServiceProblem'
    this.problem = problem
  }
}

const Words = z.object({ title: z.string(), notDone: z.string(), todo: z.string() })
/** What a service of ours says of a failure; anything else that answers is not one. */
const SaidProblem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string(),
  code: z.string().regex(/^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$/),
  retryable: z.boolean(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  text: z.object({ zh: Words, en: Words }),
  requestId: z.string().optional(),
})

export type Answer = { readonly status: number; readonly headers: Headers; readonly text: string }

const TIMEOUT_MS = 30_000
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/** Failures that come before a connection stands: nothing was sent. */
const NEVER_CONNECTED = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EACCES'],
  ...['UND_ERR_CONNECT_TIMEOUT', 'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN'],
  ...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'ERR_TLS_CERT_ALTNAME_INVALID', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
])

function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return []
  const inner = error instanceof AggregateError ? error.errors : [error.cause]
  return [...('code' in error ? [String(error.code)] : []), ...inner.flatMap(codesOf)]
}

const isLoopback = (hostname: string) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)

/** @throws command.insecure-address, command.usage: a password or token leaves this machine encrypted or not at all */
export function checkAddress(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const speaksHttp = url?.protocol === 'https:' || url?.protocol === 'http:'
  if (!url || !speaksHttp || url.username !== '' || url.password !== '') {
    throw commandErrors.error('usage', { expected: 'https://...' })
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw commandErrors.error('insecure-address', { url: url.origin })
  }
  return url
}

async function readText(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.length
    if (bytes > MAX_ANSWER_BYTES) throw commandErrors.error('bad-answer', { status: response.status })
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function problemOf({ text }: Answer, facts: ErrorFacts): Problem {
  let said: unknown
  try {
    said = JSON.parse(text)
  } catch {
    // Falls through: whatever answered is not a service of ours.
  }
  const problem = SaidProblem.safeParse(said)
  if (problem.success) return problem.data as Problem
  const starting = z.object({ state: z.literal('starting') }).safeParse(said).success
  return toProblem(commandErrors.error(starting ? 'starting' : 'bad-answer', facts), 'en')
}

/**
 * Asks a service once. Never follows a redirect, so that a token or password stays where it belongs.
 * @throws ServiceProblem with the service's own words; command.unreachable when nothing was sent; command.timeout and
 * command.answer-lost when the outcome is not known; command.bad-answer, command.insecure-address
 */
export async function callService(
  address: string,
  path: string,
  init: RequestInit,
  timeoutMs = TIMEOUT_MS,
): Promise<Answer> {
  const base = checkAddress(address)
  const where = { url: base.origin }
  let answer: Answer
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(new URL(path, base), { ...init, redirect: 'manual', signal })
    answer = { status: response.status, headers: response.headers, text: await readText(response) }
  } catch (error) {
    if (error instanceof DomainError) throw error
    if (error instanceof Error && error.name === 'TimeoutError') throw commandErrors.error('timeout', where, error)
    const sentNothing = codesOf(error).some((code) => NEVER_CONNECTED.has(code))
    throw commandErrors.error(sentNothing ? 'unreachable' : 'answer-lost', where, error)
  }
  if (answer.status >= 200 && answer.status < 300) return answer
  throw new ServiceProblem(problemOf(answer, { ...where, status: answer.status }))
}
