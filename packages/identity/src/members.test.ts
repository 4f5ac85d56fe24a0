import { createManualClock } from '@bithive/kernel/clock'
import { createDataKeys } from '@bithive/kernel/data-keys'
import { createHttp } from '@bithive/kernel/http'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { systemRandomness } from '@bithive/kernel/randomness'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMembers, createSignIn, identityMigrations, NO_ORGANISATION } from './index.ts'

const ORIGIN = 'http://localhost:8080'
const PASSWORD = 'correct horse battery'
const TOKEN_LIFE_MS = 3_600_000

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'hub', rooms: [identityMigrations] })
})
afterAll(() => db.drop())

const clock = createManualClock(Date.now())
const ids = createIds({ clock, randomness: systemRandomness })
const master = systemRandomness.bytes(32)
let count = 0

function setup() {
  const common = { db, clock, ids, randomness: systemRandomness, log: silentLog }
  const dataKeys = createDataKeys({ ...common, master })
  const signIn = createSignIn({
    ...common,
    baseUrl: ORIGIN,
    secret: 'a secret of a test, long enough 0123456789abcdef',
    cookiePrefix: 'bithive-hub',
    record: async () => {},
  })
  const members = createMembers({
    ...common,
    audit: { record: async () => {} },
    dataKeys,
    signIn,
    implies: { radiologist: ['clinician'] },
    powerful: ['admin'],
  })
  const organisation = async (nameEn = 'An organisation') =>
    (
      await members.organisations.create({
        kind: 'general-hospital',
        name: { zh: '一家机构', en: nameEn },
        jurisdiction: 'CN',
        sample: false,
      })
    ).orgId
  const person = async (name = 'Ming Chen') => {
    const login = `member-${++count}@example.org`
    return { login, ...(await members.people.create({ login, password: PASSWORD, name })) }
  }
  const app = createHttp({ ...common, authenticate: members.authenticate })
  app.route('/', signIn.routes)
  const cookieOf = async (login: string) => {
    const response = await app.request('/sign-in', {
      method: 'POST',
      body: JSON.stringify({ login, password: PASSWORD }),
    })
    return { status: response.status, cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
  }
  const as = (headers: Record<string, string>) => members.authenticate(new Request(`${ORIGIN}/hub/v1/me`, { headers }))
  return { members, signIn, dataKeys, organisation, person, cookieOf, as }
}

describe('a person', () => {
  test('acts for the organisation chosen in the header, else for the oldest membership', async () => {
    const { members, organisation, person, cookieOf, as } = setup()
    const [first, second, other] = [await organisation(), await organisation(), await organisation()]
    const { personId, login } = await person()
    await members.memberships.add({ orgId: first, personId, roles: ['radiologist'], createdBy: 'system' })
    await clock.advance(1)
    await members.memberships.add({ orgId: second, personId, roles: ['admin'], createdBy: 'system' })
    const { cookie } = await cookieOf(login)
    const actor = { id: personId, kind: 'person' }
    expect(await as({ cookie })).toEqual({ ...actor, orgId: first, roles: ['radiologist', 'clinician'] })
    expect(await as({ cookie, 'x-bithive-org': second })).toEqual({ ...actor, orgId: second, roles: ['admin'] })
    expect(await as({ cookie, 'x-bithive-org': other })).toEqual({ ...actor, orgId: NO_ORGANISATION, roles: [] })
    expect(await as({})).toBeUndefined()
  })

  test('loses every role with the next request when the organisation is suspended', async () => {
    const { members, organisation, person, cookieOf, as } = setup()
    const orgId = await organisation()
    const { personId, login } = await person()
    await members.memberships.add({ orgId, personId, roles: ['admin'], createdBy: 'system' })
    const { cookie } = await cookieOf(login)
    expect(await as({ cookie })).toMatchObject({ orgId, roles: ['admin'] })
    await members.organisations.setState(orgId, 'suspended')
    expect(await as({ cookie })).toMatchObject({ orgId: NO_ORGANISATION, roles: [] })
    expect(await as({ cookie, 'x-bithive-org': orgId })).toMatchObject({ orgId: NO_ORGANISATION, roles: [] })
    await members.organisations.setState(orgId, 'active')
    expect(await as({ cookie })).toMatchObject({ orgId, roles: ['admin'] })
  })

  test('who is disabled has no session, and cannot open one; the answer is that for a wrong password', async () => {
    const { members, signIn, person, cookieOf, as } = setup()
    const { personId, login } = await person()
    const { cookie } = await cookieOf(login)
    expect(await as({ cookie })).toMatchObject({ id: personId })
    await members.people.setState(personId, 'disabled')
    expect(await as({ cookie })).toBeUndefined()
    expect(await cookieOf(login)).toEqual({ status: 401, cookie: '' })
    expect(await signIn.revokeSessions(personId)).toBe(0)
    await members.people.setState(personId, 'active')
    expect((await cookieOf(login)).status).toBe(200)
  })

  test('is made with a membership, or not at all', async () => {
    const { members, organisation } = setup()
    const orgId = await organisation()
    const login = `member-${++count}@example.org`
    const one = { login, password: PASSWORD, name: 'Wei Zhang', roles: ['admin'], createdBy: 'system' }
    await expect(members.createMember({ ...one, orgId: 'org_unknown' })).rejects.toThrow()
    const { personId } = await members.createMember({ ...one, orgId })
    expect(await members.people.byId(personId)).toEqual({ personId, name: 'Wei Zhang', login, state: 'active' })
    await expect(members.createMember({ ...one, orgId })).rejects.toThrow('sign-in.login-taken')
  })

  test('who is forgotten leaves an id and nothing that names them, not in old rows either', async () => {
    const { members, organisation, person, cookieOf, as, dataKeys } = setup()
    const orgId = await organisation()
    const { personId, login } = await person('Unmistakable Name')
    await members.memberships.add({ orgId, personId, roles: ['admin'], createdBy: 'system' })
    const { cookie } = await cookieOf(login)
    const [old] = await db.owner<{ name_sealed: Uint8Array; login_sealed: Uint8Array }[]>`
      SELECT name_sealed, login_sealed FROM auth.people WHERE id = ${personId}`
    expect(Buffer.from(old?.name_sealed ?? []).toString('latin1')).not.toContain('Unmistakable')
    await members.people.forget(personId)
    await members.people.forget(personId)
    expect(await as({ cookie })).toBeUndefined()
    expect((await cookieOf(login)).status).toBe(401)
    expect(await members.people.byId(personId)).toEqual({ personId, name: '', login: '', state: 'forgotten' })
    expect(await members.memberships.ofOrganisation(orgId)).toEqual([])
    // What a backup still holds cannot be opened: the key is gone.
    await expect(dataKeys.decrypt(personId, old?.name_sealed as Uint8Array, 'auth.people.name')).rejects.toThrow(
      'kernel.person-forgotten',
    )
    await expect(members.memberships.add({ orgId, personId, roles: ['admin'], createdBy: 'system' })).rejects.toThrow(
      'members.unknown-person',
    )
  })
})

describe('a service token', () => {
  test('speaks for its organisation until it is revoked, ends, or the organisation is suspended', async () => {
    const { members, organisation, as } = setup()
    const orgId = await organisation()
    const issue = (expiresAt?: number) =>
      members.tokens.issue({
        orgId,
        name: 'the site',
        scope: ['orderer'],
        createdBy: 'system',
        ...(expiresAt === undefined ? {} : { expiresAt }),
      })
    const { tokenId, token } = await issue()
    const bearer = { authorization: `Bearer ${token}` }
    const actor = { id: tokenId, kind: 'site', orgId, roles: ['orderer'] }
    expect(await as(bearer)).toEqual(actor)
    expect((await members.tokens.ofOrganisation(orgId))[0]).toMatchObject({ tokenId, usedAt: clock.now() })
    await members.organisations.setState(orgId, 'suspended')
    expect(await as(bearer)).toBeUndefined()
    await members.organisations.setState(orgId, 'active')
    expect(await as(bearer)).toEqual(actor)
    expect(await members.tokens.revoke(orgId, tokenId)).toBe(true)
    expect(await as(bearer)).toBeUndefined()
    const short = await issue(clock.now() + TOKEN_LIFE_MS)
    expect(await as({ authorization: `Bearer ${short.token}` })).toBeDefined()
    await clock.advance(TOKEN_LIFE_MS)
    expect(await as({ authorization: `Bearer ${short.token}` })).toBeUndefined()
  })

  test('is kept as a hash only, and cannot be revoked by another organisation', async () => {
    const { members, organisation, as } = setup()
    const [orgId, other] = [await organisation(), await organisation()]
    const { tokenId, token } = await members.tokens.issue({ orgId, name: 'x', scope: ['orderer'], createdBy: 'system' })
    expect(token).toMatch(/^bst_[A-Za-z0-9_-]{43}$/)
    expect(JSON.stringify(await db.owner`SELECT *, encode(sha256, 'escape') FROM auth.service_tokens`)).not.toContain(
      token.slice(4, 20),
    )
    expect(await members.tokens.revoke(other, tokenId)).toBe(false)
    expect(await as({ authorization: `Bearer ${token}` })).toBeDefined()
  })

  test('alone decides when a cookie comes with it', async () => {
    const { person, cookieOf, as } = setup()
    const { login } = await person()
    const { cookie } = await cookieOf(login)
    expect(await as({ cookie })).toBeDefined()
    expect(await as({ cookie, authorization: 'Bearer bst_wrong' })).toBeUndefined()
    expect(await as({ cookie, authorization: 'Basic eDp5' })).toBeUndefined()
  })
})

describe('rows of one organisation', () => {
  test('are not shown by the database to another, whatever is asked', async () => {
    const { members, organisation, person } = setup()
    const [orgId, other] = [await organisation(), await organisation()]
    const { personId } = await person()
    const { membershipId } = await members.memberships.add({ orgId, personId, roles: ['admin'], createdBy: 'system' })
    await members.tokens.issue({ orgId, name: 'x', scope: ['orderer'], createdBy: 'system' })
    const seen = await db.asOrg(other, async (tx) => [
      await tx`SELECT id FROM auth.memberships WHERE org_id = ${orgId}`,
      await tx`SELECT id FROM auth.service_tokens WHERE org_id = ${orgId}`,
    ])
    expect(seen.map((rows) => rows.length)).toEqual([0, 0])
    expect(await members.memberships.find(other, membershipId)).toBeUndefined()
    expect(await members.memberships.remove(other, membershipId)).toBe(false)
    expect(await members.memberships.find(orgId, membershipId)).toBeDefined()
    const forged = db.asOrg(other, (tx) =>
      members.memberships.addWithin(tx, { orgId, personId, roles: ['x'], createdBy: 'x' }),
    )
    await expect(forged).rejects.toThrow(/row-level security/)
  })
})
