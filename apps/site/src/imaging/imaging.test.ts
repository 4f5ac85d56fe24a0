import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAudit } from '@bithive/kernel/audit'
import { createFileBlobs } from '@bithive/kernel/blobs'
import { systemClock } from '@bithive/kernel/clock'
import { createDataKeys } from '@bithive/kernel/data-keys'
import { isDomainError } from '@bithive/kernel/errors'
import { createHttp } from '@bithive/kernel/http'
import { createIds } from '@bithive/kernel/ids'
import type { Log } from '@bithive/kernel/log'
import { systemRandomness } from '@bithive/kernel/randomness'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { startWorkers } from '@bithive/kernel/worker'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createIdentifiers, type Identifiers, identifiersMigrations } from '../identifiers/index.ts'
import { indexInstance } from './dicom-index.ts'
import { sendInstances } from './dicom-sender.ts'
import { editElements } from './edit-elements.ts'
import { createImaging, type Imaging, imagingMigrations, imagingRoutes } from './index.ts'
import { sampleFile } from './sample-files.ts'
import { type SampleStudy, sampleFiles, sendSampleStudies } from './sample-scanner.ts'

const ORG = 'org_01hzzzzzzzzzzzzzzzzzzzzzzz'
const actor = { id: 'per_tester', kind: 'person', orgId: ORG, roles: ['clinician'] } as const

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms: [identifiersMigrations, imagingMigrations] })
})
afterAll(() => db.drop())

type Site = {
  readonly imaging: Imaging
  readonly identifiers: Identifiers
  readonly directory: string
  readonly logged: () => string
  readonly app: ReturnType<typeof createHttp>
  readonly settings: { quietMs: number }
}

let site: Site
let seed = 0
let ct: SampleStudy
let mr: SampleStudy

beforeEach(async () => {
  site = buildSite()
  // Each test has patients and UIDs of its own, so that one database serves all of them.
  seed += 1
  const studies = await sampleFiles(`imaging-${seed}`)
  ct = studies[0] as SampleStudy
  mr = studies[1] as SampleStudy
})
afterEach(async () => {
  await site.imaging.stopReceiver()
  rmSync(site.directory, { recursive: true, force: true })
})

function buildSite(): Site {
  const directory = mkdtempSync(join(tmpdir(), 'bithive-imaging-'))
  const lines: string[] = []
  const note = (facts: object, message: string) => lines.push(JSON.stringify({ ...facts, message }))
  const log: Log = { debug: note, info: note, warn: note, error: note, child: () => log }
  const clock = systemClock
  const randomness = systemRandomness
  const ids = createIds({ clock, randomness })
  const dataKeys = createDataKeys({ db, master: Buffer.alloc(32, 1), randomness, clock })
  const audit = createAudit({ db, clock, ids })
  const common = { db, dataKeys, audit, clock, ids, log, orgId: ORG, lookupKey: Buffer.alloc(32, 2) }
  const rooms: { imaging?: Imaging } = {}
  const identifiers = createIdentifiers({
    ...common,
    randomness,
    erasers: () => (rooms.imaging ? [rooms.imaging.eraser] : []),
  })
  const settings = {
    directory: join(directory, 'dicom'),
    aeTitle: 'BITHIVE',
    peers: [{ aeTitle: 'SCANNER', addresses: ['127.0.0.1'] }],
    host: '127.0.0.1',
    port: 0,
    quietMs: 0,
    maxObjectBytes: 50_000_000,
    maxRequestBytes: 100_000_000,
    maxRequestParts: 100,
    minFreeBytes: 0,
  }
  const imaging = createImaging({
    ...common,
    blobs: createFileBlobs({ directory: join(directory, 'blobs') }),
    identifiers,
    uidKey: Buffer.alloc(32, 3),
    settings,
  })
  rooms.imaging = imaging
  const app = createHttp({ log, ids, clock, authenticate: async () => actor })
  app.route('/', imagingRoutes({ imaging, orgId: ORG, settings, authorize: () => ({ ok: true }) }))
  return { imaging, identifiers, directory, logged: () => lines.join('\n'), app, settings }
}

/** Files that wait in the queue; the empty ones are for coming images. */
function queued(): string[] {
  const folder = join(site.directory, 'dicom', 'queued')
  return readdirSync(folder).filter((name) => statSync(join(folder, name)).size > 0)
}

const register = (bytes: Uint8Array) => site.imaging.registerInstance(bytes, { actorId: actor.id })

async function codeOf(act: Promise<unknown>): Promise<string> {
  try {
    await act
    return 'none'
  } catch (error) {
    if (isDomainError(error)) return error.code
    throw error
  }
}

const auditActions = async (resource: string) => {
  const rows = await db.owner<{ event: string }[]>`SELECT event FROM kernel.audit_event WHERE org_id = ${ORG} ORDER BY seq`
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
    const nothing = () => {}
    const log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log }
    const target = { host: '127.0.0.1', port, callingAe: 'SCANNER', calledAe: 'BITHIVE' }
    const sent = await sendSampleStudies({ ...target, seed: `port-${seed}`, log })
    expect(sent.map((one) => one.stored)).toEqual([1, 20])
    site.settings.quietMs = 0
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

describe('STOW-RS', () => {
  function request(parts: readonly Uint8Array[], path = '/dicom-web/studies', type = 'application/dicom') {
    const boundary = 'part-of-a-study'
    const head = Buffer.from(`--${boundary}\r\nContent-Type: ${type}\r\n\r\n`)
    const body = Buffer.concat([
      ...parts.flatMap((part) => [head, part, Buffer.from('\r\n')]),
      Buffer.from(`--${boundary}--\r\n`),
    ])
    const headers = { 'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}` }
    return site.app.request(path, { method: 'POST', headers, body })
  }
  type Answer = Record<string, { Value: Record<string, { Value: (string | number)[] }>[] }>

  test('all stored: 200, each named by its UIDs', async () => {
    const response = await request(mr.files.slice(0, 3))
    const answer = (await response.json()) as Answer
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/dicom+json')
    const stored = answer['00081199']?.Value.map((item) => item['00081155']?.Value[0])
    expect(stored).toEqual(mr.files.slice(0, 3).map((bytes) => indexInstance(bytes).header.sopInstanceUid))
    expect(answer['00081198']).toBeUndefined()
  })

  test('some refused: 202 with the reason of each', async () => {
    const [bytes] = ct.files as [Uint8Array]
    const other = editElements(bytes, [{ path: [0x00204000], action: 'set', vr: 'LT', value: 'other' }])
    const response = await request([bytes, other, Buffer.from('not dicom')])
    const answer = (await response.json()) as Answer
    expect(response.status).toBe(202)
    expect(answer['00081198']?.Value.map((item) => item['00081197']?.Value[0])).toEqual([0x0111, 0xc000])
  })

  test('another study than the address says: 409 and nothing stored', async () => {
    const response = await request(ct.files, '/dicom-web/studies/1.2.3.4')
    expect(response.status).toBe(409)
    expect(((await response.json()) as Answer)['00081198']?.Value[0]?.['00081197']?.Value).toEqual([0xa900])
    const uid = indexInstance(ct.files[0] as Uint8Array).header.studyInstanceUid
    expect((await request(ct.files, `/dicom-web/studies/${uid}`)).status).toBe(200)
  })

  test('other media types are 415, an unfinished body 400, and too much 413', async () => {
    expect((await request(ct.files, undefined, 'text/plain')).status).toBe(415)
    const json = await site.app.request('/dicom-web/studies', { method: 'POST', body: '{}' })
    expect(json.status).toBe(415)
    const headers = { 'content-type': 'multipart/related; type="application/dicom"; boundary=x' }
    const cut = await site.app.request('/dicom-web/studies', { method: 'POST', headers, body: '--x\r\nContent' })
    expect(cut.status).toBe(400)
    const huge = await site.app.request('/dicom-web/studies', {
      method: 'POST',
      headers: { ...headers, 'content-length': '999999999999' },
      body: '--x',
    })
    expect(huge.status).toBe(413)
  })

  test('a stranger organisation sees nothing here', async () => {
    const settings = { maxObjectBytes: 1000, maxRequestBytes: 1000, maxRequestParts: 1 }
    const routes = imagingRoutes({
      imaging: site.imaging,
      orgId: 'org_other',
      settings,
      authorize: () => ({ ok: true }),
    })
    const nothing = () => {}
    const log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => log }
    const ids = createIds({ clock: systemClock, randomness: systemRandomness })
    const app = createHttp({ log, ids, clock: systemClock, authenticate: async () => actor })
    app.route('/', routes)
    for (const path of ['/studies', '/studies/stu_x']) expect((await app.request(path)).status).toBe(404)
    expect((await app.request('/dicom-web/studies', { method: 'POST' })).status).toBe(404)
  })

  test('the register can be listed', async () => {
    const { studyId } = await register(sampleFile('jpeg_2000'))
    const listed = (await (await site.app.request('/studies?limit=1')).json()) as { studies: { studyId: string }[] }
    expect(listed.studies).toHaveLength(1)
    expect((await (await site.app.request(`/studies/${studyId}`)).json()) as object).toMatchObject({
      studyId,
      images: 1,
    })
  })
})
