import type { Clock } from '@bithive/kernel/clock'
import { DomainError, type ErrorEntry } from '@bithive/kernel/errors'
import type { Log } from '@bithive/kernel/log'
import { z } from 'zod'
import { networkErrors } from './errors.ts'

export type HubAddress = {
  /** For example `http://127.0.0.1:8080`; `/hub/v1` is added. */
  readonly url: string
  /** Bearer token of the site at the hub; read for each call, so that it can be rotated. */
  readonly token: () => Promise<string>
}

export type CallHubDeps = {
  readonly hub: HubAddress
  readonly clock: Clock
  readonly log: Log
  readonly fetch?: typeof fetch
  readonly timeoutMs?: number
  readonly firstPauseMs?: number
}

export type HubCall = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below /hub/v1, built by us from checked parts. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body?: unknown
  readonly accept: string
}

export type HubAnswer = { readonly contentType: string; readonly bytes: Uint8Array }

const MAX_BYTES = 8 * 1024 * 1024
const ATTEMPTS = 3
/** Failures that happen before a request can have arrived. */
const NEVER_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])

const Words = z.object({ title: z.string().max(300), notDone: z.string().max(500), todo: z.string().max(500) })
/** The hub's own problem, as far as it is passed on: its code and words are the ones that help. */
const HubProblem = z.object({
  code: z.string().regex(/^[a-z][a-z0-9-]{0,40}\.[a-z][a-z0-9-]{0,60}$/),
  retryable: z.boolean().default(false),
  facts: z.record(z.string().max(64), z.union([z.string().max(500), z.number(), z.boolean()])).default({}),
  text: z.object({ zh: Words, en: Words }),
})
const PASSED_ON: readonly number[] = [400, 403, 404, 409, 410, 412, 413, 415, 422, 429]

async function readBounded(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > MAX_BYTES) throw networkErrors.error('answer-invalid', { maxBytes: MAX_BYTES })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/**
 * What a refusal of the hub means here. A 401 is about the site's token, never about the person: passing it on
 * would ask somebody to sign in who is signed in.
 */
async function refusal(response: Response): Promise<DomainError> {
  const { status } = response
  if (status === 401) return networkErrors.error('site-not-known')
  const bytes = await readBounded(response).catch(() => new Uint8Array(0))
  let said: z.infer<typeof HubProblem> | undefined
  try {
    said = HubProblem.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch {
    // A proxy's error page: the status is all there is to know.
  }
  if (!said || !PASSED_ON.includes(status)) {
    return networkErrors.error('hub-unreachable', { hubStatus: status, ...(said ? { problem: said.code } : {}) })
  }
  const { retryable, text } = said
  return new DomainError(said.code, { status: status as ErrorEntry['status'], retryable, ...text }, said.facts)
}

function causeOf(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown; errors?: { code?: unknown }[] } })?.cause
  const code = cause?.code ?? cause?.errors?.[0]?.code
  return typeof code === 'string' ? code : ((error as Error)?.name ?? 'unknown')
}

function failure(call: HubCall, error: unknown): DomainError {
  if (error instanceof DomainError) return error
  const cause = causeOf(error)
  const arrived = call.method !== 'GET' && !NEVER_SENT.has(cause)
  return networkErrors.error(arrived ? 'outcome-unknown' : 'hub-unreachable', { cause }, error)
}

/** Calls the hub with the site's own token and nothing of the caller's: no header, no cookie, no address. */
export function createCallHub(deps: CallHubDeps): (call: HubCall) => Promise<HubAnswer> {
  const { hub, clock, log, timeoutMs = 15_000, firstPauseMs = 150 } = deps
  const doFetch = deps.fetch ?? fetch

  const once = async (call: HubCall): Promise<HubAnswer> => {
    try {
      const query = call.query.toString()
      const response = await doFetch(`${hub.url}/hub/v1${call.path}${query === '' ? '' : `?${query}`}`, {
        method: call.method,
        headers: {
          authorization: `Bearer ${await hub.token()}`,
          accept: call.accept,
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      })
      if (!response.ok) throw await refusal(response)
      return { contentType: response.headers.get('content-type') ?? '', bytes: await readBounded(response) }
    } catch (error) {
      throw failure(call, error)
    }
  }

  return async (call) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(call)
      } catch (error) {
        const unreached = error instanceof DomainError && error.code === networkErrors.code('hub-unreachable')
        if (!unreached || attempt >= ATTEMPTS) throw error
        log.debug({ attempt, method: call.method }, 'a call to the hub failed, it is repeated')
        await clock.sleep(firstPauseMs * 2 ** (attempt - 1))
      }
    }
  }
}
