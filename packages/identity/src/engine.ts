import { passkey } from '@better-auth/passkey'
import type { Clock } from '@bithive/kernel/clock'
import type { Sql } from '@bithive/kernel/database'
import type { Ids } from '@bithive/kernel/ids'
import type { Log } from '@bithive/kernel/log'
import { type BetterAuthOptions, betterAuth } from 'better-auth'
import { APIError } from 'better-auth/api'
import { hashPassword } from 'better-auth/crypto'
import { Kysely } from 'kysely'
import { PostgresJSDialect } from 'kysely-postgres-js'

/** The schema that holds every table of this package, in the hub's database and in the site's. */
const AUTH_SCHEMA = 'auth'

export const PASSWORD_MIN_CHARACTERS = 12
export const PASSWORD_MAX_CHARACTERS = 256

/** How long a session may be before keys of the account are changed with it. */
const FRESH_SECONDS = 900

/** Where better-auth listens inside the process; no outside request carries this path. */
const BASE_PATH = '/engine'

export type EngineDeps = {
  readonly sql: Sql
  readonly baseUrl: string
  readonly secret: string
  readonly cookiePrefix: string
  readonly trustedOrigins: readonly string[]
  readonly rpId: string
  readonly rpName: string
  readonly sessionTtlMs: number
  /** False for a person who is disabled: the answer is then the same as for a wrong password. */
  readonly mayOpenSession: (userId: string) => Promise<boolean>
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
}

/** What the engine answered. `code` is the engine's own word: it is mapped to our catalogue, never shown. */
export type EngineAnswer =
  | { readonly ok: true; readonly body: unknown; readonly cookies: readonly string[] }
  | { readonly ok: false; readonly code: string; readonly status: number }

type EngineCall = {
  readonly path: string
  /** Headers of the person's request, of which the cookie and the device's name are passed on. */
  readonly from: Headers
  /** Sent as JSON by POST; without it the call is a GET. */
  readonly body?: object
}

export type Engine = {
  readonly call: (call: EngineCall) => Promise<EngineAnswer>
  /** scrypt (RFC 7914) with a random salt, in the engine's own text form. */
  readonly hashPassword: (password: string) => Promise<string>
}

const PREFIXES: Readonly<Record<string, string>> = {
  user: 'usr',
  session: 'ses',
  account: 'acc',
  verification: 'vrf',
  passkey: 'pky',
}

/**
 * A passkey must have asked for a finger, a face or a PIN: possession alone is not enough here. The plugin itself
 * accepts the lesser proof (WebAuthn level 3 section 6.1, flag UV).
 */
function mustHaveVerifiedPerson(verified: boolean | undefined): void {
  if (verified !== true) throw new APIError('UNAUTHORIZED', { code: 'PERSON_NOT_VERIFIED' })
}

/** Times by our clock, and no session for a disabled person. */
function sessionHooks(deps: EngineDeps) {
  const before = async (session: { userId: string; userAgent?: string | null | undefined }) => {
    if (!(await deps.mayOpenSession(session.userId))) return false as const
    const now = deps.clock.now()
    return {
      data: {
        ...session,
        createdAt: new Date(now),
        expiresAt: new Date(now + deps.sessionTtlMs),
        userAgent: session.userAgent?.slice(0, 160) ?? '',
      },
    }
  }
  return { create: { before } }
}

/** better-auth's settings; exported for the test that its migration generator has nothing to add to ours. */
export function engineOptions(deps: EngineDeps): BetterAuthOptions {
  const { ids, log } = deps
  const kysely = new Kysely<unknown>({ dialect: new PostgresJSDialect({ postgres: deps.sql as never }) })
  return {
    appName: deps.rpName,
    baseURL: deps.baseUrl,
    basePath: BASE_PATH,
    secret: deps.secret,
    database: { db: kysely, type: 'postgres', schemaName: AUTH_SCHEMA },
    trustedOrigins: [...deps.trustedOrigins],
    telemetry: { enabled: false },
    rateLimit: { enabled: false }, // Ours is by address and by account, on the kernel's clock.
    // Its messages may quote input, so only the kind of error is kept.
    logger: {
      level: 'error',
      log: (_level, _message, ...rest) =>
        log.error({ err: rest.find((part) => part instanceof Error) }, 'the sign-in engine reported an error'),
    },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_MIN_CHARACTERS,
      maxPasswordLength: PASSWORD_MAX_CHARACTERS,
    },
    user: { modelName: 'users' },
    account: { modelName: 'accounts' },
    verification: { modelName: 'verifications' },
    session: {
      modelName: 'sessions',
      expiresIn: deps.sessionTtlMs / 1000,
      disableSessionRefresh: true,
      freshAge: FRESH_SECONDS,
    },
    databaseHooks: { session: sessionHooks(deps) },
    advanced: {
      cookiePrefix: deps.cookiePrefix,
      useSecureCookies: deps.baseUrl.startsWith('https://'),
      defaultCookieAttributes: { sameSite: 'strict' },
      disableCSRFCheck: false,
      disableOriginCheck: false,
      ipAddress: { disableIpTracking: true },
      database: { generateId: ({ model }) => ids.next(PREFIXES[model] ?? 'row') },
    },
    plugins: [
      passkey({
        rpID: deps.rpId,
        rpName: deps.rpName,
        origin: [...deps.trustedOrigins],
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        advanced: { webAuthnChallengeCookie: 'challenge' },
        schema: { passkey: { modelName: 'passkeys' } },
        registration: {
          afterVerification: ({ verification }) => mustHaveVerifiedPerson(verification.registrationInfo?.userVerified),
        },
        authentication: {
          afterVerification: ({ verification }) =>
            mustHaveVerifiedPerson(verification.authenticationInfo?.userVerified),
        },
      }),
    ],
  }
}

/** better-auth 1.7.6 behind one call; nothing else of it leaves this file. */
export function createEngine(deps: EngineDeps): Engine {
  const auth = betterAuth(engineOptions(deps))
  const call = async ({ path, from, body }: EngineCall): Promise<EngineAnswer> => {
    // Where the request came from was judged before (request-origin.ts), by a stricter rule than the engine's.
    const headers = new Headers({ origin: new URL(deps.baseUrl).origin })
    for (const name of ['cookie', 'user-agent']) {
      const value = from.get(name)
      if (value !== null) headers.set(name, value)
    }
    if (body) headers.set('content-type', 'application/json')
    const response = await auth.handler(
      new Request(new URL(`${BASE_PATH}${path}`, deps.baseUrl), {
        method: body ? 'POST' : 'GET',
        headers,
        ...(body ? { body: JSON.stringify(body) } : {}),
      }),
    )
    const text = await response.text()
    const answer: unknown = text === '' ? undefined : JSON.parse(text)
    if (response.ok) return { ok: true, body: answer, cookies: response.headers.getSetCookie() }
    const code = (answer as { code?: unknown } | undefined)?.code
    return { ok: false, code: typeof code === 'string' ? code : '', status: response.status }
  }
  return { call, hashPassword }
}
