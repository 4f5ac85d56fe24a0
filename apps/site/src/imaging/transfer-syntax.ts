/** How a transfer syntax writes a data set (PS3.5 section 10, PS3.6 annex A). */
export type TransferSyntax = {
  readonly uid: string
  readonly explicit: boolean
  readonly littleEndian: boolean
  readonly deflated: boolean
  /** Pixel data lie in fragments of undefined length. */
  readonly encapsulated: boolean
}

export const IMPLICIT_LE = '1.2.840.10008.1.2'
export const EXPLICIT_LE = '1.2.840.10008.1.2.1'
const DEFLATED_LE = '1.2.840.10008.1.2.1.99'
export const EXPLICIT_BE = '1.2.840.10008.1.2.2'
export const RLE_LOSSLESS = '1.2.840.10008.1.2.5'

const NATIVE: readonly TransferSyntax[] = [
  { uid: IMPLICIT_LE, explicit: false, littleEndian: true, deflated: false, encapsulated: false },
  { uid: EXPLICIT_LE, explicit: true, littleEndian: true, deflated: false, encapsulated: false },
  { uid: DEFLATED_LE, explicit: true, littleEndian: true, deflated: true, encapsulated: false },
  { uid: EXPLICIT_BE, explicit: true, littleEndian: false, deflated: false, encapsulated: false },
]

/** RLE; JPEG baseline, extended, lossless; JPEG-LS; JPEG 2000; HTJ2K; MPEG-2, MPEG-4 and HEVC. */
const ENCAPSULATED: readonly string[] = [
  RLE_LOSSLESS,
  ...['50', '51', '57', '70', '80', '81', '90', '91', '92', '93'].map((n) => `1.2.840.10008.1.2.4.${n}`),
  ...['100', '101', '102', '103', '104', '105', '106', '107', '108'].map((n) => `1.2.840.10008.1.2.4.${n}`),
  ...['201', '202', '203'].map((n) => `1.2.840.10008.1.2.4.${n}`),
]

const SYNTAXES: ReadonlyMap<string, TransferSyntax> = new Map([
  ...NATIVE.map((s) => [s.uid, s] as const),
  ...ENCAPSULATED.map((uid) => {
    return [uid, { uid, explicit: true, littleEndian: true, deflated: false, encapsulated: true }] as const
  }),
])

/** The syntax with this UID, or undefined when this product cannot walk a file written in it. */
export function transferSyntax(uid: string): TransferSyntax | undefined {
  return SYNTAXES.get(uid)
}
