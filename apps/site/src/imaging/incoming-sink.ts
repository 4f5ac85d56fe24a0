import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { crc32 } from 'node:zlib'
import { isDomainError } from '@bithive/kernel/errors'
import { indexInstance } from './dicom-index.ts'
import { imagingErrors } from './errors.ts'
import { type IncomingFolders, PREAMBLE_BYTES, quarantine, type Slots, writeMark } from './queue-slots.ts'
import type { ReadLimits } from './read-elements.ts'

/** DIMSE status of a C-STORE response (PS3.4 table B.2-1). */
export const STORE_STATUS = { success: 0x0000, outOfResources: 0xa700, mismatch: 0xa900, cannotUnderstand: 0xc000 }

export type Received =
  | { readonly status: typeof STORE_STATUS.success; readonly name: string; readonly bytes: number }
  | { readonly status: number; readonly reason: string }

export type Sink = {
  readonly write: (bytes: Uint8Array) => void
  /** Makes the file durable and queues it, or says why it is refused. Call it once. */
  readonly finish: () => Received
  /** Removes what was written. */
  readonly drop: () => void
}

export type SinkOptions = {
  readonly folders: IncomingFolders
  readonly slots: Pick<Slots, 'take'>
  /** Preamble, prefix and file meta group of the file to be. */
  readonly prefix: Uint8Array
  readonly limits: ReadLimits
  readonly announced: { readonly sopClassUid: string; readonly sopInstanceUid: string }
  /** False when the disk's reserve is used up: the instance is read to its end and refused. */
  readonly hasRoom: boolean
  /** Memory of the association for an image that is still coming; what is larger goes to disk as it comes. */
  readonly scratch: Buffer
  /** Where the bytes go instead of the slot's file: a test gives a device that is full. */
  readonly path?: string
}

function check(bytes: Buffer, { limits, announced }: SinkOptions): void {
  const { header } = indexInstance(bytes, limits)
  const same = header.sopClassUid === announced.sopClassUid && header.sopInstanceUid === announced.sopInstanceUid
  if (!same) throw imagingErrors.error('class-mismatch')
}

/** Bytes on their way: in memory as long as they fit, in the slot's file from then on. */
function createSpill(scratch: Buffer, path: () => string) {
  let file: number | undefined
  let held = 0
  let flushed = 0
  let checksum = 0
  const put = (bytes: Uint8Array, position?: number) => {
    file ??= openSync(path(), 'r+')
    for (let at = 0; at < bytes.length; ) {
      at += writeSync(file, bytes, at, bytes.length - at, position === undefined ? undefined : position + at)
    }
  }
  const flush = () => {
    const pending = scratch.subarray(0, held)
    checksum = crc32(flushed === 0 ? pending.subarray(PREAMBLE_BYTES) : pending, checksum)
    put(pending)
    flushed += held
    held = 0
  }
  const close = () => {
    if (file !== undefined) closeSync(file)
    file = undefined
  }
  return {
    length: () => flushed + held,
    add: (bytes: Uint8Array) => {
      for (let at = 0; at < bytes.length; ) {
        if (held === scratch.length) flush()
        const part = bytes.subarray(at, at + scratch.length - held)
        scratch.set(part, held)
        held += part.length
        at += part.length
      }
    },
    /** The whole file: from memory when it fitted, read back when not. */
    whole: (): Buffer => {
      if (flushed === 0) return scratch.subarray(0, held)
      flush()
      return readFileSync(path())
    },
    /** Writes what is left without a mark, for an engineer. */
    flush,
    /** Writes what is left, and the mark last of all, then syncs. */
    seal: () => {
      const length = flushed + held
      if (flushed === 0) {
        writeMark(scratch, length, crc32(scratch.subarray(PREAMBLE_BYTES, held)))
        put(scratch.subarray(0, held))
      } else {
        fdatasyncSync(file as number)
        const preamble = Buffer.alloc(PREAMBLE_BYTES)
        writeMark(preamble, length, checksum)
        put(preamble, 0)
      }
      fdatasyncSync(file as number)
      close()
    },
    close,
  }
}

type Failure = { readonly status: number; readonly reason: string }

function storageFailure(error: unknown): Failure {
  const code = (error as NodeJS.ErrnoException).code
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
  return { status: STORE_STATUS.outOfResources, reason: full ? 'storage-full' : 'storage-failed' }
}

/**
 * Takes one instance to the queue as its bytes arrive. Everything is synchronous: this runs in the receiver's own
 * thread, and order between the fragments of an association is then plain.
 */
export function createIncomingSink(options: SinkOptions): Sink {
  const { folders, limits, scratch } = options
  let name = ''
  const path = () => options.path ?? join(folders.queued, `${name}.dcm`)
  const spill = createSpill(scratch, path)
  let failed: Failure | undefined = options.hasRoom
    ? undefined
    : { status: STORE_STATUS.outOfResources, reason: 'storage-full' }

  const attempt = (act: () => void): Failure | undefined => {
    if (failed) return failed
    try {
      act()
    } catch (error) {
      failed = storageFailure(error)
    }
    return failed
  }
  const drop = () => {
    spill.close()
    if (name !== '' && options.path === undefined) rmSync(path(), { force: true })
  }
  const refuse = (error: unknown): Received => {
    if (!isDomainError(error)) throw error
    attempt(() => {
      spill.flush()
      spill.close()
      quarantine(folders, name, error.code)
    })
    const mismatch = error.code === 'imaging.class-mismatch'
    const status = mismatch ? STORE_STATUS.mismatch : STORE_STATUS.cannotUnderstand
    return failed ?? { status, reason: error.code }
  }

  attempt(() => {
    name = options.slots.take()
    spill.add(options.prefix)
  })
  return {
    write: (chunk) => {
      attempt(() => {
        if (spill.length() + chunk.length <= limits.maxBytes) spill.add(chunk)
        else failed = { status: STORE_STATUS.outOfResources, reason: 'imaging.too-large' }
      })
    },
    finish: () => {
      let bytes: Buffer | undefined
      attempt(() => {
        bytes = spill.whole()
      })
      if (!failed && bytes) {
        try {
          check(bytes, options)
        } catch (error) {
          return refuse(error)
        }
        attempt(spill.seal)
      }
      if (!failed) return { status: STORE_STATUS.success, name, bytes: spill.length() }
      drop()
      return failed
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
