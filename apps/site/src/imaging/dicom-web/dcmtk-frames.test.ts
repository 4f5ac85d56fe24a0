import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createTestDatabase, type TestDatabase, wide } from '@bithive/kernel/testing'
import { startWorkers } from '@bithive/kernel/worker'
import { afterAll, beforeAll, describe, expect, vi } from 'vitest'
import { indexInstance } from '../dicom-index.ts'
import { runProgram } from '../dicom-peers.ts'
import { samplePath } from '../sample-files.ts'
// biome-ignore lint/style/noRestrictedImports: the tests of this room share one reader of answers.
import { partsOf } from '../testing/read-answer.ts'
// biome-ignore lint/style/noRestrictedImports: the tests of this room share one set of rooms below it.
import { createTestImaging, rooms, type TestImaging } from '../testing/test-imaging.ts'

let db: TestDatabase
let site: TestImaging
let folder: string
let port = 0
let workers: ReturnType<typeof startWorkers>

beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms })
  site = createTestImaging(db)
  folder = mkdtempSync(join(tmpdir(), 'bithive-dcmtk-'))
  port = (await site.imaging.startReceiver()).port
  workers = startWorkers(site.imaging.workers)
})
afterAll(async () => {
  await workers.stop()
  await site.remove()
  await db.drop()
  rmSync(folder, { recursive: true, force: true })
})

const run = async (program: string, ...words: string[]) => {
  const { status, output } = await runProgram(program, words)
  expect([program, status, status === 0 ? '' : output]).toEqual([program, 0, ''])
}

/** The pixels that dcmtk itself writes out of a file. */
async function pixelsByDcmtk(path: string, name: string): Promise<Buffer> {
  const into = join(folder, `${name}-raw`)
  mkdirSync(into)
  await run('dcmdump', '-q', '+W', into, path)
  const [raw] = readdirSync(into)
  return readFileSync(join(into, raw as string))
}

describe('what dcmtk made, sent with storescu and read by WADO-RS', () => {
  const t = wide('dcmtk frames', ['storescu', 'dcmconv', 'dcmcrle', 'dcmcjpeg', 'dcmcjpls', 'dcmodify', 'dcmdump'])
  t.each([
    ['plain', '-xe', ['dcmconv', '+te']],
    ['implicit', '-xi', ['dcmconv', '+ti']],
    ['big endian', '-xb', ['dcmconv', '+tb']],
    ['RLE', '-xr', ['dcmcrle']],
    ['JPEG lossless', '-xs', ['dcmcjpeg', '+e1']],
    ['JPEG-LS lossless', '-xt', ['dcmcjpls', '+el']],
  ] as const)('%s: frame and file give the very pixels of the original', async (name, option, [program, ...words]) => {
    const short = name.replaceAll(' ', '-')
    const plain = join(folder, `${short}-plain.dcm`)
    const made = join(folder, `${short}.dcm`)
    await run('dcmconv', '+te', samplePath('volume/brain_002'), plain)
    await run('dcmodify', '-nb', '-gst', '-gse', '-gin', '-i', `(0010,0020)=DCMTK-${short}`, plain)
    const original = await pixelsByDcmtk(plain, `${short}-plain`)
    await run(program, ...words, plain, made)
    const sent = ['-aet', 'SCANNER', '-aec', 'BITHIVE', option, '127.0.0.1', String(port), made]
    await run('storescu', ...sent)
    const { header } = indexInstance(readFileSync(made))
    const series = `/dicom-web/studies/${header.studyInstanceUid}/series/${header.seriesInstanceUid}`
    // A lossless compression keeps the UID of the image; dcmtk may give it another one, so it is looked up.
    const uid = await vi.waitFor(async () => {
      const answer = await site.app.request(`${series}/instances`)
      expect(answer.status).toBe(200)
      const [match] = (await answer.json()) as Record<string, { Value: string[] }>[]
      // The series is in the register a moment before its first image.
      expect(match).toBeDefined()
      return match?.['00080018']?.Value[0] as string
    }, 10_000)
    expect(uid).toBe(header.sopInstanceUid)
    const accept = { accept: 'multipart/related; type="application/octet-stream"' }
    const [frame] = await partsOf(await site.app.request(`${series}/instances/${uid}/frames/1`, { headers: accept }))
    expect(frame?.body.equals(original.subarray(0, 256 * 256 * 2))).toBe(true)

    // The whole file in explicit little endian is one that dcmtk reads, with the same pixels.
    const whole = { accept: 'multipart/related; type="application/dicom"' }
    const [file] = await partsOf(await site.app.request(`${series}/instances/${uid}`, { headers: whole }))
    const back = join(folder, `${short}-back.dcm`)
    writeFileSync(back, file?.body as Buffer)
    expect((await pixelsByDcmtk(back, `${short}-back`)).equals(original)).toBe(true)
  })
})
