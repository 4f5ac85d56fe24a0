import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditAnswer, FeedAnswer, HealthAnswer } from '@bithive/api/operations'
import { createFileBlobs } from '@bithive/kernel/blobs'
import { systemClock as clock } from '@bithive/kernel/clock'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { createMetrics } from '@bithive/kernel/metrics'
import { systemRandomness as randomness } from '@bithive/kernel/randomness'
import { readRules } from '@bithive/kernel/rules'
import { createSecrets } from '@bithive/kernel/secrets'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHubApp, type HubApp, hubMigrations } from '../app.ts'
import type { HubRole } from '../identity/index.ts'
import type { HousePort } from './index.ts'

const ORIGIN = 'http://localhost:8080'
const PASSWORD = 'correct horse battery'
const CODE = 'abcd-efgh-jkmn'

let db: TestDatabase
let hub: HubApp
let directory: string
let needed = true
let count = 0

/** A house whose wizard asks for one code, and that keeps no backup. */
const house = {
  ...{ version: '9.9.9', directory: '/data', embeddedDatabase: true },
  disk: async () => ({ freeBytes: 50 * 2 ** 30, totalBytes: 100 * 2 ** 30 }),
  certificateEndsAt: async () => clock.now() + 5 * 86_400_000,
  backups: {
    folder: async () => ({ path: '/backups', sameDisk: false, freeBytes: 1 }),
    list: async () => [],
    run: () => undefined,
  },
  setup: {
    isNeeded: async () => needed,
    opens: async (code: string) => code === CODE,
    state: async () => ({
      dicom: { aeTitle: 'BITHIVE', host: '127.0.0.1', port: 1, senders: [], heard: [] },
      backupChosen: false,
    }),
    finish: async () => {},
  },
} as unknown as HousePort

type Answer<T> = { status: number; json: T & { code?: string } }
type Ask = <T = Record<string, unknown>>(method: string, path: string, body?: object) => Promise<Answer<T>>

const asking =
  (headers: Record<string, string>): Ask =>
  async (method, path, body) => {
    const response = await hub.app.request(`/hub/v1${path}`, {
      ...{ method, headers: { origin: ORIGIN, ...headers } },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const text = await response.text()
    return { status: response.status, json: text.startsWith('{') ? JSON.parse(text) : ({ text } as never) }
  }

async function person(orgId: string, ...roles: HubRole[]) {
  const login = `someone-${++count}@example.org`
  const { personId } = await hub.identity.createPerson({ login, password: PASSWORD, name: 'Somebody' })
  await hub.identity.addMembership({ orgId, personId, roles })
  const body = JSON.stringify({ login, password: PASSWORD })
  const answer = await hub.app.request('/hub/auth/sign-in', { method: 'POST', headers: { origin: ORIGIN }, body })
  return { personId, ask: asking({ cookie: answer.headers.getSetCookie()[0]?.split(';')[0] ?? '' }) }
}

const organisation = async () => {
  const name = { zh: '机构', en: `Organisation ${++count}` }
  return (await hub.identity.createOrganisation({ kind: 'general-hospital', name, jurisdiction: 'CN' })).orgId
}

beforeAll(async () => {
  db = await createTestDatabase({ name: 'hub', rooms: hubMigrations })
  directory = mkdtempSync(join(tmpdir(), 'bithive-operations-'))
  hub = await createHubApp({
    ...{ db, baseUrl: ORIGIN, trustedProxies: [], clock, randomness, log: silentLog, metrics: createMetrics(), house },
    blobs: createFileBlobs({ directory: join(directory, 'blobs') }),
    secrets: createSecrets({ directory: join(directory, 'secrets'), randomness }),
    rules: await readRules('sample'),
    ids: createIds({ clock, randomness }),
  })
}, 60_000)
afterAll(async () => {
  await hub.compute.stop()
  await db.drop()
  rmSync(directory, { recursive: true, force: true })
})

describe('the audit', () => {
  test('is searched by its own auditor and by the operator, who is then in both chains; by nobody else', async () => {
    const [own, other] = [await organisation(), await organisation()]
    const auditor = await person(own, 'auditor')
    const operator = await person(other, 'operator')
    const plain = await person(own, 'orderer')
    const found = await auditor.ask<AuditAnswer>('GET', '/operations/audit?action=identity.*')
    expect(found.json.records.map(({ action }) => action)).toContain('identity.sign-in')
    expect((await plain.ask('GET', '/operations/audit')).status).toBe(403)
    expect((await auditor.ask('GET', `/operations/audit?orgId=${other}`)).status).toBe(403)
    expect((await operator.ask('GET', `/operations/audit?orgId=${own}&actorId=usr_nobody`)).status).toBe(200)
    for (const [reader, expected] of [
      [auditor, own],
      [operator, own],
    ] as const) {
      const read = await reader.ask<AuditAnswer>('GET', '/operations/audit?action=operations.audit-searched')
      expect(read.json.records).toContainEqual(
        expect.objectContaining({ resource: expected, actorId: operator.personId }),
      )
    }
  })

  test('finds an act by the id of its request', async () => {
    const operator = await person(await organisation(), 'operator')
    const invited = await operator.ask('POST', '/invitations', { roles: ['orderer'] })
    expect(invited.status).toBe(201)
    const [act] = (await operator.ask<AuditAnswer>('GET', '/operations/audit?action=members.invited')).json.records
    expect(act?.requestId).toMatch(/^req_/)
    const found = await operator.ask<AuditAnswer>('GET', `/operations/audit?requestId=${act?.requestId}`)
    expect(found.json.records).toEqual([act])
  })

  test('whose record was altered fails its check, which names the record', async () => {
    const orgId = await organisation()
    const operator = await person(orgId, 'operator')
    const sound = await operator.ask('POST', '/operations/audit/verify')
    expect(sound.json).toMatchObject({ ok: true, records: '2' })
    await db.owner`UPDATE kernel.audit_event SET event = replace(event, 'password', 'passkey')
      WHERE org_id = ${orgId} AND seq = 1`
    const altered = await operator.ask('POST', '/operations/audit/verify')
    expect(altered.json).toMatchObject({ ok: false, seq: '1', problem: 'altered' })
  })

  test('leaves as CSV that no spreadsheet runs', async () => {
    const orgId = await organisation()
    const operator = await person(orgId, 'operator')
    await hub.audit.record({ orgId, actorId: 'usr_x', action: 'room.act', resource: '=cmd()' })
    const { json } = await operator.ask<{ text: string }>('GET', '/operations/audit/export?action=room.*')
    expect(json.text).toContain(`"'=cmd()"`)
    for (const bad of ['＝cmd()', '＋1', '－1', '＠x', '|calc', '%0A=1', ' =1']) {
      await hub.audit.record({ orgId, actorId: 'usr_x', action: 'room.wide', resource: bad })
      const wide = await operator.ask<{ text: string }>('GET', '/operations/audit/export?action=room.wide')
      expect(wide.json.text).toContain(`"'${bad}"`)
    }
  })

  test('has no chain for a name that was made up, and asking for one makes none', async () => {
    const operator = await person(await organisation(), 'operator')
    const fresh = await organisation()
    for (const [method, path] of [
      ['GET', '/operations/audit?orgId=org_made-up'],
      ['GET', '/operations/audit/export?orgId=org_made-up'],
      ['POST', '/operations/audit/verify?orgId=org_made-up'],
    ] as const) {
      expect((await operator.ask(method, path)).status).toBe(404)
    }
    const [row] = await db.owner`SELECT FROM kernel.audit_head WHERE org_id = 'org_made-up'`
    expect(row).toBeUndefined()
    expect((await operator.ask('POST', `/operations/audit/verify?orgId=${fresh}`)).status).toBe(200)
  })
})

describe('the books', () => {
  test('are paged newest first without a gap or a repetition', async () => {
    const operator = await person(await organisation(), 'operator')
    for (let n = 0; n < 4; n++) await hub.treasury.fundSample(await organisation(), 100n)
    const seen: string[] = []
    let before = ''
    for (let page = 0; page < 50; page++) {
      const { json } = await operator.ask<FeedAnswer>('GET', `/operations/ledger/feed?limit=3${before}`)
      seen.push(...json.transfers.map(({ id }) => id))
      if (!json.next) break
      before = `&before=${json.next}`
    }
    const [row] = await db.owner<{ n: number }[]>`SELECT count(*)::int AS n FROM ledger.transfer`
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toHaveLength(row?.n ?? 0)
    const one = await operator.ask<FeedAnswer>('GET', `/operations/ledger/transfer?id=${seen[0]}`)
    expect(one.json.transfers.map(({ id }) => id)).toEqual([seen[0]])
  })

  test('stop when they differ; health says so, two people clear it, and health is well again', async () => {
    const orgId = await organisation()
    const [first, second] = [await person(orgId, 'operator'), await person(orgId, 'operator')]
    const ledgerOf = async () => {
      const { json } = await first.ask<HealthAnswer>('GET', '/operations/health')
      return json.problems.find(({ key }) => key === 'ledger')
    }
    await hub.treasury.fundSample(orgId, 100n)
    expect(await ledgerOf()).toBeUndefined()
    const move = (by: number) => db.owner`UPDATE ledger.account SET debits_posted = debits_posted + ${by}
      WHERE id = (SELECT min(id) FROM ledger.account)`
    await move(5)
    await hub.ledger.checkBooks()
    expect(await ledgerOf()).toMatchObject({ severity: 'fail' })
    await move(-5)
    const [stop] = await hub.ledger.stops()
    const path = `/operations/ledger/stops/${stop?.shard}`
    const propose = async (reason: string) => (await first.ask('POST', `${path}/proposal`, { reason })).json.proposalId
    const approve = (who: typeof first, proposalId: string) => who.ask('POST', `${path}/approval`, { proposalId })
    expect((await approve(first, 'clr_none')).json.code).toBe('operations.no-proposal')
    const read = String(await propose('planted-by-test'))
    expect((await approve(first, read)).json.code).toBe('ledger.needs-second-person')
    const later = String(await propose('quite-another-reason'))
    // Agreed to is what was read, never what took its place meanwhile.
    expect((await approve(second, read)).json.code).toBe('operations.no-proposal')
    expect((await approve(second, later)).json).toMatchObject({ cleared: true })
    expect(await ledgerOf()).toBeUndefined()
  })
})

describe('health', () => {
  test('warns of a missing backup and an ending certificate, each with what to do; others may not look', async () => {
    const orgId = await organisation()
    const operator = await person(orgId, 'operator')
    const { json } = await operator.ask<HealthAnswer>('GET', '/operations/health')
    expect(json.version).toBe('9.9.9')
    const problems = Object.fromEntries(json.problems.map(({ key, severity }) => [key, severity]))
    expect(problems).toMatchObject({ backup: 'warn', certificate: 'warn' })
    expect((await (await person(orgId, 'admin', 'auditor')).ask('GET', '/operations/health')).status).toBe(403)
  })
})

describe('the wizard', () => {
  test('opens to the code while nobody administers the house, and to the operator alone afterwards', async () => {
    const nobody = asking({})
    const withCode = asking({ 'x-bithive-setup-code': CODE })
    expect((await nobody('GET', '/setup')).json).toEqual({ needed: true })
    expect((await nobody('GET', '/setup/state')).status).toBe(401)
    const wrong = await asking({ 'x-bithive-setup-code': 'aaaa-aaaa-aaaa' })('GET', '/setup/state')
    expect(wrong.json.code).toBe('operations.setup-code-wrong')
    expect((await withCode('GET', '/setup/state')).status).toBe(200)
    const probe = await withCode('POST', '/setup/database/test')
    expect(probe.json).toMatchObject({ ok: true })
    expect((await withCode('POST', '/setup/storage/test')).json).toMatchObject({ ok: true })
    needed = false
    expect((await withCode('GET', '/setup/state')).status).toBe(401)
    const orgId = await organisation()
    expect((await (await person(orgId, 'admin')).ask('GET', '/setup/state')).status).toBe(403)
    const operator = await person(orgId, 'operator')
    expect((await operator.ask('GET', '/setup/state')).status).toBe(200)
    expect((await operator.ask('POST', '/setup/administrator', {})).json.code).toBe('operations.setup-over')
    const [refused] = await db.owner`SELECT FROM kernel.audit_event WHERE action = 'setup.code-refused'`
    expect(refused).toBeDefined()
  })

  test('lets a code be guessed only so often', async () => {
    needed = true
    const guess = asking({ 'x-bithive-setup-code': 'zzzz-zzzz-zzzz' })
    const answers = await Promise.all(Array.from({ length: 25 }, () => guess('GET', '/setup/state')))
    expect(answers.some(({ status }) => status === 429)).toBe(true)
    needed = false
  })
})
