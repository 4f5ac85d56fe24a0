import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { defineErrors, invariant } from './errors.ts'
import { replaceWholeFile, syncDirectory } from './whole-file.ts'

/**
 * Bytes by key. Keys are slash-separated names of `[a-z0-9._-]` that end neither in `.tmp` nor in `.new`, which mark
 * unfinished files; what a key holds never changes, only goes.
 */
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
const UNFINISHED = /\.(tmp|new)$/

/** Nothing of this key: no such file, a part of the path is a file, or the key names a folder. */
const isMissing = (error: unknown) =>
  ['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code as string)

/** Makes a folder and those above it; a new folder is durable only when the one that holds it was synced. */
async function makeDurableFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made))
}

/** Blobs as files below a directory that belongs to this process alone (0700, files 0600). */
export function createFileBlobs(deps: { directory: string }): Blobs {
  const pathOf = (key: string) => {
    const sound = KEY.test(key) && key.length <= 512 && !UNFINISHED.test(key)
    invariant(sound, 'a blob key is a short slash-separated name')
    return join(deps.directory, ...key.split('/'))
  }
  const write = async (path: string, bytes: Uint8Array) => {
    try {
      await makeDurableFolder(dirname(path))
      await replaceWholeFile(path, bytes)
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code
      if (code === 'ENOSPC' || code === 'EDQUOT') throw blobErrors.error('storage-full', {}, error)
      throw error
    }
  }
  return {
    put: async (key, bytes) => write(pathOf(key), bytes),
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
    delete: async (key) => rm(pathOf(key), { force: true }),
    list: async (prefix) => {
      const folders = prefix.split('/').slice(0, -1)
      invariant(folders.length === 0 || KEY.test(folders.join('/')), 'a prefix is the beginning of a key')
      // Only the prefix's own folder is read: a house of many studies holds many more files elsewhere.
      const root = join(deps.directory, ...folders)
      const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((error) => {
        if (isMissing(error)) return []
        throw error
      })
      return entries
        .filter((entry) => entry.isFile() && !UNFINISHED.test(entry.name))
        .map((entry) => relative(deps.directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
        .filter((key) => key.startsWith(prefix))
        .sort()
    },
  }
}
