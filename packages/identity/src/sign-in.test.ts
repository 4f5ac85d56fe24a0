import { createManualClock, type ManualClock } from '@bithive/kernel/clock'
import { createHttp } from '@bithive/kernel/http'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { systemRandomness } from '@bithive/kernel/randomness'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { getMigrations } from 'better-auth/db/migration'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { engineOptions } from './engine.ts'
import { createSignIn, identityMigrations, type SignInDeps, type SignInEvent } from './index.ts'

const ORIGIN = 'http://localhost:8080'
const SECRET = 'a secret of a test, long enough 0123456789abcdef'
const PASSWORD = 'correct horse battery'
const DAY_MS = 86_400_000

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'hub', rooms: [identityMigrations] })
})
afterAll(() => db.drop())

/** A browser with one window: keeps cookies, names its origin. */
function browser(fetch: (path: string, init: RequestInit) => Response | Promise<Response>, origin = ORIGIN) {
  const jar = new Map<string, string>()
  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(path, {
      method,
      headers: { ...(cookie ? { cookie } : {}), ...(method === 'GET' ? {} : { origin }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      const at = pair.indexOf('=')
      if (/max-age=0/i.test(line)) jar.delete(pair.slice(0, at))
      else jar.set(pair.slice(0, at), pair.slice(at + 1))
    }
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, json: text ? JSON.parse(text) : undefined }
  }
  return { jar, send }
}

function setup(options: Partial<SignInDeps> = {}) {
  const clock: ManualClock = createManualClock(Date.now())
  const ids = createIds({ clock, randomness: systemRandomness })
  const events: SignInEvent[] = []
  const signIn = createSignIn({
    db,
    baseUrl: ORIGIN,
    secret: SECRET,
    cookiePrefix: 'bithive-hub',
    record: async (event) => void events.push(event),
    clock,
    ids,
    log: silentLog,
    ...options,
  })
  const app = createHttp({ log: silentLog, ids, clock, authenticate: async () => undefined })
  app.route('/hub/auth', signIn.routes)
  const open = (origin?: string) => browser((path, init) => app.request(`/hub/auth${path}`, init), origin)
  const seen = (cookies: Map<string, string>, init: RequestInit = {}) =>
    signIn.session(
      new Request(`${ORIGIN}/hub/v1/me`, {
        ...init,
        headers: { cookie: [...cookies].map(([n, v]) => `${n}=${v}`).join('; '), ...init.headers },
      }),
    )
  return { clock, ids, events, signIn, app, open, seen }
}

let people = 0
const newLogin = () => `person-${++people}@example.org`

describe('the tables', () => {
  test('are what the engine would make: its generator has nothing to add', async () => {
    const { clock, ids } = setup()
    const base = { sql: db.owner, baseUrl: ORIGIN, secret: SECRET, cookiePrefix: 'x', trustedOrigins: [] }
    const options = engineOptions({
      ...base,
      rpId: 'localhost',
      rpName: 'BitHive',
      sessionTtlMs: 1000,
      mayOpenSession: async () => true,
      clock,
      ids,
      log: silentLog,
    })
    const plan = await getMigrations(options)
    expect(plan.toBeCreated).toEqual([])
    expect(plan.toBeAdded).toEqual([])
    expect(plan.toBeAddedIndexes).toEqual([])
    expect(
      (await plan.compileMigrations()).replace(/create schema if not exists "auth"/, '').replace(/[;\s]/g, ''),
    ).toBe('')
  })

  test('name nobody: neither a login nor a password is in any of them', async () => {
    const { signIn, open } = setup()
    const login = newLogin()
    await signIn.createUser({ login, password: PASSWORD })
    const page = open()
    expect((await page.send('POST', '/sign-in', { login, password: PASSWORD })).status).toBe(200)
    for (const table of ['users', 'sessions', 'accounts', 'verifications', 'passkeys']) {
      const rows = JSON.stringify(await db.owner.unsafe(`SELECT * FROM auth.${table}`))
      expect(rows).not.toContain(login)
      expect(rows).not.toContain(login.split('@')[0])
      expect(rows).not.toContain(PASSWORD)
    }
  })
})

describe('signing in with a password', () => {
  test('opens a session that the process reads by itself', async () => {
    const { signIn, open, seen, clock, events } = setup()
    const login = newLogin()
    const { userId } = await signIn.createUser({ login, password: PASSWORD })
    const page = open()
    const answer = await page.send('POST', '/sign-in', { login: ` ${login.toUpperCase()} `, password: PASSWORD })
    expect(answer.json).toEqual({
      userId,
      sessionId: expect.stringMatching(/^ses_/),
      expiresAt: clock.now() + 12 * 3_600_000,
    })
    expect(answer.headers.getSetCookie()[0]).toMatch(/^bithive-hub\.session_token=.*HttpOnly; SameSite=Strict/i)
    expect(await seen(page.jar)).toMatchObject({ userId, sessionId: answer.json.sessionId })
    expect(events).toEqual([{ action: 'sign-in', userId, facts: { method: 'password' } }])
  })

  test('answers a wrong password and an unknown login alike, in body and in work', async () => {
    const { signIn, open, events } = setup({
      limits: { addressBurst: 100, addressPerMinute: 1, accountBurst: 100, accountPerMinute: 1 },
    })
    const login = newLogin()
    const { userId } = await signIn.createUser({ login, password: PASSWORD })
    const page = open()
    const attempt = async (who: string) => {
      const started = process.hrtime.bigint()
      const answer = await page.send('POST', '/sign-in', { login: who, password: 'not the right one' })
      const { requestId, ...body } = answer.json
      return { ms: Number(process.hrtime.bigint() - started) / 1e6, status: answer.status, body, requestId }
    }
    const wrong = []
    const unknown = []
    for (let i = 0; i < 5; i++) {
      wrong.push(await attempt(login))
      unknown.push(await attempt(`nobody-${i}@example.org`))
    }
    expect(wrong[0]?.status).toBe(401)
    expect(wrong[0]?.body.code).toBe('sign-in.wrong-credentials')
    expect(wrong[0]?.body.text.zh.title).toBe('账号或密码不对')
    expect(unknown.map((a) => a.body)).toEqual(wrong.map((a) => a.body))
    const least = (list: { ms: number }[]) => Math.min(...list.map((a) => a.ms))
    // Both hash once; without that an unknown login would be answered some thirty times faster.
    expect(least(unknown)).toBeGreaterThan(least(wrong) / 3)
    expect(least(unknown)).toBeLessThan(least(wrong) * 3)
    expect(events.filter((e) => e.userId === userId)).toHaveLength(5)
    expect(events.filter((e) => e.userId === undefined)).toHaveLength(5)
  })

  test('has a budget for each account and for each address', async () => {
    const { signIn, open, clock } = setup({
      limits: { addressBurst: 6, addressPerMinute: 6, accountBurst: 2, accountPerMinute: 2 },
    })
    const login = newLogin()
    await signIn.createUser({ login, password: PASSWORD })
    const page = open()
    const attempt = (who: string, password = 'wrong, surely wrong') =>
      page.send('POST', '/sign-in', { login: who, password })
    expect((await attempt(login)).status).toBe(401)
    expect((await attempt(login)).status).toBe(401)
    const refused = await attempt(login, PASSWORD)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    for (let i = 0; i < 3; i++) expect((await attempt(`other-${i}`)).status).toBe(401)
    expect((await attempt('one-more')).status).toBe(429)
    await clock.advance(60_000)
    expect((await attempt(login, PASSWORD)).status).toBe(200)
  })

  test('gives a house one budget, whichever of its IPv6 addresses it calls from', async () => {
    const { app } = setup({ limits: { addressBurst: 3, addressPerMinute: 3, accountBurst: 9, accountPerMinute: 9 } })
    const attempt = async (remoteAddress: string) => {
      const body = JSON.stringify({ login: newLogin(), password: 'wrong, surely wrong' })
      const env = { incoming: { socket: { remoteAddress } } }
      return (await app.request('/hub/auth/sign-in', { method: 'POST', body }, env)).status
    }
    for (const tail of ['1', '2', 'b:c:d']) expect(await attempt(`2001:db8:0:7::${tail}`)).toBe(401)
    expect(await attempt('2001:db8:0:7::ffff')).toBe(429)
    expect(await attempt('2001:db8:0:8::1')).toBe(401)
  })

  test('is refused from a page of another site, whatever the cookies', async () => {
    const { signIn, open, seen } = setup()
    const login = newLogin()
    await signIn.createUser({ login, password: PASSWORD })
    const foreign = open('https://evil.example')
    const refused = await foreign.send('POST', '/sign-in', { login, password: PASSWORD })
    expect([refused.status, refused.json.code]).toEqual([403, 'sign-in.origin-refused'])
    const page = open()
    await page.send('POST', '/sign-in', { login, password: PASSWORD })
    const post = { method: 'POST', headers: { origin: 'https://evil.example' } }
    expect(await seen(page.jar, post)).toBeUndefined()
    expect(await seen(page.jar, { method: 'POST', headers: { 'sec-fetch-site': 'cross-site' } })).toBeUndefined()
    expect(await seen(page.jar, { method: 'POST', headers: { origin: ORIGIN } })).toBeDefined()
    expect(await seen(page.jar, { method: 'POST' })).toBeDefined()
  })

  test('works on the own machine by name and by number, and by no other name', async () => {
    const { open } = setup({ baseUrl: 'http://127.0.0.1:8080' })
    const attempt = async (origin: string) =>
      (await open(origin).send('POST', '/sign-in', { login: 'nobody', password: PASSWORD })).status
    expect(await attempt('http://127.0.0.1:8080')).toBe(401)
    expect(await attempt('http://localhost:8080')).toBe(401)
    expect(await attempt('http://localhost:8081')).toBe(403)
    expect(await attempt('https://localhost:8080')).toBe(403)
    expect(await attempt('http://localhost.evil.example:8080')).toBe(403)
    const options = await open('http://localhost:8080').send('POST', '/sign-in/passkey/options')
    expect(options.json.rpId).toBe('localhost')
  })

  test('takes no account without a usable login and a long password, and no login twice', async () => {
    const { signIn } = setup()
    const login = newLogin()
    await expect(signIn.createUser({ login: 'a b', password: PASSWORD })).rejects.toThrow('sign-in.login-not-usable')
    await expect(signIn.createUser({ login, password: '11 letters.' })).rejects.toThrow('sign-in.password-too-short')
    await signIn.createUser({ login, password: PASSWORD })
    await expect(signIn.createUser({ login: login.toUpperCase(), password: PASSWORD })).rejects.toThrow(
      'sign-in.login-taken',
    )
  })

  test('is the only door: nothing of the engine can be reached from outside', async () => {
    const { open } = setup()
    const page = open()
    for (const path of ['/sign-up/email', '/sign-in/email', '/get-session', '/update-user', '/delete-user', '/ok']) {
      expect((await page.send('POST', path, { email: 'a@b.cn', password: PASSWORD, name: 'x' })).status).toBe(404)
    }
  })
})

describe('a session', () => {
  async function signedIn(options: Partial<SignInDeps> = {}) {
    const made = setup(options)
    const login = newLogin()
    const { userId } = await made.signIn.createUser({ login, password: PASSWORD })
    const page = made.open()
    const { sessionId } = (await page.send('POST', '/sign-in', { login, password: PASSWORD })).json
    return { ...made, login, userId, page, sessionId }
  }

  test('ends when its time is over, by our clock', async () => {
    const { clock, page, seen, signIn } = await signedIn({ sessionTtlMs: DAY_MS })
    await clock.advance(DAY_MS - 1)
    expect(await seen(page.jar)).toBeDefined()
    await clock.advance(1)
    expect(await seen(page.jar)).toBeUndefined()
    expect((await page.send('GET', '/session')).status).toBe(401)
    expect(await signIn.purgeExpired()).toBeGreaterThanOrEqual(1)
  })

  test('cannot be forged: a changed token or signature is nobody', async () => {
    const { page, seen, signIn } = await signedIn()
    const [[name, value = '']] = [...page.jar] as [[string, string]]
    const [token = '', signature = ''] = decodeURIComponent(value).split('.')
    const forge = (text: string) => seen(new Map([[name, encodeURIComponent(text)]]))
    expect(await forge(`${token}.${signature}`)).toBeDefined()
    expect(await forge(`${token}x.${signature}`)).toBeUndefined()
    expect(await forge(`${token}.${signature.replace(/^./, (c) => (c === 'A' ? 'B' : 'A'))}`)).toBeUndefined()
    expect(await forge(token)).toBeUndefined()
    expect(await signIn.session(new Request(ORIGIN, { headers: { cookie: `${name}=%E0%A4%A` } }))).toBeUndefined()
  })

  test('ends at once on sign-out, on revocation, and when the password is set anew', async () => {
    const { page, seen, signIn, login, userId, open } = await signedIn()
    const other = open()
    await other.send('POST', '/sign-in', { login, password: PASSWORD })
    const before = new Map(page.jar)
    expect((await page.send('POST', '/sign-out')).status).toBe(204)
    expect(page.jar.size).toBe(0)
    expect(await seen(before)).toBeUndefined()
    expect(await seen(other.jar)).toBeDefined()
    expect(await signIn.revokeSessions(userId)).toBe(1)
    expect(await seen(other.jar)).toBeUndefined()
    await other.send('POST', '/sign-in', { login, password: PASSWORD })
    await signIn.setPassword({ userId, password: 'an altogether new one' })
    expect(await seen(other.jar)).toBeUndefined()
    expect((await other.send('POST', '/sign-in', { login, password: PASSWORD })).status).toBe(401)
    expect((await other.send('POST', '/sign-in', { login, password: 'an altogether new one' })).status).toBe(200)
  })

  test('is listed to its person, who may end it from elsewhere; nobody else may', async () => {
    const { page, seen, login, sessionId, open, signIn } = await signedIn()
    const phone = open()
    const { sessionId: phoneId } = (
      await phone.send('POST', '/sign-in', { login, password: PASSWORD }, { 'user-agent': 'a phone' })
    ).json
    const stranger = open()
    const theirs = newLogin()
    await signIn.createUser({ login: theirs, password: PASSWORD })
    await stranger.send('POST', '/sign-in', { login: theirs, password: PASSWORD })
    expect((await stranger.send('DELETE', `/sessions/${phoneId}`)).status).toBe(404)
    const { sessions } = (await page.send('GET', '/sessions')).json
    expect(sessions.map((s: { sessionId: string; current: boolean }) => [s.sessionId, s.current]).sort()).toEqual(
      [
        [sessionId, true],
        [phoneId, false],
      ].sort(),
    )
    expect((await page.send('DELETE', `/sessions/${phoneId}`)).status).toBe(204)
    expect(await seen(phone.jar)).toBeUndefined()
    expect(await seen(page.jar)).toBeDefined()
  })

  test('survives its own change of the password, while every other one ends', async () => {
    const { page, seen, login, open } = await signedIn()
    const other = open()
    await other.send('POST', '/sign-in', { login, password: PASSWORD })
    const next = 'another good long one'
    const wrong = await page.send('PUT', '/password', { current: 'not it at all', next })
    expect([wrong.status, wrong.json.code]).toEqual([403, 'sign-in.wrong-current-password'])
    expect((await page.send('PUT', '/password', { current: PASSWORD, next: 'short' })).status).toBe(422)
    expect((await page.send('PUT', '/password', { current: PASSWORD, next })).status).toBe(204)
    expect(await seen(page.jar)).toBeDefined()
    expect(await seen(other.jar)).toBeUndefined()
  })

  test('is read within a few milliseconds', async () => {
    const { page, seen } = await signedIn()
    const started = process.hrtime.bigint()
    for (let i = 0; i < 200; i++) await seen(page.jar)
    expect(Number(process.hrtime.bigint() - started) / 1e6 / 200).toBeLessThan(10)
  })
})
