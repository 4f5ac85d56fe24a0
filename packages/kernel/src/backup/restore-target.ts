import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { connect, sqlState } from '../database.ts'
import { asStorageFull, backupErrors } from './errors.ts'

/** A folder that appears whole or not at all: written under another name beside its place, and renamed at the end. */
export type FolderTarget = {
  readonly write: (path: string, body: AsyncIterable<Uint8Array>) => Promise<void>
  readonly commit: () => Promise<void>
  readonly abandon: () => Promise<void>
}

/** @throws backup.target-not-empty */
export async function openFolderTarget(path: string): Promise<FolderTarget> {
  const there = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  if (there.length > 0) throw backupErrors.error('target-not-empty', { folder: path })
  const unfinished = join(dirname(path), `.${basename(path)}-${randomBytes(4).toString('hex')}.restoring`)
  await mkdir(unfinished, { recursive: true, mode: 0o700 })
  return {
    write: async (name, body) => {
      const parts = name.split('/')
      // A path from a file, even an authenticated one, never leads out of its folder.
      if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\\'))) {
        throw backupErrors.error('damaged')
      }
      const target = join(unfinished, ...parts)
      await mkdir(dirname(target), { recursive: true, mode: 0o700 })
      const file = await open(target, 'wx', 0o600)
      try {
        for await (const bytes of body) await file.write(bytes)
        await file.sync()
      } catch (error) {
        throw asStorageFull(error)
      } finally {
        await file.close()
      }
    },
    commit: async () => {
      await rmdir(path).catch(() => undefined)
      await rename(unfinished, path)
      await chmod(path, 0o700)
    },
    abandon: () => rm(unfinished, { recursive: true, force: true }),
  }
}

/**
 * Refuses a database that holds anything. @returns true when the database does not exist yet, so that a restore that
 * fails may remove what it made.
 */
export async function proveEmpty(url: string, database: string): Promise<boolean> {
  const sql = connect(url, { database, max: 1 })
  try {
    const [row] = await sql<{ tables: number; superuser: boolean }[]>`
      SELECT count(*)::int AS tables, current_setting('is_superuser') = 'on' AS superuser FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')`
    if (row && row.tables > 0) throw backupErrors.error('target-not-empty', { database })
    if (row && !row.superuser) throw backupErrors.error('needs-superuser')
    return false
  } catch (error) {
    // 3D000: no such database.
    if (sqlState(error) === '3D000') return true
    throw error
  } finally {
    await sql.end({ timeout: 1 })
  }
}
