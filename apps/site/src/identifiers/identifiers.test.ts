import { systemActor } from '@bithive/kernel/actor'
import { createAudit } from '@bithive/kernel/audit'
import { createManualClock } from '@bithive/kernel/clock'
import { createDataKeys } from '@bithive/kernel/data-keys'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { createSeededRandomness, systemRandomness } from '@bithive/kernel/randomness'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Eraser } from './index.ts'
import { createIdentifiers, identifiersMigrations } from './index.ts'

const ORG = 'org_sample-hospital'
const PLANTED = ['ZQ-77120431', 'QUINTERO^ZOSIMA', '19470613']
const planted = { patientId: 'ZQ-77120431', patientName: 'QUINTERO^ZOSIMA', birthDate: '19470613', sex: 'F' as const }
const system = systemActor(ORG)
const stranger = { id: 'usr_1', kind: 'person', orgId: ORG, roles: ['registrar'] } as const

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms: [identifiersMigrations] })
})
afterAll(() => db.drop())

function vault(erasers: readonly Eraser[] = []) {
  const clock = createManualClock(Date.UTC(2026, 0, 5))
  const randomness = systemRandomness
  const ids = createIds({ clock, randomness })
  const dataKeys = createDataKeys({ db, master: new Uint8Array(32).fill(7), randomness, clock })
  const audit = createAudit({ db, clock, ids })
  const identifiers = createIdentifiers({
    db,
    dataKeys,
    audit,
    clock,
    ids,
    randomness,
    log: silentLog,
    orgId: ORG,
    lookupKey: new Uint8Array(32).fill(9),
    erasers: () => erasers,
  })
  return { identifiers, dataKeys, audit }
}

/** Everything that the database stores of this room, as bytes and as text. */
async function stored(): Promise<string> {
  const rows = await Promise.all([
    db.owner`SELECT t::text AS line, encode(fields, 'escape') AS more FROM identifiers.person t`,
    db.owner`SELECT t::text AS line, '' AS more FROM identifiers.lookup t`,
    db.owner`SELECT t::text AS line, encode(offered, 'escape') AS more FROM identifiers.conflict t`,
  ])
  return JSON.stringify(rows)
}

describe('the identifiers vault', () => {
  test('the same issuer and patient id are one person, another issuer is another', async () => {
    const { identifiers } = vault()
    const first = await identifiers.identify({ patientId: 'A-1', patientName: 'WEI^LAN' })
    expect(await identifiers.identify({ patientId: 'A-1', patientName: 'WEI^LAN', birthDate: '19800101' })).toBe(first)
    expect(first).toMatch(/^per_[0-9a-z]{26}$/)
    expect(await identifiers.identify({ patientId: 'A-1', issuerOfPatientId: 'other' })).not.toBe(first)
    expect(await identifiers.pseudonymOf(first)).toMatch(/^BH-[0-9A-Z]{12}$/)
  })

  test('images of a new patient that arrive at once are one person', async () => {
    const { identifiers } = vault()
    const arrivals = Array.from({ length: 8 }, () => identifiers.identify({ patientId: 'TOGETHER-1' }))
    expect(new Set(await Promise.all(arrivals)).size).toBe(1)
  })

  test('an empty patient id is refused', async () => {
    const { identifiers } = vault()
    await expect(identifiers.identify({ patientId: '  ' })).rejects.toMatchObject({ code: 'identifiers.no-patient-id' })
  })

  test('nothing of a patient is stored in clear', async () => {
    const { identifiers } = vault()
    await identifiers.identify(planted)
    const all = await stored()
    for (const value of PLANTED) expect(all).not.toContain(value)
  })

  test('details that differ are recorded once, refused, and accepted only after somebody decided', async () => {
    const { identifiers } = vault()
    const personId = await identifiers.identify({ patientId: 'C-1', patientName: 'SONG^MEI', birthDate: '19700101' })
    const other = { patientId: 'C-1', patientName: 'SONG^MIN', birthDate: '19700101' }
    for (let slice = 0; slice < 3; slice++) {
      await expect(identifiers.identify(other)).rejects.toMatchObject({
        code: 'identifiers.conflict',
        facts: { personId, differs: 'patientName' },
      })
    }
    const conflicts = (await identifiers.listConflicts()).filter((conflict) => conflict.personId === personId)
    expect(conflicts).toMatchObject([{ differs: ['patientName'], resolution: null }])
    const conflictId = conflicts[0]?.conflictId as string
    await expect(identifiers.resolveConflict(conflictId, 'same-person', stranger)).rejects.toMatchObject({
      code: 'http.forbidden',
    })
    await identifiers.resolveConflict(conflictId, 'same-person', system)
    expect(await identifiers.identify(other)).toBe(personId)
    // What was known stays: a decision that it is the same person does not rename anybody.
    expect(await identifiers.reveal(personId, system, 'test')).toMatchObject({ patientName: 'SONG^MEI' })
    await expect(identifiers.resolveConflict(conflictId, 'different-person', system)).rejects.toMatchObject({
      code: 'identifiers.already-resolved',
    })
  })

  test('who somebody is shows only to those who may see it, and is recorded before', async () => {
    const { identifiers, audit } = vault()
    const personId = await identifiers.identify({ patientId: 'R-1', patientName: 'HE^RUI' })
    const before = await audit.head(ORG)
    await expect(identifiers.reveal(personId, stranger, 'curious')).rejects.toMatchObject({ code: 'http.forbidden' })
    expect(await audit.head(ORG)).toEqual(before)
    expect(await identifiers.reveal(personId, system, 'report')).toMatchObject({ patientName: 'HE^RUI' })
    expect((await audit.head(ORG)).seq).toBe(before.seq + 1n)
  })

  test('a record that cannot be written shows nothing', async () => {
    const { identifiers } = vault()
    const personId = await identifiers.identify({ patientId: 'R-2', patientName: 'HE^RUI' })
    const broken = createIdentifiers({
      db,
      dataKeys: vault().dataKeys,
      audit: { record: () => Promise.reject(new Error('disk full')) },
      clock: createManualClock(0),
      ids: createIds({ clock: createManualClock(0), randomness: createSeededRandomness(1n) }),
      randomness: createSeededRandomness(1n),
      log: silentLog,
      orgId: ORG,
      lookupKey: new Uint8Array(32).fill(9),
      erasers: () => [],
    })
    await expect(broken.reveal(personId, system, 'report')).rejects.toThrow('disk full')
  })

  test('a stranger organisation sees no row', async () => {
    const { identifiers } = vault()
    await identifiers.identify({ patientId: 'S-1' })
    const rows = await db.asOrg('org_stranger', (tx) => tx`SELECT 1 FROM identifiers.person`)
    expect(rows.length).toBe(0)
  })
})

describe('forgetting a person', () => {
  test('makes every ciphertext unreadable, empties every room and leaves a tombstone', async () => {
    const erased: string[] = []
    const { identifiers, dataKeys } = vault([{ room: 'reports', erase: async (id) => void erased.push(id) }])
    const personId = await identifiers.identify({ ...planted, patientId: 'F-1' })
    const [row] = await db.owner`SELECT fields FROM identifiers.person WHERE person_id = ${personId}`
    const elsewhere = await dataKeys.encrypt(personId, Buffer.from('a report'), 'reports:1')
    await identifiers.forget(personId, system, 'asked by the patient')
    await expect(dataKeys.decrypt(personId, elsewhere, 'reports:1')).rejects.toMatchObject({
      code: 'kernel.person-forgotten',
    })
    // The old row, as a backup would still have it, cannot be opened either.
    await expect(dataKeys.decrypt(personId, row?.fields, `identifiers.person:${personId}`)).rejects.toMatchObject({
      code: 'kernel.person-forgotten',
    })
    expect(erased).toEqual([personId])
    await expect(identifiers.reveal(personId, system, 'test')).rejects.toMatchObject({ code: 'identifiers.forgotten' })
    const after = await db.owner`SELECT fields, forgotten_at_ms FROM identifiers.person WHERE person_id = ${personId}`
    expect(after[0]).toMatchObject({ fields: null })
    expect(await db.owner`SELECT 1 FROM identifiers.lookup WHERE person_id = ${personId}`).toHaveLength(0)
    // Coming back later is coming as somebody new.
    expect(await identifiers.identify({ ...planted, patientId: 'F-1' })).not.toBe(personId)
    await identifiers.forget(personId, system, 'again')
    expect(erased).toEqual([personId])
  })

  test('a kill half way is taken up again at start', async () => {
    let fails = true
    const erased: string[] = []
    const eraser: Eraser = {
      room: 'reports',
      erase: async (id) => {
        if (fails) throw new Error('killed')
        erased.push(id)
      },
    }
    const { identifiers } = vault([eraser])
    const personId = await identifiers.identify({ patientId: 'F-2' })
    await expect(identifiers.forget(personId, system, 'asked')).rejects.toThrow('killed')
    expect(await identifiers.isForgotten(personId)).toBe(true)
    await expect(identifiers.identify({ patientId: 'F-2' })).rejects.toMatchObject({ code: 'identifiers.forgotten' })
    fails = false
    expect(await identifiers.resumeForgetting()).toBe(1)
    expect(erased).toEqual([personId])
    expect(await identifiers.resumeForgetting()).toBe(0)
  })

  test('is refused to those who may not', async () => {
    const { identifiers } = vault()
    const personId = await identifiers.identify({ patientId: 'F-3' })
    await expect(identifiers.forget(personId, stranger, 'no')).rejects.toMatchObject({ code: 'http.forbidden' })
    expect(await identifiers.isForgotten(personId)).toBe(false)
  })
})
