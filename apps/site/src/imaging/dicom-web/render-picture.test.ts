import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { indexInstance } from '../dicom-index.ts'
import { encodeInstance } from '../encode-data-set.ts'
import { type SampleStudy, sampleFiles } from '../sample-scanner.ts'
// biome-ignore lint/style/noRestrictedImports: the tests of this room share one reader of answers.
import { levels, partsOf, pngOf } from '../testing/read-answer.ts'
// biome-ignore lint/style/noRestrictedImports: the tests of this room share one set of rooms below it.
import { createTestImaging, rooms, type TestImaging } from '../testing/test-imaging.ts'

let db: TestDatabase
let site: TestImaging
let ct: SampleStudy
let mr: SampleStudy

const register = (bytes: Uint8Array) => site.imaging.registerInstance(bytes, { actorId: 'system' })

beforeAll(async () => {
  db = await createTestDatabase({ name: 'site', rooms })
  site = createTestImaging(db)
  const studies = await sampleFiles('pictures')
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

/** An image of our own making, so that each pixel is known. */
function made(name: string, facts: Record<string, unknown>, pixels: Uint8Array): Uint8Array {
  const hash = [...name].reduce((sum, char) => sum * 31 + char.charCodeAt(0), 7)
  return encodeInstance({
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.7',
    SOPInstanceUID: `2.25.9${hash}1`,
    StudyInstanceUID: `2.25.9${hash}2`,
    SeriesInstanceUID: `2.25.9${hash}3`,
    Modality: 'OT',
    PatientID: `MADE-${name}`,
    PatientName: 'Made^Up',
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: 4,
    Columns: 4,
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
    PixelData: pixels,
    ...facts,
  } as Parameters<typeof encodeInstance>[0])
}
const ramp = (length: number, step: number) => Uint8Array.from({ length }, (_, i) => (i * step) & 255)

describe('pictures', () => {
  test('a slice whose file states a window without a width is not black', async () => {
    const picture = await pngOf(await get(`${pathOf(mr.files[9] as Uint8Array)}/rendered`))
    expect([picture.width, picture.height, picture.channels]).toEqual([256, 256, 1])
    expect(levels(picture)).toBeGreaterThan(200)
  })

  test('a window chooses what is seen', async () => {
    const path = `${pathOf(ct.files[0] as Uint8Array)}/rendered`
    const lung = await pngOf(await get(`${path}?window=-600,1500,linear`))
    const bone = await pngOf(await get(`${path}?window=400,1800,linear`))
    const soft = await pngOf(await get(`${path}?window=40,400`))
    for (const picture of [lung, bone, soft]) expect(levels(picture)).toBeGreaterThan(50)
    const mean = ({ pixels }: { pixels: Buffer }) => pixels.reduce((sum, value) => sum + value, 0) / pixels.length
    expect(mean(lung)).toBeGreaterThan(mean(bone) + 40)
    expect(mean(soft)).not.toBeCloseTo(mean(lung), 0)
  })

  test('each value lies where PS3.3 section C.11.2.1.2 puts it', async () => {
    const bytes = made('window', { WindowCenter: 100, WindowWidth: 101 }, ramp(16, 16))
    await register(bytes)
    const expected = [...ramp(16, 16)].map((value) =>
      value <= 49.5 ? 0 : value > 149.5 ? 255 : Math.round(((value - 99.5) / 100 + 0.5) * 255),
    )
    expect([...(await pngOf(await get(`${pathOf(bytes)}/rendered`))).pixels]).toEqual(expected)
    const exact = await pngOf(await get(`${pathOf(bytes)}/rendered?window=100,100,linear-exact`))
    expect([...exact.pixels]).toEqual(
      [...ramp(16, 16)].map((value) => Math.round(Math.min(1, Math.max(0, (value - 100) / 100 + 0.5)) * 255)),
    )
    const sigmoid = await pngOf(await get(`${pathOf(bytes)}/rendered?window=100,100,sigmoid`))
    expect([...sigmoid.pixels]).toEqual(
      [...ramp(16, 16)].map((value) => Math.round(255 / (1 + Math.exp((-4 * (value - 100)) / 100)))),
    )
  })

  test('signed values, twelve of sixteen bits, a slope, and grey the other way round', async () => {
    const values = [-2048, -1000, -1, 0, 1, 999, 1500, 2047]
    const words = Buffer.alloc(32)
    for (const [index, value] of [...values, ...values].entries())
      words.writeInt16LE(((value << 20) >> 20) & 0x0fff, 2 * index)
    const facts = { BitsAllocated: 16, BitsStored: 12, HighBit: 11, PixelRepresentation: 1 }
    const file = made('signed', { ...facts, RescaleSlope: 2, RescaleIntercept: 10 }, words)
    const inverse = made('inverse', { ...facts, PhotometricInterpretation: 'MONOCHROME1' }, words)
    for (const bytes of [file, inverse]) await register(bytes)
    const shown = await pngOf(await get(`${pathOf(file)}/rendered?window=10,8190,linear-exact`))
    const expected = values.map((value) => Math.round(Math.min(1, Math.max(0, (2 * value) / 8190 + 0.5)) * 255))
    expect([...shown.pixels.subarray(0, 8)]).toEqual(expected)
    const reversed = await pngOf(await get(`${pathOf(inverse)}/rendered?window=0,4095,linear-exact`))
    expect([...reversed.pixels.subarray(0, 8)]).toEqual(
      values.map((value) => Math.round((1 - Math.min(1, Math.max(0, value / 4095 + 0.5))) * 255)),
    )
  })

  test('colour by pixel, colour by plane, and a palette', async () => {
    const rgb = Uint8Array.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 8, 7])
    const planes = Uint8Array.from(
      [0, 1, 2].flatMap((channel) => [0, 1, 2, 3].map((i) => rgb[3 * i + channel] as number)),
    )
    const facts = { Rows: 2, Columns: 2, SamplesPerPixel: 3, PhotometricInterpretation: 'RGB' }
    const byPixel = made('rgb', { ...facts, PlanarConfiguration: 0 }, rgb)
    const byPlane = made('planes', { ...facts, PlanarConfiguration: 1 }, planes)
    const words = (values: readonly number[]) => new Uint8Array(Uint16Array.from(values.map((v) => v << 8)).buffer)
    const palette = made(
      'palette',
      {
        ...{ Rows: 2, Columns: 2, PhotometricInterpretation: 'PALETTE COLOR' },
        RedPaletteColorLookupTableDescriptor: [4, 10, 16],
        GreenPaletteColorLookupTableDescriptor: [4, 10, 16],
        BluePaletteColorLookupTableDescriptor: [4, 10, 16],
        RedPaletteColorLookupTableData: words([255, 0, 0, 9]),
        GreenPaletteColorLookupTableData: words([0, 255, 0, 8]),
        BluePaletteColorLookupTableData: words([0, 0, 255, 7]),
      },
      Uint8Array.from([10, 11, 12, 13]),
    )
    for (const bytes of [byPixel, byPlane, palette]) {
      await register(bytes)
      const picture = await pngOf(await get(`${pathOf(bytes)}/rendered`))
      expect([picture.channels, ...picture.pixels]).toEqual([3, ...rgb])
    }
  })

  test('a thumbnail stands for an image, a series and a study, and fits the box that was asked for', async () => {
    const [bytes] = mr.files as [Uint8Array]
    for (const path of [pathOf(bytes), seriesPath(bytes), `/studies/${mr.studyInstanceUid}`]) {
      const picture = await pngOf(await get(`${path}/thumbnail?viewport=64,48`))
      expect([picture.width, picture.height]).toEqual([48, 48])
      expect(levels(picture)).toBeGreaterThan(50)
    }
  })

  test('a whole series drawn comes picture by picture', async () => {
    const parts = await partsOf(await get(`${seriesPath(mr.files[0] as Uint8Array)}/rendered?viewport=32,32`))
    expect(parts).toHaveLength(20)
    for (const part of parts) expect(part.headers['content-type']).toBe('image/png')
  })

  test('what is no window or no box is refused by name', async () => {
    const path = `${pathOf(ct.files[0] as Uint8Array)}/rendered`
    for (const query of [
      'window=1',
      'window=1,0',
      'window=a,b',
      'window=1,2,cubic',
      'viewport=0,5',
      'viewport=9999,5',
    ]) {
      expect(await problem(await get(`${path}?${query}`))).toMatchObject({ status: 400, code: 'imaging.bad-query' })
    }
  })
})
