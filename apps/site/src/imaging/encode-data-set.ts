import { invariant } from '@bithive/kernel/errors'
import { tagOfKeyword } from './dicom-dictionary.ts'
import { EXPLICIT_LE } from './transfer-syntax.ts'
import { encodeElement, encodeItem, metaElements, writePart10 } from './write-elements.ts'

/**
 * A data set by keyword: texts and numbers as they are read, several values as a list, a sequence as a list of data
 * sets, bytes for pixel data. `undefined` leaves an attribute out; '' writes it empty (type 2).
 */
export type DataSet = { readonly [keyword: string]: DataValue }
type DataValue = string | number | readonly (string | number)[] | readonly DataSet[] | Uint8Array | undefined

const FORM = { explicit: true, littleEndian: true }

/** Bytes and writer of each binary number (PS3.5 section 6.2). */
const NUMBERS: Readonly<
  Record<string, readonly [size: number, write: (out: Buffer, value: number, at: number) => void]>
> = {
  US: [2, (out, value, at) => out.writeUInt16LE(value, at)],
  SS: [2, (out, value, at) => out.writeInt16LE(value, at)],
  UL: [4, (out, value, at) => out.writeUInt32LE(value, at)],
  SL: [4, (out, value, at) => out.writeInt32LE(value, at)],
  FL: [4, (out, value, at) => out.writeFloatLE(value, at)],
  FD: [8, (out, value, at) => out.writeDoubleLE(value, at)],
  AT: [
    4,
    (out, value, at) => {
      out.writeUInt16LE(value >>> 16, at)
      out.writeUInt16LE(value & 0xffff, at + 2)
    },
  ],
}

/** A number in the at most 16 characters of a decimal string. */
function decimalString(value: number): string {
  invariant(Number.isFinite(value), 'a decimal string holds a finite number')
  for (let digits = 17; digits > 0; digits--) {
    const text = String(Number(value.toPrecision(digits)))
    if (text.length <= 16) return text
  }
  return value.toExponential(8)
}

function encodeNumbers(vr: string, values: readonly (string | number)[]): Buffer {
  const [size, write] = NUMBERS[vr] as (typeof NUMBERS)[string]
  const out = Buffer.alloc(size * values.length)
  for (const [index, value] of values.entries()) write(out, Number(value), index * size)
  return out
}

function encodeText(vr: string, values: readonly (string | number)[]): Buffer {
  const texts = values.map((value) => (typeof value === 'number' && vr === 'DS' ? decimalString(value) : String(value)))
  return Buffer.from(texts.join('\\'), 'utf8')
}

function encodeValue(vr: string, value: Exclude<DataValue, undefined>): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (vr === 'SQ') {
    invariant(Array.isArray(value), 'a sequence is a list of data sets')
    return Buffer.concat((value as readonly DataSet[]).map((item) => encodeItem(FORM, encodeDataSet(item))))
  }
  const values = (Array.isArray(value) ? value : value === '' ? [] : [value]) as readonly (string | number)[]
  return NUMBERS[vr] ? encodeNumbers(vr, values) : encodeText(vr, values)
}

/** Writes a data set in explicit little endian, its elements in the order of their tags. */
function encodeDataSet(dataSet: DataSet): Uint8Array {
  const elements = Object.entries(dataSet)
    .filter((entry): entry is [string, Exclude<DataValue, undefined>] => entry[1] !== undefined)
    .map(([keyword, value]) => {
      const { tag, vr } = tagOfKeyword(keyword)
      // One bit a pixel is written as bytes (PS3.5 annex A.2).
      const written = keyword === 'PixelData' ? 'OB' : vr
      return { tag, bytes: encodeElement(FORM, tag, written, encodeValue(written, value)) }
    })
  return Buffer.concat(elements.sort((a, b) => a.tag - b.tag).map((element) => element.bytes))
}

/** Writes a Part 10 file of our own making: explicit little endian, texts in UTF-8. */
export function encodeInstance(
  dataSet: DataSet & { readonly SOPClassUID: string; readonly SOPInstanceUID: string },
): Uint8Array {
  const meta = metaElements({
    sopClassUid: dataSet.SOPClassUID,
    sopInstanceUid: dataSet.SOPInstanceUID,
    transferSyntaxUid: EXPLICIT_LE,
  })
  return writePart10({ meta, body: [encodeDataSet({ SpecificCharacterSet: 'ISO_IR 192', ...dataSet })] })
}
