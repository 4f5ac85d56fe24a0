import { valueReader } from '../dicom-index.ts'
import { imagingErrors } from '../errors.ts'
import type { DicomFile, Element } from '../read-elements.ts'
import { frameLength, type PixelLayout } from './pixel-layout.ts'

const PIXEL_DATA = 0x7fe00010
const EXTENDED_OFFSETS = 0x7fe00001
const ITEM_HEADER = 8

type Fragment = { readonly offset: number; readonly bytes: Uint8Array }

/** The items of encapsulated pixel data: the basic offset table, then the fragments (PS3.5 annex A.4). */
function fragmentsOf(file: DicomFile, element: Element): { table: Uint8Array; fragments: Fragment[] } {
  const { body } = file
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const items: Fragment[] = []
  for (let at = element.valueStart; at < element.valueEnd; ) {
    const length = view.getUint32(at + 4, true)
    items.push({ offset: at, bytes: body.subarray(at + ITEM_HEADER, at + ITEM_HEADER + length) })
    at += ITEM_HEADER + length
  }
  const [table, ...fragments] = items
  const from = fragments[0]?.offset ?? 0
  return {
    table: table?.bytes ?? new Uint8Array(),
    fragments: fragments.map(({ offset, bytes }) => ({ offset: offset - from, bytes })),
  }
}

/** Where each frame begins, by the offset table of the file, or undefined when it has none that fits. */
function offsetsOf(file: DicomFile, table: Uint8Array, frames: number): number[] | undefined {
  const extended = valueReader(file).element(EXTENDED_OFFSETS)
  if (extended && extended.valueEnd - extended.valueStart === frames * 8) {
    const view = new DataView(file.body.buffer, file.body.byteOffset + extended.valueStart)
    return Array.from({ length: frames }, (_, index) => Number(view.getBigUint64(index * 8, true)))
  }
  if (table.length !== frames * 4) return undefined
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength)
  return Array.from({ length: frames }, (_, index) => view.getUint32(index * 4, true))
}

/** A JPEG or JPEG 2000 codestream begins here; a frame may lie in several fragments. */
function beginsCodestream({ bytes }: Fragment): boolean {
  return bytes[0] === 0xff && (bytes[1] === 0xd8 || bytes[1] === 0x4f)
}

function startsOf(fragments: readonly Fragment[], offsets: number[] | undefined, frames: number): number[] {
  if (frames === 1) return [0]
  if (offsets) {
    const places = new Map(fragments.map(({ offset }, index) => [offset, index]))
    return offsets.map((offset) => places.get(offset) ?? -1)
  }
  if (fragments.length === frames) return fragments.map((_, index) => index)
  return fragments.flatMap((fragment, index) => (beginsCodestream(fragment) ? [index] : []))
}

function compressedFrame(file: DicomFile, element: Element, frames: number, index: number): Uint8Array {
  const { table, fragments } = fragmentsOf(file, element)
  const starts = startsOf(fragments, offsetsOf(file, table, frames), frames)
  const rising = starts.every((start, at) => start >= 0 && (at === 0 || start > (starts[at - 1] as number)))
  if (starts.length !== frames || !rising || fragments.length === 0) throw imagingErrors.error('pixels-damaged')
  const parts = fragments.slice(starts[index], starts[index + 1]).map((fragment) => fragment.bytes)
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts)
}

/** Takes single bits out from where a frame begins, which need not be at a byte. */
function bitsFrom(bytes: Uint8Array, firstBit: number, count: number): Uint8Array {
  if (firstBit % 8 === 0) return bytes.subarray(firstBit / 8, firstBit / 8 + Math.ceil(count / 8))
  const out = new Uint8Array(Math.ceil(count / 8))
  for (let bit = 0; bit < count; bit++) {
    const from = firstBit + bit
    if (((bytes[from >> 3] as number) >> (from & 7)) & 1) out[bit >> 3] = (out[bit >> 3] as number) | (1 << (bit & 7))
  }
  return out
}

function plainFrame(file: DicomFile, element: Element, layout: PixelLayout, index: number): Uint8Array {
  const value = file.body.subarray(element.valueStart, element.valueEnd)
  if (layout.bitsAllocated === 1) {
    const count = layout.rows * layout.columns
    if (value.length * 8 < count * (index + 1)) throw imagingErrors.error('pixels-damaged')
    return bitsFrom(value, count * index, count)
  }
  const length = frameLength(layout)
  const bytes = value.subarray(length * index, length * (index + 1))
  if (bytes.length < length) throw imagingErrors.error('pixels-damaged')
  // Words of a big endian file come out as little endian; bytes written as OW are swapped in pairs (PS3.5 annex A.3).
  const words = layout.bitsAllocated === 16 || (element.vr === 'OW' && length % 2 === 0)
  return file.form.littleEndian || !words ? bytes : Buffer.from(bytes).swap16()
}

/**
 * The bytes of one frame as they are stored: a codestream, or plain pixels in little endian.
 * @param index from 0
 * @throws imaging.unknown-frame, imaging.pixels-damaged, imaging.not-renderable
 */
export function frameBytes(file: DicomFile, layout: PixelLayout, index: number): Uint8Array {
  const element = valueReader(file).element(PIXEL_DATA)
  if (!element) throw imagingErrors.error('not-renderable', { reason: 'no-pixels' })
  if (index < 0 || index >= layout.frames) {
    throw imagingErrors.error('unknown-frame', { frame: index + 1, frames: layout.frames })
  }
  if (element.undefinedLength !== file.syntax.encapsulated) throw imagingErrors.error('pixels-damaged')
  return file.syntax.encapsulated
    ? compressedFrame(file, element, layout.frames, index)
    : plainFrame(file, element, layout, index)
}
