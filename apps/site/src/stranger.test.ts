import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemActor } from '@bithive/kernel/actor'
import { createFileBlobs } from '@bithive/kernel/blobs'
import { systemClock } from '@bithive/kernel/clock'
import type { HttpEnv } from '@bithive/kernel/http'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { createMetrics } from '@bithive/kernel/metrics'
import { systemRandomness } from '@bithive/kernel/randomness'
import { createSecrets } from '@bithive/kernel/secrets'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { indexInstance } from '@bithive/site/dicom-index'
import { sampleFiles } from '@bithive/site/sample-scanner'
import { findWorkload, writeBundle } from '@bithive/workloads'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Caller, callEveryRouteAsStranger, type Exception, type StrangerCheck } from '../../../test/stranger.ts'
import { SITE_ROLES } from './access/index.ts'
import { createSiteApp, type SiteApp, siteMigrations } from './app.ts'
import { ALLOWED_ROUTES } from './network/allowed-routes.ts'

const ORIGIN = 'http://localhost:8080'
const PASSWORD = 'correct horse battery'
const SITE = 'org_hospital'
const ELSEWHERE = 'org_elsewhere'
const DAY_MS = 86_400_000

const AT_THE_HUB = {
  jobId: `job_${'0'.repeat(26)}`,
  nodeId: `node_${'0'.repeat(26)}`,
  joinTokenId: `jtok_${'0'.repeat(20)}`,
  quoteId: `quo_${'0'.repeat(26)}`,
  pair: 'CNY-BTT',
}

/** Routes that somebody from elsewhere may call with success, and why. Anything not here must refuse. */
const EXCEPTIONS: Readonly<Record<string, Exception>> = {
  'POST /site/auth/sign-in': { kind: 'guarded', reason: 'login and password let in' },
  'POST /site/auth/sign-in/passkey': { kind: 'guarded', reason: 'a passkey lets in' },
  'POST /site/auth/sign-in/passkey/options': { kind: 'public', reason: 'a random challenge, nothing of anybody' },
  'POST /site/auth/sign-out': { kind: 'public', reason: 'ends the session of the caller, if any', last: true },
  'GET /site/auth/session': { kind: 'self', reason: 'the session of the caller' },
  'GET /site/auth/sessions': { kind: 'self', reason: 'sessions of the caller' },
  'DELETE /site/auth/sessions': { kind: 'self', reason: 'ends other sessions of the caller', last: true },
  'PUT /site/auth/password': { kind: 'self', reason: 'the password of the caller' },
  'GET /site/auth/passkeys': { kind: 'self', reason: 'passkeys of the caller' },
  'POST /site/auth/passkeys': { kind: 'self', reason: 'adds a passkey to the account of the caller' },
  'POST /site/auth/passkeys/options': { kind: 'self', reason: 'a challenge for the caller' },
  'GET /site/v1/events': { kind: 'self', reason: "topics of the caller's organisation, without content" },
  'GET /site/v1/me': { kind: 'self', reason: 'who the caller is' },
  'POST /site/v1/invitations/open': { kind: 'guarded', reason: 'the code of an invitation lets in' },
  'POST /site/v1/invitations/accept': { kind: 'guarded', reason: 'the code of an invitation lets in' },
  'POST /site/v1/invitations/reset': { kind: 'guarded', reason: 'the code of a reset lets in' },
}

const askedOfHub = Object.fromEntries(
  ALLOWED_ROUTES.map(({ method, path }) => [`${method} /site/v1/network${path}`, 'no hub answers in this test']),
)

let db: TestDatabase
let site: SiteApp
let directory: string
let check: StrangerCheck

async function call(caller: Caller, method: string, path: string, body?: unknown) {
  const init = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await site.app.request(path, { method, headers: { origin: ORIGIN, ...caller.headers }, ...init })
  const text = await response.text()
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  return { status: response.status, text, json: text === '' ? {} : JSON.parse(text), cookie }
}

async function signIn(name: string, login: string): Promise<Caller> {
  const { cookie } = await call({ name, headers: {} }, 'POST', '/site/auth/sign-in', { login, password: PASSWORD })
  return { name, headers: { cookie, origin: ORIGIN } }
}

/** A person with every role that a site has, in the organisation named, and a machine's token there. */
async function member(orgId: string, letter: string) {
  const login = `person-${letter.toLowerCase()}`
  const person = { login, password: PASSWORD, name: `Person ${letter}` }
  const { members } = site.access
  const membership = await members.createMember({ ...person, orgId, roles: SITE_ROLES, createdBy: 'system' })
  const named = { orgId, name: `machine ${letter}`, scope: ['technician', 'registrar', 'auditor'], createdBy: 'system' }
  const { tokenId, token } = await members.tokens.issue(named)
  const headers = { authorization: `Bearer ${token}` }
  const machine: Caller = { name: `machine of ${letter}`, headers, knownBelow: '/site/v1' }
  return { ...membership, login, tokenId, caller: await signIn(`person of ${letter}`, login), machine }
}

/** Computes the order's workload here, as a node would, and files what it gives. */
async function fileReport(order: { orderId: string; personId: string; studyId: string; seriesId: string }) {
  const { card, run } = findWorkload('imaging.ct.lung-density')
  const { files } = await site.imaging.deidentifySeries(order.studyId, order.seriesId)
  const bundle = writeBundle(files.map(({ sopInstanceUid, bytes }) => ({ name: `${sopInstanceUid}.dcm`, bytes })))
  const result = await run({ bundle }, () => {}, new AbortController().signal)
  return (await site.reports.fileResult({ ...order, card, result })).reportId
}

/**
 * What the hospital really has: a study of a patient, a consent, a report, an order, an open question who somebody is.
 */
async function belongings() {
  const study = (await sampleFiles('stranger')).find(({ key }) => key === 'ct-chest')
  let place = { studyId: '', seriesId: '', personId: '' }
  let uids = { study: '', series: '', instance: '' }
  for (const bytes of study?.files ?? []) {
    const { studyId, seriesId, personId } = await site.imaging.registerInstance(bytes, { actorId: 'system' })
    place = { studyId, seriesId, personId }
    const { header } = indexInstance(bytes)
    uids = { study: header.studyInstanceUid, series: header.seriesInstanceUid, instance: header.sopInstanceUid }
  }
  const actor = systemActor(SITE)
  const now = systemClock.now()
  const { consentId } = await site.consent.record(
    {
      ...{ personId: place.personId, purpose: 'care', dataClass: 'imaging', recipientKinds: ['home', 'hospital'] },
      ...{ jurisdictions: ['CN'], from: now - DAY_MS, to: now + DAY_MS, evidenceSha256: 'e'.repeat(64) },
    },
    actor,
  )
  const ordered = { workload: 'imaging.ct.lung-density', urgency: 'routine', maxPrice: '10.00' } as const
  const { studyId, seriesId } = place
  const { orderId } = await site.orders.place({ ...ordered, studyId, seriesId }, actor)
  const reportId = await fileReport({ ...place, orderId })
  const patient = { patientId: 'P-STRANGER-1', birthDate: '19700101', sex: 'F' } as const
  await site.identifiers.identify({ ...patient, patientName: 'Invented^First' })
  await site.identifiers
    .identify({ ...patient, patientName: 'Altogether^Other', birthDate: '19991231' })
    .catch(() => {})
  const [conflict] = await site.identifiers.listConflicts()
  return { uids, ...place, consentId, orderId, reportId, conflictId: conflict?.conflictId ?? '' }
}

beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms: siteMigrations })
  directory = mkdtempSync(join(tmpdir(), 'bithive-stranger-'))
  const clock = systemClock
  const randomness = systemRandomness
  const name = { zh: '青禾医院', en: 'Qinghe Hospital' }
  site = await createSiteApp({
    db,
    blobs: createFileBlobs({ directory: join(directory, 'blobs') }),
    secrets: createSecrets({ directory: join(directory, 'secrets'), randomness }),
    organisation: { orgId: SITE, kind: 'general-hospital', name, jurisdiction: 'CN', sample: false },
    baseUrl: ORIGIN,
    trustedProxies: [],
    // Nothing listens there: no worker runs in this test, so nothing is sent.
    hub: { url: 'http://127.0.0.1:9', token: async () => 'none' },
    imaging: {
      ...{ directory: join(directory, 'incoming'), aeTitle: 'BITHIVE', peers: [], host: '127.0.0.1', port: 0 },
      ...{ quietMs: 100, maxObjectBytes: 100_000_000, maxRequestBytes: 100_000_000, maxRequestParts: 100 },
      minFreeBytes: 0,
    },
    pacs: undefined,
    clock,
    ids: createIds({ clock, randomness }),
    randomness,
    log: silentLog,
    metrics: createMetrics(),
  })
  const other = { zh: '别家医院', en: 'Another hospital' }
  const { members } = site.access
  await members.organisations.create({
    ...{ orgId: ELSEWHERE, kind: 'general-hospital', name: other, jurisdiction: 'CN', sample: false },
  })
  const a = await member(SITE, 'A')
  const b = await member(ELSEWHERE, 'B')
  await members.people.create({ login: 'nobodys-member', password: PASSWORD, name: 'Nobody’s member' })
  const alone = await signIn('person of no organisation', 'nobodys-member')
  const posing: Caller = { name: 'person of B posing', headers: { ...b.caller.headers, 'x-bithive-org': SITE } }
  const { uids, ...own } = await belongings()
  const { json: session } = await call(a.caller, 'GET', '/site/auth/session')
  const { json: invited } = await call(a.caller, 'POST', '/site/v1/invitations', { roles: ['clinician'] })
  await db.owner`INSERT INTO auth.passkeys (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
    VALUES ('pky_of_a', 'x', ${a.personId}, 'credential of a', 0, 'singleDevice', false)`
  const account = { orgId: SITE, userId: a.personId, membershipId: a.membershipId, tokenId: a.tokenId }
  const { requestId } = await site.consent.request(
    {
      ...{ personId: own.personId, purpose: 'care', dataClass: 'imaging', recipientKinds: ['hospital'] },
      ...{ jurisdictions: ['CN'], days: 30, why: 'Asked, never answered.', answerBy: systemClock.now() + DAY_MS },
    },
    systemActor(SITE),
  )
  await site.identifiers.linkPatient({ userId: a.personId, personId: own.personId })
  const ids = {
    requestId,
    ...account,
    ...own,
    sessionId: session.sessionId,
    invitationId: invited.invitationId,
    passkeyId: 'pky_of_a',
  }
  const person = { login: 'planted', password: PASSWORD, name: 'Planted', roles: ['admin'] }
  check = {
    params: { ...ids, ...AT_THE_HUB, ...{ ...uids, frames: '1', tag: '7FE00010' } },
    owner: a.caller,
    strangers: [b.caller, b.machine, alone, posing],
    bodies: {
      'POST /site/v1/orders/preview': {
        studyId: own.studyId,
        seriesId: own.seriesId,
        workload: 'imaging.ct.lung-density',
      },
      'POST /site/v1/reports/:reportId/review': { verdict: 'accepted' },
      'POST /site/v1/accounts': { ...person, orgId: SITE },
      'POST /site/v1/invitations': { roles: ['admin'] },
      'POST /site/v1/invitations/join': { code: '00000-00000-00000-00000' },
      'PUT /site/v1/memberships/:membershipId/roles': { roles: ['admin'] },
      'POST /site/v1/memberships/:membershipId/confirm': { orgId: SITE, roles: ['admin'] },
      'PUT /site/v1/memberships/:membershipId/state': { state: 'suspended' },
      'POST /site/v1/memberships': { orgId: SITE, personId: b.personId, roles: ['admin'] },
    },
    queries: {
      'GET /site/v1/orders/summary': 'since=0',
      'GET /site/v1/consents': `personId=${own.personId}`,
    },
    exceptions: EXCEPTIONS,
    ownerGetsNothing: { ...askedOfHub },
    secrets: [
      ...Object.values(ids),
      ...Object.values(uids),
      a.login,
      'Person A',
      'Qinghe',
      '青禾',
      'Invented',
      'P-STRANGER-1',
    ],
  }
}, 60_000)

afterAll(async () => {
  await db.drop()
  rmSync(directory, { recursive: true, force: true })
})

/** Every row of every table that a call could have changed, but for what is noted of being called. */
async function allRows(): Promise<Record<string, unknown>> {
  const tables = await db.owner<{ name: string }[]>`
    SELECT schemaname || '.' || tablename AS name FROM pg_tables
    WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'kernel') ORDER BY 1`
  const noted = new Set(['auth.sessions', 'auth.verifications', 'auth.service_tokens'])
  const rows: Record<string, unknown> = {}
  for (const { name } of tables) {
    if (!noted.has(name)) rows[name] = await db.owner.unsafe(`SELECT * FROM ${name} AS t ORDER BY t::text`)
  }
  return rows
}

describe('a stranger at the site', () => {
  test('is refused by every route, is shown nothing of the hospital and changes nothing of it', async () => {
    const before = await allRows()
    const calls = new Map<string, number>()
    const seen = ({ caller }: { caller: string }) => calls.set(caller, (calls.get(caller) ?? 0) + 1)
    expect(await callEveryRouteAsStranger(site.app as unknown as Hono<never>, { ...check, seen })).toEqual([])
    // Thirty-odd routes and five callers: a walk that found no routes would find no fault either.
    expect(calls.size).toBe(5)
    expect(Math.min(...calls.values())).toBeGreaterThan(30)
    expect(await allRows()).toEqual(before)
  })

  test('would be noticed at a route that forgets to guard itself', async () => {
    const planted = new Hono<HttpEnv>()
    planted.route('/', site.app)
    planted.get('/site/v1/studies/:studyId/notes', async (c) => c.json(await site.imaging.listStudies({ limit: 1 })))
    const found = await callEveryRouteAsStranger(planted as unknown as Hono<never>, { ...check, strangers: [] })
    expect(found.map(({ route, caller }) => [route, caller])).toEqual([
      ['GET /site/v1/studies/:studyId/notes', 'nobody'],
    ])
  })
})
