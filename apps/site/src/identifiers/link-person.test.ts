import { systemActor } from '@bithive/kernel/actor'
import { createAudit } from '@bithive/kernel/audit'
import { createManualClock } from '@bithive/kernel/clock'
import { createDataKeys } from '@bithive/kernel/data-keys'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { systemRandomness } from '@bithive/kernel/randomness'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createIdentifiers, identifiersMigrations } from './index.ts'
import { normaliseCode } from './link-person.ts'

const ORG = 'org_sample-hospital'
const HOUR = 3_600_000
const BORN = { birthDate: '1950-02-03' }

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms: [identifiersMigrations] })
})
afterAll(() => db.drop())

let count = 0
const staff = { id: 'usr_registrar', kind: 'person', orgId: ORG, roles: ['registrar'] } as const
const account = () => ({ id: `usr_p${++count}`, kind: 'person', orgId: ORG, roles: ['patient'] }) as const

async function hospital() {
  const clock = createManualClock(Date.UTC(2026, 0, 5))
  const common = { db, clock, ids: createIds({ clock, randomness: systemRandomness }), randomness: systemRandomness }
  const dataKeys = createDataKeys({ ...common, master: new Uint8Array(32).fill(7) })
  const audit = createAudit(common)
  const identifiers = createIdentifiers({
    ...{ ...common, dataKeys, audit, log: silentLog, orgId: ORG },
    ...{ lookupKey: new Uint8Array(32).fill(9), erasers: () => [] },
  })
  const register = (birthDate: string) =>
    identifiers.identify({ patientId: `LINK-${++count}`, patientName: 'ZHOU^GUILAN', birthDate })
  return { identifiers, clock, dataKeys, register, personId: await register('19500203') }
}

const codeOf = (error: unknown) => (error as { code?: string }).code
const failing = (promise: Promise<unknown>) => promise.then(() => 'done', codeOf)

describe('an account that stands for a person', () => {
  test('is linked by a code and the birth date, and by nothing else', async () => {
    const { identifiers, personId } = await hospital()
    const patient = account()
    expect(await identifiers.personOf(patient)).toBeUndefined()
    const { code } = await identifiers.invite(personId, staff)
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/)
    expect(await failing(identifiers.claim(patient, 'AAAA-AAAA', BORN))).toBe('identifiers.wrong-code')
    expect(await failing(identifiers.claim(patient, code, { birthDate: '1950-02-04' }))).toBe('identifiers.wrong-code')
    expect(await identifiers.personOf(patient)).toBeUndefined()
    await identifiers.claim(patient, ` ${code.toLowerCase().replace('-', ' ')} `, BORN)
    expect(await identifiers.personOf(patient)).toMatchObject({ personId })
    expect(await identifiers.linkOf(personId, staff)).toMatchObject({ state: 'linked' })
  })

  test('has used the code up: a second account cannot claim with it', async () => {
    const { identifiers, personId } = await hospital()
    const { code } = await identifiers.invite(personId, staff)
    const claims = await Promise.all([
      failing(identifiers.claim(account(), code, BORN)),
      failing(identifiers.claim(account(), code, BORN)),
    ])
    expect(claims.sort()).toEqual(['done', 'identifiers.wrong-code'])
    expect(await failing(identifiers.invite(personId, staff))).toBe('identifiers.already-linked')
  })

  test('is not linked by a code that is over, replaced or guessed at too often', async () => {
    const { identifiers, personId, clock, register } = await hospital()
    const old = await identifiers.invite(personId, staff)
    const fresh = await identifiers.invite(personId, staff)
    expect(await failing(identifiers.claim(account(), old.code, BORN))).toBe('identifiers.wrong-code')
    await clock.advance(72 * HOUR)
    expect(await failing(identifiers.claim(account(), fresh.code, BORN))).toBe('identifiers.wrong-code')
    const guessed = await identifiers.invite(await register('19600101'), staff)
    for (let at = 0; at < 5; at++) await failing(identifiers.claim(account(), guessed.code, BORN))
    const right = identifiers.claim(account(), guessed.code, { birthDate: '1960-01-01' })
    expect(await failing(right)).toBe('identifiers.wrong-code')
  })

  test('may try five times an hour, also side by side', async () => {
    const { identifiers, personId, clock } = await hospital()
    const { code } = await identifiers.invite(personId, staff)
    const patient = account()
    const tried = await Promise.all(
      Array.from({ length: 9 }, () => failing(identifiers.claim(patient, 'ZZZZ-ZZZZ', BORN))),
    )
    expect(tried.filter((one) => one === 'identifiers.wrong-code')).toHaveLength(5)
    expect(await failing(identifiers.claim(patient, code, BORN))).toBe('identifiers.too-many-tries')
    await clock.advance(HOUR)
    await identifiers.claim(patient, code, BORN)
    expect(await identifiers.personOf(patient)).toMatchObject({ personId })
  })

  test('is only ever somebody who is here as a patient, let in by somebody who registers', async () => {
    const { identifiers, personId } = await hospital()
    const { code } = await identifiers.invite(personId, staff)
    const clinician = { ...account(), roles: ['clinician'] }
    expect(await failing(identifiers.claim(clinician, code, BORN))).toBe('http.forbidden')
    expect(await failing(identifiers.invite(personId, account()))).toBe('http.forbidden')
    expect(await failing(identifiers.linkOf(personId, account()))).toBe('http.forbidden')
    const patient = account()
    await identifiers.claim(patient, code, BORN)
    expect(await identifiers.personOf({ ...patient, roles: ['clinician'] })).toBeUndefined()
    expect(await identifiers.personOf({ ...patient, orgId: 'org_elsewhere' })).toBeUndefined()
    expect(await failing(identifiers.unlink(personId, account(), 'not mine'))).toBe('http.forbidden')
    await identifiers.unlink(personId, patient, 'by the patient')
    expect(await identifiers.personOf(patient)).toBeUndefined()
  })

  test('cannot be made without a second fact to ask for', async () => {
    const { identifiers, register } = await hospital()
    expect(await failing(identifiers.invite(await register(''), staff))).toBe('identifiers.no-birth-date')
  })

  test('stands in the tables under neither id, and breaks when either is forgotten', async () => {
    const { identifiers, personId, dataKeys, register } = await hospital()
    const patient = account()
    await identifiers.linkPatient({ userId: patient.id, personId })
    await identifiers.linkPatient({ userId: patient.id, personId })
    const rows = await db.owner`SELECT t::text AS line, encode(person_sealed, 'escape') AS more FROM identifiers.link t`
    const text = JSON.stringify(rows)
    expect(rows.length).toBeGreaterThan(0)
    for (const id of [personId, patient.id]) expect(text).not.toContain(id)
    await identifiers.forget(personId, systemActor(ORG), 'asked for it')
    expect(await identifiers.personOf(patient)).toBeUndefined()
    const other = account()
    await identifiers.linkPatient({ userId: other.id, personId: await register('19700101') })
    await dataKeys.destroy(other.id)
    expect(await identifiers.personOf(other)).toBeUndefined()
  })

  test('reads a code as people type it', () => {
    expect(normaliseCode('７q4m—8e2l')).toBe('7Q4M8E21')
    expect(normaliseCode('o000 0000')).toBe('00000000')
    for (const bad of ['', '7Q4M', '7Q4M-8E2', '7Q4M-8E212', 'UUUU-UUUU', '7Q4M-8E2!']) {
      expect(normaliseCode(bad)).toBeUndefined()
    }
  })
})
