import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { InvariantError, isDomainError } from '@bithive/kernel/errors'
import type { Log } from '@bithive/kernel/log'
import { incomingFolders, isWhole, PREAMBLE_BYTES, quarantine, writeMark } from './queue-slots.ts'

export type IncomingDeps = {
  readonly directory: string
  readonly log: Log
  /** Registers one file; throws a DomainError for a file that cannot be registered. */
  readonly register: (bytes: Uint8Array) => Promise<unknown>
}

export type Incoming = {
  /** Registers what is queued and removes it from the queue. @returns how many files were registered */
  readonly drive: (signal?: AbortSignal) => Promise<number>
  /** Names of quarantined files with the codes of their reasons. */
  readonly listQuarantined: () => Promise<{ readonly name: string; readonly reason: string }[]>
  /** Puts a quarantined file back into the queue, after its reason was dealt with. @returns false when it is gone */
  readonly retryQuarantined: (name: string) => Promise<boolean>
}

/** How many files are registered side by side: their waits (key, disk, transaction) overlap. */
const PARALLEL = 8
const NAME = /^inc_[0-9a-z]{26}$/

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT'

/**
 * Takes acknowledged files into the register. A file leaves the queue only after it is registered or quarantined, so
 * a kill at any line repeats the step, and repeating it changes nothing.
 */
export function createIncoming(deps: IncomingDeps): Incoming {
  const { log, register } = deps
  const folders = incomingFolders(deps.directory)

  const take = async (name: string): Promise<boolean> => {
    const path = join(folders.queued, `${name}.dcm`)
    try {
      const bytes = await readFile(path)
      if (!isWhole(bytes)) return false
      await register(bytes.fill(0, 0, PREAMBLE_BYTES))
      await rm(path, { force: true })
      return true
    } catch (error) {
      if (isMissing(error)) return false
      const refused = isDomainError(error) && !error.entry.retryable
      if (!refused && !(error instanceof InvariantError)) throw error
      const reason = isDomainError(error) ? error.code : 'imaging.unexpected'
      quarantine(folders, name, reason)
      log.warn({ name, reason }, 'image quarantined')
      return false
    }
  }

  const drive = async (signal?: AbortSignal): Promise<number> => {
    await mkdir(folders.queued, { recursive: true, mode: 0o700 })
    await mkdir(folders.quarantine, { recursive: true, mode: 0o700 })
    const names = (await readdir(folders.queued)).filter((n) => n.endsWith('.dcm')).map((n) => n.slice(0, -4))
    names.sort()
    let registered = 0
    let failure: unknown
    const lane = async () => {
      for (let name = names.shift(); name !== undefined && !signal?.aborted; name = names.shift()) {
        try {
          if (await take(name)) registered += 1
        } catch (error) {
          // One file that has to wait does not hold up the others.
          failure = error
        }
      }
    }
    await Promise.all(Array.from({ length: PARALLEL }, lane))
    if (failure !== undefined) throw failure
    return registered
  }

  return {
    drive,
    listQuarantined: async () => {
      const names = await readdir(folders.quarantine).catch((error) => {
        if (isMissing(error)) return []
        throw error
      })
      const reasons = names.filter((name) => name.endsWith('.json')).sort()
      return await Promise.all(
        reasons.map(async (file) => {
          const { reason } = JSON.parse(await readFile(join(folders.quarantine, file), 'utf8')) as { reason: string }
          return { name: file.slice(0, -5), reason }
        }),
      )
    },
    retryQuarantined: async (name) => {
      if (!NAME.test(name)) return false
      const path = join(folders.quarantine, `${name}.dcm`)
      try {
        // What the receiver refused has no mark yet: an operator who wants it taken gives it one.
        const bytes = await readFile(path)
        if (bytes.length < PREAMBLE_BYTES) return false
        writeMark(bytes, bytes.length, crc32(bytes.subarray(PREAMBLE_BYTES)))
        await writeFile(path, bytes, { mode: 0o600, flush: true })
        await rename(path, join(folders.queued, `${name}.dcm`))
      } catch (error) {
        if (isMissing(error)) return false
        throw error
      }
      await rm(join(folders.quarantine, `${name}.json`), { force: true })
      return true
    },
  }
}
