import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFileBlobs } from '@bithive/kernel/blobs'
import { systemClock } from '@bithive/kernel/clock'
import type { HttpEnv } from '@bithive/kernel/http'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { createMetrics } from '@bithive/kernel/metrics'
import { systemRandomness } from '@bithive/kernel/randomness'
import { readRules } from '@bithive/kernel/rules'
import { createSealKeys, createSignKeys, signText } from '@bithive/kernel/sealed-box'
import { createSecrets } from '@bithive/kernel/secrets'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { bundledWorkloads } from '@bithive/workloads'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Caller, callEveryRouteAsStranger, type Exception, type StrangerCheck } from '../../../test/stranger.ts'
import { createHubApp, type HubApp, hubMigrations } from './app.ts'
import { HUB_ROLES, type HubRole, type OrganisationKind } from './identity/index.ts'

const ORIGIN = 'http://localhost:8080'
const PASSWORD = 'correct horse battery'
const HASH = 'a'.repeat(64)

/** Routes that somebody else than the owner may call with success, and why. Anything not here must refuse. */
const EXCEPTIONS: Readonly<Record<string, Exception>> = {
  'POST /hub/auth/sign-in': { kind: 'guarded', reason: 'login and password let in' },
  'POST /hub/auth/sign-in/passkey': { kind: 'guarded', reason: 'a passkey lets in' },
  'POST /hub/auth/sign-in/passkey/options': { kind: 'public', reason: 'a random challenge, nothing of anybody' },
  'POST /hub/auth/sign-out': { kind: 'public', reason: 'ends the session of the caller, if there is one', last: true },
  'GET /hub/auth/session': { kind: 'self', reason: 'the session of the caller' },
  'GET /hub/auth/sessions': { kind: 'self', reason: 'sessions of the caller' },
  'DELETE /hub/auth/sessions': { kind: 'self', reason: 'ends other sessions of the caller', last: true },
  'PUT /hub/auth/password': { kind: 'self', reason: 'the password of the caller' },
  'GET /hub/auth/passkeys': { kind: 'self', reason: 'passkeys of the caller' },
  'POST /hub/auth/passkeys': { kind: 'self', reason: 'adds a passkey to the account of the caller' },
  'POST /hub/auth/passkeys/options': { kind: 'self', reason: 'a challenge for the caller' },
  'GET /hub/v1/events': { kind: 'self', reason: "topics of the caller's organisation, without content" },
  'GET /hub/v1/me': { kind: 'self', reason: 'who the caller is' },
  'GET /hub/v1/setup': { kind: 'public', reason: 'whether the house waits for its first person, yes or no' },
  'GET /hub/v1/operations/audit': { kind: 'self', reason: "the audit of the caller's organisation" },
  'GET /hub/v1/operations/audit/export': { kind: 'self', reason: "the audit of the caller's organisation" },
  'POST /hub/v1/operations/audit/verify': { kind: 'self', reason: "the chain of the caller's organisation" },
  'POST /hub/v1/invitations/open': { kind: 'guarded', reason: 'the code of an invitation lets in' },
  'POST /hub/v1/invitations/accept': { kind: 'guarded', reason: 'the code of an invitation lets in' },
  'POST /hub/v1/invitations/reset': { kind: 'guarded', reason: 'the code of a reset lets in' },
  'GET /hub/v1/memberships': { kind: 'self', reason: "members of the caller's organisation" },
  'GET /hub/v1/invitations': { kind: 'self', reason: "invitations of the caller's organisation" },
  'POST /hub/v1/invitations': { kind: 'self', reason: "invites to the caller's organisation" },
  'GET /hub/v1/service-tokens': { kind: 'self', reason: "tokens of the caller's organisation, never their secrets" },
  'POST /hub/v1/service-tokens': { kind: 'self', reason: "a token for the caller's organisation" },
  'GET /hub/v1/models': { kind: 'self', reason: 'the same public cards for everybody who is signed in' },
  'GET /hub/v1/models/own': { kind: 'self', reason: "models of the caller's organisation" },
  'GET /hub/v1/ledger/balances': { kind: 'self', reason: "accounts of the caller's organisation" },
  'GET /hub/v1/ledger/entries': { kind: 'self', reason: "entries of the caller's organisation" },
  'GET /hub/v1/wallet/balances': { kind: 'self', reason: "money of the caller's organisation" },
  'GET /hub/v1/wallet/entries': { kind: 'self', reason: "entries of the caller's organisation" },
  'GET /hub/v1/wallet/statement': { kind: 'self', reason: "a statement of the caller's organisation" },
  'GET /hub/v1/wallet/statement.csv': { kind: 'self', reason: "a statement of the caller's organisation" },
  'GET /hub/v1/treasury/rates': { kind: 'self', reason: 'the same rates for everybody who is signed in' },
  'GET /hub/v1/treasury/rates/:pair/history': { kind: 'self', reason: 'the same rates for everybody' },
  'GET /hub/v1/treasury/supply': { kind: 'self', reason: 'sums over all organisations, none by itself' },
  'GET /hub/v1/treasury/fees': { kind: 'self', reason: 'the same fees for everybody' },
  'POST /hub/v1/treasury/quotes': { kind: 'self', reason: "a quote for the caller's organisation" },
  'GET /hub/v1/treasury/conversions': { kind: 'self', reason: "conversions of the caller's organisation" },
  'GET /hub/v1/treasury/funding': { kind: 'self', reason: "the payment reference of the caller's organisation" },
  'POST /hub/v1/treasury/funding': { kind: 'self', reason: "a payment reference for the caller's organisation" },
  'GET /hub/v1/treasury/grants': { kind: 'self', reason: "grants of the caller's organisation" },
  'GET /hub/v1/jobs': { kind: 'self', reason: "jobs of the caller's organisation" },
  'POST /hub/v1/jobs/quote': {
    kind: 'self',
    reason: 'prices of the open market, each with the node that asks it, and the free money of the caller',
    shows: (secret) => secret.startsWith('node_'),
  },
  'POST /hub/v1/jobs': { kind: 'self', reason: "orders for the caller's organisation, from its own money" },
  'GET /hub/v1/nodes': { kind: 'self', reason: "nodes of the caller's organisation" },
  'GET /hub/v1/nodes/options': { kind: 'self', reason: "what the caller's organisation may join with" },
  'GET /hub/v1/nodes/overview': { kind: 'self', reason: "what the nodes of the caller's organisation did" },
  'GET /hub/v1/nodes/tokens': { kind: 'self', reason: "join tokens of the caller's organisation, never their secrets" },
  'POST /hub/v1/nodes/tokens': { kind: 'self', reason: "a token for a node of the caller's organisation" },
  'POST /hub/v1/nodes/join': { kind: 'guarded', reason: 'a one-time token and a signature let a node in' },
  'GET /hub/v1/nodes/leases/:jobId/:epoch/input': { kind: 'guarded', reason: 'the token of the lease' },
  'PUT /hub/v1/nodes/leases/:jobId/:epoch/result': { kind: 'guarded', reason: 'the token of the lease' },
}

/** What only the network's own people read of the treasury. */
const OPERATORS_TREASURY = [
  ...['proposals', 'bank', 'statements', 'statements/:statementId/entries', 'deposits', 'checks', 'parameters', 'acts'],
  ...['desk/transfers', 'all-grants', 'all-grants/:grantId'],
]
const TREASURY_IDS = {
  quoteId: 'quo_of_a',
  grantId: 'grt_of_a',
  proposalId: 'prop_of_a',
  statementId: 'stm_of_a',
  pair: 'BTT-CNY',
}

let db: TestDatabase
let hub: HubApp
let directory: string
let check: StrangerCheck

type Answer = { status: number; json: Record<string, unknown>; cookie: string }

async function call(caller: Caller, method: string, path: string, body?: unknown): Promise<Answer> {
  const init = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await hub.app.request(path, { method, headers: { origin: ORIGIN, ...caller.headers }, ...init })
  const text = await response.text()
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  return { status: response.status, json: text === '' ? {} : JSON.parse(text), cookie }
}

async function done(answer: Promise<Answer>): Promise<Record<string, string>> {
  const { status, json } = await answer
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(json)}`)
  return json as Record<string, string>
}

async function signIn(name: string, login: string): Promise<Caller> {
  const { cookie } = await call({ name, headers: {} }, 'POST', '/hub/auth/sign-in', { login, password: PASSWORD })
  return { name, headers: { cookie, origin: ORIGIN } }
}

/** An organisation with one person who has every role there, the operator's excepted, and a site's token. */
async function organisation(letter: string, kind: OrganisationKind = 'general-hospital') {
  const named = { zh: `${letter} 医院`, en: `Hospital ${letter}` }
  const { orgId } = await hub.identity.createOrganisation({ kind, name: named, jurisdiction: 'CN', trusted: true })
  const login = `person-${letter}@example.org`
  const { personId } = await hub.identity.createPerson({ login, password: PASSWORD, name: `Person ${letter}` })
  const roles: HubRole[] = HUB_ROLES.filter((role) => role !== 'operator')
  await hub.identity.addMembership({ orgId, personId, roles })
  const scope = ['orderer', 'node-operator', 'author', 'auditor'] as const
  const { tokenId, token } = await hub.identity.issueServiceToken({ orgId, name: `site ${letter}`, scope })
  const headers = { authorization: `Bearer ${token}` }
  const site: Caller = { name: `site of ${letter}`, headers, knownBelow: '/hub/v1' }
  return { orgId, personId, login, tokenId, person: await signIn(`person of ${letter}`, login), site }
}

const nodeOrder = { ownerKind: 'hospital', region: 'shanghai', jurisdiction: 'CN' }

function jobOrder(letter: string) {
  const card = bundledWorkloads[0]?.card
  return {
    requestId: `ord_${letter.repeat(26)}`,
    workload: card?.id,
    version: card?.version,
    urgency: 'routine',
    tier: 1,
    jurisdictions: ['CN'],
    dataClass: card?.dataClass,
    inputSha256: HASH,
    inputBytes: 1000,
    resultKey: createSealKeys().publicKey,
    maxPrice: '5.00',
  }
}

const { workload, version, urgency, tier, jurisdictions, dataClass } = jobOrder('a')
const quoteOrder = { workload, version, urgency, tier, jurisdictions, dataClass }

function joinBody(token: string) {
  const keys = createSignKeys()
  const encryptKey = createSealKeys().publicKey
  return {
    ...{ token, name: 'node of A', signKey: keys.publicKey, encryptKey, slots: 1, floorPrice: '1.00' },
    proof: signText(keys, `join:${token}:${encryptKey}`),
    facts: {
      ...{ agentVersion: '0.1.0', platform: 'linux-x64', cpuCores: 2, memoryMb: 4096, scratchFreeMb: 1000, gpus: 0 },
      ...{ benchmark: 1, sandbox: { kind: 'process', isolatesNetwork: false, isolatesFiles: false } },
      ...{ runtimes: ['ts-kernel'], workloads: [] },
    },
  }
}

/** A quote, a grant and a payment reference of A, and a statement on which its money stood. */
async function treasuryOf(orgId: string, personId: string) {
  await db.owner`INSERT INTO treasury.quotes (id, org_id, pair, side, sell, fee, buy, counted, num, den, rate_version,
      spread_bps, fee_bps, sample, asked_by, created_at, expires_at, state)
    VALUES ('quo_of_a', ${orgId}, 'BTT-CNY', 'sell-base', 10, 0, 1, 1, 1, 20000, 1, 0, 0, true, ${personId}, 1, 2,
      'quoted')`
  await db.owner`INSERT INTO treasury.grants (id, org_id, source, asset, amount, shard, start_at, cliff_ms, duration_ms,
      step_ms, revocable, state, proposal_id, created_at)
    VALUES ('grt_of_a', ${orgId}, 'supporters', 'BTT', 10, 0, 1, 0, 60000, 60000, true, 'refused', 'prop_of_a', 1)`
  await db.owner`INSERT INTO treasury.funding_references VALUES ('RF18539007547034', ${orgId}, 'CNY', 1)`
}

/** What organisation A really has: a job with its hold, a node, a token, a member, sessions and a passkey's row. */
async function belongingsOf(a: Awaited<ReturnType<typeof organisation>>) {
  await hub.treasury.fundSample(a.orgId, 500_000n)
  const { jobId = '' } = await done(call(a.site, 'POST', '/hub/v1/jobs', jobOrder('a')))
  const made = await done(call(a.person, 'POST', '/hub/v1/nodes/tokens', nodeOrder))
  const { token = '', tokenId: joinTokenId = '' } = made
  const { nodeId = '' } = await done(call(a.person, 'POST', '/hub/v1/nodes/join', joinBody(token)))
  const { sessionId = '' } = await done(call(a.person, 'GET', '/hub/auth/session'))
  const { invitationId = '' } = await done(call(a.person, 'POST', '/hub/v1/invitations', { roles: ['orderer'] }))
  await treasuryOf(a.orgId, a.personId)
  const [membership] = await hub.identity.members.memberships.ofOrganisation(a.orgId)
  await db.owner`INSERT INTO auth.passkeys (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
    VALUES ('pky_of_a', 'x', ${a.personId}, 'credential of a', 0, 'singleDevice', false)`
  const ids = {
    orgId: a.orgId,
    userId: a.personId,
    tokenId: a.tokenId,
    jobId,
    nodeId,
    sessionId,
    invitationId,
    joinTokenId,
  }
  return {
    ...ids,
    shard: '0',
    membershipId: membership?.membershipId ?? '',
    passkeyId: 'pky_of_a',
    epoch: '1',
    ...TREASURY_IDS,
  }
}

beforeAll(async () => {
  db = await createTestDatabase({ name: 'hub', rooms: hubMigrations })
  directory = mkdtempSync(join(tmpdir(), 'bithive-stranger-'))
  const clock = systemClock
  const randomness = systemRandomness
  hub = await createHubApp({
    db,
    blobs: createFileBlobs({ directory: join(directory, 'blobs') }),
    secrets: createSecrets({ directory: join(directory, 'secrets'), randomness }),
    rules: await readRules('sample'),
    baseUrl: ORIGIN,
    trustedProxies: [],
    clock,
    ids: createIds({ clock, randomness }),
    randomness,
    log: silentLog,
    metrics: createMetrics(),
  })
  // A card shows its author to everybody, so the author is a third organisation.
  const { orgId: authorOrg } = await organisation('C', 'research-institute')
  for (const authorKey of hub.models.authorKeys()) {
    await hub.models.nameAuthor({ authorKey, orgId: authorOrg, namedBy: 'system' })
  }
  const a = await organisation('A')
  const b = await organisation('B')
  await hub.identity.createPerson({ login: 'alone@example.org', password: PASSWORD, name: 'Nobody’s member' })
  const alone = await signIn('person of no organisation', 'alone@example.org')
  const posing: Caller = { name: 'person of B posing as A', headers: { ...b.person.headers, 'x-bithive-org': a.orgId } }
  const ids = await belongingsOf(a)
  await hub.treasury.fundSample(b.orgId, 500_000n)
  const { epoch: _, pair: __, shard: ___, ...secret } = ids
  check = {
    params: ids,
    owner: a.person,
    strangers: [b.person, b.site, alone, posing],
    bodies: {
      'POST /hub/v1/accounts': {
        ...{ orgId: a.orgId, login: 'planted@example.org', password: PASSWORD, name: 'Planted', roles: ['admin'] },
      },
      'POST /hub/v1/invitations': { roles: ['admin'] },
      'POST /hub/v1/invitations/join': { code: '00000-00000-00000-00000' },
      'PUT /hub/v1/memberships/:membershipId/roles': { roles: ['admin'] },
      'POST /hub/v1/memberships/:membershipId/confirm': { orgId: a.orgId, roles: ['admin'] },
      'PUT /hub/v1/memberships/:membershipId/state': { state: 'suspended' },
      'POST /hub/v1/memberships': { orgId: a.orgId, personId: b.personId, roles: ['admin'] },
      // The very request id that A's site used: B must get a job of its own, never A's.
      'POST /hub/v1/jobs': jobOrder('a'),
      'POST /hub/v1/jobs/quote': quoteOrder,
      'POST /hub/v1/treasury/quotes': { pair: 'BTT-USD', side: 'sell-base', sell: '1' },
      'POST /hub/v1/treasury/proposals/:proposalId/decision': { approve: true },
      'POST /hub/v1/jobs/:jobId/accept': { epoch: 1, resultSha256: HASH },
      'POST /hub/v1/jobs/:jobId/reject': { epoch: 1, code: 'implausible' },
      'POST /hub/v1/nodes/tokens': nodeOrder,
      'POST /hub/v1/nodes/:nodeId/drain': { draining: true },
      'POST /hub/v1/nodes/join': joinBody('join_of_nobody_at_all_'),
      'PUT /hub/v1/organisations/:orgId/state': { state: 'suspended', reason: 'because-i-say-so' },
    },
    queries: {
      'GET /hub/v1/wallet/statement': 'asset=BTT&month=2026-11',
      'GET /hub/v1/wallet/statement.csv': 'asset=BTT&month=2026-11',
    },
    exceptions: EXCEPTIONS,
    ownerGetsNothing: {
      ...Object.fromEntries(OPERATORS_TREASURY.map((path) => [`GET /hub/v1/treasury/${path}`, 'the operator’s'])),
      'GET /hub/v1/jobs/:jobId/result': 'no node has returned one yet',
      'GET /hub/v1/operations/health': 'health of the network is the operator’s',
      'GET /hub/v1/operations/audit/chains': 'which chains there are is the operator’s',
      'GET /hub/v1/operations/ledger/feed': 'the books of the network are the operator’s',
      'GET /hub/v1/operations/ledger/transfer': 'the books of the network are the operator’s',
      'GET /hub/v1/operations/ledger/stops': 'the books of the network are the operator’s',
      'GET /hub/v1/operations/backups': 'backups are the operator’s',
      'GET /hub/v1/setup/state': 'a hub alone has no wizard',
      'GET /hub/v1/organisations': 'the register of all organisations is the operator’s',
      'GET /hub/v1/ledger/trial-balance': 'the books of the network are the operator’s',
    },
    secrets: [...Object.values(secret), a.login, 'Person A', 'Hospital A', 'A 医院'],
  }
}, 60_000)

afterAll(async () => {
  await hub.compute.stop()
  await db.drop()
  rmSync(directory, { recursive: true, force: true })
})

/** What A's own member sees of A. */
async function viewOfA(): Promise<unknown[]> {
  const { jobId, nodeId, orgId } = check.params
  const own = ['memberships', 'service-tokens', 'jobs', 'nodes', 'ledger/balances', 'ledger/entries']
  const paths = [...own, `jobs/${jobId}`, `nodes/${nodeId}`, `organisations/${orgId}`].map((path) => `/hub/v1/${path}`)
  const answers: unknown[] = []
  for (const path of [...paths, '/hub/auth/sessions', '/hub/auth/passkeys']) {
    const { status, json } = await call(check.owner, 'GET', path)
    answers.push([path, status, json])
  }
  return answers
}

describe('a stranger at the hub', () => {
  test('is refused by every route, is shown nothing of another organisation and changes nothing of it', async () => {
    const before = await viewOfA()
    expect(before.filter((answer) => (answer as unknown[])[1] !== 200)).toEqual([])
    const calls = new Map<string, number>()
    const seen = ({ caller }: { caller: string }) => calls.set(caller, (calls.get(caller) ?? 0) + 1)
    expect(await callEveryRouteAsStranger(hub.app as unknown as Hono<never>, { ...check, seen })).toEqual([])
    // Forty-odd routes and five callers: a walk that found no routes would find no fault either.
    expect(calls.size).toBe(5)
    expect(Math.min(...calls.values())).toBeGreaterThan(35)
    expect(await viewOfA()).toEqual(before)
  })

  test('would be noticed at a route that forgets to guard itself', async () => {
    const planted = new Hono<HttpEnv>()
    planted.route('/', hub.app)
    planted.get('/hub/v1/jobs/:jobId/notes', async (c) => c.json(await db.owner`SELECT id FROM compute.jobs LIMIT 1`))
    const found = await callEveryRouteAsStranger(planted as unknown as Hono<never>, { ...check, strangers: [] })
    const { jobId } = check.params
    expect(found).toEqual([
      { route: 'GET /hub/v1/jobs/:jobId/notes', caller: 'nobody', problem: `shows ${jobId} of another organisation` },
    ])
  })
})
