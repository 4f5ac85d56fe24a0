import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createTestDatabase, type TestDatabase, wide } from '@bithive/kernel/testing'
import { startWorkers } from '@bithive/kernel/worker'
import { findWorkload, writeBundle } from '@bithive/workloads'
import { afterAll, afterEach, beforeAll, describe, expect, vi } from 'vitest'
import { indexInstance } from '../imaging/index.ts'
// biome-ignore lint/style/noRestrictedImports: the site below orders, built once for the tests of both rooms.
import { registerSample } from '../orders/testing/sample-order.ts'
// biome-ignore lint/style/noRestrictedImports: the site below orders, built once for the tests of both rooms.
import { createTestSite, siteMigrations } from '../orders/testing/test-site.ts'

const run = promisify(execFile)
const withDcmtk = wide('dcmtk', ['storescp', 'dsrdump'])

let db: TestDatabase
beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms: siteMigrations, maxConnections: 10 })
})
afterAll(() => db.drop())
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

describe('delivery to a real archive', () => {
  withDcmtk('waits for an archive that is down, then delivers both documents once, readable by others', async () => {
    const port = await freePort()
    const pacs = { host: '127.0.0.1', port, callingAe: 'BITHIVE', calledAe: 'ARCHIVE', timeoutMs: 5_000 }
    const site = createTestSite({ db, hubUrl: 'http://127.0.0.1:9', archive: { pacs } })
    closing.push(site.remove)
    const series = await registerSample(site, 'ct-chest', 'archive')
    const { files } = await site.imaging.deidentifySeries(series.studyId, series.seriesId)
    const bundle = writeBundle(files.map((file) => ({ name: `${file.sopInstanceUid}.dcm`, bytes: file.bytes })))
    const { card, run: compute } = findWorkload('imaging.ct.lung-density')
    const result = await compute({ bundle }, () => {}, new AbortController().signal)
    const { studyId, seriesId, personId } = series
    const orderId = site.ids.next('ord')
    const { reportId } = await site.reports.fileResult({ orderId, studyId, seriesId, personId, card, result })
    const states = async () => (await site.reports.get(reportId)).deliveries.map((one) => one.state)
    const workers = startWorkers(site.reports.workers)
    closing.push(workers.stop)
    await vi.waitFor(async () => expect(await states()).toEqual(['unreachable', 'unreachable']), { timeout: 10_000 })

    const directory = await mkdtemp(join(tmpdir(), 'bithive-archive-'))
    closing.push(() => rm(directory, { recursive: true, force: true }))
    const archive = spawn('storescp', ['-aet', 'ARCHIVE', '-od', directory, '+xa', String(port)], { stdio: 'ignore' })
    closing.push(() => archive.kill('SIGKILL'))
    await vi.waitFor(async () => expect(await states()).toEqual(['sent', 'sent']), { timeout: 20_000, interval: 50 })

    const received = await readdir(directory)
    expect(received).toHaveLength(2)
    for (const file of received) {
      const { header, patient } = indexInstance(await readFile(join(directory, file)))
      expect(patient.patientId).toBe(series.study.patient.patientId)
      expect(header.studyInstanceUid).toBe(series.study.studyInstanceUid)
    }
    const sr = received.find((file) => file.startsWith('SR')) as string
    const { stdout } = await run('dsrdump', [join(directory, sr)])
    expect(stdout).toContain('Imaging Measurement Report')
    expect(stdout).toContain('Lung voxels below -950 HU')
  })
})
