import { chmod, mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { defineErrors, invariant } from './errors.ts'
import type { Randomness } from './randomness.ts'
import { createWholeFile, replaceWholeFile } from './whole-file.ts'

export const secretErrors = defineErrors('secrets', {
  damaged: {
    status: 500,
    retryable: false,
    zh: {
      title: '密钥文件已损坏',
      notDone: '没有启动，也没有另造密钥：换了密钥，已有数据就无法打开。',
      todo: '请从备份恢复这个文件；确实没有任何数据时才可删除它。',
    },
    en: {
      title: 'A secret file is damaged',
      notDone: 'Nothing was started, and no other secret was made: the data could not be opened with it.',
      todo: 'Restore the file from a backup. Delete it only when there are no data yet.',
    },
  },
})

export type Secrets = {
  /**
   * The secret of this name, 32 random bytes in hex, made at first use and kept in a file of mode 0600.
   * @throws secrets.damaged when the file does not hold one: it is never replaced in silence.
   */
  readonly get: (name: string) => Promise<string>
  readonly bytes: (name: string) => Promise<Uint8Array>
  /** Keeps a secret that somebody else issued (a service token). Replaces an older one. */
  readonly put: (name: string, value: string) => Promise<void>
  readonly find: (name: string) => Promise<string | undefined>
}

const OWN_SECRET = /^[0-9a-f]{64}$/

/** Makes the folder for this user alone; one that an older tool or a copy left open is closed. */
async function makePrivateFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  if (process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0) await chmod(path, 0o700)
}

/** Secrets as files below a folder of mode 0700. Two processes that start at once agree on one value. */
export function createSecrets(deps: { directory: string; randomness: Randomness }): Secrets {
  const path = (name: string) => {
    invariant(/^[a-z0-9][a-z0-9._-]*$/i.test(name) && !/\.(tmp|new)$/.test(name), 'a secret has a plain name')
    return join(deps.directory, name)
  }
  const find = async (name: string) => {
    try {
      return (await readFile(path(name), 'utf8')).trim()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }
  const get = async (name: string) => {
    let known = await find(name)
    if (known === undefined) {
      const made = Buffer.from(deps.randomness.bytes(32)).toString('hex')
      await makePrivateFolder(deps.directory)
      // Whole or absent: a kill between creating and writing would leave an empty secret, which another starter reads.
      known = (await createWholeFile(path(name), `${made}\n`)) ? made : await find(name)
    }
    if (known === undefined || !OWN_SECRET.test(known)) throw secretErrors.error('damaged', { secret: name })
    return known
  }
  return {
    get,
    bytes: async (name) => new Uint8Array(Buffer.from(await get(name), 'hex')),
    put: async (name, value) => {
      await makePrivateFolder(deps.directory)
      await replaceWholeFile(path(name), `${value}\n`)
    },
    find,
  }
}
