import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TimelineItem } from '@bithive/api/patient'
import { silentLog } from '@bithive/kernel/log'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { allow, lungOrder, registerSample } from './orders/testing/sample-order.ts'
import { startTestHub } from './orders/testing/test-hub.ts'
import { createTestSite, SITE_ORG, SITE_TOKEN, siteMigrations } from './orders/testing/test-site.ts'
import { createRecords, recordsMigrations } from './records/index.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms: [...siteMigrations, recordsMigrations], maxConnections: 10 })
})
afterAll(() => db.drop())

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const doctor = { id: 'usr_doctor', kind: 'person', orgId: SITE_ORG, roles: ['clinician'] } as const
let count = 0

/** A hub that answers for one wallet, and can be out of reach or refuse. */
async function purse() {
  const state = { status: 200, roles: ['auditor'], kind: 'individual', asked: [] as string[] }
  const answers: Record<string, () => unknown> = {
    '/hub/v1/me': () => ({ kind: 'site', roles: state.roles, organisation: { orgId: 'org_p', kind: state.kind } }),
    '/hub/v1/ledger/balances': () => ({
      balances: [
        { asset: 'BTT', kind: 'holder', available: '12.500000', pendingOut: '1.000000' },
        { asset: 'BTT', kind: 'escrow', available: '99.000000', pendingOut: '0.000000' },
      ],
    }),
    '/hub/v1/ledger/entries?limit=50': () => ({ entries: [] }),
  }
  const server = createServer((request, response) => {
    state.asked.push(`${request.url} ${request.headers.authorization}`)
    const answer = answers[request.url ?? '']
    response.writeHead(answer ? state.status : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(state.status === 200 ? (answer?.() ?? {}) : {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => server.close(resolve)))
  return { state, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** A hospital with one patient, whose account is linked, and a record room over its real rooms. */
async function hospital() {
  const hub = await startTestHub({ token: SITE_TOKEN, automatic: false })
  closing.push(hub.stop)
  const site = createTestSite({ db, hubUrl: hub.url })
  closing.push(site.remove)
  const series = await registerSample(site, 'ct-chest', `records-${++count}`)
  const actor = { id: `usr_p${count}`, kind: 'person', orgId: SITE_ORG, roles: ['patient'] } as const
  await site.identifiers.linkPatient({ userId: actor.id, personId: series.personId })
  const wallet = await purse()
  const { identifiers, consent, orders, reports, imaging, audit, dataKeys, clock } = site
  const records = createRecords({
    ...{ db, dataKeys, audit, clock, log: silentLog, orgId: SITE_ORG, hospital: { zh: '医院', en: 'Hospital' } },
    ...{ personOf: identifiers.personOf, consent, orders, reports, studies: imaging, hubUrl: wallet.url },
    accountOf: async (id) => (id === doctor.id ? { name: '周医生', roles: ['clinician'] } : undefined),
    workloadTitle: () => ({ zh: '肺密度', en: 'Lung density' }),
  })
  return { hub, site, records, series, actor, wallet: wallet.state, me: await records.me(actor) }
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: { code: string; facts?: { reason?: string } }) => error.facts?.reason ?? error.code,
  )

describe('the records of a person', () => {
  test('belong to the account that is linked, and to no role', async () => {
    const { records, actor, site, series } = await hospital()
    const refused = (roles: string[], id: string = actor.id) => codeOf(records.me({ ...actor, id, roles }))
    expect(await refused(['clinician', 'admin', 'privacy-officer'])).toBe('records.needs-patient')
    expect(await refused(['patient'], 'usr_nobody')).toBe('identifiers.not-linked')
    await site.identifiers.forget(series.personId, { ...site.actor, roles: ['system'] }, 'asked for it')
    expect(await refused(['patient'])).toBe('identifiers.not-linked')
  })

  test('say who looked and why, an hour of one looker in one line, and never the own looks', async () => {
    const { records, site, series, me, actor } = await hospital()
    await site.identifiers.reveal(series.personId, doctor, 'at the desk')
    for (let at = 0; at < 3; at++) await site.imaging.readOriginals(series.studyId, series.seriesId, doctor)
    await site.imaging.readOriginals(series.studyId, series.seriesId, actor)
    const { items } = await records.timeline(me, { limit: 100 })
    const looks = items.filter((one): one is Extract<TimelineItem, { kind: 'look' }> => one.kind === 'look')
    const by = { kind: 'staff', name: '周医生', roles: ['clinician'] }
    expect(looks.map(({ what, times, reason, by: who }) => ({ what, times, reason, by: who }))).toEqual([
      { what: 'images', times: 3, reason: null, by },
      { what: 'identity', times: 1, reason: 'at the desk', by },
    ])
    expect(JSON.stringify(items)).not.toContain(doctor.id)
  })

  test('turn their pages in any size without losing or repeating a line', async () => {
    const { records, site, series, me } = await hospital()
    for (let at = 0; at < 6; at++) {
      const { consentId } = await allow(site, series.personId, { to: site.clock.now() + 1_000_000 + at })
      if (at % 2 === 0) await site.consent.withdraw(consentId, site.actor, 'in a test')
    }
    // The oldest lines are all of one kind: no line of another kind then says that there is more.
    await db.owner`
      UPDATE consent.consent SET recorded_at_ms = recorded_at_ms - 1000000000 WHERE person_id = ${series.personId}`
    await site.identifiers.reveal(series.personId, doctor, 'at the desk')
    const whole = (await records.timeline(me, { limit: 100 })).items
    expect(whole.length).toBeGreaterThan(9)
    const pages = async (limit: number) => {
      const items: TimelineItem[] = []
      let next: string | undefined
      do {
        const [at, id] = (next ?? '').split('~')
        const page = await records.timeline(me, { limit, ...(id ? { before: { at: Number(at), id } } : {}) })
        items.push(...page.items)
        next = page.next
      } while (next !== undefined)
      return items
    }
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), async (limit) => {
        expect(await pages(limit)).toEqual(whole)
      }),
      { numRuns: 8, verbose: 1 },
    )
  })

  test('have the report of nobody else', async () => {
    const { records, me } = await hospital()
    const other = await hospital()
    const reportId = `rep_${String(count).padStart(26, '0')}`
    await db.owner`
      INSERT INTO reports.document (report_id, kind, org_id, sha256, bytes)
      VALUES (${reportId}, 'fhir', ${SITE_ORG}, ${'a'.repeat(64)}, 1)`
    await db.owner`
      INSERT INTO reports.report (report_id, org_id, order_id, person_id, study_id, series_id, workload, version,
        result_sha256, state, created_at_ms)
      VALUES (${reportId}, ${SITE_ORG}, ${`ord_${count}`}, ${other.series.personId},
        'stu', 'ser', 'w', '1', 'x', 'preliminary', 1)`
    expect(await codeOf(records.report(reportId, me))).toBe('reports.unknown')
    // It is there: its own person is told that its content is gone.
    expect(await codeOf(other.records.report(reportId, other.me))).toBe('reports.document-missing')
  })
})

describe('the effect of a withdrawal', () => {
  test('is counted from the orders that lean on the consent, and is what then happens', async () => {
    const { hub, records, site, series, me } = await hospital()
    const { consentId } = await allow(site, series.personId)
    const waiting = await site.orders.place(lungOrder(series), site.actor)
    const sent = await site.orders.place(lungOrder(series), site.actor)
    expect(await records.consents.effect(consentId, me)).toEqual({ stops: 2, goesOn: 0, otherwiseAllowed: 0, filed: 0 })
    await db.owner`
      UPDATE orders.job_order SET state = 'staged', lease_epoch = 1, staged_epoch = 1
      WHERE order_id = ${sent.orderId}`
    expect(await records.consents.effect(consentId, me)).toEqual({ stops: 1, goesOn: 1, otherwiseAllowed: 0, filed: 0 })
    const other = await allow(site, series.personId)
    expect(await records.consents.effect(consentId, me)).toMatchObject({ stops: 0, goesOn: 1, otherwiseAllowed: 1 })
    await site.consent.withdraw(other.consentId, site.actor, 'in a test')
    const done = await records.consents.withdraw(consentId, me)
    expect(done.effect).toEqual({ stops: 1, goesOn: 1, otherwiseAllowed: 0, filed: 0 })
    expect(done.consent).toMatchObject({ state: 'withdrawn', withdrawnBy: { kind: 'self' } })
    // What was told comes true: a node takes the one that waited, and the check before the bytes leave refuses it.
    const job = hub.jobs.get(waiting.jobId ?? '')
    if (job) hub.lease(job)
    await site.orders.advance(waiting.orderId)
    expect(hub.count('PUT', /\/input\//)).toBe(0)
    expect((await site.orders.explain(waiting.orderId)).order).toMatchObject({
      ...{ state: 'refused', problem: 'consent.revoked' },
    })
    expect(await codeOf(site.orders.place(lungOrder(series), site.actor))).toBe('consent.revoked')
  })

  test('is nobody’s to ask about, or to bring about, but the person’s', async () => {
    const { site, series } = await hospital()
    const other = await hospital()
    const { consentId } = await allow(site, series.personId)
    expect(await codeOf(other.records.consents.effect(consentId, other.me))).toBe('consent.unknown')
    expect(await codeOf(other.records.consents.withdraw(consentId, other.me))).toBe('consent.unknown')
    expect(await codeOf(other.records.consents.giveAgain(consentId, other.me))).toBe('consent.unknown')
    expect((await site.consent.find(consentId))?.revokedAt).toBeNull()
  })
})

describe('the purse at the network', () => {
  const TOKEN = `bst_${'a'.repeat(43)}`

  test('is read as it is, and unknown when it cannot be read, never 0', async () => {
    const { records, me, wallet } = await hospital()
    expect(await records.wallet.read(me)).toEqual({ state: 'not-connected' })
    await records.wallet.connect(me, TOKEN)
    wallet.status = 503
    expect(await records.wallet.read(me)).toEqual({
      ...{ state: 'unreachable', readAt: null, balances: null, entries: null },
    })
    wallet.status = 200
    const balances = [{ asset: 'BTT', available: '12.500000', held: '1.000000' }]
    const read = await records.wallet.read(me)
    expect(read).toMatchObject({ state: 'connected', balances, entries: [] })
    const readAt = read.state === 'not-connected' ? null : read.readAt
    wallet.status = 502
    expect(await records.wallet.read(me)).toMatchObject({ state: 'unreachable', readAt, balances })
    wallet.status = 401
    expect(await records.wallet.read(me)).toMatchObject({ state: 'refused', readAt, balances })
  })

  test('is connected only by a token that reads one person’s own account and does nothing else', async () => {
    const { records, me, wallet } = await hospital()
    const connect = (token = TOKEN) => codeOf(records.wallet.connect(me, token))
    expect(await connect('bst_../../me?x=1 and then some')).toBe('records.wallet-code')
    expect(wallet.asked).toEqual([])
    wallet.roles = ['auditor', 'orderer']
    expect(await connect()).toBe('records.wallet-too-strong')
    wallet.roles = ['auditor']
    wallet.kind = 'general-hospital'
    expect(await connect()).toBe('records.wallet-not-personal')
    wallet.status = 401
    expect(await connect()).toBe('records.wallet-code')
    wallet.status = 500
    expect(await connect()).toBe('records.network-unreachable')
    expect(await records.wallet.read(me)).toEqual({ state: 'not-connected' })
  })

  test('stands in no table in clear, goes with the person, and is not handed to the next account', async () => {
    const { records, me, site, series, actor } = await hospital()
    await records.wallet.connect(me, TOKEN)
    await records.wallet.read(me)
    const rows = await db.owner`
      SELECT t::text AS line, encode(sealed, 'escape') AS a, encode(last_sealed, 'escape') AS b FROM records.wallet t`
    const text = JSON.stringify(rows)
    expect(rows.length).toBeGreaterThan(0)
    for (const clear of [TOKEN, 'bst_', '12.500000', actor.id]) expect(text).not.toContain(clear)
    await site.identifiers.unlink(series.personId, actor, 'by the patient')
    const next = { ...actor, id: 'usr_next-account' }
    await site.identifiers.linkPatient({ userId: next.id, personId: series.personId })
    expect(await records.wallet.read(await records.me(next))).toEqual({ state: 'not-connected' })
    await records.eraser.erase(series.personId)
    const left = await db.owner`SELECT 1 FROM records.wallet WHERE person_id = ${series.personId}`
    expect(left).toHaveLength(0)
  })
})
