import { valueReader } from '../dicom-index.ts'
import { imagingErrors } from '../errors.ts'
import type { DicomFile } from '../read-elements.ts'
import type { Picture } from './encode-png.ts'
import { mustBeDrawable, type PixelLayout, type Window } from './pixel-layout.ts'

/** The stored bits as integers, signs extended. */
function storedValues(bytes: Uint8Array, layout: PixelLayout): Int32Array {
  const count = layout.rows * layout.columns
  const out = new Int32Array(count)
  if (layout.bitsAllocated === 1) {
    for (let i = 0; i < count; i++) out[i] = ((bytes[i >> 3] as number) >> (i & 7)) & 1
    return out
  }
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

/**
 * The window from the least to the greatest value that is measured. It stands in where the file states none, or one
 * without a width, which would draw black.
 */
export function fullWindow(values: Int32Array, { rescale, padding }: PixelLayout): Window {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const value of values) {
    if (padding && value >= padding.low && value <= padding.high) continue
    if (value < low) low = value
    if (value > high) high = value
  }
  if (low > high) return { center: 0.5, width: 1, fn: 'LINEAR_EXACT' }
  const ends = [low * rescale.slope + rescale.intercept, high * rescale.slope + rescale.intercept]
  const [from, to] = [Math.min(...ends), Math.max(...ends)]
  return { center: (from + to) / 2, width: Math.max(to - from, 1), fn: 'LINEAR_EXACT' }
}

/** Where a value lies in a window, from 0 to 1 (PS3.3 sections C.11.2.1.2.1, C.11.2.1.3.1 and C.11.2.1.3.2). */
function inWindow(value: number, { center, width, fn }: Window): number {
  if (fn === 'SIGMOID') return 1 / (1 + Math.exp((-4 * (value - center)) / width))
  const linear = fn === 'LINEAR' && width > 1
  const at = linear ? (value - (center - 0.5)) / (width - 1) + 0.5 : (value - center) / width + 0.5
  return Math.min(1, Math.max(0, at))
}

function greyPicture(bytes: Uint8Array, layout: PixelLayout, wanted: Window | undefined): Picture {
  const values = storedValues(bytes, layout)
  const window = wanted ?? layout.windows[0] ?? fullWindow(values, layout)
  const inverse = layout.photometric === 'MONOCHROME1'
  // There are at most 65,536 different values: each is put through the window once.
  const lowest = layout.signed ? -(2 ** (layout.bitsStored - 1)) : 0
  const table = new Uint8Array(2 ** layout.bitsStored)
  for (let i = 0; i < table.length; i++) {
    const shown = inWindow((i + lowest) * layout.rescale.slope + layout.rescale.intercept, window)
    table[i] = Math.round((inverse ? 1 - shown : shown) * 255)
  }
  const pixels = new Uint8Array(values.length)
  for (let i = 0; i < values.length; i++) pixels[i] = table[(values[i] as number) - lowest] as number
  return { width: layout.columns, height: layout.rows, channels: 1, pixels }
}

const clamp = (value: number) => Math.min(255, Math.max(0, Math.round(value)))

/** ITU-R BT.601 full range, as PS3.3 section C.7.6.3.1.2 defines YBR_FULL. */
function toRgb(y: number, cb: number, cr: number): readonly [number, number, number] {
  const [b, r] = [cb - 128, cr - 128]
  return [clamp(y + 1.402 * r), clamp(y - 0.344136 * b - 0.714136 * r), clamp(y + 1.772 * b)]
}

function colourPicture(bytes: Uint8Array, layout: PixelLayout): Picture {
  const { rows, columns, planar, photometric } = layout
  if (photometric !== 'RGB' && photometric !== 'YBR_FULL') {
    throw imagingErrors.error('not-renderable', { reason: 'colour-space' })
  }
  const count = rows * columns
  const pixels = new Uint8Array(count * 3)
  for (let i = 0; i < count; i++) {
    const at = (channel: number) => bytes[planar ? channel * count + i : i * 3 + channel] as number
    const [first, second, third] = [at(0), at(1), at(2)]
    pixels.set(photometric === 'RGB' ? [first, second, third] : toRgb(first, second, third), i * 3)
  }
  return { width: columns, height: rows, channels: 3, pixels }
}

/** One colour of a palette as bytes by index (PS3.3 section C.7.6.3.1.5), and the first value that it maps. */
function paletteOf(file: DicomFile, offset: number): { first: number; entries: Uint8Array } {
  const read = valueReader(file)
  const descriptor = read.element(0x00281101 + offset)
  const data = read.element(0x00281201 + offset)
  if (!descriptor || !data || descriptor.valueEnd - descriptor.valueStart < 6) {
    throw imagingErrors.error('not-renderable', { reason: 'palette' })
  }
  const { littleEndian } = file.form
  const view = new DataView(file.body.buffer, file.body.byteOffset)
  const [length, first, bits] = [0, 2, 4].map((at) => view.getUint16(descriptor.valueStart + at, littleEndian))
  const bytes = file.body.subarray(data.valueStart, data.valueEnd)
  const count = length === 0 ? 65_536 : (length as number)
  // Eight-bit entries may be packed one to a byte, or lie one to a word as sixteen-bit ones do.
  const packed = bits === 8 && bytes.length < count * 2
  if (bytes.length < (packed ? count : count * 2)) throw imagingErrors.error('not-renderable', { reason: 'palette' })
  const entries = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    const word = packed ? (bytes[i] as number) : view.getUint16(data.valueStart + 2 * i, littleEndian)
    entries[i] = bits === 16 ? word >> 8 : word
  }
  return { first: first as number, entries }
}

function palettePicture(file: DicomFile, bytes: Uint8Array, layout: PixelLayout): Picture {
  const values = storedValues(bytes, layout)
  const palettes = [0, 1, 2].map((channel) => paletteOf(file, channel))
  const pixels = new Uint8Array(values.length * 3)
  for (let i = 0; i < values.length; i++) {
    for (const [channel, { first, entries }] of palettes.entries()) {
      const at = Math.min(entries.length - 1, Math.max(0, (values[i] as number) - first))
      pixels[3 * i + channel] = entries[at] as number
    }
  }
  return { width: layout.columns, height: layout.rows, channels: 3, pixels }
}

/**
 * Draws one decoded frame: rescale, window, grey or colour.
 * @param bytes plain little-endian pixels of one frame
 * @param window in the units behind the rescale; the file's own, or the whole range, when not given
 * @throws imaging.not-renderable
 */
export function drawFrame(file: DicomFile, layout: PixelLayout, bytes: Uint8Array, window?: Window): Picture {
  mustBeDrawable(layout)
  if (layout.photometric === 'PALETTE COLOR') return palettePicture(file, bytes, layout)
  return layout.samples === 1 ? greyPicture(bytes, layout, window) : colourPicture(bytes, layout)
}

/** Makes a picture fit into a box, its shape kept; each pixel is the mean of those that it stands for. */
export function shrinkToFit(picture: Picture, maxWidth: number, maxHeight: number): Picture {
  const scale = Math.min(1, maxWidth / picture.width, maxHeight / picture.height)
  if (scale === 1) return picture
  const width = Math.max(1, Math.round(picture.width * scale))
  const height = Math.max(1, Math.round(picture.height * scale))
  const { channels } = picture
  const pixels = new Uint8Array(width * height * channels)
  const ends = (index: number, small: number, large: number) => {
    const from = Math.floor((index * large) / small)
    return [from, Math.max(from + 1, Math.floor(((index + 1) * large) / small))] as const
  }
  for (let y = 0; y < height; y++) {
    const [top, bottom] = ends(y, height, picture.height)
    for (let x = 0; x < width; x++) {
      const [left, right] = ends(x, width, picture.width)
      for (let channel = 0; channel < channels; channel++) {
        let sum = 0
        for (let v = top; v < bottom; v++) {
          for (let u = left; u < right; u++)
            sum += picture.pixels[(v * picture.width + u) * channels + channel] as number
        }
        pixels[(y * width + x) * channels + channel] = Math.round(sum / ((bottom - top) * (right - left)))
      }
    }
  }
  return { width, height, channels, pixels }
}
