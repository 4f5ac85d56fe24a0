import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { type Database, type DatabaseName, openDatabase, startPostgres } from '../database.ts'
import { invariant } from '../errors.ts'
import type { Log } from '../log.ts'
import type { BackupKey } from './backup-key.ts'
import { backupErrors } from './errors.ts'
import { type RestoreReport, restoreBackup } from './restore-backup.ts'
import type { DatabaseTarget } from './restore-database.ts'

/** What a check may look at: the restored databases and folders, by name. */
export type Restored = {
  readonly database: (name: DatabaseName) => Database
  readonly blobDirectories: Readonly<Record<string, string>>
  readonly secretsDirectory: string
}

/** A claim about restored data; `false` or an error fails the drill. */
export type DrillCheck = { readonly name: string; readonly run: (restored: Restored) => Promise<boolean> }

export type DrillReport = RestoreReport & { readonly checks: readonly string[] }

export type DrillOptions = {
  readonly input: string
  readonly databases: readonly Pick<DatabaseTarget, 'name' | 'rooms'>[]
  readonly blobDirectories: readonly string[]
  readonly checks: readonly DrillCheck[]
  /** Where the folder of the drill is made and removed again; the system's own place for such unless told. */
  readonly workDirectory?: string
  readonly log: Log
  readonly clock: Clock
} & BackupKey

async function runChecks(checks: readonly DrillCheck[], restored: Restored): Promise<void> {
  for (const check of checks) {
    const passed = await check.run(restored).catch((cause) => {
      throw backupErrors.error('drill-failed', { check: check.name }, cause)
    })
    if (!passed) throw backupErrors.error('drill-failed', { check: check.name })
  }
}

/**
 * Restores a backup into a folder and a server of its own, runs the caller's checks on it and removes everything:
 * the proof that a backup is one. The data in use are never touched.
 * @throws backup.drill-failed and what restoreBackup throws
 */
export async function drillBackup(options: DrillOptions): Promise<DrillReport> {
  const { log, checks } = options
  const folder = await mkdtemp(join(options.workDirectory ?? tmpdir(), 'bithive-drill-'))
  // The server may run as another user, who passes through to its own files; everything else inside is 0700.
  await chmod(folder, 0o711)
  const opened: Database[] = []
  let server: Awaited<ReturnType<typeof startPostgres>> | undefined
  try {
    server = await startPostgres({ directory: join(folder, 'postgres'), log })
    const url = server.url('postgres')
    const blobDirectories = options.blobDirectories.map((name) => ({ name, path: join(folder, 'blobs', name) }))
    const secretsDirectory = join(folder, 'secrets')
    const databases = options.databases.map((database) => ({ ...database, url }))
    const report = await restoreBackup({ ...options, databases, blobDirectories, secretsDirectory })
    for (const { name } of databases) opened.push(await openDatabase({ url, name, maxConnections: 3, log }))
    await runChecks(checks, {
      database: (name) => {
        const found = opened.find((database) => database.name === name)
        invariant(found, 'a check asks for a database that the drill restored')
        return found
      },
      blobDirectories: Object.fromEntries(blobDirectories.map(({ name, path }) => [name, path])),
      secretsDirectory,
    })
    return { ...report, checks: checks.map((check) => check.name) }
  } finally {
    await Promise.all(opened.map((database) => database.close()))
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
