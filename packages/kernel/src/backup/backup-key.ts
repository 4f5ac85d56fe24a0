import { createHmac, hkdfSync, scrypt } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { backupErrors } from './errors.ts'

/** What opens a backup: words that a person keeps, or a file of at least 32 random bytes. */
export type BackupKey = { readonly passphrase: string } | { readonly keyFile: string }

export type KeyHeader = {
  readonly kdf: 'scrypt' | 'hkdf'
  /** Cost of scrypt: 2^17 blocks of 8 × 128 bytes, 128 MiB, as OWASP advises for passwords. */
  readonly n: number
  readonly salt: string
  readonly noncePrefix: string
}

export type SealingKeys = { readonly content: Buffer; readonly check: Buffer }

const MIN_PASSPHRASE = 12
const MIN_KEY_FILE = 32
export const SCRYPT_N = 2 ** 17

/** Refuses what could be guessed; asked only when a backup is made. @throws backup.weak-passphrase */
export async function checkStrength(key: BackupKey): Promise<void> {
  const length = 'passphrase' in key ? [...key.passphrase].length : (await readFile(key.keyFile)).length
  const least = 'passphrase' in key ? MIN_PASSPHRASE : MIN_KEY_FILE
  if (length < least) throw backupErrors.error('weak-passphrase', { least })
}

/** Derives the key that seals the content and the one that proves the header. */
export async function deriveKeys(key: BackupKey, header: KeyHeader): Promise<SealingKeys> {
  const salt = Buffer.from(header.salt, 'hex')
  let bytes: Buffer
  if ('passphrase' in key) {
    const options = { N: header.n, r: 8, p: 1, maxmem: 256 * header.n * 8 }
    bytes = await new Promise((resolve, reject) => {
      scrypt(key.passphrase.normalize('NFKC'), salt, 64, options, (error, derived) =>
        error ? reject(error) : resolve(derived),
      )
    })
  } else {
    bytes = Buffer.from(hkdfSync('sha256', await readFile(key.keyFile), salt, 'bithive backup v1', 64))
  }
  return { content: bytes.subarray(0, 32), check: bytes.subarray(32) }
}

/** Proves that header and key belong together, before a byte of content is tried. */
export function headerProof(keys: SealingKeys, header: KeyHeader): string {
  return createHmac('sha256', keys.check).update(JSON.stringify(header)).digest('hex')
}
