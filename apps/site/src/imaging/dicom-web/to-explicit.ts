import { valueReader } from '../dicom-index.ts'
import { type DicomFile, type Element, type Form, hasShortLength, type Item } from '../read-elements.ts'
import { EXPLICIT_LE } from '../transfer-syntax.ts'
import { encodeElement, encodeItem, metaElements, writePart10 } from '../write-elements.ts'
import { decodePixels } from './decode-pixels.ts'
import { pixelLayout } from './pixel-layout.ts'

const FORM: Form = { explicit: true, littleEndian: true }
const PIXEL_DATA = 0x7fe00010
/** Offsets of compressed frames: they lead nowhere once the frames are plain. */
const OFFSETS = new Set([0x7fe00001, 0x7fe00002])
/** Words that are signed when the pixels are (PS3.6: «US or SS»). */
const AS_PIXELS = new Set([0x00280106, 0x00280107, 0x00280108, 0x00280109, 0x00280120, 0x00280121])

/** Bytes of one number of each representation whose order differs between big and little endian. */
const WORD: Readonly<Record<string, 2 | 4 | 8>> = {
  ...{ US: 2, SS: 2, OW: 2, AT: 2, UL: 4, SL: 4, FL: 4, OF: 4, OL: 4, FD: 8, OD: 8, OV: 8, SV: 8, UV: 8 },
}

type Source = { readonly file: DicomFile; readonly signed: boolean; readonly pixels: Uint8Array | undefined }

function swapped(bytes: Uint8Array, size: 2 | 4 | 8 | undefined): Uint8Array {
  if (size === undefined || bytes.length % size !== 0) return bytes
  const copy = Buffer.from(bytes)
  return size === 2 ? copy.swap16() : size === 4 ? copy.swap32() : copy.swap64()
}

function encodeValue(source: Source, element: Element, form: Form): Uint8Array {
  const { body } = source.file
  const raw = body.subarray(element.valueStart, element.valueEnd)
  const known = !form.explicit && source.signed && AS_PIXELS.has(element.tag) ? 'SS' : element.vr
  // A short representation cannot hold what an implicit element may (PS3.5 section 6.2.2 note 5).
  const vr = hasShortLength(known) && raw.length > 0xfffe ? 'UN' : known
  return encodeElement(FORM, element.tag, vr, form.littleEndian ? raw : swapped(raw, WORD[vr]))
}

function encodeAll(source: Source, elements: readonly Element[], form: Form, top: boolean): Uint8Array {
  const parts: Uint8Array[] = []
  for (const element of elements) {
    // Group lengths were true of the old bytes only.
    if ((element.tag & 0xffff) === 0 || (source.pixels && OFFSETS.has(element.tag))) continue
    if (element.items) {
      const items = element.items.map((item: Item) =>
        encodeItem(FORM, encodeAll(source, item.elements, item.form, false)),
      )
      parts.push(encodeElement(FORM, element.tag, 'SQ', Buffer.concat(items)))
    } else if (top && source.pixels && element.tag === PIXEL_DATA) {
      parts.push(encodeElement(FORM, PIXEL_DATA, 'OW', source.pixels))
    } else parts.push(encodeValue(source, element, form))
  }
  return Buffer.concat(parts)
}

/**
 * The same object in explicit little endian, its pixels plain: the syntax that every reader has (PS3.18 section 8.7.3).
 * @throws imaging.not-decodable, imaging.pixels-damaged, imaging.not-renderable (compressed pixels of no known kind)
 */
export async function toExplicit(file: DicomFile): Promise<Uint8Array> {
  if (file.syntax.uid === EXPLICIT_LE) return file.file
  const read = valueReader(file)
  let pixels: Uint8Array | undefined
  if (file.syntax.encapsulated && read.element(PIXEL_DATA)) {
    const layout = pixelLayout(file)
    const frames: Uint8Array[] = []
    for (let index = 0; index < layout.frames; index++) frames.push(await decodePixels(file, layout, index))
    pixels = Buffer.concat(frames)
  }
  const source: Source = { file, signed: read.number(0x00280103) === 1, pixels }
  const meta = metaElements({
    sopClassUid: read.ascii(0x00080016),
    sopInstanceUid: read.ascii(0x00080018),
    transferSyntaxUid: EXPLICIT_LE,
  })
  return writePart10({ meta, body: [encodeAll(source, file.elements, file.form, true)] })
}
