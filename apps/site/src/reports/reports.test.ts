import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { startWorkers } from '@bithive/kernel/worker'
import { findWorkload, writeBundle } from '@bithive/workloads'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { indexInstance } from '../imaging/index.ts'
// biome-ignore lint/style/noRestrictedImports: the site below orders, built once for the tests of both rooms.
import { registerSample } from '../orders/testing/sample-order.ts'
// biome-ignore lint/style/noRestrictedImports: the site below orders, built once for the tests of both rooms.
import { createTestSite, SITE_ORG, siteMigrations, type TestSite } from '../orders/testing/test-site.ts'
import type { FileRequest, ReportsDeps } from './index.ts'

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms: siteMigrations, maxConnections: 10 })
})
afterAll(() => db.drop())

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

let seeds = 0

/** A site with one registered CT slice and its verified result, computed for real. */
async function setting(archive?: Pick<ReportsDeps, 'pacs' | 'send'>) {
  const site = createTestSite({ db, hubUrl: 'http://127.0.0.1:9', ...(archive ? { archive } : {}) })
  closing.push(site.remove)
  const series = await registerSample(site, 'ct-chest', `reports-${++seeds}`)
  return { site, series, request: await requestFor(site, series) }
}

async function requestFor(site: TestSite, series: { studyId: string; seriesId: string; personId: string }) {
  const { files } = await site.imaging.deidentifySeries(series.studyId, series.seriesId)
  const bundle = writeBundle(files.map((file) => ({ name: `${file.sopInstanceUid}.dcm`, bytes: file.bytes })))
  const { card, run } = findWorkload('imaging.ct.lung-density')
  const result = await run({ bundle }, () => {}, new AbortController().signal)
  const { studyId, seriesId, personId } = series
  const request: FileRequest = { orderId: site.ids.next('ord'), studyId, seriesId, personId, card, result }
  return request
}

const TARGET = { host: '127.0.0.1', port: 9, callingAe: 'BITHIVE', calledAe: 'PACS' } as const
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8')

describe('filing a result', () => {
  test('links it to the original patient, study and image', async () => {
    const { site, series, request } = await setting()
    const { reportId } = await site.reports.fileResult(request)
    const report = await site.reports.get(reportId)
    expect(report).toMatchObject({ state: 'preliminary', personId: series.personId, orderId: request.orderId })
    expect(report.documents.map((document) => document.kind)).toEqual(['fhir', 'seg', 'sr'])
    const original = indexInstance(series.study.files[0] as Uint8Array)
    for (const kind of ['sr', 'seg'] as const) {
      const bytes = await site.reports.readDocument(reportId, kind, site.actor)
      const { header, patient } = indexInstance(bytes)
      expect(header.studyInstanceUid).toBe(series.study.studyInstanceUid)
      expect(patient.patientId).toBe(series.study.patient.patientId)
      expect(patient.birthDate).toBe(series.study.patient.birthDate)
      expect(text(bytes)).toContain(original.header.sopInstanceUid)
      // No mapped UID may be left in a document of the hospital: it would lead nowhere.
      expect(text(bytes)).not.toContain(request.result.segments[0]?.frames[0]?.sopInstanceUid)
    }
  })

  test('the FHIR report is preliminary and names the person by pseudonym only', async () => {
    const { site, series, request } = await setting()
    const { reportId } = await site.reports.fileResult(request)
    const fhir = text(await site.reports.readDocument(reportId, 'fhir', site.actor))
    expect(JSON.parse(fhir)).toMatchObject({
      resourceType: 'DiagnosticReport',
      id: reportId,
      status: 'preliminary',
      subject: { reference: `Patient/${series.personId}` },
    })
    expect(fhir).not.toContain(series.study.patient.patientId)
    expect(fhir).not.toContain('Lin')
  })

  test('one order is one report, also when asked at once and after a kill half way', async () => {
    const { site, request } = await setting()
    const twice = await Promise.all([site.reports.fileResult(request), site.reports.fileResult(request)])
    expect(twice[0]).toEqual(twice[1])
    const before = (await site.reports.get(twice[0].reportId)).documents
    // A kill after the blobs and before the row: the row is still being filed.
    const { reportId } = twice[0]
    await db.owner`UPDATE reports.report SET state = 'filing' WHERE report_id = ${reportId}`
    await db.owner`DELETE FROM reports.document WHERE report_id = ${reportId}`
    await expect(site.reports.readDocument(reportId, 'sr', site.actor)).rejects.toMatchObject({
      code: 'reports.not-ready',
    })
    expect(await site.reports.fileResult(request)).toEqual({ reportId })
    expect((await site.reports.get(reportId)).documents).toEqual(before)
    expect((await site.reports.list()).filter((one) => one.orderId === request.orderId)).toHaveLength(1)
  })

  test('a result of another study, or for another person, is not filed', async () => {
    const { site, request } = await setting()
    const other = await registerSample(site, 'ct-chest', `reports-${++seeds}`)
    const theirs = await requestFor(site, other)
    const mixed = { ...request, orderId: site.ids.next('ord'), result: theirs.result }
    await expect(site.reports.fileResult(mixed)).rejects.toMatchObject({ code: 'reports.wrong-patient' })
    const swapped = { ...request, orderId: site.ids.next('ord'), personId: other.personId }
    await expect(site.reports.fileResult(swapped)).rejects.toMatchObject({ code: 'reports.wrong-patient' })
  })

  test('nothing of a report lies readable in tables or blobs', async () => {
    const { site, series, request } = await setting()
    const { reportId } = await site.reports.fileResult(request)
    const { patient, studyInstanceUid } = series.study
    const rows = await db.owner`SELECT r::text, d::text FROM reports.report r JOIN reports.document d USING (report_id)`
    const blobs = await Promise.all((await site.blobs.list('reports/')).map((key) => site.blobs.get(key)))
    expect(blobs).toHaveLength(3)
    const all = JSON.stringify(rows) + blobs.map((bytes) => text(bytes as Uint8Array)).join()
    for (const value of [patient.patientId, patient.name, patient.birthDate, studyInstanceUid, 'laa-950']) {
      expect(all).not.toContain(value)
    }
    expect((await site.reports.get(reportId)).documents).toHaveLength(3)
  })
})

describe('reading a report', () => {
  test('is recorded before the bytes leave, and refused to those who may not', async () => {
    const { site, request } = await setting()
    const { reportId } = await site.reports.fileResult(request)
    const head = await site.audit.head(SITE_ORG)
    await site.reports.readDocument(reportId, 'sr', site.actor)
    expect((await site.audit.head(SITE_ORG)).seq).toBe(head.seq + 1n)
    const registrar = { id: 'usr_1', kind: 'person', orgId: SITE_ORG, roles: ['registrar'] } as const
    await expect(site.reports.readDocument(reportId, 'sr', registrar)).rejects.toMatchObject({ code: 'http.forbidden' })
  })

  test('of a forgotten person gives nothing, in no form', async () => {
    const { site, series, request } = await setting({ pacs: TARGET })
    const { reportId } = await site.reports.fileResult(request)
    const key = `reports/${reportId}/sr.dcm`
    const kept = (await site.blobs.get(key)) as Uint8Array
    await site.identifiers.forget(series.personId, site.actor, 'asked by the patient')
    expect(await site.blobs.list(`reports/${reportId}`)).toEqual([])
    await expect(site.reports.readDocument(reportId, 'sr', site.actor)).rejects.toMatchObject({
      code: 'reports.unknown',
    })
    // The blob as a backup still has it cannot be opened.
    await expect(site.dataKeys.decrypt(series.personId, kept, `reports.sr:${reportId}`)).rejects.toMatchObject({
      code: 'kernel.person-forgotten',
    })
    expect((await site.reports.get(reportId)).deliveries.map((one) => one.state)).toEqual(['withdrawn', 'withdrawn'])
    expect((await site.reports.deliver(reportId)).deliveries.map((one) => one.state)).toEqual([
      'withdrawn',
      'withdrawn',
    ])
  })
})

describe('sending to the archive', () => {
  const states = async (site: TestSite, reportId: string) =>
    Object.fromEntries((await site.reports.get(reportId)).deliveries.map((one) => [one.kind, one.state]))

  test('segmentation first, then the report, and each is noted', async () => {
    const kinds: string[] = []
    const send: ReportsDeps['send'] = async (_, files) => {
      kinds.push(...files.map((bytes) => indexInstance(bytes).header.modality))
      return files.map(() => ({ state: 'sent', status: 0 }))
    }
    const { site, request } = await setting({ pacs: TARGET, send })
    const told: string[] = []
    site.reports.watch((step) => told.push(step.stage))
    const workers = startWorkers(site.reports.workers)
    closing.push(workers.stop)
    const { reportId } = await site.reports.fileResult(request)
    await vi.waitFor(async () => expect(await states(site, reportId)).toEqual({ seg: 'sent', sr: 'sent' }))
    expect([kinds, told]).toEqual([
      ['SEG', 'SR'],
      ['filed', 'sent', 'sent'],
    ])
  })

  test('an archive that is down is a state, and it is tried again until it is up', async () => {
    const { port, close } = await closedPort()
    await close()
    const { site, request } = await setting({ pacs: { ...TARGET, port, timeoutMs: 2_000 } })
    const { reportId } = await site.reports.fileResult(request)
    await site.reports.deliver(reportId)
    expect(await states(site, reportId)).toEqual({ seg: 'unreachable', sr: 'unreachable' })
    const due = await db.owner<{ wait: number }[]>`
      SELECT (next_try_ms - state_at_ms)::float8 AS wait FROM reports.delivery WHERE report_id = ${reportId}`
    expect(due.map((row) => row.wait)).toEqual([1_000, 1_000])
  })

  test('an answer that never comes is unknown, and sending it again is the same document', async () => {
    const uids: string[] = []
    const outcomes = [{ state: 'unknown' }, { state: 'sent', status: 0 }] as const
    let call = 0
    const send: ReportsDeps['send'] = async (_, files) => {
      uids.push(files.map((bytes) => indexInstance(bytes).header.sopInstanceUid).join())
      const outcome = outcomes[Math.min(call++, 1)] as (typeof outcomes)[number]
      return files.map(() => outcome)
    }
    const { site, request } = await setting({ pacs: TARGET, send })
    const { reportId } = await site.reports.fileResult(request)
    await site.reports.deliver(reportId)
    expect(await states(site, reportId)).toEqual({ seg: 'unknown', sr: 'unknown' })
    await site.reports.deliver(reportId)
    expect(await states(site, reportId)).toEqual({ seg: 'sent', sr: 'sent' })
    expect(uids[0]).toBe(uids[1])
  })

  test('a refusal is final for that document alone, until somebody sends it again', async () => {
    let refuses = true
    const send: ReportsDeps['send'] = async (_, files) =>
      files.map((bytes) =>
        refuses && indexInstance(bytes).header.modality === 'SEG'
          ? { state: 'refused', reason: 'no-context', status: 0 }
          : { state: 'sent', status: 0 },
      )
    const { site, request } = await setting({ pacs: TARGET, send })
    const { reportId } = await site.reports.fileResult(request)
    await site.reports.deliver(reportId)
    await site.reports.deliver(reportId)
    expect(await states(site, reportId)).toEqual({ seg: 'refused', sr: 'sent' })
    refuses = false
    await site.reports.sendAgain(reportId, site.actor)
    await site.reports.deliver(reportId)
    expect(await states(site, reportId)).toEqual({ seg: 'sent', sr: 'sent' })
  })

  test('nothing leaves when it cannot be recorded', async () => {
    let sent = 0
    const send: ReportsDeps['send'] = async (_, files) => {
      sent++
      return files.map(() => ({ state: 'sent', status: 0 }))
    }
    const { site, request } = await setting({ pacs: TARGET, send })
    const { reportId } = await site.reports.fileResult(request)
    const record = vi.spyOn(site.audit, 'record').mockRejectedValue(new Error('disk full'))
    closing.push(() => record.mockRestore())
    await expect(site.reports.deliver(reportId)).rejects.toThrow('disk full')
    expect(sent).toBe(0)
  })
})

/** A port that nobody listens on once it is closed. */
async function closedPort() {
  const server: Server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { port, close: () => new Promise<void>((resolve) => server.close(() => resolve())) }
}
