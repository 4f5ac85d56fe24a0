export type FileMeta = {
  /** Transfer Syntax UID (0002,0010), without its padding. */
  readonly syntax: string
  /** Where the value of that element lies, so that it can be replaced in place. */
  readonly syntaxAt: { readonly from: number; readonly to: number }
  /** Where the data set begins. */
  readonly endsAt: number
}

const LONG_VRS = ['OB', 'OW', 'OF', 'OD', 'OL', 'SQ', 'UC', 'UN', 'UR', 'UT']

/**
 * Reads the file meta information (PS3.10 section 7.1), always explicit little endian, behind the prefix. Returns
 * undefined when there is no prefix or no transfer syntax, or when an element reaches over the end of the file.
 */
export function readFileMeta(bytes: Uint8Array): FileMeta | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (file.length <= 132 || file.toString('latin1', 128, 132) !== 'DICM') return undefined
  let at = 132
  let found: Omit<FileMeta, 'endsAt'> | undefined
  while (at + 12 <= file.length && file.readUInt16LE(at) === 0x0002) {
    const long = LONG_VRS.includes(file.toString('latin1', at + 4, at + 6))
    const from = at + (long ? 12 : 8)
    const to = from + (long ? file.readUInt32LE(at + 8) : file.readUInt16LE(at + 6))
    if (to > file.length) return undefined
    if (file.readUInt16LE(at + 2) === 0x0010) {
      found = { syntax: file.toString('latin1', from, to).replace(/[\0 ]+$/, ''), syntaxAt: { from, to } }
    }
    at = to
  }
  return found && { ...found, endsAt: at }
}
