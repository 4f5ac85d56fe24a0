import { createAudit } from '@bithive/kernel/audit'
import { createManualClock } from '@bithive/kernel/clock'
import { createDataKeys } from '@bithive/kernel/data-keys'
import { createHttp } from '@bithive/kernel/http'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { systemRandomness } from '@bithive/kernel/randomness'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAccess, identityMigrations, type SiteRole } from './index.ts'

const ORIGIN = 'http://localhost:8080'
const PASSWORD = 'correct horse battery'
const SITE = 'org_hospital'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms: [identityMigrations] })
})
afterAll(() => db.drop())

let count = 0

async function site() {
  const clock = createManualClock(Date.now())
  const ids = createIds({ clock, randomness: systemRandomness })
  const common = { db, clock, ids, randomness: systemRandomness, log: silentLog }
  const name = { zh: '青禾医院', en: 'Qinghe Hospital' }
  const access = createAccess({
    ...common,
    organisation: { orgId: SITE, kind: 'general-hospital', name, jurisdiction: 'CN', sample: false },
    audit: createAudit(common),
    dataKeys: createDataKeys({ ...common, master: new Uint8Array(32).fill(7) }),
    secret: 'a secret of a test, long enough 0123456789abcdef',
    baseUrl: ORIGIN,
  })
  await access.prepare()
  const app = createHttp({ ...common, authenticate: access.authenticate })
  app.route('/site/auth', access.authRoutes)
  app.route('/site/v1', access.routes)
  const call = async (headers: Record<string, string>, method: string, path: string, body?: unknown) => {
    const init = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await app.request(path, { method, headers: { origin: ORIGIN, ...headers }, ...init })
    const text = await response.text()
    return { status: response.status, json: text === '' ? undefined : JSON.parse(text), response }
  }
  const member = async (...roles: SiteRole[]) => {
    const login = `staff-${++count}`
    const { personId } = await access.createMember({ login, password: PASSWORD, name: `Staff ${count}`, roles })
    const { response } = await call({}, 'POST', '/site/auth/sign-in', { login, password: PASSWORD })
    const headers = { cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
    return {
      personId,
      headers,
      as: (method: string, path: string, body?: unknown) => call(headers, method, path, body),
    }
  }
  return { access, call, member }
}

describe('access at a site', () => {
  test('knows one organisation, written once', async () => {
    const { access } = await site()
    expect(await access.prepare()).toMatchObject({ orgId: SITE, kind: 'general-hospital', trusted: true })
    expect(await access.members.organisations.list()).toHaveLength(1)
  })

  test('makes a radiologist a clinician too, and a cookie of its own', async () => {
    const { access, member } = await site()
    const { personId, headers } = await member('radiologist')
    expect(headers.cookie).toMatch(/^bithive-site\.session_token=/)
    expect(await access.authenticate(new Request(ORIGIN, { headers }))).toEqual({
      id: personId,
      kind: 'person',
      orgId: SITE,
      roles: ['radiologist', 'clinician'],
    })
  })

  test('lets an administrator take in staff, and nobody else', async () => {
    const { member } = await site()
    const admin = await member('admin')
    const body = (login: string) => ({ login, password: PASSWORD, name: '周医生', roles: ['radiologist'] })
    expect((await admin.as('POST', '/site/v1/accounts', body(`doctor-${++count}`))).status).toBe(201)
    for (const role of ['clinician', 'technician', 'registrar', 'privacy-officer', 'auditor'] as const) {
      const refused = await (await member(role)).as('POST', '/site/v1/accounts', body(`doctor-${++count}`))
      expect([role, refused.status, refused.json.facts.reason]).toEqual([role, 403, 'access.needs-admin-role'])
    }
    const elsewhere = { ...body(`doctor-${++count}`), orgId: 'org_elsewhere' }
    expect((await admin.as('POST', '/site/v1/accounts', elsewhere)).json.facts.reason).toBe(
      'access.another-organisation',
    )
    const hubRole = { ...body(`doctor-${++count}`), roles: ['operator'] }
    expect((await admin.as('POST', '/site/v1/accounts', hubRole)).status).toBe(422)
  })

  test('gives a machine a token with a machine’s scope only', async () => {
    const { access, member, call } = await site()
    const admin = await member('admin')
    expect((await admin.as('POST', '/site/v1/service-tokens', { name: 'PACS', scope: ['clinician'] })).status).toBe(422)
    const { token } = await access.issueServiceToken({ name: 'PACS', scope: ['technician'] })
    const bearer = { authorization: `Bearer ${token}` }
    expect((await call(bearer, 'GET', '/site/v1/me')).json).toMatchObject({ kind: 'site', roles: ['technician'] })
    expect((await call(bearer, 'GET', '/site/v1/memberships')).status).toBe(403)
  })

  test('has no place for a person of another organisation', async () => {
    const { access, call } = await site()
    const name = { zh: '别家医院', en: 'Another hospital' }
    const other = await access.members.organisations.create({
      kind: 'general-hospital',
      name,
      jurisdiction: 'CN',
      sample: false,
    })
    const login = `stranger-${++count}`
    await access.members.createMember({
      ...{ login, password: PASSWORD, name: 'A stranger', orgId: other.orgId },
      ...{ roles: ['admin', 'clinician'], createdBy: 'system' },
    })
    const { response } = await call({}, 'POST', '/site/auth/sign-in', { login, password: PASSWORD })
    const headers = { cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
    expect((await call(headers, 'GET', `/site/v1/organisations/${SITE}`)).status).toBe(404)
    expect((await call(headers, 'GET', '/site/v1/memberships')).status).toBe(403)
    expect((await call(headers, 'GET', '/site/v1/service-tokens')).status).toBe(403)
    await db.owner`DELETE FROM auth.memberships WHERE org_id = ${other.orgId}`
    await db.owner`DELETE FROM auth.organisations WHERE id = ${other.orgId}`
  })
})
