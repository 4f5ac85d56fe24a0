import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { isDomainError } from '@bithive/kernel/errors'
import { indexInstance } from './dicom-index.ts'
import { imagingErrors } from './errors.ts'
import type { ReadLimits } from './read-elements.ts'

/** Folders of the receiver. All three lie on one file system, so that a rename moves a whole file or nothing. */
export type IncomingFolders = {
  /** Being received: what a kill leaves here was never acknowledged and is removed at start. */
  readonly partial: string
  /** Acknowledged and not registered yet: re-driven until it is. */
  readonly queued: string
  /** Refused, with the reason beside it, for an engineer to look at. */
  readonly quarantine: string
}

export function incomingFolders(directory: string): IncomingFolders {
  return {
    partial: join(directory, 'partial'),
    queued: join(directory, 'queued'),
    quarantine: join(directory, 'quarantine'),
  }
}

/** DIMSE status of a C-STORE response (PS3.4 table B.2-1). */
export const STORE_STATUS = { success: 0x0000, outOfResources: 0xa700, mismatch: 0xa900, cannotUnderstand: 0xc000 }

export type Received =
  | { readonly status: typeof STORE_STATUS.success; readonly name: string; readonly bytes: number }
  | { readonly status: number; readonly reason: string; readonly quarantined: boolean }

type Sink = {
  readonly write: (bytes: Uint8Array) => void
  /** Makes the file durable and queues it, or says why it is refused. Call it once. */
  readonly finish: () => Received
  /** Removes what was written. */
  readonly drop: () => void
}

export type SinkOptions = {
  readonly folders: IncomingFolders
  /** File name without extension: an id of the site's own, never a UID of the image. */
  readonly name: string
  readonly prefix: Uint8Array
  readonly limits: ReadLimits
  readonly announced: { readonly sopClassUid: string; readonly sopInstanceUid: string }
  /** False when the disk's reserve is used up: the instance is read to its end and refused. */
  readonly hasRoom: boolean
  /** The file to write; the partial folder's own unless a test gives one that is full. */
  readonly path?: string
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
export function quarantine(folders: IncomingFolders, from: string, name: string, reason: string): void {
  writeFileSync(join(folders.quarantine, `${name}.json`), JSON.stringify({ reason }), { mode: 0o600 })
  renameSync(from, join(folders.quarantine, `${name}.dcm`))
  syncFolder(folders.quarantine)
}

function check(path: string, options: SinkOptions): void {
  const { header } = indexInstance(readFileSync(path), options.limits)
  const { sopClassUid, sopInstanceUid } = options.announced
  if (header.sopClassUid !== sopClassUid || header.sopInstanceUid !== sopInstanceUid) {
    throw imagingErrors.error('class-mismatch')
  }
}

/**
 * Writes one instance to disk as its bytes arrive. Everything is synchronous: this runs in the receiver's own thread,
 * and order between the fragments of an association is then plain.
 */
export function createIncomingSink(options: SinkOptions): Sink {
  const { folders, name, limits } = options
  const path = options.path ?? join(folders.partial, `${name}.dcm`)
  let file: number | undefined
  let bytes = 0
  let failed: { status: number; reason: string } | undefined = options.hasRoom
    ? undefined
    : { status: STORE_STATUS.outOfResources, reason: 'storage-full' }

  const attempt = (act: () => void) => {
    if (failed) return
    try {
      act()
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
      failed = { status: STORE_STATUS.outOfResources, reason: full ? 'storage-full' : 'storage-failed' }
    }
  }
  const put = (chunk: Uint8Array) => {
    for (let at = 0; at < chunk.length; ) at += writeSync(file as number, chunk, at)
    bytes += chunk.length
  }
  const drop = () => {
    if (file !== undefined) closeSync(file)
    file = undefined
    if (options.path === undefined) rmSync(path, { force: true })
  }
  const refuse = (error: unknown): Received => {
    if (!isDomainError(error)) throw error
    const mismatch = error.code === 'imaging.class-mismatch'
    attempt(() => quarantine(folders, path, name, error.code))
    if (failed) return { ...failed, quarantined: false }
    const status = mismatch ? STORE_STATUS.mismatch : STORE_STATUS.cannotUnderstand
    return { status, reason: error.code, quarantined: true }
  }

  attempt(() => {
    file = openSync(path, options.path === undefined ? 'wx' : 'w', 0o600)
    put(options.prefix)
  })
  return {
    write: (chunk) => {
      attempt(() => {
        if (bytes + chunk.length <= limits.maxBytes) put(chunk)
        else failed = { status: STORE_STATUS.outOfResources, reason: 'imaging.too-large' }
      })
    },
    finish: () => {
      attempt(() => fsyncSync(file as number))
      if (failed) {
        drop()
        return { ...failed, quarantined: false }
      }
      closeSync(file as number)
      file = undefined
      try {
        check(path, options)
      } catch (error) {
        return refuse(error)
      }
      attempt(() => {
        renameSync(path, join(folders.queued, `${name}.dcm`))
        syncFolder(folders.queued)
      })
      const refused = failed as { status: number; reason: string } | undefined
      return refused ? { ...refused, quarantined: false } : { status: STORE_STATUS.success, name: `${name}.dcm`, bytes }
    },
    drop,
  }
}

/** The sink as the stream that dcmjs-dimse writes to. It never asks for a pause, so fragments stay in order. */
export function sinkStream(sink: Sink): Writable {
  return new Writable({
    highWaterMark: Number.MAX_SAFE_INTEGER,
    write: (chunk: Buffer, _encoding, done) => {
      sink.write(chunk)
      done()
    },
  })
}
