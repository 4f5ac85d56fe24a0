import { allow, deny } from '@bithive/kernel/actor'
import { createAudit } from '@bithive/kernel/audit'
import { createAuditSearch } from '@bithive/kernel/audit-search'
import { createManualClock } from '@bithive/kernel/clock'
import { createDataKeys } from '@bithive/kernel/data-keys'
import { createHttp } from '@bithive/kernel/http'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { systemRandomness } from '@bithive/kernel/randomness'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMemberRoutes, createMembers, createSignIn, identityMigrations, type MemberPolicy } from './index.ts'

const ORIGIN = 'http://localhost:8080'
const PASSWORD = 'correct horse battery'
const DAY_MS = 86_400_000

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'hub', rooms: [identityMigrations] })
})
afterAll(() => db.drop())

const clock = createManualClock(Date.UTC(2026, 0, 1))
const ids = createIds({ clock, randomness: systemRandomness })
const master = systemRandomness.bytes(32)
let count = 0

const policy: MemberPolicy = {
  maySeeOrganisation: () => allow,
  maySeeMembers: (actor) => (actor.roles.includes('admin') ? allow : deny('needs-admin')),
  mayManageMember: (actor, { personId, reachesElsewhere }) => {
    if (!actor.roles.includes('admin') || reachesElsewhere) return deny('needs-admin')
    return personId === actor.id ? deny('own-roles') : allow
  },
  mayConfirmMember: (actor) => (actor.roles.includes('admin') ? allow : deny('needs-admin')),
  mayManageTokens: () => allow,
  mayForget: () => allow,
}

type Answer = { status: number; body: Record<string, never>; cookie: string }

/** One organisation with two administrators, and a way to call its routes. */
async function open() {
  const common = { db, clock, ids, randomness: systemRandomness, log: silentLog }
  const audit = createAudit(common)
  const dataKeys = createDataKeys({ ...common, master })
  const signIn = createSignIn({
    ...{ ...common, baseUrl: ORIGIN, cookiePrefix: 'bithive-hub', record: async () => {} },
    secret: 'a secret of a test, long enough 0123456789abcdef',
  })
  const members = createMembers({ ...common, dataKeys, signIn, audit, powerful: ['admin'] })
  const app = createHttp({ ...common, authenticate: members.authenticate })
  const offered = { roles: ['admin', 'reader'], scopes: ['reader'], powerful: ['admin'] } as const
  app.route('/auth', signIn.routes)
  app.route('/', createMemberRoutes({ members, policy, audit, clock, ...offered }))
  const call = async (cookie: string, method: string, path: string, body?: object): Promise<Answer> => {
    const response = await app.request(path, {
      ...{ method, headers: { cookie, origin: ORIGIN } },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await response.text()
    const set = response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    return { status: response.status, body: text === '' ? {} : JSON.parse(text), cookie: set }
  }
  const named = { zh: '一家机构', en: 'An organisation' }
  const place = { kind: 'general-hospital', name: named, jurisdiction: 'CN', sample: false }
  const { orgId } = await members.organisations.create(place)
  const enter = async (login: string, password = PASSWORD) =>
    (await call('', 'POST', '/auth/sign-in', { login, password })).cookie
  const member = async (...roles: string[]) => {
    const login = `someone-${++count}@example.org`
    const person = { login, password: PASSWORD, name: 'Somebody', roles, createdBy: 'system' }
    const membership = await members.createMember({ ...person, orgId })
    return { ...membership, login, cookie: await enter(login) }
  }
  const recorded = async (resource: string) => {
    const { records } = await createAuditSearch({ db }).search({ orgId, resource, limit: 50 })
    return records.map(({ action }) => action).reverse()
  }
  return { members, call, enter, member, recorded, orgId, place, signIn }
}

const newPerson = (code: string) => ({
  ...{ code, login: `new-${++count}@example.org`, password: 'a password of my own', name: '李 明' },
})

describe('an invitation', () => {
  test('lets a person in who chooses a password alone, once, and the audit had it first', async () => {
    const { call, enter, member, recorded, orgId } = await open()
    const admin = await member('admin')
    const invited = await call(admin.cookie, 'POST', '/invitations', { roles: ['reader'] })
    expect(invited.status).toBe(201)
    const { code, invitationId } = invited.body as unknown as { code: string; invitationId: string }
    // As somebody would type it from paper.
    const typed = ` ${code.toUpperCase().replaceAll('-', ' ')} `
    const opened = await call('', 'POST', '/invitations/open', { code: typed })
    expect(opened.body).toMatchObject({ purpose: 'join', roles: ['reader'], organisation: { orgId } })
    const person = newPerson(typed)
    const accepted = await call('', 'POST', '/invitations/accept', person)
    expect(accepted.status).toBe(201)
    const { personId } = accepted.body as unknown as { personId: string }
    expect(await recorded(personId)).toEqual(['members.joined'])
    expect(await recorded(invitationId)).toEqual(['members.invited'])
    const me = await call(await enter(person.login, person.password), 'GET', '/me')
    expect(me.body).toMatchObject({ roles: ['reader'], name: '李 明' })
    const again = await call('', 'POST', '/invitations/accept', newPerson(code))
    expect([again.status, again.body]).toMatchObject([
      410,
      { code: 'members.invitation-over', facts: { state: 'used' } },
    ])
    const list = await call(admin.cookie, 'GET', '/invitations')
    expect(JSON.stringify(list.body)).not.toContain(code)
    expect(list.body.invitations).toMatchObject([{ invitationId, state: 'used', hint: code.slice(0, 5) }])
  })

  test('opened by two at once lets one in', async () => {
    const { call, member, members, orgId } = await open()
    const admin = await member('admin')
    const { code } = (await call(admin.cookie, 'POST', '/invitations', { roles: ['reader'] })).body
    const answers = await Promise.all(
      [1, 2, 3].map(() => call('', 'POST', '/invitations/accept', newPerson(code ?? ''))),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 410, 410])
    expect(await members.memberships.ofOrganisation(orgId)).toHaveLength(2)
  })

  test('that failed is not used up, and the audit says that it failed', async () => {
    const { call, member, enter } = await open()
    const admin = await member('admin')
    const { code = '' } = (await call(admin.cookie, 'POST', '/invitations', { roles: ['reader'] })).body
    const taken = await call('', 'POST', '/invitations/accept', { ...newPerson(code), login: admin.login })
    expect(taken.body).toMatchObject({ code: 'sign-in.login-taken' })
    const person = newPerson(code)
    expect((await call('', 'POST', '/invitations/accept', person)).status).toBe(201)
    expect(await enter(person.login, person.password)).not.toBe('')
  })

  test.each([
    [
      'revoked',
      async (o: Awaited<ReturnType<typeof open>>, cookie: string, id: string) => {
        expect((await o.call(cookie, 'DELETE', `/invitations/${id}`)).status).toBe(204)
      },
      410,
    ],
    ['out of time', async () => clock.advance(8 * DAY_MS), 410],
    [
      'of a suspended organisation',
      async (o: Awaited<ReturnType<typeof open>>) => {
        await o.members.organisations.setState(o.orgId, 'suspended')
      },
      404,
    ],
  ])('is worth nothing when it is %s', async (_, spoil, status) => {
    const o = await open()
    const admin = await o.member('admin')
    const { code = '', invitationId = '' } = (await o.call(admin.cookie, 'POST', '/invitations', { roles: ['reader'] }))
      .body
    await spoil(o, admin.cookie, invitationId)
    expect((await o.call('', 'POST', '/invitations/open', { code })).status).toBe(status)
    expect((await o.call('', 'POST', '/invitations/accept', newPerson(code))).status).toBe(status)
  })

  test('is not given by somebody who may not, and an unknown code is one answer', async () => {
    const { call, member } = await open()
    const reader = await member('reader')
    expect((await call(reader.cookie, 'POST', '/invitations', { roles: ['admin'] })).status).toBe(403)
    for (const code of ['x', '00000-00000-00000-00000']) {
      expect((await call('', 'POST', '/invitations/open', { code })).body).toMatchObject({
        code: 'members.invitation-unknown',
      })
    }
  })

  test('adds an organisation to a person who is signed in, and nobody is added without one', async () => {
    const { call, member, members, place, orgId } = await open()
    const admin = await member('admin')
    const other = await members.organisations.create(place)
    const login = `elsewhere-${++count}@example.org`
    const elsewhere = { login, password: PASSWORD, name: 'Else', roles: ['reader'], createdBy: 'system' }
    const { personId } = await members.createMember({ ...elsewhere, orgId: other.orgId })
    const granted = await call(admin.cookie, 'POST', '/memberships', { personId, roles: ['reader'] })
    expect(granted.body).toMatchObject({ code: 'members.needs-invitation' })
    const { code = '' } = (await call(admin.cookie, 'POST', '/invitations', { roles: ['reader'] })).body
    const cookie = (await call('', 'POST', '/auth/sign-in', { login, password: PASSWORD })).cookie
    expect((await call(cookie, 'POST', '/invitations/join', { code })).status).toBe(201)
    const joined = (await members.memberships.ofPerson(personId)).map((one) => one.orgId)
    expect(new Set(joined)).toEqual(new Set([other.orgId, orgId]))
  })
})

describe('a member', () => {
  test('who is suspended acts for the organisation no more from the next request, until reinstated', async () => {
    const { call, member, recorded } = await open()
    const [admin, reader] = [await member('admin'), await member('reader')]
    const put = (state: string) => call(admin.cookie, 'PUT', `/memberships/${reader.membershipId}/state`, { state })
    expect((await put('suspended')).status).toBe(200)
    expect((await call(reader.cookie, 'GET', '/me')).body).toMatchObject({ roles: [], organisation: null })
    const listed = (await call(admin.cookie, 'GET', '/memberships')).body.memberships as unknown as { state: string }[]
    expect(listed.map(({ state }) => state).sort()).toEqual(['active', 'suspended'])
    await put('active')
    expect((await call(reader.cookie, 'GET', '/me')).body).toMatchObject({ roles: ['reader'] })
    expect(await recorded(reader.personId)).toEqual(['members.suspended', 'members.reinstated'])
  })

  test('has every session ended, and cannot change the own roles', async () => {
    const { call, member } = await open()
    const [admin, reader] = [await member('admin'), await member('reader')]
    const ended = await call(admin.cookie, 'DELETE', `/memberships/${reader.membershipId}/sessions`)
    expect(ended.body).toEqual({ ended: 1 })
    expect((await call(reader.cookie, 'GET', '/me')).status).toBe(401)
    const own = await call(admin.cookie, 'PUT', `/memberships/${admin.membershipId}/roles`, { roles: ['reader'] })
    expect(own.status).toBe(403)
    const given = await call(admin.cookie, 'PUT', `/memberships/${reader.membershipId}/roles`, { roles: ['admin'] })
    expect(given.body).toMatchObject({ roles: [], awaiting: { roles: ['admin'], givenBy: admin.personId } })
  })

  test('chooses a new password with a code; what opened before opens no more', async () => {
    const { call, member, enter, recorded } = await open()
    const [admin, reader] = [await member('admin'), await member('reader')]
    await db.owner`INSERT INTO auth.passkeys (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
      VALUES (${`pky_${count}`}, 'x', ${reader.personId}, ${`credential ${count}`}, 0, 'singleDevice', false)`
    const { code = '' } = (await call(admin.cookie, 'POST', `/memberships/${reader.membershipId}/reset`)).body
    const reset = await call('', 'POST', '/invitations/reset', { code, password: 'quite another password' })
    expect(reset.body).toEqual({ login: reader.login })
    expect((await call(reader.cookie, 'GET', '/me')).status).toBe(401)
    expect(await enter(reader.login)).toBe('')
    expect(await enter(reader.login, 'quite another password')).not.toBe('')
    const left = await db.owner`SELECT FROM auth.passkeys WHERE "userId" = ${reader.personId}`
    expect(left).toHaveLength(0)
    expect(await recorded(reader.personId)).toEqual(['members.reset-issued', 'members.sign-in-reset'])
    expect((await call('', 'POST', '/invitations/reset', { code, password: PASSWORD })).status).toBe(410)
  })

  test('with powerful roles is reset only when a second administrator agrees, and never by the first alone', async () => {
    const { call, member } = await open()
    const [first, second, target] = [await member('admin'), await member('admin'), await member('admin')]
    const proposed = (await call(first.cookie, 'POST', `/memberships/${target.membershipId}/reset`)).body
    expect(proposed).toMatchObject({ state: 'proposed' })
    expect(proposed).not.toHaveProperty('code')
    const approve = (cookie: string) => call(cookie, 'POST', `/invitations/${proposed.invitationId}/approve`)
    expect((await approve(first.cookie)).body).toMatchObject({ code: 'members.second-person-waits' })
    expect((await approve(target.cookie)).status).toBe(403)
    const approved = await approve(second.cookie)
    expect(approved.status).toBe(201)
    expect((await approve(second.cookie)).status).toBe(410)
    const reset = { code: approved.body.code, password: 'quite another password' }
    expect((await call('', 'POST', '/invitations/reset', reset)).status).toBe(200)
  })

  test('who loses powerful roles and has the sign-in reset by one administrator gets them back from another only', async () => {
    const { call, member } = await open()
    const [first, second, target] = [await member('admin'), await member('admin'), await member('admin')]
    const path = `/memberships/${target.membershipId}`
    const grant = (cookie: string, ...roles: string[]) => call(cookie, 'PUT', `${path}/roles`, { roles })
    expect((await grant(first.cookie, 'reader')).status).toBe(200)
    const { code = '' } = (await call(first.cookie, 'POST', `${path}/reset`)).body
    // A code that still opens counts as one that did.
    expect((await grant(first.cookie, 'admin')).body).toMatchObject({ code: 'members.reset-alone' })
    expect((await call('', 'POST', '/invitations/reset', { code, password: 'another hand’s' })).status).toBe(200)
    expect((await grant(first.cookie, 'admin')).body).toMatchObject({ code: 'members.reset-alone' })
    const again = { personId: target.personId, roles: ['admin'] }
    expect((await call(first.cookie, 'POST', '/memberships', again)).status).toBe(409)
    expect((await grant(first.cookie, 'reader')).status).toBe(200)
    expect((await grant(second.cookie, 'admin')).status).toBe(200)
  })
})

describe('a powerful role that one person gave', () => {
  const rolesOf = async ({ call }: Awaited<ReturnType<typeof open>>, cookie: string) =>
    (await call(cookie, 'GET', '/me')).body.roles

  test('by an invitation counts once another confirms it; what is not powerful counts at once', async () => {
    const o = await open()
    const { call, enter, member, recorded } = o
    const [first, second] = [await member('admin'), await member('admin')]
    const { code = '' } = (await call(first.cookie, 'POST', '/invitations', { roles: ['admin', 'reader'] })).body
    const person = newPerson(code)
    const joined = (await call('', 'POST', '/invitations/accept', person)).body as unknown as Record<string, string>
    const cookie = await enter(person.login, person.password)
    expect(await rolesOf(o, cookie)).toEqual(['reader'])
    const list = (await call(second.cookie, 'GET', '/memberships')).body.memberships as unknown as object[]
    const awaiting = { roles: ['admin'], givenBy: first.personId }
    expect(list).toContainEqual(
      expect.objectContaining({
        personId: joined.personId,
        state: 'awaits-second',
        awaiting: expect.objectContaining(awaiting),
      }),
    )
    const confirm = (by: string, roles = ['admin']) =>
      call(by, 'POST', `/memberships/${joined.membershipId}/confirm`, { roles })
    for (const alone of [first.cookie, cookie]) {
      expect((await confirm(alone)).body).toMatchObject({ code: 'members.confirm-another' })
    }
    expect((await confirm(second.cookie, ['reader'])).body).toMatchObject({ code: 'members.confirm-changed' })
    // However long it takes: somebody is there who could confirm.
    await clock.advance(60 * DAY_MS)
    const [again, other] = [await enter(person.login, person.password), await enter(second.login)]
    expect(await rolesOf(o, again)).toEqual(['reader'])
    expect((await confirm(other)).status).toBe(200)
    expect(await rolesOf(o, again)).toEqual(['admin', 'reader'])
    expect(await recorded(joined.personId as string)).toEqual([
      'members.joined',
      'members.roles-confirmed',
      'members.roles-confirmed-failed',
      'members.roles-confirmed',
    ])
  })

  test('counts after 72 hours where nobody else could confirm, and not when the second person was sent away', async () => {
    const o = await open()
    const [first, reader] = [await o.member('admin'), await o.member('reader')]
    const give = (cookie: string, to: string) => o.call(cookie, 'PUT', `/memberships/${to}/roles`, { roles: ['admin'] })
    const { body } = await give(first.cookie, reader.membershipId)
    expect(body).toMatchObject({ roles: [], awaiting: { effectiveAt: clock.now() + 3 * DAY_MS } })
    await clock.advance(3 * DAY_MS - 1)
    expect(await rolesOf(o, await o.enter(reader.login))).toEqual([])
    await clock.advance(1)
    expect(await rolesOf(o, await o.enter(reader.login))).toEqual(['admin'])
    const cookie = await o.enter(first.login)
    const third = await o.member('reader')
    // Suspended is not gone.
    await o.call(cookie, 'PUT', `/memberships/${reader.membershipId}/state`, { state: 'suspended' })
    expect((await give(cookie, third.membershipId)).body).not.toHaveProperty('awaiting.effectiveAt')
    expect((await o.call(cookie, 'DELETE', `/memberships/${reader.membershipId}`)).status).toBe(204)
    const late = await give(cookie, third.membershipId)
    expect(late.body).toMatchObject({ awaiting: { effectiveAt: clock.now() + 30 * DAY_MS } })
  })

  test('makes the sign-in one that two reset, and nobody who had its code confirms', async () => {
    const { call, member } = await open()
    const [first, second, third] = [await member('admin'), await member('admin'), await member('admin')]
    const reader = await member('reader')
    const path = `/memberships/${reader.membershipId}`
    expect((await call(second.cookie, 'POST', `${path}/reset`)).body).toMatchObject({ state: 'open' })
    await call(first.cookie, 'PUT', `${path}/roles`, { roles: ['admin'] })
    const confirm = (cookie: string) => call(cookie, 'POST', `${path}/confirm`, { roles: ['admin'] })
    expect((await confirm(second.cookie)).body).toMatchObject({ code: 'members.reset-alone' })
    expect((await call(first.cookie, 'POST', `${path}/reset`)).body).toMatchObject({ state: 'proposed' })
    expect((await confirm(third.cookie)).body).toMatchObject({ roles: ['admin'] })
  })
})
