import { invariant } from '@bithive/kernel/errors'
import { type Form, hasShortLength } from './read-elements.ts'

const META_FORM: Form = { explicit: true, littleEndian: true }

/** PS3.5 section 6.2: what fills a value up to an even length. */
function padOf(vr: string): number {
  return vr === 'UI' || vr === 'OB' || vr === 'UN' || vr === 'OW' ? 0x00 : 0x20
}

/**
 * Writes one element in the given form; the value is padded to an even length.
 * @param value bytes already in the form's byte order; for a sequence, its encoded items
 */
export function encodeElement(form: Form, tag: number, vr: string, value: Uint8Array): Uint8Array {
  const padded = value.length + (value.length % 2)
  const short = form.explicit && hasShortLength(vr)
  invariant(!short || padded <= 0xfffe, 'a value of a short representation has at most 65534 bytes')
  const headerLength = form.explicit && !short ? 12 : 8
  const out = Buffer.alloc(headerLength + padded, padOf(vr))
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength)
  view.setUint16(0, tag >>> 16, form.littleEndian)
  view.setUint16(2, tag & 0xffff, form.littleEndian)
  if (form.explicit) out.write(vr, 4, 'latin1')
  if (short) view.setUint16(6, padded, form.littleEndian)
  else if (form.explicit) {
    view.setUint16(6, 0, form.littleEndian)
    view.setUint32(8, padded, form.littleEndian)
  } else view.setUint32(4, padded, form.littleEndian)
  out.set(value, headerLength)
  return out
}

/** Appends a file meta element with an ASCII value. */
export function appendElement(parts: Uint8Array[], tag: number, vr: string, value: string): void {
  parts.push(encodeElement(META_FORM, tag, vr, Buffer.from(value, 'latin1')))
}

/** Encodes one item of defined length around encoded elements. */
export function encodeItem(form: Form, content: Uint8Array): Uint8Array {
  const out = Buffer.alloc(8 + content.length)
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength)
  view.setUint16(0, 0xfffe, form.littleEndian)
  view.setUint16(2, 0xe000, form.littleEndian)
  view.setUint32(4, content.length, form.littleEndian)
  out.set(content, 8)
  return out
}

/** Identifies this product as the writer of a file (PS3.7 annex D.3.3.2); a UUID-derived UID, PS3.5 annex B.2. */
const IMPLEMENTATION_CLASS_UID = '2.25.77316623211900235760725366609680152848'
const IMPLEMENTATION_VERSION = 'BITHIVE_0_1'

/** The file meta elements (PS3.10 section 7.1) without the group length, which `writePart10` computes. */
export function metaElements(facts: {
  readonly sopClassUid: string
  readonly sopInstanceUid: string
  readonly transferSyntaxUid: string
}): Uint8Array[] {
  const parts = [encodeElement(META_FORM, 0x00020001, 'OB', Uint8Array.of(0, 1))]
  appendElement(parts, 0x00020002, 'UI', facts.sopClassUid)
  appendElement(parts, 0x00020003, 'UI', facts.sopInstanceUid)
  appendElement(parts, 0x00020010, 'UI', facts.transferSyntaxUid)
  appendElement(parts, 0x00020012, 'UI', IMPLEMENTATION_CLASS_UID)
  appendElement(parts, 0x00020013, 'SH', IMPLEMENTATION_VERSION)
  return parts
}

/** Joins preamble, prefix, file meta group with its right length, and the data set. */
export function writePart10(file: {
  readonly preamble?: Uint8Array
  readonly meta: readonly Uint8Array[]
  readonly body: readonly Uint8Array[]
}): Uint8Array {
  const metaLength = file.meta.reduce((sum, part) => sum + part.length, 0)
  const length = Buffer.alloc(4)
  length.writeUInt32LE(metaLength)
  return Buffer.concat([
    file.preamble ?? Buffer.alloc(128),
    Buffer.from('DICM', 'latin1'),
    encodeElement(META_FORM, 0x00020000, 'UL', length),
    ...file.meta,
    ...file.body,
  ])
}
