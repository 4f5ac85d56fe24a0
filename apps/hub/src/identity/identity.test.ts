import { createAudit } from '@bithive/kernel/audit'
import { createManualClock } from '@bithive/kernel/clock'
import { createDataKeys } from '@bithive/kernel/data-keys'
import { createHttp } from '@bithive/kernel/http'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { systemRandomness } from '@bithive/kernel/randomness'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createIdentity, type HubRole, identityMigrations } from './index.ts'

const ORIGIN = 'http://localhost:8080'
const PASSWORD = 'correct horse battery'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'hub', rooms: [identityMigrations] })
})
afterAll(() => db.drop())

let count = 0

function hub() {
  const clock = createManualClock(Date.now())
  const ids = createIds({ clock, randomness: systemRandomness })
  const common = { db, clock, ids, randomness: systemRandomness, log: silentLog }
  const audit = createAudit(common)
  const dataKeys = createDataKeys({ ...common, master: new Uint8Array(32).fill(7) })
  const secret = 'a secret of a test, long enough 0123456789abcdef'
  const identity = createIdentity({ ...common, audit, dataKeys, secret, baseUrl: ORIGIN })
  const app = createHttp({ ...common, authenticate: identity.authenticate })
  app.route('/hub/auth', identity.authRoutes)
  app.route('/hub/v1', identity.routes)
  const call = async (headers: Record<string, string>, method: string, path: string, body?: unknown) => {
    const init = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await app.request(path, { method, headers: { origin: ORIGIN, ...headers }, ...init })
    const text = await response.text()
    return { status: response.status, json: text === '' ? undefined : JSON.parse(text), response }
  }
  const enter = async (login: string, password = PASSWORD) => {
    const { response } = await call({}, 'POST', '/hub/auth/sign-in', { login, password })
    return { cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
  }
  const organisation = (kind: 'operator' | 'general-hospital') =>
    identity.createOrganisation({ kind, name: { zh: '某机构', en: 'Some organisation' }, jurisdiction: 'CN' })
  const person = async (orgId: string, ...roles: HubRole[]) => {
    const login = `hub-${++count}@example.org`
    const { personId } = await identity.createPerson({ login, password: PASSWORD, name: `Person ${count}` })
    await identity.addMembership({ orgId, personId, roles })
    const headers = await enter(login)
    return { personId, login, as: (method: string, path: string, body?: unknown) => call(headers, method, path, body) }
  }
  const actions = async (orgId: string) =>
    (
      await db.owner<{ event: string }[]>`SELECT event FROM kernel.audit_event WHERE org_id = ${orgId} ORDER BY seq`
    ).map(({ event }) => JSON.parse(event))
  return { identity, audit, clock, call, enter, organisation, person, actions }
}

describe('taking an organisation in', () => {
  test('is the operator’s act; its first administrator then takes in the rest', async () => {
    const { identity, organisation, person, enter, call, actions } = hub()
    const { orgId: operatorOrg } = await organisation('operator')
    const [operator, operator2] = [await person(operatorOrg, 'operator'), await person(operatorOrg, 'operator')]
    const created = await operator.as('POST', '/hub/v1/organisations', {
      slug: `qinghe-${count}`,
      kind: 'general-hospital',
      name: { zh: '青禾医院', en: 'Qinghe Hospital' },
      jurisdiction: 'CN',
      trusted: true,
    })
    expect(created.status).toBe(201)
    expect(created.json).toMatchObject({ kind: 'general-hospital', sample: false, trusted: true, state: 'active' })
    const { orgId } = created.json
    const login = `first-${count}@example.org`
    const first = { orgId, login, password: PASSWORD, name: '李敏', roles: ['admin'] }
    const made = await operator.as('POST', '/hub/v1/accounts', first)
    expect([made.status, made.json.roles, made.json.awaiting.roles]).toEqual([201, [], ['admin']])
    const admin = await enter(login)
    expect((await call(admin, 'GET', '/hub/v1/me')).json).toMatchObject({ roles: [], organisation: { orgId } })
    // Where nobody administers yet, a second operator is the second person.
    const confirm = `/hub/v1/memberships/${made.json.membershipId}/confirm`
    const given = { orgId, roles: ['admin'] }
    expect((await operator.as('POST', confirm, given)).json.code).toBe('members.confirm-another')
    expect((await operator2.as('POST', confirm, given)).json).toMatchObject({ roles: ['admin'] })
    expect(await identity.members.memberships.isAdministered(orgId)).toBe(true)
    const more = { ...first, login: `more-${count}@example.org`, roles: ['finance'] }
    const refused = await operator.as('POST', '/hub/v1/accounts', more)
    expect([refused.status, refused.json.facts.reason]).toEqual([403, 'identity.own-administrator'])
    const me = await call(admin, 'GET', '/hub/v1/me')
    expect(me.json).toMatchObject({ kind: 'person', name: '李敏', login, roles: ['admin'], organisation: { orgId } })
    const second = { login: `second-${count}`, password: PASSWORD, name: '王芳', roles: ['orderer', 'finance'] }
    expect((await call(admin, 'POST', '/hub/v1/accounts', second)).status).toBe(201)
    const listed = (await call(admin, 'GET', '/hub/v1/memberships')).json.memberships
    expect(new Set(listed.map((m: { name: string; roles: string[] }) => `${m.name}: ${m.roles}`))).toEqual(
      new Set(['李敏: admin', '王芳: orderer']),
    )
    const taken = await call(admin, 'POST', '/hub/v1/accounts', second)
    expect([taken.status, taken.json.code]).toEqual([409, 'sign-in.login-taken'])
    const events = await actions(orgId)
    expect(events.map(({ action }: { action: string }) => action)).toEqual([
      'members.person-added',
      'identity.sign-in',
      'members.roles-confirmed',
      'members.person-added',
      // The act is recorded before it is tried, and that it failed after it.
      'members.person-added',
      'members.person-added-failed',
    ])
    // The audit outlives people: it holds ids, never what names them.
    expect(JSON.stringify(events)).not.toMatch(/李敏|王芳|example\.org/)
  })

  test('refuses a body with anything unknown in it', async () => {
    const { organisation, person } = hub()
    const operator = await person((await organisation('operator')).orgId, 'operator')
    const body = { kind: 'general-hospital', name: { zh: '甲', en: 'A' }, jurisdiction: 'CN' }
    for (const bad of [
      { ...body, state: 'active' },
      { ...body, kind: 'bank' },
      { ...body, jurisdiction: 'China' },
    ]) {
      const answer = await operator.as('POST', '/hub/v1/organisations', bad)
      expect([answer.status, answer.json.code]).toEqual([422, 'http.bad-request'])
    }
  })
})

describe('suspending an organisation', () => {
  test('stops its people and its tokens at once, and stands in both audit chains', async () => {
    const { identity, audit, organisation, person, call, actions } = hub()
    const { orgId: operatorOrg } = await organisation('operator')
    const operator = await person(operatorOrg, 'operator')
    const { orgId } = await organisation('general-hospital')
    const admin = await person(orgId, 'admin')
    const { token } = await identity.issueServiceToken({ orgId, name: 'site', scope: ['orderer'] })
    const bearer = { authorization: `Bearer ${token}` }
    const tries = async () => [
      (await admin.as('GET', '/hub/v1/memberships')).status,
      (await admin.as('GET', `/hub/v1/organisations/${orgId}`)).status,
      (await call(bearer, 'GET', '/hub/v1/me')).status,
    ]
    expect(await tries()).toEqual([200, 200, 200])
    const change = { state: 'suspended', reason: 'credential-expired' }
    expect((await operator.as('PUT', `/hub/v1/organisations/${orgId}/state`, change)).status).toBe(200)
    expect(await tries()).toEqual([403, 404, 401])
    const me = await admin.as('GET', '/hub/v1/me')
    expect(me.json).toMatchObject({ organisation: null, roles: [], memberships: [{ orgId, active: false }] })
    const back = { state: 'active', reason: 'credential-renewed' }
    expect((await operator.as('PUT', `/hub/v1/organisations/${orgId}/state`, back)).status).toBe(200)
    expect(await tries()).toEqual([200, 200, 200])
    for (const chain of [orgId, operatorOrg]) {
      const reasons = (await actions(chain)).filter((e) => e.action === 'identity.organisation-state')
      expect(reasons.map((e) => e.facts.reason)).toEqual(['credential-expired', 'credential-renewed'])
      expect(await audit.verify(chain)).toMatchObject({ ok: true })
    }
    const own = await operator.as('PUT', `/hub/v1/organisations/${operatorOrg}/state`, change)
    expect([own.status, own.json.facts.reason]).toEqual([403, 'identity.own-organisation'])
  })
})

describe('a membership', () => {
  test('ends with the next request when it is removed; nobody changes their own', async () => {
    const { organisation, person } = hub()
    const { orgId } = await organisation('general-hospital')
    const admin = await person(orgId, 'admin')
    const colleague = await person(orgId, 'auditor')
    const list = (await admin.as('GET', '/hub/v1/memberships')).json.memberships
    const of = (personId: string) => list.find((m: { personId: string }) => m.personId === personId).membershipId
    const own = await admin.as('DELETE', `/hub/v1/memberships/${of(admin.personId)}`)
    expect([own.status, own.json.facts.reason]).toEqual([403, 'identity.own-roles'])
    expect((await colleague.as('DELETE', `/hub/v1/memberships/${of(admin.personId)}`)).status).toBe(403)
    expect((await colleague.as('GET', '/hub/v1/memberships')).status).toBe(200)
    expect((await admin.as('DELETE', `/hub/v1/memberships/${of(colleague.personId)}`)).status).toBe(204)
    expect((await colleague.as('GET', '/hub/v1/memberships')).status).toBe(403)
    const grant = { personId: colleague.personId, roles: ['admin', 'operator'] }
    const operator = await admin.as('POST', '/hub/v1/memberships', grant)
    expect([operator.status, operator.json.facts.reason]).toEqual([403, 'identity.operator-role'])
    const again = await admin.as('POST', '/hub/v1/memberships', { ...grant, roles: ['finance'] })
    expect([again.status, again.json.code]).toEqual([409, 'members.needs-invitation'])
  })
})

describe('an operator', () => {
  test('who makes another operator has not made a second person', async () => {
    const { organisation, person, enter, call, clock } = hub()
    const { orgId } = await organisation('operator')
    const [first, second] = [await person(orgId, 'operator', 'admin'), await person(orgId, 'operator')]
    const login = `made-${count}@example.org`
    const body = { login, password: PASSWORD, name: 'Made', roles: ['operator', 'finance', 'auditor'] }
    const { json } = await first.as('POST', '/hub/v1/accounts', body)
    expect(json).toMatchObject({ roles: ['auditor'], awaiting: { roles: ['operator', 'finance'] } })
    expect((await call(await enter(login), 'GET', '/hub/v1/organisations')).status).toBe(403)
    await clock.advance(40 * 86_400_000)
    const made = await enter(login)
    expect((await call(made, 'GET', '/hub/v1/organisations')).status).toBe(403)
    const confirm = `/hub/v1/memberships/${json.membershipId}/confirm`
    const roles = ['operator', 'finance']
    expect((await call(made, 'POST', confirm, { roles })).json.code).toBe('members.confirm-another')
    const late = await call(await enter(second.login), 'POST', confirm, { roles })
    expect(late.json).toMatchObject({ roles: body.roles })
    expect((await call(made, 'GET', '/hub/v1/organisations')).status).toBe(200)
  })
})

describe('a service token', () => {
  test('is issued by an administrator, shown once, and revoked for good', async () => {
    const { organisation, person, call } = hub()
    const { orgId } = await organisation('general-hospital')
    const admin = await person(orgId, 'admin')
    const issued = await admin.as('POST', '/hub/v1/service-tokens', { name: 'our site', scope: ['orderer'] })
    expect(issued.status).toBe(201)
    const { tokenId, token } = issued.json
    const bearer = { authorization: `Bearer ${token}` }
    expect((await call(bearer, 'GET', '/hub/v1/me')).json).toEqual({
      actorId: tokenId,
      kind: 'site',
      roles: ['orderer'],
      organisation: expect.objectContaining({ orgId }),
    })
    const listed = await admin.as('GET', '/hub/v1/service-tokens')
    expect(JSON.stringify(listed.json)).not.toContain(token)
    expect(listed.json.tokens).toMatchObject([{ tokenId, name: 'our site', scope: ['orderer'] }])
    expect((await admin.as('POST', '/hub/v1/service-tokens', { name: 'x', scope: ['admin'] })).status).toBe(422)
    expect((await call(bearer, 'POST', '/hub/v1/service-tokens', { name: 'x', scope: ['orderer'] })).status).toBe(403)
    expect((await admin.as('DELETE', `/hub/v1/service-tokens/${tokenId}`)).status).toBe(204)
    expect((await call(bearer, 'GET', '/hub/v1/me')).status).toBe(401)
  })
})

describe('being forgotten', () => {
  test('is a person’s own right; what remains is an id', async () => {
    const { identity, organisation, person, enter } = hub()
    const { orgId } = await organisation('general-hospital')
    const leaver = await person(orgId, 'orderer')
    const other = await person(orgId, 'admin')
    expect((await other.as('DELETE', `/hub/v1/accounts/${leaver.personId}`)).status).toBe(404)
    expect((await leaver.as('DELETE', `/hub/v1/accounts/${leaver.personId}`)).status).toBe(204)
    expect((await leaver.as('GET', '/hub/v1/me')).status).toBe(401)
    expect((await enter(leaver.login)).cookie).toBe('')
    expect(await identity.members.people.byId(leaver.personId)).toMatchObject({
      name: '',
      login: '',
      state: 'forgotten',
    })
  })
})
