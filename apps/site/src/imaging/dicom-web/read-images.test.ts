import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import dicomParser from 'dicom-parser'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { indexInstance } from '../dicom-index.ts'
import { editElements } from '../edit-elements.ts'
import { sampleFile as plainSample } from '../sample-files.ts'
import { type SampleStudy, sampleFiles } from '../sample-scanner.ts'
// biome-ignore lint/style/noRestrictedImports: the tests of this room share one reader of answers.
import { partsOf } from '../testing/read-answer.ts'
// biome-ignore lint/style/noRestrictedImports: the tests of this room share one set of rooms below it.
import { createTestImaging, ORG, rooms, type TestImaging } from '../testing/test-imaging.ts'

const EXPLICIT = '1.2.840.10008.1.2.1'
let db: TestDatabase
let site: TestImaging
let ct: SampleStudy
let mr: SampleStudy

const register = (bytes: Uint8Array) => site.imaging.registerInstance(bytes, { actorId: 'system' })

beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms })
  site = createTestImaging(db)
  const studies = await sampleFiles('reading')
  ct = studies[0] as SampleStudy
  mr = studies[1] as SampleStudy
  for (const bytes of [...ct.files, ...mr.files]) await register(bytes)
})
afterAll(async () => {
  await site.remove()
  await db.drop()
})

const get = (path: string, accept?: string) =>
  site.app.request(`/dicom-web${path}`, accept === undefined ? {} : { headers: { accept } })
const seriesPath = (bytes: Uint8Array) => {
  const { studyInstanceUid, seriesInstanceUid } = indexInstance(bytes).header
  return `/studies/${studyInstanceUid}/series/${seriesInstanceUid}`
}
const pathOf = (bytes: Uint8Array) => `${seriesPath(bytes)}/instances/${indexInstance(bytes).header.sopInstanceUid}`
const problem = async (response: Response) => {
  const { code, facts } = (await response.json()) as { code: string; facts: Record<string, unknown> }
  return { status: response.status, code, facts }
}

/** Pixels as another parser finds them: dicom-parser knows nothing of our reader. */
function pixelsByOther(bytes: Uint8Array): Buffer {
  const data = dicomParser.parseDicom(bytes)
  const { dataOffset, length } = data.elements.x7fe00010 as { dataOffset: number; length: number }
  return Buffer.from(data.byteArray.subarray(dataOffset, dataOffset + length))
}

/** A sample file with a patient number: some of them have none, and are nobody's. */
const sampleFile = (name: string) =>
  Buffer.from(
    editElements(plainSample(name), [
      { path: [0x00100020], action: 'set', vr: 'LO', value: `READ-${name.length}${name[0]}` },
    ]),
  )

/** The fragments of a compressed image as dicom-parser finds them, without its offset table. */
function fragmentsByOther(bytes: Uint8Array): Buffer[] {
  const data = dicomParser.parseDicom(bytes)
  const { fragments } = data.elements.x7fe00010 as { fragments: { position: number; length: number }[] }
  return fragments.map(({ position, length }) => Buffer.from(data.byteArray.subarray(position, position + length)))
}

describe('copies by WADO-RS', () => {
  test('a series comes file by file, each the same bytes that were received', async () => {
    const response = await get(seriesPath(mr.files[0] as Uint8Array), 'multipart/related; type="application/dicom"')
    const parts = await partsOf(response)
    expect(parts).toHaveLength(20)
    for (const [index, part] of parts.entries()) {
      expect(part.headers['content-type']).toBe(`application/dicom; transfer-syntax=${EXPLICIT}`)
      expect(part.body.equals(Buffer.from(mr.files[index] as Uint8Array))).toBe(true)
    }
  })

  test('a study and an instance, as it is stored when that is asked for', async () => {
    const [bytes] = ct.files as [Uint8Array]
    for (const path of [`/studies/${ct.studyInstanceUid}`, pathOf(bytes)]) {
      const accept = 'multipart/related; type="application/dicom"; transfer-syntax=*'
      const [part] = await partsOf(await get(path, accept))
      expect(part?.headers['content-type']).toBe('application/dicom; transfer-syntax=1.2.840.10008.1.2.5')
      expect(part?.body.equals(Buffer.from(bytes))).toBe(true)
    }
    const single = await get(pathOf(bytes), 'application/dicom; transfer-syntax=1.2.840.10008.1.2.5')
    expect(Buffer.from(await single.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true)
  })

  test('who names no syntax gets explicit little endian, and every attribute is still there', async () => {
    for (const name of ['rle', 'implicit_little', 'explicit_big', 'jpeg_ls', 'jpeg_2000', 'deflated'] as const) {
      const bytes = sampleFile(name)
      await register(bytes)
      const [part] = await partsOf(await get(pathOf(bytes), 'multipart/related; type="application/dicom"'))
      const file = new Uint8Array(part?.body as Buffer)
      const { header, patient } = indexInstance(file)
      expect(header).toEqual({ ...indexInstance(bytes).header, transferSyntaxUid: EXPLICIT })
      expect(patient).toEqual(indexInstance(bytes).patient)
      const [frame] = await partsOf(
        await get(`${pathOf(bytes)}/frames/1`, 'multipart/related; type="application/octet-stream"'),
      )
      const pixels = pixelsByOther(file)
      expect(pixels.subarray(0, frame?.body.length).equals(frame?.body as Buffer), name).toBe(true)
      // A third reader walks all of it without a complaint.
      const parsed = dicomParser.parseDicom(file)
      expect(parsed.warnings, name).toEqual([])
      expect(parsed.string('x00020010')).toBe(EXPLICIT)
    }
  })
})

describe('metadata', () => {
  test('each instance of a series, with pixels by an address that can be read', async () => {
    const response = await get(`${seriesPath(mr.files[0] as Uint8Array)}/metadata`)
    expect(response.headers.get('content-type')).toBe('application/dicom+json')
    const list = (await response.json()) as Record<string, { vr: string; Value?: unknown[]; BulkDataURI?: string }>[]
    expect(list.map((one) => one['00080018']?.Value?.[0])).toEqual(
      mr.files.map((bytes) => indexInstance(bytes).header.sopInstanceUid),
    )
    const parsed = dicomParser.parseDicom(mr.files[1] as Uint8Array)
    expect(list[1]).toMatchObject({
      '00280010': { vr: 'US', Value: [parsed.uint16('x00280010')] },
      '00280030': { vr: 'DS', Value: parsed.string('x00280030')?.split('\\').map(Number) },
      '00200032': { vr: 'DS', Value: parsed.string('x00200032')?.split('\\').map(Number) },
      '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Sample Zhao^Mingyuan', Ideographic: '样例赵^明远' }] },
    })
    const address = list[1]?.['7FE00010']?.BulkDataURI as string
    const bulk = await site.app.request(address)
    expect(Buffer.from(await bulk.arrayBuffer()).equals(pixelsByOther(mr.files[1] as Uint8Array))).toBe(true)
  })

  test('of an implicit and of a big endian file, with the same values as another parser reads', async () => {
    for (const name of ['implicit_little', 'explicit_big'] as const) {
      const bytes = sampleFile(name)
      await register(bytes)
      const [one] = (await (await get(`${pathOf(bytes)}/metadata`)).json()) as Record<string, { Value?: unknown[] }>[]
      const parsed = dicomParser.parseDicom(new Uint8Array(bytes))
      for (const tag of ['00280010', '00280011', '00280100', '00280103']) {
        expect(one?.[tag]?.Value, `${name} ${tag}`).toEqual([parsed.uint16(`x${tag}`)])
      }
      expect(one?.['00080060']?.Value).toEqual([parsed.string('x00080060')])
    }
  })
})

describe('frames', () => {
  test('plain pixels are the very bytes of the file', async () => {
    for (const bytes of [mr.files[0], mr.files[7]] as Uint8Array[]) {
      const response = await get(`${pathOf(bytes)}/frames/1`, 'multipart/related; type="application/octet-stream"')
      const [part] = await partsOf(response)
      expect(part?.headers['content-type']).toBe(`application/octet-stream; transfer-syntax=${EXPLICIT}`)
      expect(part?.body.equals(pixelsByOther(bytes))).toBe(true)
    }
  })

  test('several frames come in the order in which they were asked for', async () => {
    const bytes = sampleFile('explicit_little')
    await register(bytes)
    const whole = pixelsByOther(new Uint8Array(bytes))
    const length = 256 * 256
    const parts = await partsOf(await get(`${pathOf(bytes)}/frames/16,3,4`))
    const frames = parts.map((part) => part.body)
    expect(frames).toHaveLength(3)
    for (const [index, frame] of [16, 3, 4].entries()) {
      expect(frames[index]?.equals(whole.subarray((frame - 1) * length, frame * length)), `frame ${frame}`).toBe(true)
    }
    const single = await get(`${pathOf(bytes)}/frames/2`, 'application/octet-stream')
    expect(Buffer.from(await single.arrayBuffer()).equals(whole.subarray(length, 2 * length))).toBe(true)
  })

  test('the same slice as RLE and as lossy JPEG 2000 gives nearly the same pixels', async () => {
    const pixels: Int16Array[] = []
    for (const name of ['rle', 'jpeg_2000'] as const) {
      const bytes = sampleFile(name)
      await register(bytes)
      const [part] = await partsOf(await get(`${pathOf(bytes)}/frames/1`))
      pixels.push(new Int16Array(new Uint8Array(part?.body as Buffer).buffer))
    }
    const [rle, jpeg] = pixels as [Int16Array, Int16Array]
    expect(rle.length).toBe(512 * 512)
    // Two encodings of one slice agree closely; a frame read from a wrong place does not correlate at all.
    const mean = (values: Int16Array) => values.reduce((sum, value) => sum + value, 0) / values.length
    const [meanOfRle, meanOfJpeg] = [mean(rle), mean(jpeg)]
    const sums = { both: 0, rle: 0, jpeg: 0 }
    for (let i = 0; i < rle.length; i++) {
      const [a, b] = [(rle[i] as number) - meanOfRle, (jpeg[i] as number) - meanOfJpeg]
      sums.both += a * b
      sums.rle += a * a
      sums.jpeg += b * b
    }
    expect(sums.both / Math.sqrt(sums.rle * sums.jpeg)).toBeGreaterThan(0.99)
  })

  test('a compressed frame as it is stored, under its own media type', async () => {
    const types = {
      jpeg_ls: 'image/jls',
      jpeg_2000: 'image/jp2',
      jpeg_baseline_8bit: 'image/jpeg',
      rle: 'image/dicom-rle',
    }
    for (const [name, type] of Object.entries(types)) {
      const bytes = sampleFile(name)
      await register(bytes)
      const syntax = indexInstance(bytes).header.transferSyntaxUid
      for (const accept of [
        'multipart/related; type="application/octet-stream"; transfer-syntax=*',
        `multipart/related; type="${type}"`,
        `multipart/related; type="${type}"; transfer-syntax=${syntax}`,
      ]) {
        const [part] = await partsOf(await get(`${pathOf(bytes)}/frames/1`, accept))
        expect(part?.headers['content-type'], accept).toBe(`${type}; transfer-syntax=${syntax}`)
        const fragments = fragmentsByOther(new Uint8Array(bytes))
        const first = name === 'jpeg_baseline_8bit' ? fragments[0] : Buffer.concat(fragments)
        expect(first?.equals(part?.body as Buffer), name).toBe(true)
      }
    }
  })

  test('a cine of 96 JPEG frames gives each frame, decoded', async () => {
    const bytes = sampleFile('jpeg_baseline_8bit')
    await register(bytes)
    const parts = await partsOf(await get(`${pathOf(bytes)}/frames/1,48,96`))
    expect(parts.map((part) => part.body.length)).toEqual([512 * 512, 512 * 512, 512 * 512])
    const stored = await partsOf(await get(`${pathOf(bytes)}/frames/48,96`, 'multipart/related; type="image/jpeg"'))
    const fragments = fragmentsByOther(new Uint8Array(bytes))
    expect(stored.map((part) => part.body)).toEqual([fragments[47], fragments[95]])
    expect(parts[0]?.body.equals(parts[1]?.body as Buffer)).toBe(false)
  })

  test('frames that are not there are 404, a list that is none 400, and too long a list 413', async () => {
    const path = pathOf(mr.files[0] as Uint8Array)
    for (const frames of ['0', '2', '999999']) expect((await get(`${path}/frames/${frames}`)).status).toBe(404)
    for (const frames of ['x', '1,', '-1', '1.5']) expect((await get(`${path}/frames/${frames}`)).status).toBe(400)
    expect((await get(`${path}/frames/${Array(2_001).fill(1)}`)).status).toBe(413)
  })
})

describe('an image that cannot be decoded', () => {
  /** The CT slice under the syntax of JPEG extended with twelve bits, which no codec here reads. */
  const undecodable = () =>
    editElements(sampleFile('rle'), [
      { path: [0x00020010], action: 'set', vr: 'UI', value: '1.2.840.10008.1.2.4.51' },
      { path: [0x00080018], action: 'set', vr: 'UI', value: '2.25.77' },
      { path: [0x0020000d], action: 'set', vr: 'UI', value: '2.25.78' },
      { path: [0x0020000e], action: 'set', vr: 'UI', value: '2.25.79' },
    ])

  test('is a typed answer that names the transfer syntax, and can still be read as it is stored', async () => {
    const bytes = undecodable()
    await register(bytes)
    const path = pathOf(bytes)
    const expected = { status: 406, code: 'imaging.not-decodable', facts: { transferSyntax: '1.2.840.10008.1.2.4.51' } }
    for (const at of ['frames/1', 'rendered', 'thumbnail', 'frames/1/rendered']) {
      const accept = at === 'frames/1' ? 'multipart/related; type="application/octet-stream"' : undefined
      expect(await problem(await get(`${path}/${at}`, accept)), at).toMatchObject(expected)
    }
    expect(await problem(await get(`/studies/2.25.78/thumbnail`))).toMatchObject(expected)
    const stored = await partsOf(
      await get(`${path}/frames/1`, 'multipart/related; type="application/octet-stream"; transfer-syntax=*'),
    )
    expect(stored[0]?.headers['content-type']).toBe('image/jpeg; transfer-syntax=1.2.840.10008.1.2.4.51')
    const file = await get(path, 'application/dicom; transfer-syntax=*')
    expect(Buffer.from(await file.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true)
  })

  test('whose pixels are cut or damaged says so, and never with another picture', async () => {
    for (const [name, cut] of [
      ['rle', 900],
      ['jpeg_ls', 5_000],
      ['jpeg_2000', 5_000],
    ] as const) {
      const whole = sampleFile(name)
      const element = indexInstance(whole).file.elements.find((one) => one.tag === 0x7fe00010)
      const damaged = editElements(whole, [
        { path: [0x00080018], action: 'set', vr: 'UI', value: `2.25.8${cut}${name.length}` },
      ])
      const at = damaged.length - ((element?.end ?? 0) - (element?.valueStart ?? 0)) + cut
      const bytes = Buffer.from(damaged)
      bytes.fill(0xff, at, at + 400)
      await register(bytes)
      const response = await get(`${pathOf(bytes)}/frames/1`, 'multipart/related; type="application/octet-stream"')
      // A codec may find its way through damage; what it may not do is fail in a way that nobody expected.
      expect([200, 422], name).toContain(response.status)
      if (response.status === 422) expect((await problem(response)).code).toBe('imaging.pixels-damaged')
      else await response.arrayBuffer()
    }
  })
})

describe('what is asked for and what there is', () => {
  test('a form that is not there is 406 and lists what is', async () => {
    const path = pathOf(mr.files[0] as Uint8Array)
    const asked = [
      [path, 'application/pdf'],
      [path, 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2.4.90'],
      [`${path}/frames/1`, 'multipart/related; type="image/jls"'],
      [`${path}/metadata`, 'multipart/related; type="application/dicom+xml"'],
      [`${path}/rendered`, 'image/jpeg'],
    ] as const
    for (const [at, accept] of asked) {
      const answer = await problem(await get(at, accept))
      expect([answer.status, answer.code], accept).toEqual([406, 'imaging.not-acceptable'])
      expect(String(answer.facts.available).length).toBeGreaterThan(5)
    }
  })

  test('the first of several that fits is taken, by their order of preference', async () => {
    const path = `${pathOf(ct.files[0] as Uint8Array)}/frames/1`
    const accept = 'image/jls;q=0.1, multipart/related;type="image/dicom-rle";q=0.5, application/octet-stream;q=0.9'
    expect((await get(path, accept)).headers.get('content-type')).toContain('application/octet-stream')
    const stored = await partsOf(await get(path, 'image/jls, multipart/related;type="image/dicom-rle"'))
    expect(stored[0]?.headers['content-type']).toContain('image/dicom-rle')
  })

  test('UIDs that are not here, or of another series, are 404', async () => {
    const { sopInstanceUid } = indexInstance(mr.files[0] as Uint8Array).header
    const other = seriesPath(ct.files[0] as Uint8Array)
    for (const path of [
      '/studies/1.2.3',
      `/studies/${ct.studyInstanceUid}/series/1.2`,
      `${other}/instances/${sopInstanceUid}`,
    ]) {
      for (const end of ['', '/metadata', '/thumbnail']) expect((await get(`${path}${end}`)).status, path).toBe(404)
    }
    expect((await get(`${other}/instances/${sopInstanceUid}/frames/1`)).status).toBe(404)
  })

  test('another organisation reads nothing', async () => {
    const path = pathOf(mr.files[0] as Uint8Array)
    for (const end of ['', '/metadata', '/rendered', '/thumbnail', '/frames/1', '/bulkdata/7FE00010']) {
      expect((await site.strangersApp.request(`/dicom-web${path}${end}`)).status, end).toBe(404)
    }
  })
})

describe('the record of what was read', () => {
  const events = async (from: bigint) => {
    const rows = await db.owner<{ event: string }[]>`
      SELECT event FROM kernel.audit_event WHERE org_id = ${ORG} AND seq > ${from} ORDER BY seq`
    return rows.map((row) => JSON.parse(row.event) as { action: string; resource: string })
  }
  const head = async () => {
    const [row] = await db.owner<{ seq: bigint | null }[]>`
      SELECT max(seq) AS seq FROM kernel.audit_event WHERE org_id = ${ORG}`
    return row?.seq ?? 0n
  }

  test('looking at a series is one record, however many frames are asked for, also at once; a copy is one each', async () => {
    const viewed = (await sampleFiles('reading-record'))[1] as SampleStudy
    for (const bytes of viewed.files) await register(bytes)
    const from = await head()
    await Promise.all(viewed.files.map((bytes) => get(`${pathOf(bytes)}/frames/1`)))
    await (await get(`${seriesPath(viewed.files[0] as Uint8Array)}/metadata`)).text()
    await get(`${pathOf(viewed.files[3] as Uint8Array)}/rendered`)
    expect((await events(from)).map((event) => event.action)).toEqual(['imaging.series-viewed'])
    await (await get(seriesPath(viewed.files[0] as Uint8Array))).arrayBuffer()
    await (await get(seriesPath(viewed.files[0] as Uint8Array))).arrayBuffer()
    const copies = (await events(from)).slice(1)
    expect(copies.map((event) => event.action)).toEqual(['imaging.images-copied', 'imaging.images-copied'])
  })

  test('when it cannot be written, nothing leaves', async () => {
    const unrecorded = (await sampleFiles('reading-unrecorded'))[1] as SampleStudy
    for (const bytes of unrecorded.files.slice(0, 2)) await register(bytes)
    const [bytes] = unrecorded.files as [Uint8Array]
    await db.owner`ALTER TABLE kernel.audit_event RENAME TO audit_event_gone`
    try {
      const paths = ['', '/metadata', '/rendered', '/thumbnail', '/frames/1', '/bulkdata/7FE00010']
      for (const end of paths) expect((await get(`${pathOf(bytes)}${end}`)).status, end).toBe(500)
      expect((await get(`/studies?StudyInstanceUID=${unrecorded.studyInstanceUid}`)).status).toBe(500)
      expect((await get(`/studies/${unrecorded.studyInstanceUid}/instances`)).status).toBe(500)
    } finally {
      await db.owner`ALTER TABLE kernel.audit_event_gone RENAME TO audit_event`
    }
    expect((await get(`${pathOf(bytes)}/rendered`)).status).toBe(200)
  })
})
