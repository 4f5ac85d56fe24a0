import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

/** Folders of the receiver, on one file system, so that a rename moves a whole file or nothing. */
export type IncomingFolders = {
  /** Being received, or acknowledged and not registered yet. Its files tell which by their mark. */
  readonly queued: string
  /** Refused, with the reason beside it, for an engineer to look at. */
  readonly quarantine: string
}

export function incomingFolders(directory: string): IncomingFolders {
  return { queued: join(directory, 'queued'), quarantine: join(directory, 'quarantine') }
}

/**
 * The mark of a file that is whole: in the preamble, whose 128 bytes the application may use (PS3.10 section 7.1).
 * Name, length of the file (8 bytes) and CRC-32 of what follows the preamble. A file without it, or one that it does
 * not fit, was never acknowledged.
 */
const MARK = Buffer.from('BHQUEUE1', 'latin1')
export const PREAMBLE_BYTES = 128

export function writeMark(preamble: Uint8Array, lengthBytes: number, checksum: number): void {
  const out = Buffer.from(preamble.buffer, preamble.byteOffset, PREAMBLE_BYTES)
  MARK.copy(out)
  out.writeBigUInt64BE(BigInt(lengthBytes), 8)
  out.writeUInt32BE(checksum, 16)
}

/** True when these bytes are a whole file with its mark. */
export function isWhole(bytes: Buffer): boolean {
  if (bytes.length < PREAMBLE_BYTES || !bytes.subarray(0, 8).equals(MARK)) return false
  if (bytes.readBigUInt64BE(8) !== BigInt(bytes.length)) return false
  return bytes.readUInt32BE(16) === crc32(bytes.subarray(PREAMBLE_BYTES))
}

function syncFolder(path: string): void {
  // Windows cannot open a directory for sync; its rename is journalled by the file system.
  if (process.platform === 'win32') return
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

/** Moves a refused file aside with the code of the reason: no value of the file, no word of a parser. */
export function quarantine(folders: IncomingFolders, name: string, reason: string): void {
  writeFileSync(join(folders.quarantine, `${name}.json`), JSON.stringify({ reason }), { mode: 0o600 })
  renameSync(join(folders.queued, `${name}.dcm`), join(folders.quarantine, `${name}.dcm`))
  syncFolder(folders.quarantine)
}

/** Removes what a kill left unfinished. Call it before anything is received. */
export function removeUnfinished(folders: IncomingFolders): void {
  for (const name of readdirSync(folders.queued)) {
    const path = join(folders.queued, name)
    if (!isWhole(readFileSync(path))) rmSync(path, { force: true })
  }
}

export type Slots = {
  /** A name whose empty file is in the folder for good. @throws what the file system throws */
  readonly take: () => string
  /** Removes the slots that were not taken. */
  readonly close: () => void
}

/** How many slots one sync of the folder pays for. */
const AHEAD = 32

/**
 * Makes the empty files of coming images ahead. The name of a new file is durable only after a sync of its folder;
 * so prepared, an image costs one sync instead of two.
 * @param nextName ids of the site's own, never a UID of an image
 */
export function createSlots(folder: string, nextName: () => string): Slots {
  let free: string[] = []
  return {
    take: () => {
      if (free.length === 0) {
        const names = Array.from({ length: AHEAD }, nextName)
        for (const name of names) closeSync(openSync(join(folder, `${name}.dcm`), 'wx', 0o600))
        syncFolder(folder)
        free = names.reverse()
      }
      return free.pop() as string
    },
    close: () => {
      for (const name of free) rmSync(join(folder, `${name}.dcm`), { force: true })
      free = []
    },
  }
}
