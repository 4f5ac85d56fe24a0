import { decodeText } from '../decode-text.ts'
import { vrOfTag } from '../dicom-dictionary.ts'
import { asciiValue, type DicomFile, type Element, type Form, readElements } from '../read-elements.ts'

/** One attribute of the DICOM JSON model (PS3.18 annex F.2). */
export type JsonAttribute = {
  readonly vr: string
  readonly Value?: readonly JsonValue[]
  readonly InlineBinary?: string
  readonly BulkDataURI?: string
}
export type JsonValue = string | number | null | { readonly [key: string]: unknown }
export type JsonDataSet = { readonly [tag: string]: JsonAttribute }

/** Binary values up to this go into the JSON; larger ones are named by address. */
const MAX_INLINE_BYTES = 1_024
const BINARY = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'UN'])
const TEXTS = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT'])
/** Texts in which a backslash is a character and not the end of a value. */
const SINGLE = new Set(['LT', 'ST', 'UT', 'UR'])
const PIXEL_DATA = 0x7fe00010

type NumberReader = (view: DataView, at: number, littleEndian: boolean) => number | string
const NUMBERS: Readonly<Record<string, readonly [size: number, read: NumberReader]>> = {
  US: [2, (view, at, le) => view.getUint16(at, le)],
  SS: [2, (view, at, le) => view.getInt16(at, le)],
  UL: [4, (view, at, le) => view.getUint32(at, le)],
  SL: [4, (view, at, le) => view.getInt32(at, le)],
  FL: [4, (view, at, le) => view.getFloat32(at, le)],
  FD: [8, (view, at, le) => view.getFloat64(at, le)],
  SV: [8, (view, at, le) => String(view.getBigInt64(at, le))],
  UV: [8, (view, at, le) => String(view.getBigUint64(at, le))],
  AT: [4, (view, at, le) => tagKey((view.getUint16(at, le) << 16) | view.getUint16(at + 2, le))],
}

/** A tag as the JSON model writes it: eight hexadecimal digits in capitals. */
export const tagKey = (tag: number): string => (tag >>> 0).toString(16).toUpperCase().padStart(8, '0')

/** The groups of a person name as an object (PS3.18 section F.2.2), or null for an empty one. */
export function personName(value: string): JsonValue {
  const [alphabetic = '', ideographic = '', phonetic = ''] = value.split('=').map((group) => group.trim())
  const named = {
    ...(alphabetic === '' ? {} : { Alphabetic: alphabetic }),
    ...(ideographic === '' ? {} : { Ideographic: ideographic }),
    ...(phonetic === '' ? {} : { Phonetic: phonetic }),
  }
  return Object.keys(named).length > 0 ? named : null
}

type Context = {
  readonly body: Uint8Array
  readonly characterSet: string
  /** The address of a value that is too large for the JSON, or undefined where it has none (inside a sequence). */
  readonly addressOf: (tag: number) => string | undefined
}

const withValues = (vr: string, values: readonly JsonValue[]): JsonAttribute =>
  values.every((value) => value === null) ? { vr } : { vr, Value: values }

function binary(context: Context, element: Element, vr: string, topLevel: boolean): JsonAttribute {
  const bytes = context.body.subarray(element.valueStart, element.valueEnd)
  const address = topLevel ? context.addressOf(element.tag) : undefined
  const large = element.undefinedLength || bytes.length > MAX_INLINE_BYTES || element.tag === PIXEL_DATA
  if (large && address !== undefined) return { vr, BulkDataURI: address }
  return bytes.length === 0 ? { vr } : { vr, InlineBinary: Buffer.from(bytes).toString('base64') }
}

function numbers(context: Context, element: Element, vr: string, form: Form): JsonAttribute {
  const [size, read] = NUMBERS[vr] as (typeof NUMBERS)[string]
  const view = new DataView(context.body.buffer, context.body.byteOffset)
  const values: (number | string | null)[] = []
  for (let at = element.valueStart; at + size <= element.valueEnd; at += size) {
    const value = read(view, at, form.littleEndian)
    // NaN and infinity have no number in JSON; the model writes them as text.
    values.push(typeof value === 'number' && !Number.isFinite(value) ? String(value) : value)
  }
  return withValues(vr, values)
}

function texts(context: Context, element: Element, vr: string): JsonAttribute {
  const bytes = context.body.subarray(element.valueStart, element.valueEnd)
  if (bytes.length === 0) return { vr }
  const text = TEXTS.has(vr) ? decodeText(bytes, context.characterSet) : asciiValue(context.body, element)
  const parts = SINGLE.has(vr) ? [text] : text.split('\\')
  if (vr === 'PN') return withValues(vr, parts.map(personName))
  if (vr !== 'IS' && vr !== 'DS') {
    return withValues(
      vr,
      parts.map((part) => (part.trim() === '' ? null : part.replace(/[ \0]+$/, ''))),
    )
  }
  const toNumber = (part: string) => (part.trim() === '' || !Number.isFinite(Number(part)) ? null : Number(part))
  return withValues(vr, parts.map(toNumber))
}

function attribute(context: Context, element: Element, form: Form, topLevel: boolean): JsonAttribute {
  if (element.items) {
    const items = element.items.map((item) => dataSet(context, item.elements, item.form, false))
    return items.length > 0 ? { vr: 'SQ', Value: items } : { vr: 'SQ' }
  }
  // An old device writes UN for what the dictionary knows; the better one is told only of an implicit file.
  const vr = element.vr === 'UN' && !form.explicit ? vrOfTag(element.tag) : element.vr
  if (BINARY.has(vr)) return binary(context, element, vr, topLevel)
  return NUMBERS[vr] ? numbers(context, element, vr, form) : texts(context, element, vr)
}

function dataSet(context: Context, elements: readonly Element[], form: Form, topLevel: boolean): JsonDataSet {
  const out: Record<string, JsonAttribute> = {}
  for (const element of elements) {
    // Group lengths say nothing once the bytes are gone.
    if ((element.tag & 0xffff) !== 0) out[tagKey(element.tag)] = attribute(context, element, form, topLevel)
  }
  return out
}

/**
 * A file's data set as DICOM JSON (PS3.18 annex F), pixels and other large values by address.
 * @param addressOf where a top-level value can be read
 */
export function toDicomJson(file: DicomFile, addressOf: (tag: number) => string): JsonDataSet {
  const named = file.elements.find((element) => element.tag === 0x00080005)
  const context = { body: file.body, characterSet: named ? asciiValue(file.body, named) : '', addressOf }
  return {
    ...dataSet(context, file.elements, file.form, true),
    // Available Transfer Syntax UID: the syntax in which it is stored.
    '00083002': { vr: 'UI', Value: [file.syntax.uid] },
  }
}

/** A Part 10 file as DICOM JSON, its large values left out: for rooms that read documents of their own. */
export function readDicomJson(bytes: Uint8Array): JsonDataSet {
  return toDicomJson(readElements(bytes), () => '')
}

/** The plain pixel data of a file of our own making. */
export function pixelsOf(bytes: Uint8Array): Uint8Array {
  const file = readElements(bytes)
  const element = file.elements.find(({ tag }) => tag === PIXEL_DATA)
  return element ? file.body.subarray(element.valueStart, element.valueEnd) : new Uint8Array()
}
