import { createCipheriv, createDecipheriv } from 'node:crypto'
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Randomness } from '../randomness.ts'
import { type BackupKey, checkStrength, deriveKeys, headerProof, type KeyHeader, SCRYPT_N } from './backup-key.ts'
import { asStorageFull, backupErrors } from './errors.ts'

/*
 * The file: a line of magic, a line of JSON (how the key is derived, and its proof), then chunks of 64 KiB sealed with
 * AES-256-GCM. The nonce is 7 random bytes, a counter of 4 and a byte that is 1 in the last chunk only: the STREAM
 * construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-Encryption, 2015), so that chunks cannot be
 * dropped, repeated, moved or cut off without notice.
 */
const MAGIC = 'BITHIVE BACKUP 1\n'
const CHUNK = 64 * 1024
const TAG = 16
const MAX_HEADER = 4096

function nonceOf(prefix: Buffer, counter: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  prefix.copy(nonce)
  nonce.writeUInt32BE(counter, 7)
  nonce[11] = last ? 1 : 0
  return nonce
}

export type SealedWriter = {
  /** Takes bytes of any length; waits while the disk is slow. */
  readonly write: (bytes: Uint8Array) => Promise<void>
  /** Seals the last chunk, syncs, and only then gives the file its name. */
  readonly finish: () => Promise<{ bytes: number }>
  /** Removes what was written. */
  readonly abandon: () => Promise<void>
}

/** @throws backup.exists, weak-passphrase, storage-full */
export async function createSealedFile(deps: {
  path: string
  key: BackupKey
  randomness: Randomness
}): Promise<SealedWriter> {
  const { path, key, randomness } = deps
  await checkStrength(key)
  if (await stat(path).catch(() => undefined)) throw backupErrors.error('exists')
  const hex = (length: number) => Buffer.from(randomness.bytes(length)).toString('hex')
  const kdf = 'passphrase' in key ? 'scrypt' : 'hkdf'
  const header: KeyHeader = { kdf, n: SCRYPT_N, salt: hex(32), noncePrefix: hex(7) }
  const keys = await deriveKeys(key, header)
  const prefix = Buffer.from(header.noncePrefix, 'hex')
  const unfinished = `${path}.${hex(4)}.new`
  const file = await open(unfinished, 'wx', 0o600).catch((error) => Promise.reject(asStorageFull(error)))
  let pending: Buffer[] = []
  let pendingBytes = 0
  let counter = 0
  let written = 0
  const put = async (bytes: Buffer) => {
    try {
      await file.write(bytes)
    } catch (error) {
      throw asStorageFull(error)
    }
    written += bytes.length
  }
  const seal = async (plain: Buffer, last: boolean) => {
    const cipher = createCipheriv('aes-256-gcm', keys.content, nonceOf(prefix, counter++, last))
    await put(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]))
  }
  await put(Buffer.from(`${MAGIC}${JSON.stringify({ ...header, proof: headerProof(keys, header) })}\n`))
  return {
    write: async (bytes) => {
      pending.push(Buffer.from(bytes))
      pendingBytes += bytes.length
      if (pendingBytes <= CHUNK) return
      let all = Buffer.concat(pending)
      // One byte more than a chunk must be there, for the last chunk is never empty unless the file is.
      for (; all.length > CHUNK; all = all.subarray(CHUNK)) await seal(all.subarray(0, CHUNK), false)
      pending = [Buffer.from(all)]
      pendingBytes = all.length
    },
    finish: async () => {
      await seal(Buffer.concat(pending), true)
      await file.sync()
      await file.close()
      await rename(unfinished, path)
      await syncFolder(dirname(path))
      return { bytes: written }
    },
    abandon: async () => {
      await file.close().catch(() => undefined)
      await rm(unfinished, { force: true })
    },
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder for sync; its rename is journalled by the file system.
  if (process.platform === 'win32') return
  const handle = await open(path, 'r')
  await handle.sync().finally(() => handle.close())
}

async function readHeader(file: FileHandle): Promise<{ header: KeyHeader; proof: string; length: number }> {
  const buffer = Buffer.alloc(MAX_HEADER)
  const { bytesRead } = await file.read(buffer, 0, MAX_HEADER, 0)
  const text = buffer.subarray(0, bytesRead).toString('latin1')
  const end = text.indexOf('\n', MAGIC.length)
  if (!text.startsWith(MAGIC) || end < 0) throw backupErrors.error('not-a-backup')
  try {
    const { proof, ...header } = JSON.parse(text.slice(MAGIC.length, end)) as KeyHeader & { proof: string }
    // Without a bound an altered header could ask for any amount of memory.
    if (header.n !== SCRYPT_N || !/^[0-9a-f]{64}$/.test(header.salt) || !/^[0-9a-f]{14}$/.test(header.noncePrefix)) {
      throw backupErrors.error('damaged')
    }
    return { header, proof, length: end + 1 }
  } catch (cause) {
    throw backupErrors.error('damaged', {}, cause)
  }
}

/**
 * The content, chunk by chunk, each authenticated before it is given out.
 * @throws backup.not-a-backup, wrong-key, damaged, truncated
 */
export async function* readSealedFile(deps: { path: string; key: BackupKey }): AsyncGenerator<Buffer> {
  const file = await open(deps.path, 'r').catch((cause) =>
    Promise.reject(backupErrors.error('not-a-backup', {}, cause)),
  )
  try {
    const { header, proof, length } = await readHeader(file)
    const keys = await deriveKeys(deps.key, header)
    if (headerProof(keys, header) !== proof) throw backupErrors.error('wrong-key')
    const prefix = Buffer.from(header.noncePrefix, 'hex')
    const { size } = await file.stat()
    const chunks = Math.max(1, Math.ceil((size - length) / (CHUNK + TAG)))
    for (let counter = 0; counter < chunks; counter++) {
      const at = length + counter * (CHUNK + TAG)
      const sealed = Buffer.alloc(Math.min(CHUNK + TAG, size - at))
      const { bytesRead } = await file.read(sealed, 0, sealed.length, at)
      if (bytesRead < TAG) throw backupErrors.error('truncated')
      const last = counter === chunks - 1
      const plain = openChunk(keys.content, prefix, counter, last, sealed)
      if (!plain) {
        // A whole chunk that opens as one of the middle says that the end was cut off, and not altered.
        const middle = last && openChunk(keys.content, prefix, counter, false, sealed)
        throw backupErrors.error(middle || (last && sealed.length < CHUNK + TAG) ? 'truncated' : 'damaged')
      }
      yield plain
    }
  } finally {
    await file.close()
  }
}

function openChunk(key: Buffer, prefix: Buffer, counter: number, last: boolean, sealed: Buffer): Buffer | undefined {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(prefix, counter, last), { authTagLength: TAG })
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG))
    return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - TAG)), decipher.final()])
  } catch {
    return undefined
  }
}
