import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAudit } from '@bithive/kernel/audit'
import { createFileBlobs } from '@bithive/kernel/blobs'
import { systemClock } from '@bithive/kernel/clock'
import { createDataKeys } from '@bithive/kernel/data-keys'
import { migrate, openDatabase, startPostgres } from '@bithive/kernel/database'
import { createHttp } from '@bithive/kernel/http'
import { createIds } from '@bithive/kernel/ids'
import { silentLog } from '@bithive/kernel/log'
import { systemRandomness } from '@bithive/kernel/randomness'
import { serve } from '@bithive/kernel/serve'
import { startWorkers } from '@bithive/kernel/worker'
import { decodeImage } from '@bithive/workloads'
import { createIdentifiers, identifiersMigrations } from '../apps/site/src/identifiers/index.ts'
import { asScanner, runProgram, startStorescp, startTestReceiver } from '../apps/site/src/imaging/dicom-peers.ts'
import { editElements } from '../apps/site/src/imaging/edit-elements.ts'
import { createImaging, type Imaging, imagingMigrations, imagingRoutes } from '../apps/site/src/imaging/index.ts'
import { readElements } from '../apps/site/src/imaging/read-elements.ts'
import { sampleFiles } from '../apps/site/src/imaging/sample-scanner.ts'
import { EXPLICIT_LE } from '../apps/site/src/imaging/transfer-syntax.ts'
import { encodeElement, writePart10 } from '../apps/site/src/imaging/write-elements.ts'

export const name = 'intake'

type Result = { metric: string; value: number; unit: string; peer: string; ratio: number }

/**
 * The experiment: one association of dcmtk's storescu with Nagle's algorithm off sends 200 CT images of 512 x 512
 * (531 KB each, real pixels) over loopback, from the start of the program to its end. Ours acknowledges an image when
 * it is indexed, synced and queued; dcmtk's storescp, which does not sync, receives the same files in the same run.
 * `cstore_registered_mb_s` goes on until every image is encrypted, in the register and audited; `stow_mb_s` is that
 * whole way in one request after another over HTTP.
 */
const CONFIGURATION = { images: 200, rounds: 5, imagesPerRequest: 50 } as const

const ORG = 'org_bench'
const UNIT = 'MB/s'

/** The sample CT as an uncompressed image, `images` times with UIDs of their own. */
async function makeImages(seed: string): Promise<Uint8Array[]> {
  const [ct] = await sampleFiles(seed)
  const file = readElements(ct?.files[0] as Uint8Array)
  const { samples } = await decodeImage(file.file)
  const pixels = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
  const head = file.elements.filter((e) => e.tag !== 0x7fe00010).map((e) => file.body.subarray(e.start, e.end))
  const form = { explicit: true, littleEndian: true }
  const plain = writePart10({
    meta: file.metaElements
      .filter((e) => e.tag !== 0x00020000)
      .map((e) =>
        e.tag === 0x00020010
          ? encodeElement(form, e.tag, 'UI', Buffer.from(EXPLICIT_LE))
          : file.file.subarray(e.start, e.end),
      ),
    body: [...head, encodeElement(form, 0x7fe00010, 'OW', pixels)],
  })
  return Array.from({ length: CONFIGURATION.images }, (_, index) => {
    const uid = `2.25.${BigInt(`0x${Buffer.from(seed).toString('hex').slice(0, 20)}`)}${index}`
    return editElements(plain, [
      { path: [0x00020003], action: 'set', vr: 'UI', value: uid },
      { path: [0x00080018], action: 'set', vr: 'UI', value: uid },
      { path: [0x00200013], action: 'set', vr: 'IS', value: String(index + 1) },
    ])
  })
}

async function writeImages(directory: string, images: readonly Uint8Array[]): Promise<string[]> {
  await mkdir(directory, { recursive: true })
  return await Promise.all(
    images.map(async (bytes, index) => {
      const path = join(directory, `${String(index).padStart(3, '0')}.dcm`)
      await writeFile(path, bytes)
      return path
    }),
  )
}

const megabytes = (images: readonly Uint8Array[]) => images.reduce((sum, bytes) => sum + bytes.length, 0) / 1e6

/** Runs storescu once. @returns seconds. @throws when it did not send everything */
async function send(port: number, files: readonly string[]): Promise<number> {
  const startedAt = performance.now()
  const { status, output } = await runProgram('storescu', [...asScanner(port), ...files])
  if (status !== 0) throw new Error(`storescu failed: ${output.slice(0, 200)}`)
  return (performance.now() - startedAt) / 1000
}

/** The receiver keeps empty files ready for what comes next; an image is one that holds something. */
async function countWhole(directory: string): Promise<number> {
  const names = await readdir(directory)
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size))
  return sizes.filter((size) => size > 0).length
}

/** Ours and dcmtk's in turn, so that a noisy neighbour does not fall on one side only; the better of the rounds. */
async function measureReceivers(directory: string): Promise<{ ours: number; theirs: number }> {
  const images = await makeImages('receive')
  const files = await writeImages(join(directory, 'images'), images)
  const best = { ours: 0, theirs: 0 }
  await mkdir(join(directory, 'storescp'))
  const pacs = await startStorescp(join(directory, 'storescp'))
  const receiver = await startTestReceiver(join(directory, 'receiver'))
  try {
    for (let round = 0; round <= CONFIGURATION.rounds; round++) {
      const theirs = megabytes(images) / (await send(pacs.port, files))
      const ours = megabytes(images) / (await send(receiver.port, files))
      // The first round warms caches and compilers up.
      if (round > 0) best.theirs = Math.max(best.theirs, theirs)
      if (round > 0) best.ours = Math.max(best.ours, ours)
    }
    const queued = await countWhole(join(directory, 'receiver', 'queued'))
    const expected = CONFIGURATION.images * (CONFIGURATION.rounds + 1)
    if (queued !== expected) throw new Error(`${queued} of ${expected} images were queued`)
  } finally {
    pacs.stop()
    await receiver.stop()
  }
  return best
}

type Site = {
  readonly imaging: Imaging
  readonly app: ReturnType<typeof createHttp>
  readonly close: () => Promise<void>
}

async function startSite(directory: string): Promise<Site> {
  const postgres = await startPostgres({ directory: join(directory, 'postgres'), log: silentLog })
  const url = postgres.url('postgres')
  await migrate({ url, name: 'site', rooms: [identifiersMigrations, imagingMigrations], log: silentLog })
  const db = await openDatabase({ url, name: 'site', log: silentLog })
  const [clock, randomness] = [systemClock, systemRandomness]
  const ids = createIds({ clock, randomness })
  const dataKeys = createDataKeys({ db, master: randomness.bytes(32), randomness, clock })
  const audit = createAudit({ db, clock, ids })
  const common = { db, dataKeys, audit, clock, ids, log: silentLog, orgId: ORG, lookupKey: randomness.bytes(32) }
  const settings = {
    directory: join(directory, 'dicom'),
    aeTitle: 'BITHIVE',
    peers: [{ aeTitle: 'SCANNER', addresses: ['127.0.0.1'] }],
    host: '127.0.0.1',
    port: 0,
    quietMs: 60_000,
    maxObjectBytes: 50_000_000,
    maxRequestBytes: 500_000_000,
    maxRequestParts: 1000,
    minFreeBytes: 0,
  }
  const imaging = createImaging({
    ...common,
    blobs: createFileBlobs({ directory: join(directory, 'blobs') }),
    identifiers: createIdentifiers({ ...common, randomness, erasers: () => [] }),
    uidKey: randomness.bytes(32),
    settings,
  })
  const actor = { id: 'system', kind: 'system', orgId: ORG, roles: ['system'] } as const
  const app = createHttp({ log: silentLog, ids, clock, authenticate: async () => actor })
  app.route('/', imagingRoutes({ imaging, orgId: ORG, settings, ids, log: silentLog, authorize: () => ({ ok: true }) }))
  const close = async () => {
    await imaging.stopReceiver()
    await db.close()
    await postgres.stop()
  }
  return { imaging, app, close }
}

async function registered(imaging: Imaging): Promise<number> {
  return (await imaging.listStudies()).reduce((sum, study) => sum + study.images, 0)
}

/** C-STORE until the last image is in the register. */
async function measureRegistered(site: Site, directory: string): Promise<number> {
  const images = await makeImages('register')
  const files = await writeImages(join(directory, 'register'), images)
  const { port } = await site.imaging.startReceiver()
  const workers = startWorkers(site.imaging.workers)
  const startedAt = performance.now()
  await send(port, files)
  while ((await registered(site.imaging)) < images.length) await systemClock.sleep(5)
  const seconds = (performance.now() - startedAt) / 1000
  await workers.stop()
  return megabytes(images) / seconds
}

async function measureStow(site: Site): Promise<number> {
  const images = await makeImages('stow')
  const served = await serve({ host: '127.0.0.1', port: 0, fetch: site.app.fetch })
  const boundary = 'bench-boundary'
  const head = Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`)
  const startedAt = performance.now()
  for (let at = 0; at < images.length; at += CONFIGURATION.imagesPerRequest) {
    const parts = images.slice(at, at + CONFIGURATION.imagesPerRequest)
    const body = Buffer.concat([
      ...parts.flatMap((part) => [head, part, Buffer.from('\r\n')]),
      Buffer.from(`--${boundary}--\r\n`),
    ])
    const headers = { 'content-type': `multipart/related; type="application/dicom"; boundary=${boundary}` }
    const response = await fetch(`${served.url}/dicom-web/studies`, { method: 'POST', headers, body })
    if (response.status !== 200) throw new Error(`STOW-RS answered ${response.status}`)
    await response.arrayBuffer()
  }
  const seconds = (performance.now() - startedAt) / 1000
  await served.stop()
  return megabytes(images) / seconds
}

/** Measures what the site takes in, beside dcmtk's storescp. Needs dcmtk; takes about 20 seconds. */
export async function bench(): Promise<Result[]> {
  const directory = await mkdtemp(join(tmpdir(), 'bithive-bench-intake-'))
  try {
    const { ours, theirs } = await measureReceivers(directory)
    const site = await startSite(directory)
    const registeredRate = await measureRegistered(site, directory)
    const stow = await measureStow(site)
    await site.close()
    const peer = 'dcmtk_storescp_mb_s'
    return [
      { metric: 'cstore_mb_s', value: ours, unit: UNIT, peer, ratio: ours / theirs },
      { metric: peer, value: theirs, unit: UNIT, peer: 'itself', ratio: 1 },
      { metric: 'cstore_registered_mb_s', value: registeredRate, unit: UNIT, peer, ratio: registeredRate / theirs },
      { metric: 'stow_mb_s', value: stow, unit: UNIT, peer, ratio: stow / theirs },
    ]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
