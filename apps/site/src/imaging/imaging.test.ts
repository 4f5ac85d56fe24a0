import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { silentLog } from '@bithive/kernel/log'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { startWorkers } from '@bithive/kernel/worker'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { indexInstance } from './dicom-index.ts'
import { sendInstances } from './dicom-sender.ts'
import { editElements } from './edit-elements.ts'
import { type SampleStudy, sampleFiles, sendSampleStudies } from './sample-scanner.ts'
import { actor, codeOf, createTestImaging, ORG, rooms, type TestImaging } from './testing/test-imaging.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms })
})
afterAll(() => db.drop())

let site: TestImaging
let seed = 0
let ct: SampleStudy
let mr: SampleStudy

beforeEach(async () => {
  site = createTestImaging(db)
  // Each test has patients and UIDs of its own, so that one database serves all of them.
  seed += 1
  const studies = await sampleFiles(`imaging-${seed}`)
  ct = studies[0] as SampleStudy
  mr = studies[1] as SampleStudy
})
afterEach(() => site.remove())

/** Files that wait in the queue; the empty ones are for coming images. */
function queued(): string[] {
  const folder = join(site.directory, 'dicom', 'queued')
  return readdirSync(folder).filter((name) => statSync(join(folder, name)).size > 0)
}

const register = (bytes: Uint8Array) => site.imaging.registerInstance(bytes, { actorId: actor.id })

const auditActions = async (resource: string) => {
  const rows = await db.owner<
    { event: string }[]
  >`SELECT event FROM kernel.audit_event WHERE org_id = ${ORG} ORDER BY seq`
  const events = rows.map((row) => JSON.parse(row.event) as { action: string; resource: string })
  return events.filter((event) => event.resource === resource).map((event) => event.action)
}

/** Every text and byte of every table, as the owner of the database sees it. */
async function wholeDatabase(): Promise<string> {
  const tables = await db.owner<{ name: string }[]>`
    SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema IN ('imaging', 'identifiers', 'kernel')`
  const rows = await Promise.all(
    tables.map(({ name }) => db.owner.unsafe<{ row: string }[]>(`SELECT t::text AS row FROM ${name} t`)),
  )
  return rows.flatMap((part) => part.map(({ row }) => row)).join('\n')
}

describe('registering', () => {
  test('a study is filed under one person, with its series and counts, and each store is audited', async () => {
    const done = await Promise.all(mr.files.map(register))
    const [first] = done
    const study = await site.imaging.getStudy(first?.studyId as string)
    expect(study).toMatchObject({ personId: first?.personId, state: 'receiving', images: 20 })
    expect(study.series).toMatchObject([{ modality: 'MR', bodyPart: 'HEAD', images: 20 }])
    expect(new Set(done.map((one) => one.personId)).size).toBe(1)
    expect(await auditActions(first?.instanceId as string)).toEqual(['imaging.instance-stored'])
    expect((await site.imaging.listStudies({ limit: 1 }))[0]?.studyId).toBe(study.studyId)
  })

  test('the same image again changes nothing', async () => {
    const first = await register(ct.files[0] as Uint8Array)
    const again = await register(ct.files[0] as Uint8Array)
    expect(again).toEqual({ ...first, isNew: false })
    expect((await site.imaging.getStudy(first.studyId)).images).toBe(1)
    expect(await auditActions(first.instanceId)).toEqual(['imaging.instance-stored', 'imaging.instance-repeated'])
  })

  test('the same image sent many times at once is stored once', async () => {
    const done = await Promise.all(Array.from({ length: 8 }, () => register(ct.files[0] as Uint8Array)))
    expect(done.filter((one) => one.isNew).length).toBe(1)
    expect(new Set(done.map((one) => one.instanceId)).size).toBe(1)
    const { studyId } = done[0] as { studyId: string }
    expect(readdirSync(join(site.directory, 'blobs', 'imaging', studyId)).length).toBe(1)
  })

  test('the same UID with other bytes is a conflict and the first image stays', async () => {
    const [bytes] = ct.files as [Uint8Array]
    const first = await register(bytes)
    const other = editElements(bytes, [{ path: [0x00204000], action: 'set', vr: 'LT', value: 'other' }])
    expect(await codeOf(register(other))).toBe('imaging.instance-conflict')
    const { files } = await site.imaging.readOriginals(first.studyId, first.seriesId, actor)
    expect(files.map((file) => Buffer.from(file.bytes).equals(bytes))).toEqual([true])
    expect(await auditActions(first.instanceId)).toContain('imaging.instance-conflict')
  })

  test('a study cannot change its patient', async () => {
    await register(mr.files[0] as Uint8Array)
    const other = editElements(mr.files[1] as Uint8Array, [
      { path: [0x00100020], action: 'set', vr: 'LO', value: `OTHER-${seed}` },
    ])
    expect(await codeOf(register(other))).toBe('imaging.study-of-another-person')
  })

  test('what is not DICOM is refused by type', async () => {
    expect(await codeOf(register(Buffer.from('hello')))).toBe('imaging.not-dicom')
  })

  test('no patient field and no original UID lies in the database or on disk in clear', async () => {
    const { studyId } = await register(ct.files[0] as Uint8Array)
    const { header } = indexInstance(ct.files[0] as Uint8Array)
    const folder = join(site.directory, 'blobs', 'imaging', studyId)
    const stored = await wholeDatabase()
    const disk = readdirSync(folder).map((name) => readFileSync(join(folder, name)))
    const { name, patientId, accessionNumber, birthDate } = ct.patient
    const values = [name, ...name.split(/[=^]/), patientId, accessionNumber, header.studyInstanceUid]
    for (const value of [...values, header.sopInstanceUid, header.seriesInstanceUid, birthDate]) {
      expect(stored.includes(value) || stored.includes(Buffer.from(value).toString('hex')), value).toBe(false)
      expect(
        disk.some((bytes) => bytes.includes(value)),
        value,
      ).toBe(false)
      expect(site.logged()).not.toContain(value)
    }
    expect(stored).toContain(studyId)
  })
})

describe('de-identified series', () => {
  test('every file is mapped, none holds an original, and the way back is known', async () => {
    const [first] = await Promise.all(mr.files.map(register))
    const { studyId, seriesId } = first as { studyId: string; seriesId: string }
    const series = await site.imaging.deidentifySeries(studyId, seriesId)
    const originals = mr.files.map((bytes) => indexInstance(bytes).header.sopInstanceUid)
    expect(series.files.map((file) => series.originalOf(file.sopInstanceUid))).toEqual(originals)
    expect(series.originalOf('1.2.3')).toBeUndefined()
    for (const { bytes, sopInstanceUid } of series.files) {
      const { header, patient } = indexInstance(bytes)
      expect(header).toMatchObject({ sopInstanceUid, studyInstanceUid: series.studyInstanceUid })
      expect(patient).toMatchObject({ name: '', birthDate: '', sex: '' })
      expect(patient.patientId).not.toBe(mr.patient.patientId)
    }
    expect(await auditActions(seriesId)).toEqual(['imaging.series-deidentified'])
  })

  test('the same series gives the same bytes each time', async () => {
    const { studyId, seriesId } = await register(ct.files[0] as Uint8Array)
    const [a, b] = [
      await site.imaging.deidentifySeries(studyId, seriesId),
      await site.imaging.deidentifySeries(studyId, seriesId),
    ]
    expect(Buffer.from(a.files[0]?.bytes as Uint8Array).equals(b.files[0]?.bytes as Uint8Array)).toBe(true)
  })

  test('the facts of a series name its parts and no patient', async () => {
    const { studyId, seriesId, personId } = await register(mr.files[1] as Uint8Array)
    expect(await site.imaging.describeSeries(studyId, seriesId)).toEqual({
      personId,
      modality: 'MR',
      bodyPartWords: ['HEAD', 'Head MR (sample)', 'FSE PD AXIAL OBL'],
    })
    expect(await site.imaging.describeSeries(studyId, 'ser_none')).toBeUndefined()
    expect(await codeOf(site.imaging.deidentifySeries(studyId, 'ser_none'))).toBe('imaging.unknown-series')
  })

  test('the preview names attributes and acts, never a value', async () => {
    const { studyId, seriesId } = await register(ct.files[0] as Uint8Array)
    const preview = await site.imaging.previewDeidentification(studyId, seriesId, actor)
    expect(preview.attributes).toContainEqual({ tag: '(0010,0010)', act: 'emptied' })
    expect(preview.counts.private).toBe(179)
    expect(JSON.stringify(preview)).not.toContain('Sample')
  })
})

describe('the DICOM port', () => {
  test('the sample studies come in, are registered, and the room above is told once each', async () => {
    const told: string[] = []
    site.imaging.onStudyComplete(async ({ studyId }) => {
      told.push(studyId)
    })
    const { port } = await site.imaging.startReceiver()
    const target = { host: '127.0.0.1', port, callingAe: 'SCANNER', calledAe: 'BITHIVE' }
    const sent = await sendSampleStudies({ ...target, seed: `port-${seed}`, log: silentLog })
    expect(sent.map((one) => one.stored)).toEqual([1, 20])
    const workers = startWorkers(site.imaging.workers)
    await vi.waitFor(
      async () => {
        const studies = (await site.imaging.listStudies({ limit: 2 })).filter((study) => told.includes(study.studyId))
        expect(studies.map((study) => study.images).sort()).toEqual([1, 20])
        expect(queued()).toEqual([])
      },
      { timeout: 20_000 },
    )
    await workers.stop()
    expect((await site.imaging.getStudy(told.at(-1) as string)).state).toBe('complete')
  })

  test('a conflict that comes over DICOM is quarantined and can be tried again', async () => {
    const [bytes] = ct.files as [Uint8Array]
    await register(bytes)
    const { port } = await site.imaging.startReceiver()
    const target = { host: '127.0.0.1', port, callingAe: 'SCANNER', calledAe: 'BITHIVE' }
    const other = editElements(bytes, [{ path: [0x00204000], action: 'set', vr: 'LT', value: 'other' }])
    expect(await sendInstances(target, [other])).toEqual([{ state: 'sent', status: 0 }])
    const workers = startWorkers(site.imaging.workers)
    await vi.waitFor(async () => {
      const held = await site.imaging.quarantine.listQuarantined()
      expect(held.map((one) => one.reason)).toEqual(['imaging.instance-conflict'])
    })
    await workers.stop()
    const [held] = await site.imaging.quarantine.listQuarantined()
    expect(await site.imaging.quarantine.retryQuarantined(held?.name as string)).toBe(true)
    expect(await site.imaging.quarantine.retryQuarantined('../../etc/passwd')).toBe(false)
    expect(queued().length).toBe(1)
  })

  test('an image that comes late opens the study again, and it is announced once more', async () => {
    const told: string[] = []
    site.imaging.onStudyComplete(async ({ studyId }) => {
      told.push(studyId)
    })
    const { studyId } = await register(mr.files[1] as Uint8Array)
    const workers = startWorkers(site.imaging.workers)
    await vi.waitFor(() => expect(told.filter((id) => id === studyId)).toHaveLength(1), { timeout: 20_000 })
    await register(mr.files[1] as Uint8Array)
    expect((await site.imaging.getStudy(studyId)).state).toBe('complete')
    await register(mr.files[2] as Uint8Array)
    await vi.waitFor(() => expect(told.filter((id) => id === studyId)).toHaveLength(2), { timeout: 20_000 })
    await workers.stop()
    expect(await site.imaging.getStudy(studyId)).toMatchObject({ state: 'complete', images: 2 })
  })

  test('a listener that fails is told again', async () => {
    let calls = 0
    site.imaging.onStudyComplete(async () => {
      calls += 1
      if (calls === 1) throw new Error('not now')
    })
    const { studyId } = await register(ct.files[0] as Uint8Array)
    const workers = startWorkers(site.imaging.workers)
    await vi.waitFor(async () => {
      const rows =
        await db.owner`SELECT 1 FROM imaging.study WHERE study_id = ${studyId} AND announced_at_ms IS NOT NULL`
      expect(rows.length).toBe(1)
    })
    await workers.stop()
    expect(calls).toBeGreaterThanOrEqual(2)
  })
})

describe('forgetting', () => {
  test('images, rows and keys of the person go; the next person is untouched', async () => {
    const gone = await register(ct.files[0] as Uint8Array)
    const kept = await register(mr.files[1] as Uint8Array)
    await site.identifiers.forget(gone.personId, { ...actor, roles: ['privacy-officer'] }, 'asked by the patient')
    expect(await codeOf(site.imaging.getStudy(gone.studyId))).toBe('imaging.unknown-study')
    expect(readdirSync(join(site.directory, 'blobs', 'imaging', gone.studyId))).toEqual([])
    expect((await site.imaging.getStudy(kept.studyId)).images).toBe(1)
    expect((await register(ct.files[0] as Uint8Array)).personId).not.toBe(gone.personId)
  })
})
