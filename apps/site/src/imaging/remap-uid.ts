import { createHmac } from 'node:crypto'

/** UIDs that the standard itself registers name classes and syntaxes, never a patient or an image. */
const STANDARD_ROOT = '1.2.840.10008.'

/**
 * Maps a UID with the site's key: the same UID gives the same new one (so a study stays consistent), and nobody
 * without the key can go back. 2.25.<128-bit integer> is the UUID form of PS3.5 annex B.2.
 */
export function remapUid(key: Uint8Array, uid: string): string {
  if (uid === '' || uid.startsWith(STANDARD_ROOT)) return uid
  const hash = createHmac('sha256', key).update('uid\0').update(uid).digest()
  return `2.25.${BigInt(`0x${hash.subarray(0, 16).toString('hex')}`)}`
}
