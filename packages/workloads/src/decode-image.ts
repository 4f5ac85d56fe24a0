import { inflateRawSync } from 'node:zlib'
import { DomainError } from '@bithive/kernel/errors'
import dicomParser, { type DataSet, type Element } from 'dicom-parser'
import { decodeFrame, isEncapsulated } from './decode-frame.ts'
import { workloadErrors } from './errors.ts'
import { type FileMeta, readFileMeta } from './file-meta.ts'

export const IMAGE_LIMITS = {
  fileBytes: 128 * 1024 * 1024,
  inflatedBytes: 256 * 1024 * 1024,
  rowsOrColumns: 4096,
} as const

export type Triple = readonly [number, number, number]
export type Orientation = readonly [number, number, number, number, number, number]

/** One grey-scale image in physical units, with what is needed to place it; every length in millimetres. */
export type DecodedImage = {
  readonly sopInstanceUid: string
  readonly seriesInstanceUid: string
  readonly studyInstanceUid: string
  readonly modality: string
  readonly imageType: readonly string[]
  readonly bodyPart: string | undefined
  readonly rows: number
  readonly columns: number
  /** Distance between the centres of neighbouring rows, then of columns (PS3.3 section 10.7.1.3). */
  readonly pixelSpacingMm: readonly [number, number] | undefined
  readonly sliceThicknessMm: number | undefined
  /** Centre of the first pixel in the patient's coordinates: x to the left, y to the back, z to the head. */
  readonly positionMm: Triple | undefined
  readonly orientation: Orientation | undefined
  /** True when the file itself states a rescale; CT without one has no Hounsfield units. */
  readonly hasRescale: boolean
  /** Rescaled range of values that mean "no measurement here" (PS3.3 section C.7.5.1.1.2). */
  readonly padding: { readonly low: number; readonly high: number } | undefined
  /** Row-major, slope and intercept applied. Int16Array whenever all values fit it exactly. */
  readonly samples: Int16Array | Float32Array
}

const IMPLICIT_LE = '1.2.840.10008.1.2'
const EXPLICIT_LE = '1.2.840.10008.1.2.1'
const DEFLATED_LE = '1.2.840.10008.1.2.1.99'
const EXPLICIT_BE = '1.2.840.10008.1.2.2'
const PLAIN = [IMPLICIT_LE, EXPLICIT_LE, DEFLATED_LE, EXPLICIT_BE]

/**
 * The file as explicit little endian when its data set is deflated. The parser would inflate by itself, but it
 * reads one element too far at the end of the meta header and breaks on some deflated bytes.
 */
function inflated(bytes: Uint8Array, meta: FileMeta): Uint8Array {
  if (meta.syntax !== DEFLATED_LE) return bytes
  const head = Buffer.from(bytes.subarray(0, meta.endsAt))
  head.fill(0, meta.syntaxAt.from, meta.syntaxAt.to)
  head.write(EXPLICIT_LE, meta.syntaxAt.from, 'latin1')
  const options = { maxOutputLength: IMAGE_LIMITS.inflatedBytes }
  return Buffer.concat([head, inflateRawSync(bytes.subarray(meta.endsAt), options)])
}

/** The parser throws plain strings that may quote the file; none of them may leave this function. */
function parse(bytes: Uint8Array): { readonly data: DataSet; readonly syntax: string } {
  if (bytes.length > IMAGE_LIMITS.fileBytes) {
    throw workloadErrors.error('image-too-large', { bytes: bytes.length, limitBytes: IMAGE_LIMITS.fileBytes })
  }
  if (bytes.length <= 132 || Buffer.from(bytes.subarray(128, 132)).toString('latin1') !== 'DICM') {
    throw workloadErrors.error('not-dicom')
  }
  const meta = readFileMeta(bytes)
  if (meta === undefined) throw workloadErrors.error('truncated')
  const { syntax } = meta
  if (!PLAIN.includes(syntax) && !isEncapsulated(syntax)) {
    throw workloadErrors.error('syntax-unsupported', { syntax: /^[0-9.]{1,64}$/.test(syntax) ? syntax : '' })
  }
  try {
    return { data: dicomParser.parseDicom(inflated(bytes, meta)), syntax }
  } catch (error) {
    if ((error as { code?: string } | undefined)?.code === 'ERR_BUFFER_TOO_LARGE') {
      throw workloadErrors.error('image-too-large', { limitBytes: IMAGE_LIMITS.inflatedBytes })
    }
    throw workloadErrors.error('truncated')
  }
}

function uid(data: DataSet, tag: string): string {
  const value = data.string(tag)
  if (value === undefined || !/^[0-9.]{1,64}$/.test(value)) throw workloadErrors.error('truncated')
  return value
}

/** All numbers of a DS element, or undefined when it is absent, too short or not numeric. */
function decimals(data: DataSet, tag: string, count: number): readonly number[] | undefined {
  const parts = (data.string(tag) ?? '').split('\\').map((part) => part.trim())
  const values = parts.slice(0, count).map((part) => (part === '' ? Number.NaN : Number(part)))
  return values.length === count && values.every(Number.isFinite) ? values : undefined
}

type Layout = {
  readonly rows: number
  readonly columns: number
  readonly bitsAllocated: number
  readonly bitsStored: number
  readonly highBit: number
  readonly signed: boolean
  readonly photometric: string
}

function readLayout(data: DataSet): Layout {
  const rows = data.uint16('x00280010') ?? 0
  const columns = data.uint16('x00280011') ?? 0
  const bitsAllocated = data.uint16('x00280100') ?? 0
  const bitsStored = data.uint16('x00280101') ?? bitsAllocated
  const highBit = data.uint16('x00280102') ?? bitsStored - 1
  const photometric = data.string('x00280004') ?? ''
  if (rows === 0 || columns === 0) throw workloadErrors.error('no-pixels')
  if (rows > IMAGE_LIMITS.rowsOrColumns || columns > IMAGE_LIMITS.rowsOrColumns) {
    throw workloadErrors.error('image-too-large', { rows, columns, limit: IMAGE_LIMITS.rowsOrColumns })
  }
  if ((data.uint16('x00280002') ?? 1) !== 1 || !photometric.startsWith('MONOCHROME')) {
    throw workloadErrors.error('colour')
  }
  const frames = Number(data.string('x00280008') ?? '1')
  if (frames !== 1) throw workloadErrors.error('multi-frame', { frames: Number.isFinite(frames) ? frames : 0 })
  const fits = (bitsAllocated === 8 || bitsAllocated === 16) && bitsStored >= 1 && highBit < bitsAllocated
  if (!fits || highBit + 1 < bitsStored) throw workloadErrors.error('no-pixels', { bitsAllocated })
  return {
    rows,
    columns,
    bitsAllocated,
    bitsStored,
    highBit,
    signed: data.uint16('x00280103') === 1,
    photometric,
  }
}

/** Bytes of the one frame, little endian, as long as rows x columns x allocated bytes. */
async function frameBytes(data: DataSet, element: Element, syntax: string, layout: Layout): Promise<Uint8Array> {
  const length = (layout.rows * layout.columns * layout.bitsAllocated) / 8
  if (isEncapsulated(syntax)) {
    const fragments = element.fragments ?? []
    if (fragments.length === 0) throw workloadErrors.error('no-pixels')
    const parts = fragments.map((f) => data.byteArray.subarray(f.position, f.position + f.length))
    return decodeFrame(syntax, Buffer.concat(parts), layout)
  }
  const bytes = data.byteArray.subarray(element.dataOffset, element.dataOffset + length)
  if (bytes.length < length || element.length < length) throw workloadErrors.error('truncated')
  if (syntax !== EXPLICIT_BE) return bytes
  // An 8-bit image in big endian is swapped or not depending on its VR, which old files state wrongly.
  if (layout.bitsAllocated !== 16) throw workloadErrors.error('syntax-unsupported', { syntax })
  return Buffer.from(bytes).swap16()
}

/** Stored values as integers: takes the stored bits out of the allocated ones and extends the sign. */
function storedValues(bytes: Uint8Array, layout: Layout): Int32Array {
  const count = layout.rows * layout.columns
  const out = new Int32Array(count)
  const shift = layout.highBit + 1 - layout.bitsStored
  const unused = 32 - layout.bitsStored
  const wide = layout.bitsAllocated === 16
  for (let i = 0; i < count; i++) {
    const raw = wide ? (bytes[2 * i] as number) | ((bytes[2 * i + 1] as number) << 8) : (bytes[i] as number)
    const high = (raw >>> shift) << unused
    out[i] = layout.signed ? high >> unused : high >>> unused
  }
  return out
}

type Rescale = { readonly slope: number; readonly intercept: number; readonly stated: boolean }

function readRescale(data: DataSet): Rescale {
  const stated = data.elements.x00281052 !== undefined || data.elements.x00281053 !== undefined
  if (!stated) return { slope: 1, intercept: 0, stated }
  const slope = decimals(data, 'x00281053', 1)?.[0]
  const intercept = decimals(data, 'x00281052', 1)?.[0]
  if (slope === undefined || intercept === undefined || slope === 0) throw workloadErrors.error('no-rescale')
  return { slope, intercept, stated }
}

function rescaled(stored: Int32Array, { slope, intercept }: Rescale): Int16Array | Float32Array {
  let least = Number.POSITIVE_INFINITY
  let greatest = Number.NEGATIVE_INFINITY
  for (const value of stored) {
    if (value < least) least = value
    if (value > greatest) greatest = value
  }
  const ends = [least * slope + intercept, greatest * slope + intercept]
  const whole = Number.isInteger(slope) && Number.isInteger(intercept)
  const fits = whole && ends.every((value) => value >= -32_768 && value <= 32_767)
  const out = fits ? new Int16Array(stored.length) : new Float32Array(stored.length)
  for (let i = 0; i < stored.length; i++) out[i] = (stored[i] as number) * slope + intercept
  return out
}

function readPadding(data: DataSet, layout: Layout, { slope, intercept }: Rescale): DecodedImage['padding'] {
  const read = (tag: string) => {
    if ((data.elements[tag]?.length ?? 0) < 2) return undefined
    return layout.signed ? data.int16(tag) : data.uint16(tag)
  }
  const value = read('x00280120')
  if (value === undefined) return undefined
  const ends = [value, read('x00280121') ?? value].map((stored) => stored * slope + intercept)
  return { low: Math.min(...ends), high: Math.max(...ends) }
}

/**
 * Decodes one DICOM file with meta header to physical units. Reads explicit and implicit little endian, explicit
 * big endian, deflated, RLE, JPEG (baseline and lossless), JPEG-LS, JPEG 2000 and HTJ2K; one grey frame only.
 * Errors: not-dicom, truncated, syntax-unsupported, image-too-large, no-pixels, pixels-damaged, colour,
 * multi-frame, no-rescale (when the file states one that is not a number).
 */
export async function decodeImage(bytes: Uint8Array): Promise<DecodedImage> {
  const { data, syntax } = parse(bytes)
  try {
    return await read(data, syntax)
  } catch (error) {
    // The parser reads values lazily and throws strings and TypeErrors at damaged ones.
    throw error instanceof DomainError ? error : workloadErrors.error('truncated')
  }
}

async function read(data: DataSet, syntax: string): Promise<DecodedImage> {
  const element = data.elements.x7fe00010
  if (element === undefined) throw workloadErrors.error('no-pixels')
  const layout = readLayout(data)
  const rescale = readRescale(data)
  const stored = storedValues(await frameBytes(data, element, syntax, layout), layout)
  const spacing = decimals(data, 'x00280030', 2)
  const valid = spacing?.every((mm) => mm > 0 && mm <= 100)
  return {
    sopInstanceUid: uid(data, 'x00080018'),
    seriesInstanceUid: uid(data, 'x0020000e'),
    studyInstanceUid: uid(data, 'x0020000d'),
    modality: data.string('x00080060') ?? '',
    imageType: (data.string('x00080008') ?? '').split('\\').map((part) => part.trim().toUpperCase()),
    bodyPart: data.string('x00180015')?.toUpperCase(),
    rows: layout.rows,
    columns: layout.columns,
    pixelSpacingMm: valid ? (spacing as unknown as readonly [number, number]) : undefined,
    sliceThicknessMm: decimals(data, 'x00180050', 1)?.[0],
    positionMm: decimals(data, 'x00200032', 3) as Triple | undefined,
    orientation: decimals(data, 'x00200037', 6) as Orientation | undefined,
    hasRescale: rescale.stated,
    padding: readPadding(data, layout, rescale),
    samples: rescaled(stored, rescale),
  }
}
