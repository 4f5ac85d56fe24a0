import { budgetOf } from '@bithive/kernel/client-address'
import type { Sql } from '@bithive/kernel/database'
import { createRoutes, type HttpEnv, httpErrors, readJson } from '@bithive/kernel/http'
import { createRateLimiter, limitErrors, type RateLimiter } from '@bithive/kernel/limits'
import type { Context, Hono } from 'hono'
import { z } from 'zod'
import type { Engine, EngineAnswer } from './engine.ts'
import { signInErrors } from './errors.ts'
import { normaliseLogin } from './login-name.ts'
import { comesFromUs } from './request-origin.ts'
import type { Session, SignInDeps, SignInLimits } from './sign-in.ts'

export type SignInRoutesDeps = Pick<SignInDeps, 'clock' | 'record'> & {
  readonly sql: Sql
  readonly engine: Engine
  readonly session: (request: Request) => Promise<Session | undefined>
  readonly trustedOrigins: readonly string[]
  readonly indexOf: (login: string) => string
  readonly limits: SignInLimits
}

/** Adding or removing a passkey asks for a sign-in not older than this. */
const FRESH_MS = 15 * 60_000

const Password = z.string().min(1).max(256)
const Credentials = z.strictObject({ login: z.string().min(1).max(254), password: Password })
const PasswordChange = z.strictObject({ current: Password, next: z.string().min(12).max(256) })
/** WebAuthn level 3 section 5.1: what a browser's `PublicKeyCredential.toJSON` gives. Checked field by field later. */
const Credential = z.looseObject({ id: z.string().max(1024), response: z.looseObject({}) })
const PasskeyAnswer = z.strictObject({ credential: Credential })
const PasskeyLabel = z.strictObject({ label: z.string().trim().min(1).max(64).optional() })
const NewPasskey = z.strictObject({ name: z.string().trim().min(1).max(64), credential: Credential })
const Opened = z.union([
  z.object({ token: z.string() }).transform((body) => body.token),
  z.object({ session: z.object({ token: z.string() }) }).transform((body) => body.session.token),
])

type C = Context<HttpEnv>

/** Sign-in and what a signed-in person does with the own account. Nobody reaches another person's rows here. */
export function createSignInRoutes(deps: SignInRoutesDeps): Hono<HttpEnv> {
  const routes = createRoutes()
  // Anybody may call these, so a foreign page is refused before anything is read.
  routes.use(async (c, next) => {
    if (!comesFromUs(c.req.raw, deps.trustedOrigins)) throw signInErrors.error('origin-refused')
    await next()
  })
  addSignIn(routes, deps)
  addSessions(routes, deps)
  addPasskeys(routes, deps)
  return routes
}

function limiter(deps: SignInRoutesDeps, burst: number, perMinute: number): RateLimiter {
  return createRateLimiter({ clock: deps.clock, capacity: burst, refillPerSecond: perMinute / 60, maxKeys: 100_000 })
}

function mustTake(budget: RateLimiter, key: string): void {
  const taken = budget.take(key)
  if (!taken.ok) throw limitErrors.error('too-many-requests', { retryAfterMs: taken.retryAfterMs })
}

function passCookies(c: C, answer: EngineAnswer): void {
  if (answer.ok) for (const cookie of answer.cookies) c.header('set-cookie', cookie, { append: true })
}

async function mustBeSignedIn(c: C, deps: SignInRoutesDeps): Promise<Session> {
  const session = await deps.session(c.req.raw)
  if (!session) throw httpErrors.error('not-signed-in')
  return session
}

/** @throws sign-in.sign-in-again */
async function mustBeFresh(c: C, deps: SignInRoutesDeps): Promise<Session> {
  const session = await mustBeSignedIn(c, deps)
  if (deps.clock.now() - session.signedInAt > FRESH_MS) throw signInErrors.error('sign-in-again')
  return session
}

/** What the engine opened, as our own session: read back by its token. */
async function openedSession(deps: SignInRoutesDeps, body: unknown) {
  const token = Opened.parse(body)
  const [row] = await deps.sql<{ id: string; userId: string; expiresAt: Date }[]>`
    SELECT id, "userId", "expiresAt" FROM auth.sessions WHERE token = ${token}`
  if (!row) throw httpErrors.error('unavailable')
  return { userId: row.userId, sessionId: row.id, expiresAt: row.expiresAt.getTime() }
}

function addSignIn(routes: Hono<HttpEnv>, deps: SignInRoutesDeps): void {
  const { engine, limits } = deps
  const byAddress = limiter(deps, limits.addressBurst, limits.addressPerMinute)
  const byAccount = limiter(deps, limits.accountBurst, limits.accountPerMinute)

  /** Body `{ login, password }`. The same answer, after the same work, for a wrong password and an unknown login. */
  routes.post('/sign-in', async (c) => {
    const { login, password } = await readJson(c, Credentials, 4096)
    const email = deps.indexOf(normaliseLogin(login) ?? login)
    mustTake(byAddress, budgetOf(c.get('remote')))
    mustTake(byAccount, email)
    const answer = await engine.call({ path: '/sign-in/email', from: c.req.raw.headers, body: { email, password } })
    const [known] = await deps.sql<{ id: string }[]>`SELECT id FROM auth.users WHERE email = ${email}`
    const who = known ? { userId: known.id } : {}
    if (!answer.ok) {
      await deps.record({ action: 'sign-in-refused', ...who, facts: { method: 'password' } })
      if (answer.status >= 500 && answer.code === '') throw httpErrors.error('unavailable')
      throw signInErrors.error('wrong-credentials')
    }
    const session = await openedSession(deps, answer.body)
    await deps.record({ action: 'sign-in', userId: session.userId, facts: { method: 'password' } })
    passCookies(c, answer)
    return c.json(session)
  })

  /** Answers PublicKeyCredentialRequestOptionsJSON (WebAuthn level 3 section 5.5) and a cookie for the challenge. */
  routes.post('/sign-in/passkey/options', async (c) => {
    mustTake(byAddress, budgetOf(c.get('remote')))
    const answer = await engine.call({ path: '/passkey/generate-authenticate-options', from: new Headers() })
    if (!answer.ok) throw httpErrors.error('unavailable')
    passCookies(c, answer)
    return c.json({ ...(answer.body as object), userVerification: 'required' })
  })

  routes.post('/sign-in/passkey', async (c) => {
    const { credential } = await readJson(c, PasskeyAnswer)
    mustTake(byAddress, budgetOf(c.get('remote')))
    const path = '/passkey/verify-authentication'
    const answer = await engine.call({ path, from: c.req.raw.headers, body: { response: credential } })
    if (!answer.ok) {
      await deps.record({ action: 'sign-in-refused', facts: { method: 'passkey' } })
      throw signInErrors.error('passkey-refused')
    }
    const session = await openedSession(deps, answer.body)
    await deps.record({ action: 'sign-in', userId: session.userId, facts: { method: 'passkey' } })
    passCookies(c, answer)
    return c.json(session)
  })

  routes.post('/sign-out', async (c) => {
    const session = await deps.session(c.req.raw)
    const answer = await engine.call({ path: '/sign-out', from: c.req.raw.headers, body: {} })
    if (session) await deps.record({ action: 'sign-out', userId: session.userId, facts: {} })
    passCookies(c, answer)
    return c.body(null, 204)
  })

  /** Body `{ current, next }`. Ends every other session and renews this one. */
  routes.put('/password', async (c) => {
    const session = await mustBeSignedIn(c, deps)
    const { current, next } = await readJson(c, PasswordChange, 4096)
    mustTake(byAccount, session.userId)
    const body = { currentPassword: current, newPassword: next, revokeOtherSessions: true }
    const answer = await engine.call({ path: '/change-password', from: c.req.raw.headers, body })
    if (!answer.ok) throw signInErrors.error('wrong-current-password')
    await deps.record({ action: 'password-changed', userId: session.userId, facts: {} })
    passCookies(c, answer)
    return c.body(null, 204)
  })
}

function addSessions(routes: Hono<HttpEnv>, deps: SignInRoutesDeps): void {
  const { sql } = deps
  routes.get('/session', async (c) => {
    const { userId, sessionId, expiresAt } = await mustBeSignedIn(c, deps)
    return c.json({ userId, sessionId, expiresAt })
  })

  routes.get('/sessions', async (c) => {
    const own = await mustBeSignedIn(c, deps)
    const rows = await sql<{ id: string; createdAt: Date; expiresAt: Date; userAgent: string | null }[]>`
      SELECT id, "createdAt", "expiresAt", "userAgent" FROM auth.sessions
      WHERE "userId" = ${own.userId} AND "expiresAt" > ${new Date(deps.clock.now())} ORDER BY "createdAt" DESC LIMIT 100`
    const sessions = rows.map((row) => ({
      sessionId: row.id,
      signedInAt: row.createdAt.getTime(),
      expiresAt: row.expiresAt.getTime(),
      device: row.userAgent ?? '',
      current: row.id === own.sessionId,
    }))
    return c.json({ sessions })
  })

  routes.delete('/sessions/:sessionId', async (c) => {
    const { userId } = await mustBeSignedIn(c, deps)
    const sessionId = c.req.param('sessionId')
    const ended = await sql`DELETE FROM auth.sessions WHERE id = ${sessionId} AND "userId" = ${userId}`
    if (ended.count === 0) throw httpErrors.error('not-found')
    await deps.record({ action: 'session-revoked', userId, facts: { sessions: 1 } })
    return c.body(null, 204)
  })

  /** Ends every session but this one. */
  routes.delete('/sessions', async (c) => {
    const { userId, sessionId } = await mustBeSignedIn(c, deps)
    const ended = await sql`DELETE FROM auth.sessions WHERE "userId" = ${userId} AND id <> ${sessionId}`
    await deps.record({ action: 'session-revoked', userId, facts: { sessions: ended.count } })
    return c.json({ ended: ended.count })
  })
}

function addPasskeys(routes: Hono<HttpEnv>, deps: SignInRoutesDeps): void {
  const { sql, engine } = deps
  routes.get('/passkeys', async (c) => {
    const { userId } = await mustBeSignedIn(c, deps)
    const rows = await sql<{ id: string; name: string | null; createdAt: Date | null; backedUp: boolean }[]>`
      SELECT id, name, "createdAt", "backedUp" FROM auth.passkeys WHERE "userId" = ${userId} ORDER BY id LIMIT 100`
    const passkeys = rows.map((row) => ({
      passkeyId: row.id,
      name: row.name ?? '',
      addedAt: row.createdAt?.getTime() ?? 0,
      backedUp: row.backedUp,
    }))
    return c.json({ passkeys })
  })

  /** Body `{ label? }`, shown by the authenticator. Answers PublicKeyCredentialCreationOptionsJSON. */
  routes.post('/passkeys/options', async (c) => {
    await mustBeFresh(c, deps)
    const { label = 'BitHive' } = await readJson(c, PasskeyLabel, 4096)
    const answer = await engine.call({ path: '/passkey/generate-register-options', from: c.req.raw.headers })
    if (!answer.ok) throw signInErrors.error('sign-in-again')
    passCookies(c, answer)
    const options = answer.body as { user: object }
    return c.json({ ...options, user: { ...options.user, name: label, displayName: label } })
  })

  routes.post('/passkeys', async (c) => {
    const { userId } = await mustBeFresh(c, deps)
    const { name, credential } = await readJson(c, NewPasskey)
    const path = '/passkey/verify-registration'
    const answer = await engine.call({ path, from: c.req.raw.headers, body: { name, response: credential } })
    if (!answer.ok) throw signInErrors.error('passkey-refused')
    const { id: passkeyId } = z.object({ id: z.string() }).parse(answer.body)
    await deps.record({ action: 'passkey-added', userId, facts: { passkeyId } })
    return c.json({ passkeyId }, 201)
  })

  routes.delete('/passkeys/:passkeyId', async (c) => {
    const { userId } = await mustBeFresh(c, deps)
    const passkeyId = c.req.param('passkeyId')
    const removed = await sql`DELETE FROM auth.passkeys WHERE id = ${passkeyId} AND "userId" = ${userId}`
    if (removed.count === 0) throw httpErrors.error('not-found')
    await deps.record({ action: 'passkey-removed', userId, facts: { passkeyId } })
    return c.body(null, 204)
  })
}
