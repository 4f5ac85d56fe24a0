import { createAudit } from '@bithive/kernel/audit'
import { createManualClock } from '@bithive/kernel/clock'
import { createDataKeys } from '@bithive/kernel/data-keys'
import { createIds, sha256Hex } from '@bithive/kernel/ids'
import { systemRandomness } from '@bithive/kernel/randomness'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { statementOf } from './ask-consent.ts'
import { consentMigrations, createConsent } from './index.ts'
import type { NewConsentRequestInput } from './schema.ts'

const ORG = 'org_sample-hospital'
const DAY = 86_400_000
const START = Date.UTC(2026, 0, 5)
const staff = { id: 'usr_clerk', kind: 'person', orgId: ORG, roles: ['registrar'] } as const
const patient = { id: 'usr_patient', kind: 'person', orgId: ORG, roles: ['patient'] } as const

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms: [consentMigrations] })
})
afterAll(() => db.drop())

let people = 0
function register() {
  const clock = createManualClock(START)
  const common = { db, clock, ids: createIds({ clock, randomness: systemRandomness }), randomness: systemRandomness }
  const dataKeys = createDataKeys({ ...common, master: new Uint8Array(32).fill(7) })
  const told: (string | undefined)[] = []
  const consent = createConsent({
    ...{ ...common, dataKeys, audit: createAudit(common), orgId: ORG, isForgotten: async () => false },
    live: { publish: (_, change) => void told.push(change.id) },
  })
  const personId = `per_${String(++people).padStart(26, '1')}`
  const input: NewConsentRequestInput & { why: string } = {
    ...{ personId, purpose: 'research', dataClass: 'imaging.chest', recipientKinds: ['hospital'] },
    ...{ jurisdictions: ['CN'], days: 90, why: '想用您的胸部 CT 研究肺气肿的早期表现。', answerBy: START + 10 * DAY },
  }
  const mayUse = () =>
    consent.mayUse({ personId, purpose: 'research', dataClass: 'imaging.chest', tier: 2, at: clock.now() })
  return { consent, clock, personId, input, mayUse, told, dataKeys }
}

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: { code: string; facts?: { reason?: string } }) => error.facts?.reason ?? error.code,
  )

describe('a consent that staff ask for', () => {
  test('allows nothing until the person agrees, and then exactly what was asked', async () => {
    const { consent, personId, input, mayUse, told } = register()
    const asked = await consent.request(input, staff)
    expect(asked).toMatchObject({ state: 'requested', why: input.why, requestedBy: staff.id })
    expect(await mayUse()).toEqual({ ok: false, reason: 'consent.none' })
    const agreed = await consent.answer(asked.requestId, { answer: 'agree', actor: patient, self: personId })
    expect(agreed).toMatchObject({ state: 'agreed', answeredAt: START })
    const [made] = await consent.history(personId)
    expect(made).toMatchObject({ consentId: agreed.consentId, recordedBy: patient.id, to: START + 90 * DAY })
    expect(made?.evidenceSha256).toBe(made && sha256Hex(statementOf(made)))
    expect(await mayUse()).toMatchObject({ ok: true, consentIds: [agreed.consentId] })
    expect(told).toEqual([personId, personId])
  })

  test('is answered once, by the person alone, and in time', async () => {
    const { consent, personId, input, mayUse, clock } = register()
    const { requestId } = await consent.request(input, staff)
    const answer = (given: 'agree' | 'decline', self: string | undefined) =>
      codeOf(consent.answer(requestId, { answer: given, actor: patient, self }))
    expect(await answer('agree', undefined)).toBe('consent.needs-the-person')
    expect(await answer('agree', `per_${'9'.repeat(26)}`)).toBe('consent.needs-the-person')
    // An account's own id is no person, however it reads.
    expect(await answer('agree', patient.id)).toBe('consent.needs-the-person')
    const both = await Promise.all([answer('agree', personId), answer('decline', personId)])
    expect(both.sort()).toEqual(['consent.already-answered', 'done'])
    expect((await consent.history(personId)).length).toBe((await mayUse()).ok ? 1 : 0)
    const late = await consent.request(input, staff)
    await clock.advance(10 * DAY)
    const over = consent.answer(late.requestId, { answer: 'agree', actor: patient, self: personId })
    expect(await codeOf(over)).toBe('consent.already-answered')
    expect((await consent.findRequest(late.requestId)).state).toBe('expired')
  })

  test('leaves nothing that can be read in the table of why it was asked', async () => {
    const { consent, input, personId, dataKeys } = register()
    const { requestId } = await consent.request(input, staff)
    const rows = await db.owner`SELECT t::text AS line, encode(why_sealed, 'escape') AS more FROM consent.request t`
    expect(JSON.stringify(rows)).not.toContain('肺气肿')
    await dataKeys.destroy(personId)
    await consent.eraser.erase(personId)
    expect(await consent.findRequest(requestId)).toMatchObject({ state: 'withdrawn', why: '' })
  })

  test('can be taken back by whoever asked, until it is answered', async () => {
    const { consent, input, personId } = register()
    const { requestId } = await consent.request(input, staff)
    expect((await consent.withdrawRequest(requestId, staff)).state).toBe('withdrawn')
    const answer = consent.answer(requestId, { answer: 'agree', actor: patient, self: personId })
    expect(await codeOf(answer)).toBe('consent.already-answered')
  })
})

describe('a consent that was withdrawn', () => {
  test('can be given again by the person, once, for as long as before', async () => {
    const { consent, personId, input, mayUse, clock } = register()
    const { requestId } = await consent.request(input, staff)
    const { consentId } = await consent.answer(requestId, { answer: 'agree', actor: patient, self: personId })
    const id = consentId as string
    const again = (self: string | undefined = personId) => codeOf(consent.giveAgain(id, { actor: patient, self }))
    expect(await again()).toBe('consent.still-valid')
    await clock.advance(DAY)
    await consent.withdraw(id, patient, 'by the patient')
    expect(await mayUse()).toEqual({ ok: false, reason: 'consent.revoked' })
    expect(await again('per_somebody-else')).toBe('consent.needs-the-person')
    const presses = await Promise.all([again(), again()])
    expect(presses.sort()).toEqual(['consent.still-valid', 'done'])
    expect(await mayUse()).toMatchObject({ ok: true })
    const [newest] = await consent.history(personId)
    expect(newest).toMatchObject({ from: START + DAY, to: START + 91 * DAY, recordedBy: patient.id })
  })
})

describe('the list of people with consents', () => {
  test('turns its pages without losing or repeating anybody', async () => {
    const { consent, input, clock } = register()
    const ids = Array.from({ length: 5 }, (_, at) => `per_${String(at).padStart(26, '5')}`)
    for (const personId of ids) {
      await clock.advance(1)
      await consent.request({ ...input, personId }, staff)
    }
    const seen: string[] = []
    let before: { at: number; personId: string } | undefined
    do {
      const page = await consent.listPeople({ ...(before ? { before } : {}), limit: 2 })
      seen.push(...page.map(({ personId }) => personId))
      const last = page.at(-1)
      before = last && { at: last.lastAt, personId: last.personId }
    } while (before)
    expect(new Set(seen).size).toBe(seen.length)
    for (const id of ids) expect(seen).toContain(id)
  })
})
