import { decodeText } from './decode-text.ts'
import type { DicomFile, Element } from './read-elements.ts'

/** Attributes whose values say who somebody is or which visit this was, beside every PN and DA value of the file. */
const IDENTIFYING = new Set([
  0x00080050, 0x00080080, 0x00080081, 0x00081010, 0x00100020, 0x00100021, 0x00101000, 0x00101001, 0x00101005,
  0x00101040, 0x00101060, 0x00101080, 0x00101090, 0x00102154, 0x00102155, 0x00102297, 0x00102299, 0x00321032,
  0x00380010, 0x00380060, 0x00380400, 0x00400250, 0x00402016, 0x00402017,
])

/** Values that a scanner, another de-identifier or this one writes where nothing is known. */
const MEANINGLESS = new Set(['ANONYMOUS', 'ANONYMIZED', 'REMOVED', 'UNKNOWN', 'NONE', '19000101', '00000000'])

const MIN_BYTES = 4
/** Below this length a match inside compressed or raw pixels says nothing: it would come about by chance. */
const MIN_BYTES_IN_PIXELS = 8
const PIXEL_DATA = 0x7fe00010

/** A value to look for, in one encoding. */
export type Needle = { readonly bytes: Buffer; readonly shortNumber: boolean }

type Collected = { readonly texts: Set<string>; readonly raws: Set<string> }

function collect(file: DicomFile, elements: readonly Element[], characterSet: string, into: Collected): void {
  for (const element of elements) {
    if (element.items) for (const item of element.items) collect(file, item.elements, characterSet, into)
    else if (element.vr === 'PN' || element.vr === 'DA' || IDENTIFYING.has(element.tag)) {
      const bytes = file.body.subarray(element.valueStart, element.valueEnd)
      for (const part of decodeText(bytes, characterSet).split(/[\\=]/)) {
        into.texts.add(part.trim())
        for (const piece of part.split('^')) into.texts.add(piece.trim())
      }
      into.raws.add(
        Buffer.from(bytes)
          .toString('latin1')
          .replace(/[\0 ]+$/, ''),
      )
    }
  }
}

function datesOf(text: string): string[] {
  const match = /^(\d{4})[-./]?(\d{2})[-./]?(\d{2})$/.exec(text)
  if (!match) return [text]
  const parts = match.slice(1)
  const [year = '', month = '', day = ''] = parts
  // Without a separator the other orders are eight digits that come about by chance.
  const written = ['-', '/', '.'].flatMap((by) => [
    parts.join(by),
    [day, month, year].join(by),
    [month, day, year].join(by),
  ])
  return [parts.join(''), ...written]
}

/** Two-byte GB18030 codes by character, made from the decoder, since the platform encodes UTF-8 only. */
function gb18030Table(): Map<string, [number, number]> {
  const table = new Map<string, [number, number]>()
  const decoder = new TextDecoder('gb18030')
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      if (trail !== 0x7f) table.set(decoder.decode(Uint8Array.of(lead, trail)), [lead, trail])
    }
  }
  return table
}

function encodeGb18030(text: string, table: ReadonlyMap<string, [number, number]>): Buffer | undefined {
  const out: number[] = []
  for (const character of text) {
    const code = character.codePointAt(0) as number
    const pair = code < 0x80 ? [code] : table.get(character)
    if (!pair) return undefined
    out.push(...pair)
  }
  return Buffer.from(out)
}

function encodings(text: string, gb: () => ReadonlyMap<string, [number, number]>): Buffer[] {
  const little = Buffer.from(text, 'utf16le')
  const big = Buffer.from(little).swap16()
  const ascii = /^[\x20-\x7e]*$/.test(text)
  const chinese = ascii ? undefined : encodeGb18030(text, gb())
  return [Buffer.from(text, 'utf8'), little, big, Buffer.from(text, 'latin1'), ...(chinese ? [chinese] : [])].slice(
    0,
    ascii ? 3 : undefined,
  )
}

/**
 * The values of a file that must not be found in its de-identified form, each in ASCII, UTF-8, UTF-16 and GB18030 and
 * as the bytes that stood in the file.
 */
export function needlesOf(file: DicomFile, characterSet: string): Needle[] {
  const collected: Collected = { texts: new Set(), raws: new Set() }
  collect(file, file.elements, characterSet, collected)
  let table: Map<string, [number, number]> | undefined
  const gb = () => {
    table ??= gb18030Table()
    return table
  }
  const needles = new Map<string, Needle>()
  const add = (bytes: Buffer, text: string) => {
    if (bytes.length < MIN_BYTES || text.length < 2 || MEANINGLESS.has(text.toUpperCase())) return
    needles.set(bytes.toString('latin1'), { bytes, shortNumber: /^[\d. -]{1,7}$/.test(text) })
  }
  for (const raw of collected.raws) add(Buffer.from(raw, 'latin1'), raw)
  for (const text of collected.texts) {
    if (text.includes('\ufffd')) continue
    for (const form of datesOf(text)) for (const bytes of encodings(form, gb)) add(bytes, text)
  }
  return [...needles.values()]
}

function blank(bytes: Buffer, elements: readonly Element[], which: (element: Element) => boolean): void {
  for (const element of elements) {
    if (which(element)) bytes.fill(0, element.valueStart, element.valueEnd)
    else for (const item of element.items ?? []) blank(bytes, item.elements, which)
  }
}

/** ASCII capitals as small letters, so that a name is found however it is written. */
function folded(bytes: Buffer): Buffer {
  const out = Buffer.from(bytes)
  for (let at = 0; at < out.length; at++) {
    const byte = out[at] as number
    if (byte >= 0x41 && byte <= 0x5a) out[at] = byte + 0x20
  }
  return out
}

const NUMERIC = new Set(['AT', 'DS', 'FD', 'FL', 'IS', 'OB', 'OD', 'OF', 'OL', 'OW', 'SL', 'SS', 'UI', 'UL', 'US'])

/**
 * True when one of the values is still in the output. Short numbers are not looked for inside measurements and UIDs,
 * where `1000` stands in `1000.0`; pixels are searched for values of at least eight bytes.
 */
export function containsIdentifier(output: DicomFile, needles: readonly Needle[]): boolean {
  const isPixels = (element: Element) => element.tag === PIXEL_DATA
  const pixels = output.elements.find(isPixels)
  const header = Buffer.from(output.body)
  const headerOnly = folded(
    pixels ? Buffer.concat([header.subarray(0, pixels.start), header.subarray(pixels.end)]) : header,
  )
  const withoutNumbers = Buffer.from(output.body)
  blank(withoutNumbers, output.elements, (element) => NUMERIC.has(element.vr))
  const pixelBytes = pixels ? header.subarray(pixels.valueStart, pixels.valueEnd) : Buffer.alloc(0)
  return needles.some(({ bytes, shortNumber }) => {
    if (shortNumber) return withoutNumbers.includes(bytes)
    return headerOnly.includes(folded(bytes)) || (bytes.length >= MIN_BYTES_IN_PIXELS && pixelBytes.includes(bytes))
  })
}
