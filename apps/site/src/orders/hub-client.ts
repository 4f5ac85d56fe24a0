import { type AcceptResult, type JobOrder, JobPage, JobView, type RejectResult } from '@bithive/api/compute'
import { JobQuote, type JobQuoteOrder } from '@bithive/api/job-quote'
import type { Clock } from '@bithive/kernel/clock'
import { DomainError } from '@bithive/kernel/errors'
import type { Log } from '@bithive/kernel/log'
import { z } from 'zod'
import { orderErrors } from './errors.ts'

export type HubClientDeps = {
  /** For example `http://127.0.0.1:8080`; the client adds `/hub/v1`. */
  readonly baseUrl: string
  /** Bearer token of the site at the hub; read for each call, so that it can be rotated. */
  readonly token: () => Promise<string>
  readonly clock: Clock
  readonly log: Log
  readonly fetch?: typeof fetch
  /** A call that takes longer is given up; long polls get their waiting time on top. */
  readonly timeoutMs?: number
  readonly attempts?: number
  readonly firstPauseMs?: number
  readonly maxResultBytes?: number
}

/** The site's calls to the compute market, outbound only. Every call may be repeated without harm. */
export type HubClient = {
  /** Idempotent by `requestId`. */
  readonly placeJob: (order: JobOrder) => Promise<JobView>
  /** Prices and reasons of the market now; nothing is ordered or reserved. */
  readonly quoteJob: (order: JobQuoteOrder) => Promise<JobQuote>
  readonly getJob: (jobId: string) => Promise<JobView>
  readonly listJobs: (query: { after: number; waitMs: number }, signal?: AbortSignal) => Promise<JobPage>
  readonly putInput: (jobId: string, epoch: number, sealed: Uint8Array) => Promise<void>
  readonly getResult: (jobId: string) => Promise<Uint8Array>
  readonly accept: (jobId: string, body: z.infer<typeof AcceptResult>) => Promise<void>
  readonly reject: (jobId: string, body: z.infer<typeof RejectResult>) => Promise<void>
  readonly cancel: (jobId: string) => Promise<void>
}

type Call = {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly json?: unknown
  readonly bytes?: Uint8Array
  readonly waitMs?: number
  readonly signal?: AbortSignal | undefined
}

/** Failures that happen before a request can have arrived. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])
const WORTH_REPEATING = new Set([408, 425, 429, 500, 502, 503, 504])

const HubProblem = z.object({ code: z.string().max(100), retryable: z.boolean().optional() })

function causeCode(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown; errors?: { code?: unknown }[] } })?.cause
  const code = cause?.code ?? cause?.errors?.[0]?.code
  return typeof code === 'string' ? code : ''
}

async function readBounded(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > maxBytes) throw orderErrors.error('hub-answer-invalid', { maxBytes })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** The hub's own code is passed through; its words are not, they are in the catalogue of whoever shows them. */
async function refusal(response: Response): Promise<DomainError> {
  const bytes = await readBounded(response, 65_536).catch(() => new Uint8Array(0))
  let code = `http.${response.status}`
  try {
    code = HubProblem.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))).code
  } catch {
    // A proxy's error page: the status is all there is to know.
  }
  const facts = { hubStatus: response.status, problem: code }
  if (WORTH_REPEATING.has(response.status)) return orderErrors.error('hub-unreachable', facts)
  return orderErrors.error('hub-refused', facts)
}

function failure(call: Call, error: unknown): DomainError {
  if (error instanceof DomainError) return error
  const code = causeCode(error) || ((error as Error)?.name ?? 'unknown')
  if (call.method === 'GET' || NEVER_SENT.has(code)) return orderErrors.error('hub-unreachable', { cause: code }, error)
  return orderErrors.error('outcome-unknown', { cause: code }, error)
}

export function createHubClient(deps: HubClientDeps): HubClient {
  const { timeoutMs = 30_000, attempts = 3, firstPauseMs = 200, maxResultBytes = 268_435_456 } = deps
  const doFetch = deps.fetch ?? fetch

  const once = async (call: Call): Promise<Uint8Array> => {
    try {
      const limit = AbortSignal.timeout(timeoutMs + (call.waitMs ?? 0))
      const response = await doFetch(`${deps.baseUrl}/hub/v1${call.path}`, {
        method: call.method,
        headers: {
          authorization: `Bearer ${await deps.token()}`,
          accept: 'application/json',
          ...(call.json === undefined ? {} : { 'content-type': 'application/json' }),
          ...(call.bytes === undefined ? {} : { 'content-type': 'application/octet-stream' }),
        },
        ...(call.json === undefined ? {} : { body: JSON.stringify(call.json) }),
        ...(call.bytes === undefined ? {} : { body: new Uint8Array(call.bytes) }),
        redirect: 'error',
        signal: call.signal ? AbortSignal.any([limit, call.signal]) : limit,
      })
      if (!response.ok) throw await refusal(response)
      return await readBounded(response, maxResultBytes)
    } catch (error) {
      throw failure(call, error)
    }
  }

  const send = async (call: Call): Promise<Uint8Array> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(call)
      } catch (error) {
        const retryable = error instanceof DomainError && error.entry.retryable
        if (!retryable || attempt >= attempts || call.signal?.aborted) throw error
        deps.log.debug({ code: error.code, attempt, method: call.method }, 'hub call failed, it will be repeated')
        await deps.clock.sleep(firstPauseMs * 2 ** (attempt - 1), call.signal)
      }
    }
  }

  const json = async <T>(schema: z.ZodType<T>, call: Call): Promise<T> => {
    const bytes = await send(call)
    try {
      return schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
    } catch (error) {
      throw orderErrors.error('hub-answer-invalid', { path: call.path.split('?')[0] ?? '' }, error)
    }
  }
  const job = (jobId: string) => `/jobs/${encodeURIComponent(jobId)}`
  const done = async (call: Call) => {
    await send(call)
  }

  return {
    placeJob: (order) => json(JobView, { method: 'POST', path: '/jobs', json: order }),
    quoteJob: (order) => json(JobQuote, { method: 'POST', path: '/jobs/quote', json: order }),
    getJob: (jobId) => json(JobView, { method: 'GET', path: job(jobId) }),
    listJobs: ({ after, waitMs }, signal) =>
      json(JobPage, { method: 'GET', path: `/jobs?after=${after}&waitMs=${waitMs}`, waitMs, signal }),
    putInput: (jobId, epoch, sealed) => done({ method: 'PUT', path: `${job(jobId)}/input/${epoch}`, bytes: sealed }),
    getResult: (jobId) => send({ method: 'GET', path: `${job(jobId)}/result` }),
    accept: (jobId, body) => done({ method: 'POST', path: `${job(jobId)}/accept`, json: body }),
    reject: (jobId, body) => done({ method: 'POST', path: `${job(jobId)}/reject`, json: body }),
    cancel: (jobId) => done({ method: 'POST', path: `${job(jobId)}/cancel` }),
  }
}
