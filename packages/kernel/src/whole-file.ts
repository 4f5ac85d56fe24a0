import { randomUUID } from 'node:crypto'
import { link, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Files that are whole or absent, whatever moment the process or the machine dies at: written aside, synced, and only
 * then given their name. What a kill leaves behind ends in `.tmp` and is never read.
 */

/** Makes a directory's entries durable. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open a directory for sync; its rename is journalled by the file system.
  if (process.platform === 'win32') return
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function withAside<T>(path: string, content: Uint8Array | string, place: (aside: string) => Promise<T>) {
  const aside = `${path}.${randomUUID()}.tmp`
  try {
    const handle = await open(aside, 'wx', 0o600)
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    return await place(aside)
  } finally {
    await rm(aside, { force: true })
  }
}

/** Writes the file (mode 0600), over an older one of this name. Durable when it resolves. */
export async function replaceWholeFile(path: string, content: Uint8Array | string): Promise<void> {
  await withAside(path, content, (aside) => rename(aside, path))
  await syncDirectory(dirname(path))
}

/**
 * Writes the file (mode 0600) unless one of this name exists: of any number that try at once, one succeeds, and the
 * others find its whole content. Durable when it resolves to true.
 */
export async function createWholeFile(path: string, content: Uint8Array | string): Promise<boolean> {
  const created = await withAside(path, content, async (aside) => {
    try {
      await link(aside, path)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    }
  })
  await syncDirectory(dirname(path))
  return created
}
