import { createRequire } from 'node:module'
import { deflateRawSync } from 'node:zlib'
import { isDomainError } from '@bithive/kernel/errors'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { decodeImage, IMAGE_LIMITS } from './decode-image.ts'
import { daikonFile, type SampleImage, SYNTAX, writeSample } from './dicom-samples.ts'
import { readFileMeta } from './file-meta.ts'

const require = createRequire(import.meta.url)

type DaikonImage = {
  decompress(): void
  getInterpretedData(asArray: boolean, asObject: boolean): { data: ArrayLike<number> }
}
const daikon = require('daikon') as { Series: { parseImage(view: DataView): DaikonImage } }

/** daikon's own reading of a file: another parser and other decoders than ours. */
function asDaikonReads(bytes: Uint8Array): ArrayLike<number> {
  const image = daikon.Series.parseImage(new DataView(bytes.slice().buffer))
  image.decompress()
  return image.getInterpretedData(false, true).data
}

function greatestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let greatest = a.length === b.length ? 0 : Number.POSITIVE_INFINITY
  for (let i = 0; i < a.length; i++) greatest = Math.max(greatest, Math.abs((a[i] as number) - (b[i] as number)))
  return greatest
}

const small = { rows: 2, columns: 3, words: [0, 1, 2, 3, 4, 5] }
const codeOf = async (bytes: Uint8Array) => {
  try {
    await decodeImage(bytes)
    return 'decoded'
  } catch (error) {
    return isDomainError(error) ? error.code : `not typed: ${String(error)}`
  }
}
const codeOfSample = (change: Partial<SampleImage>) => codeOf(writeSample({ ...small, ...change }))

describe('real files', () => {
  const files: readonly [string, number][] = [
    ['rle.dcm', 0],
    ['explicit_big.dcm', 0],
    ['implicit_little.dcm', 0],
    ['deflated.dcm', 0],
    ['jpeg_lossless_sel1.dcm', 0],
    ['volume/brain_001.dcm', 0],
    ['volume/brain_020.dcm', 0],
    // Lossy JPEG 2000: two decoders may differ in the last bit of the inverse transform.
    ['jpeg_2000.dcm', 1],
    // Its values are stored numbers times 3.77, kept as float32 here.
    ['jpeg_ls.dcm', 2e-4],
  ]
  test.each(files)('%s has the values that another decoder reads, within %d', async (name, slack) => {
    const bytes = daikonFile(name)
    const image = await decodeImage(bytes)
    expect(greatestDifference(image.samples, asDaikonReads(bytes))).toBeLessThanOrEqual(slack)
  })

  test('the chest CT comes out in Hounsfield units with its geometry and its padding', async () => {
    const { samples, ...facts } = await decodeImage(daikonFile('rle.dcm'))
    expect(facts).toEqual({
      sopInstanceUid: '1.2.276.0.7230010.3.1.4.1787205428.2345.1071048146.1',
      seriesInstanceUid: '1.3.6.1.4.1.5962.1.3.1.1.20031208063649.855',
      studyInstanceUid: '1.3.6.1.4.1.5962.1.2.1.20031208063649.855',
      modality: 'CT',
      imageType: ['DERIVED', 'SECONDARY', 'AXIAL'],
      bodyPart: undefined,
      rows: 512,
      columns: 512,
      pixelSpacingMm: [0.661468, 0.661468],
      sliceThicknessMm: 5,
      positionMm: [-158.135803, -179.035797, -75.699997],
      orientation: [1, 0, 0, 0, 1, 0],
      hasRescale: true,
      padding: { low: -3024, high: -3024 },
    })
    expect(samples).toBeInstanceOf(Int16Array)
    expect([...samples].sort((a, b) => a - b).filter((_, i, all) => i === 0 || i === all.length - 1)).toEqual([
      -3024, 1254,
    ])
  })

  test('decoding prints nothing, not even for the file that floods other parsers with warnings', async () => {
    const calls: unknown[] = []
    const keep = (...args: unknown[]) => {
      calls.push(args)
      return true
    }
    for (const method of ['log', 'warn', 'error', 'info', 'debug', 'trace'] as const) {
      vi.spyOn(console, method).mockImplementation(keep as () => void)
    }
    vi.spyOn(process.stdout, 'write').mockImplementation(keep)
    vi.spyOn(process.stderr, 'write').mockImplementation(keep)
    for (const name of ['volume/brain_001.dcm', 'rle.dcm', 'jpeg_2000.dcm']) await decodeImage(daikonFile(name))
    await codeOf(daikonFile('rle.dcm').subarray(0, 50_000))
    vi.restoreAllMocks()
    expect(calls).toEqual([])
  })
})

afterEach(() => vi.restoreAllMocks())

type Encoder = 'encodeRle' | 'encodeJpeg' | 'encodeJpegLs' | 'encodeJpeg2000' | 'encodeHtJpeg2000'
const LOSSLESS: readonly [string, string, Encoder][] = [
  ['RLE', '1.2.840.10008.1.2.5', 'encodeRle'],
  ['JPEG lossless', '1.2.840.10008.1.2.4.70', 'encodeJpeg'],
  ['JPEG-LS', '1.2.840.10008.1.2.4.80', 'encodeJpegLs'],
  ['JPEG 2000', '1.2.840.10008.1.2.4.90', 'encodeJpeg2000'],
  ['HTJ2K', '1.2.840.10008.1.2.4.201', 'encodeHtJpeg2000'],
]

async function compress(encoder: Encoder, words: ArrayLike<number>, rows: number, columns: number, signed: boolean) {
  const { NativeCodecs, Context } = require('dcmjs-codecs') as typeof import('dcmjs-codecs')
  if (!NativeCodecs.isInitialized()) await NativeCodecs.initializeAsync()
  const decodedBuffer = new Uint8Array(Uint16Array.from(words, (word) => word & 0xffff).buffer)
  const context = new Context({
    width: columns,
    height: rows,
    bitsAllocated: 16,
    bitsStored: 16,
    samplesPerPixel: 1,
    pixelRepresentation: signed ? 1 : 0,
    planarConfiguration: 0,
    photometricInterpretation: 'MONOCHROME2',
    decodedBuffer,
  })
  const parameters = { lossy: false, predictor: 1, pointTransform: 0, progressionOrder: 0 }
  return NativeCodecs[encoder](context, parameters).getEncodedBuffer() as Uint8Array
}

const stored = (signed: boolean) => (signed ? fc.integer({ min: -32_768, max: 32_767 }) : fc.nat(65_535))
const anyImage = fc.boolean().chain((signed) =>
  fc.tuple(fc.integer({ min: 8, max: 24 }), fc.integer({ min: 8, max: 24 })).chain(([rows, columns]) =>
    fc.record({
      signed: fc.constant(signed),
      rows: fc.constant(rows),
      columns: fc.constant(columns),
      words: fc.array(stored(signed), { minLength: rows * columns, maxLength: rows * columns }),
    }),
  ),
)

describe('any 16-bit image', () => {
  test.each(Object.entries(SYNTAX))('comes back from %s as it was written', async (_, syntax) => {
    await fc.assert(
      fc.asyncProperty(anyImage, async (image) => {
        const { samples } = await decodeImage(writeSample({ ...image, syntax }))
        expect([...samples]).toEqual(image.words)
      }),
      { numRuns: 100 },
    )
  })

  test.each(LOSSLESS)('comes back from %s as it was written', async (_, syntax, encoder) => {
    await fc.assert(
      fc.asyncProperty(anyImage, async (image) => {
        const frame = await compress(encoder, image.words, image.rows, image.columns, image.signed)
        const { samples } = await decodeImage(writeSample({ ...image, syntax, frame }))
        expect([...samples]).toEqual(image.words)
      }),
      { numRuns: 25 },
    )
  })
})

describe('physical units', () => {
  test('slope and intercept apply to values and padding, and whole results stay whole', async () => {
    const texts = { '00281053': '2', '00281052': '-1024' }
    const image = await decodeImage(writeSample({ ...small, texts, numbers: { '00280120': 0xf830 } }))
    expect(image.samples).toEqual(Int16Array.of(-1024, -1022, -1020, -1018, -1016, -1014))
    expect(image.padding).toEqual({ low: -5024, high: -5024 })
  })

  test('a padding range is rescaled as a range', async () => {
    const texts = { '00281053': '1', '00281052': '-1000' }
    const image = await decodeImage(
      writeSample({ ...small, signed: false, texts, numbers: { '00280120': 10, '00280121': 4 } }),
    )
    expect(image.padding).toEqual({ low: -996, high: -990 })
  })

  test('a slope with a fraction gives float32', async () => {
    const image = await decodeImage(writeSample({ ...small, texts: { '00281053': '0.5' } }))
    expect(image.samples).toEqual(Float32Array.of(0, 0.5, 1, 1.5, 2, 2.5))
  })

  test('bits above the stored ones are ignored and the sign is taken from the highest stored bit', async () => {
    const words = [0xf001, 0x0fff, 0x0800, 0x07ff, 0x8000, 0]
    const signed = await decodeImage(writeSample({ ...small, words, bitsStored: 12 }))
    const unsigned = await decodeImage(writeSample({ ...small, words, bitsStored: 12, signed: false }))
    expect([...signed.samples]).toEqual([1, -1, -2048, 2047, 0, 0])
    expect([...unsigned.samples]).toEqual([1, 4095, 2048, 2047, 0, 0])
  })

  test('an image without rescale, spacing or position says so', async () => {
    const texts = { '00281052': undefined, '00281053': undefined, '00280030': '0\\1', '00200032': '1\\2' }
    const image = await decodeImage(writeSample({ ...small, texts }))
    expect(image).toMatchObject({ hasRescale: false, pixelSpacingMm: undefined, positionMm: undefined })
  })
})

describe('bad input is a typed error', () => {
  const cases: readonly [string, Partial<SampleImage>, string][] = [
    ['a colour image', { texts: { '00280004': 'RGB' }, numbers: { '00280002': 3 } }, 'colour'],
    ['a palette image', { texts: { '00280004': 'PALETTE COLOR' } }, 'colour'],
    ['a multi-frame image', { texts: { '00280008': '2' } }, 'multi-frame'],
    ['an unknown syntax', { syntax: '1.2.840.10008.1.2.4.100' }, 'syntax-unsupported'],
    [
      'a compressed frame that is noise',
      { syntax: '1.2.840.10008.1.2.4.90', frame: Buffer.alloc(64, 7) },
      'pixels-damaged',
    ],
    ['a slope that is no number', { texts: { '00281053': 'abc' } }, 'no-rescale'],
    ['a slope of zero', { texts: { '00281053': '0' } }, 'no-rescale'],
    ['32 allocated bits', { numbers: { '00280100': 32, '00280101': 32, '00280102': 31 } }, 'no-pixels'],
    ['no rows', { numbers: { '00280010': 0 } }, 'no-pixels'],
    ['more rows than the limit', { numbers: { '00280010': 5000 } }, 'image-too-large'],
    ['fewer pixels than rows and columns need', { numbers: { '00280010': 3 } }, 'truncated'],
    ['a UID with letters', { texts: { '00080018': 'DOE^JOHN' } }, 'truncated'],
  ]
  test.each(cases)('%s', async (_, change, key) => {
    expect(await codeOfSample(change)).toBe(`workloads.${key}`)
  })

  test('a deflated data set that inflates to more than the limit', async () => {
    const sample = writeSample({ ...small, syntax: SYNTAX.deflated })
    const head = sample.subarray(0, readFileMeta(sample)?.endsAt)
    const bomb = Buffer.concat([head, deflateRawSync(Buffer.alloc(IMAGE_LIMITS.inflatedBytes + 1), { level: 1 })])
    expect(bomb.length).toBeLessThan(2_000_000)
    expect(await codeOf(bomb)).toBe('workloads.image-too-large')
  })

  test.each([6, 10])('a compressed frame of %d rows and columns under a header that says 8', async (size) => {
    const words = Array.from({ length: size * size }, (_, i) => i)
    const frame = await compress('encodeJpegLs', words, size, size, true)
    const image = { rows: 8, columns: 8, words: [], syntax: '1.2.840.10008.1.2.4.80', frame }
    expect(await codeOf(writeSample(image))).toBe('workloads.pixels-damaged')
  })

  test('a file without the DICM prefix, or empty', async () => {
    expect(await codeOf(Buffer.from('%PDF-1.7'.padEnd(400)))).toBe('workloads.not-dicom')
    expect(await codeOf(new Uint8Array())).toBe('workloads.not-dicom')
  })

  test('a real file cut anywhere, without a word of the file in the error', async () => {
    const whole = daikonFile('volume/brain_002.dcm')
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 133, max: whole.length - 1 }), async (length) => {
        const code = await codeOf(whole.subarray(0, length))
        expect(['workloads.truncated', 'workloads.no-pixels']).toContain(code)
      }),
      { numRuns: 60 },
    )
  })

  test('any bytes changed in a file give an image or a typed error, never anything else', async () => {
    const files = [writeSample(small), writeSample({ ...small, syntax: SYNTAX.deflated })]
    const change = fc.tuple(
      fc.nat(1),
      fc.array(fc.tuple(fc.integer({ min: 132, max: 700 }), fc.nat(255)), { maxLength: 6 }),
    )
    await fc.assert(
      fc.asyncProperty(change, async ([which, edits]) => {
        const bytes = (files[which] as Uint8Array).slice()
        for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value
        expect(await codeOf(bytes)).toMatch(/^(decoded|workloads\.[a-z-]+)$/)
      }),
      { numRuns: 400 },
    )
  })

  test('a damaged frame does not spoil the next image', async () => {
    const whole = daikonFile('jpeg_2000.dcm')
    const expected = await decodeImage(whole)
    const damaged = whole.slice()
    damaged.fill(0x5a, whole.length - 40_000)
    await codeOf(damaged)
    expect(await decodeImage(whole)).toEqual(expected)
  })
})
