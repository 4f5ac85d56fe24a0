import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Randomness } from './randomness.ts'

export type Secrets = {
  /** The secret of this name, 32 random bytes in hex, made at first use and kept in a file of mode 0600. */
  readonly get: (name: string) => Promise<string>
  readonly bytes: (name: string) => Promise<Uint8Array>
  /** Keeps a secret that somebody else issued (a service token). Replaces an older one. */
  readonly put: (name: string, value: string) => Promise<void>
  readonly find: (name: string) => Promise<string | undefined>
}

/** Secrets as files below a folder of mode 0700. Two processes that start at once agree on one value. */
export function createSecrets(deps: { directory: string; randomness: Randomness }): Secrets {
  const path = (name: string) => join(deps.directory, name)
  const find = async (name: string) => {
    try {
      return (await readFile(path(name), 'utf8')).trim()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }
  const write = async (name: string, value: string, flag: 'w' | 'wx') => {
    await mkdir(deps.directory, { recursive: true, mode: 0o700 })
    const handle = await open(path(name), flag, 0o600)
    try {
      await handle.writeFile(`${value}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
  const get = async (name: string) => {
    const known = await find(name)
    if (known) return known
    const value = Buffer.from(deps.randomness.bytes(32)).toString('hex')
    try {
      await write(name, value, 'wx')
      return value
    } catch (error) {
      // Another starter was first, or the file was left empty by a kill between create and write.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      const theirs = await find(name)
      if (theirs) return theirs
      await write(name, value, 'w')
      return value
    }
  }
  return {
    get,
    bytes: async (name) => new Uint8Array(Buffer.from(await get(name), 'hex')),
    put: (name, value) => write(name, value, 'w'),
    find,
  }
}
