import { systemActor } from '@bithive/kernel/actor'
import { createAudit } from '@bithive/kernel/audit'
import { createManualClock } from '@bithive/kernel/clock'
import { createDataKeys } from '@bithive/kernel/data-keys'
import { createIds } from '@bithive/kernel/ids'
import { createSeededRandomness, systemRandomness } from '@bithive/kernel/randomness'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { NewConsentInput, UseRequest } from './index.ts'
import { consentMigrations, createConsent } from './index.ts'

const ORG = 'org_sample-hospital'
const DAY = 86_400_000
const START = Date.UTC(2026, 0, 5)
const clerk = { id: 'usr_clerk', kind: 'person', orgId: ORG, roles: ['registrar'] } as const

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms: [consentMigrations] })
})
afterAll(() => db.drop())

let people = 0
function register() {
  const clock = createManualClock(START)
  const ids = createIds({ clock, randomness: systemRandomness })
  const audit = createAudit({ db, clock, ids })
  const forgotten = new Set<string>()
  const isForgotten = async (id: string) => forgotten.has(id)
  const dataKeys = createDataKeys({ db, master: new Uint8Array(32).fill(7), randomness: systemRandomness, clock })
  const consent = createConsent({ db, clock, ids, audit, dataKeys, orgId: ORG, isForgotten })
  const personId = `per_${String(people++).padStart(26, '0')}`
  const given: NewConsentInput = {
    personId,
    purpose: 'care',
    dataClass: 'imaging',
    recipientKinds: ['home', 'computing-centre'],
    jurisdictions: ['CN'],
    from: START,
    to: START + 30 * DAY,
    evidenceSha256: 'a'.repeat(64),
  }
  const use: UseRequest = {
    personId,
    purpose: 'care',
    dataClass: 'imaging.chest',
    tier: 1,
    at: START + DAY,
    recipient: { orgId: 'org_home-1', ownerKind: 'home', region: 'guangzhou', jurisdiction: 'CN-44' },
  }
  return { consent, clock, audit, given, use, forgotten, personId }
}

describe('the consent register', () => {
  test('without a consent the answer is no', async () => {
    const { consent, use } = register()
    expect(await consent.mayUse(use)).toEqual({ ok: false, reason: 'consent.none' })
  })

  test('a consent carries exactly what it says', async () => {
    const { consent, given, use } = register()
    const made = await consent.record(given, clerk)
    expect(await consent.mayUse(use)).toEqual({ ok: true, consentIds: [made.consentId], jurisdictions: ['CN'] })
    const at = (recipient: Partial<NonNullable<UseRequest['recipient']>>) =>
      consent.mayUse({
        ...use,
        recipient: { ...(use.recipient as NonNullable<UseRequest['recipient']>), ...recipient },
      })
    expect(await consent.mayUse({ ...use, purpose: 'research' })).toMatchObject({ reason: 'consent.purpose' })
    expect(await consent.mayUse({ ...use, dataClass: 'genomics' })).toMatchObject({ reason: 'consent.data-class' })
    expect(await consent.mayUse({ ...use, dataClass: 'imagingx' })).toMatchObject({ reason: 'consent.data-class' })
    expect(await consent.mayUse({ ...use, at: START - 1 })).toMatchObject({ reason: 'consent.not-yet' })
    expect(await consent.mayUse({ ...use, at: START + 30 * DAY })).toMatchObject({ reason: 'consent.expired' })
    expect(await at({ ownerKind: 'data-centre' })).toMatchObject({ reason: 'consent.recipient-kind' })
    expect(await at({ jurisdiction: 'SG' })).toMatchObject({ reason: 'consent.jurisdiction' })
    expect(await at({ jurisdiction: 'CNX' })).toMatchObject({ reason: 'consent.jurisdiction' })
  })

  test('a named organisation or region is the only one', async () => {
    const { consent, given, use } = register()
    await consent.record({ ...given, recipientOrgId: 'org_centre-1', regions: ['beijing'] }, clerk)
    expect(await consent.mayUse(use)).toMatchObject({ reason: 'consent.recipient' })
    const recipient = { orgId: 'org_centre-1', ownerKind: 'home', region: 'guangzhou', jurisdiction: 'CN' } as const
    expect(await consent.mayUse({ ...use, recipient })).toMatchObject({ reason: 'consent.region' })
    expect(await consent.mayUse({ ...use, recipient: { ...recipient, region: 'beijing' } })).toMatchObject({ ok: true })
  })

  test('the tier binds whatever was consented to', async () => {
    const { consent, given, use } = register()
    await consent.record({ ...given, recipientKinds: ['home', 'hospital'] }, clerk)
    const recipient = use.recipient as NonNullable<UseRequest['recipient']>
    const ask = (tier: 0 | 1 | 2 | 3, changes: object) =>
      consent.mayUse({ ...use, tier, recipient: { ...recipient, ...changes } })
    expect(await ask(2, {})).toMatchObject({ reason: 'consent.tier' })
    expect(await ask(3, { ownerKind: 'hospital', orgId: 'org_other-hospital' })).toMatchObject({
      reason: 'consent.tier',
    })
    expect(await ask(3, { ownerKind: 'hospital', orgId: ORG })).toMatchObject({ ok: true })
    expect(await ask(1, {})).toMatchObject({ ok: true })
  })

  test('before a recipient is known the answer says where it may go', async () => {
    const { consent, given, use } = register()
    const { recipient: _, ...open } = use
    await consent.record(given, clerk)
    await consent.record({ ...given, jurisdictions: ['SG', 'CN'] }, clerk)
    expect(await consent.mayUse(open)).toMatchObject({ ok: true, jurisdictions: ['CN', 'SG'] })
  })

  test('a withdrawal counts at once, and the history keeps both', async () => {
    const { consent, given, use, audit, clock } = register()
    const made = await consent.record(given, clerk)
    await clock.advance(DAY)
    const before = await audit.head(ORG)
    const withdrawn = await consent.withdraw(made.consentId, clerk, 'changed my mind')
    expect((await audit.head(ORG)).seq).toBe(before.seq + 1n)
    expect(withdrawn).toMatchObject({ revokedAt: START + DAY, revokedReason: 'changed my mind' })
    expect(await consent.mayUse(use)).toEqual({ ok: false, reason: 'consent.revoked' })
    await clock.advance(DAY)
    const again = await consent.withdraw(made.consentId, clerk, 'once more')
    expect(again.revokedAt).toBe(START + DAY)
    expect(await consent.history(given.personId)).toHaveLength(1)
  })

  test('what was consented to cannot be rewritten', async () => {
    const { consent, given } = register()
    const { consentId } = await consent.record(given, clerk)
    const widen = db.asOrg(ORG, (tx) => tx`UPDATE consent.consent SET purpose = 'research'`)
    await expect(widen).rejects.toMatchObject({ code: '42501' })
    const remove = db.asOrg(ORG, (tx) => tx`DELETE FROM consent.consent WHERE consent_id = ${consentId}`)
    await expect(remove).rejects.toMatchObject({ code: '42501' })
  })

  test('a period that is over or upside down is refused', async () => {
    const { consent, given } = register()
    await expect(consent.record({ ...given, to: given.from }, clerk)).rejects.toMatchObject({
      code: 'consent.bad-period',
    })
    await expect(consent.record({ ...given, from: 0, to: START }, clerk)).rejects.toMatchObject({
      code: 'consent.bad-period',
    })
  })

  test('a forgotten person gives no consent, and what was given ends', async () => {
    const { consent, given, use, forgotten, personId } = register()
    await consent.record(given, clerk)
    forgotten.add(personId)
    await consent.eraser.erase(personId)
    expect(await consent.mayUse(use)).toEqual({ ok: false, reason: 'consent.revoked' })
    await expect(consent.record(given, systemActor())).rejects.toMatchObject({ code: 'consent.unknown-person' })
  })
})

describe("the site's release rules", () => {
  const { release } = createConsentForRules()

  test('head images of any modality never go below tier 3, however the part is named', () => {
    const written = [
      '头颅CT平扫',
      '颅脑增强',
      '脑部',
      '鼻窦冠状位',
      '头颈部CTA',
      '頭部',
      'ＨＥＡＤ',
      'WHOLE BODY',
      'Orbits',
    ]
    for (const words of [['HEAD'], ['', 'Brain axial PD'], ['T1 MPRAGE brain'], ...written.map((text) => ['', text])]) {
      const found = release({ dataClass: 'imaging.mr', modality: 'MR', bodyPartWords: words })
      expect(found).toMatchObject({ minTier: 3, dataClass: 'imaging.head' })
      expect(found.rules[0]?.text.zh).toContain('头部')
    }
    expect(release({ dataClass: 'imaging.chest', modality: 'CT', bodyPartWords: ['HEAD'] }).minTier).toBe(3)
  })

  test('a workload for heads is a head workload even when the device named no part', () => {
    const found = release({ dataClass: 'imaging.head', modality: 'MR', bodyPartWords: [''] })
    expect(found).toMatchObject({ minTier: 3, dataClass: 'imaging.head' })
  })

  test('a chest CT has no rule, a word that only contains a part has none either', () => {
    expect(release({ dataClass: 'imaging.chest', modality: 'CT', bodyPartWords: ['胸部CT平扫'] }).rules).toEqual([])
    expect(release({ dataClass: 'imaging.chest', modality: 'CT', bodyPartWords: ['CHEST', 'AHEAD'] })).toEqual({
      minTier: 0,
      dataClass: 'imaging.chest',
      rules: [],
    })
  })

  test('ultrasound may carry names in its pixels and stays', () => {
    expect(release({ dataClass: 'imaging.us', modality: 'US', bodyPartWords: ['ABDOMEN'] }).minTier).toBe(3)
  })
})

function createConsentForRules() {
  const clock = createManualClock(START)
  const ids = createIds({ clock, randomness: createSeededRandomness(5n) })
  const audit = { record: async () => {} }
  const unused = undefined as never
  return createConsent({ db: unused, clock, ids, audit, dataKeys: unused, orgId: ORG, isForgotten: async () => false })
}
