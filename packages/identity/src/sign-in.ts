import type { Clock } from '@bithive/kernel/clock'
import type { Database, RoomMigrations } from '@bithive/kernel/database'
import type { HttpEnv } from '@bithive/kernel/http'
import type { Ids } from '@bithive/kernel/ids'
import type { Log } from '@bithive/kernel/log'
import type { Hono } from 'hono'
import { type Accounts, createAccounts } from './accounts.ts'
import { createEngine } from './engine.ts'
import { createLoginIndex } from './login-name.ts'
import { comesFromUs, originsOf, passkeyDomain } from './request-origin.ts'
import { readSessionToken } from './session-cookie.ts'
import { createSignInRoutes } from './sign-in-routes.ts'

/** Tables of this package: mounted by the hub and by the site, each on its own database. */
export const identityMigrations: RoomMigrations = {
  room: 'auth',
  directory: new URL('../migrations/', import.meta.url),
}

export type Session = {
  readonly userId: string
  readonly sessionId: string
  /** Milliseconds since the Unix epoch. */
  readonly signedInAt: number
  readonly expiresAt: number
}

/** What the audit is told, before the answer leaves. No login, no address, no name. */
export type SignInEvent = {
  readonly action:
    | 'sign-in'
    | 'sign-in-refused'
    | 'sign-out'
    | 'password-changed'
    | 'passkey-added'
    | 'passkey-removed'
    | 'session-revoked'
  /** Absent when nobody has the login that was tried. */
  readonly userId?: string
  readonly facts: Readonly<Record<string, string | number>>
}

/** Budgets for guessing: tokens a burst, tokens a minute. */
export type SignInLimits = {
  readonly addressBurst: number
  readonly addressPerMinute: number
  readonly accountBurst: number
  readonly accountPerMinute: number
}

const LIMITS: SignInLimits = { addressBurst: 20, addressPerMinute: 20, accountBurst: 10, accountPerMinute: 2 }
const SESSION_TTL_MS = 12 * 3_600_000

export type SignInDeps = {
  readonly db: Pick<Database, 'app'>
  /** Where people open the console: its scheme decides on secure cookies, its host is the passkeys' party. */
  readonly baseUrl: string
  /** At least 32 characters. Signs cookies and keys the index of logins: a new one signs everybody out for good. */
  readonly secret: string
  /** Two processes on one host name need two prefixes. */
  readonly cookiePrefix: string
  /** Origins of our own pages, beside that of `baseUrl`. */
  readonly trustedOrigins?: readonly string[]
  /** Domain that passkeys are bound to; the host of `baseUrl` unless told, `localhost` for the own machine. */
  readonly rpId?: string
  readonly rpName?: string
  readonly sessionTtlMs?: number
  readonly limits?: SignInLimits
  readonly record: (event: SignInEvent) => Promise<void>
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
}

export type SignIn = Accounts & {
  /** Sign-in, sign-out, sessions, password, passkeys. Mount below `/hub/auth` or `/site/auth`. */
  readonly routes: Hono<HttpEnv>
  /** Whose session a request carries: one read by the cookie's token. Undefined when none, ended, or from elsewhere. */
  readonly session: (request: Request) => Promise<Session | undefined>
  /** Removes what has ended: sessions and unanswered challenges. */
  readonly purgeExpired: () => Promise<number>
}

/** better-auth 1.7.6 behind our own face: no type, path or error of it is seen outside. */
export function createSignIn(deps: SignInDeps): SignIn {
  const { clock, ids } = deps
  const sql = deps.db.app
  const trustedOrigins = [...new Set([...originsOf(deps.baseUrl), ...(deps.trustedOrigins ?? [])])]
  const sessionTtlMs = deps.sessionTtlMs ?? SESSION_TTL_MS
  const indexOf = createLoginIndex(deps.secret)
  const mayOpenSession = async (userId: string) => {
    const [row] = await sql<{ state: string }[]>`SELECT state FROM auth.people WHERE id = ${userId}`
    return row === undefined || row.state === 'active'
  }
  const engine = createEngine({
    sql,
    baseUrl: deps.baseUrl,
    secret: deps.secret,
    cookiePrefix: deps.cookiePrefix,
    trustedOrigins,
    rpId: deps.rpId ?? passkeyDomain(deps.baseUrl),
    rpName: deps.rpName ?? 'BitHive',
    sessionTtlMs,
    mayOpenSession,
    clock,
    ids,
    log: deps.log,
  })

  const session = async (request: Request): Promise<Session | undefined> => {
    const token = readSessionToken(request.headers.get('cookie'), deps)
    if (token === undefined || !comesFromUs(request, trustedOrigins)) return undefined
    const [row] = await sql<{ id: string; userId: string; createdAt: Date; expiresAt: Date }[]>`
      SELECT id, "userId", "createdAt", "expiresAt" FROM auth.sessions WHERE token = ${token}`
    if (!row || row.expiresAt.getTime() <= clock.now()) return undefined
    const { id: sessionId, userId } = row
    return { userId, sessionId, signedInAt: row.createdAt.getTime(), expiresAt: row.expiresAt.getTime() }
  }

  const accounts = createAccounts({ sql, clock, ids, indexOf, hashPassword: engine.hashPassword })

  return {
    routes: createSignInRoutes({
      ...deps,
      sql,
      engine,
      session,
      trustedOrigins,
      indexOf,
      limits: deps.limits ?? LIMITS,
    }),
    session,
    ...accounts,
    purgeExpired: async () => {
      const now = new Date(clock.now())
      const sessions = await sql`DELETE FROM auth.sessions WHERE "expiresAt" <= ${now}`
      const challenges = await sql`DELETE FROM auth.verifications WHERE "expiresAt" <= ${now}`
      return sessions.count + challenges.count
    },
  }
}
