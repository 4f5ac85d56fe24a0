import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { defineErrors, invariant } from './errors.ts'

/** Bytes by key. Keys are slash-separated names of `[a-z0-9._-]`; what a key holds never changes, only goes. */
export type Blobs = {
  /** Durable when it resolves: written aside, synced, renamed. @throws blobs.storage-full */
  readonly put: (key: string, bytes: Uint8Array) => Promise<void>
  readonly get: (key: string) => Promise<Uint8Array | undefined>
  readonly has: (key: string) => Promise<boolean>
  readonly delete: (key: string) => Promise<void>
  /** Keys below a prefix, sorted. */
  readonly list: (prefix: string) => Promise<string[]>
}

export const blobErrors = defineErrors('blobs', {
  'storage-full': {
    status: 507,
    retryable: true,
    zh: { title: '磁盘已满', notDone: '内容没有保存，已有内容没有变动。', todo: '请腾出磁盘空间后重试。' },
    en: {
      title: 'The disk is full',
      notDone: 'The content was not saved; what was there is unchanged.',
      todo: 'Free some disk space, then try again.',
    },
  },
})

const KEY = /^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*$/

async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a directory for sync; its rename is journalled by the file system.
  if (process.platform === 'win32') return
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT'

/** Blobs as files below a directory that belongs to this process alone (0700, files 0600). */
export function createFileBlobs(deps: { directory: string }): Blobs {
  const pathOf = (key: string) => {
    invariant(KEY.test(key) && key.length <= 512, 'a blob key is a short slash-separated name')
    return join(deps.directory, ...key.split('/'))
  }
  const write = async (path: string, bytes: Uint8Array) => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const aside = `${path}.${randomUUID()}.tmp`
    try {
      const handle = await open(aside, 'wx', 0o600)
      try {
        await handle.writeFile(bytes)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(aside, path)
      await syncDirectory(dirname(path))
    } catch (error) {
      await rm(aside, { force: true })
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'ENOSPC' || code === 'EDQUOT') throw blobErrors.error('storage-full', {}, error)
      throw error
    }
  }
  return {
    put: (key, bytes) => write(pathOf(key), bytes),
    get: async (key) => {
      try {
        return await readFile(pathOf(key))
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    has: async (key) => {
      try {
        return (await stat(pathOf(key))).isFile()
      } catch (error) {
        if (isMissing(error)) return false
        throw error
      }
    },
    delete: (key) => rm(pathOf(key), { force: true }),
    list: async (prefix) => {
      const entries = await readdir(deps.directory, { recursive: true, withFileTypes: true }).catch((error) => {
        if (isMissing(error)) return []
        throw error
      })
      return entries
        .filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp'))
        .map((entry) => relative(deps.directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
        .filter((key) => key.startsWith(prefix))
        .sort()
    },
  }
}
