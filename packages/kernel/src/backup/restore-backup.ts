import type { Clock } from '../clock.ts'
import { isDomainError } from '../errors.ts'
import type { Log } from '../log.ts'
import { type Manifest, type ReadEntry, readArchive } from './archive.ts'
import type { BackupKey } from './backup-key.ts'
import { asStorageFull, backupErrors } from './errors.ts'
import { type DatabaseRestore, type DatabaseTarget, restoreDatabase } from './restore-database.ts'
import { type FolderTarget, openFolderTarget } from './restore-target.ts'
import { readSealedFile } from './sealed-file.ts'

export type RestoreReport = {
  /** When the backup was made. */
  readonly createdAtMs: number
  readonly tables: number
  readonly blobs: number
  readonly secrets: number
  readonly elapsedMs: number
}

export type RestoreOptions = {
  readonly input: string
  readonly databases: readonly DatabaseTarget[]
  readonly blobDirectories: readonly { readonly name: string; readonly path: string }[]
  readonly secretsDirectory: string
  /** People who were forgotten after the backup was made (`DataKeys.forgotten`): they stay forgotten. */
  readonly forgotten?: readonly string[]
  readonly log: Log
  readonly clock: Clock
} & BackupKey

type Targets = {
  readonly databases: ReadonlyMap<string, DatabaseRestore>
  readonly blobs: ReadonlyMap<string, FolderTarget>
  readonly secrets: FolderTarget
}

/** Opens every target, or none: one that is not empty leaves the others as they were. */
async function openTargets(options: RestoreOptions, manifest: Manifest): Promise<Targets> {
  const undo: (() => Promise<void>)[] = []
  const kept = <T extends { abandon: () => Promise<void> }>(target: T): T => {
    undo.push(target.abandon)
    return target
  }
  try {
    const secrets = kept(await openFolderTarget(options.secretsDirectory))
    const blobs = new Map<string, FolderTarget>()
    for (const name of manifest.blobDirectories) {
      const place = options.blobDirectories.find((directory) => directory.name === name)
      if (!place) throw backupErrors.error('target-missing', { folder: name })
      blobs.set(name, kept(await openFolderTarget(place.path)))
    }
    const databases = new Map<string, DatabaseRestore>()
    for (const { name, migrations } of manifest.databases) {
      const target = options.databases.find((database) => database.name === name)
      if (!target) throw backupErrors.error('target-missing', { database: name })
      databases.set(name, kept(await restoreDatabase({ target, migrations, log: options.log })))
    }
    return { databases, blobs, secrets }
  } catch (error) {
    for (const step of undo.reverse()) await step()
    if (isDomainError(error, 'database.migration-missing') || isDomainError(error, 'database.migration-changed')) {
      throw backupErrors.error('newer', error.facts, error)
    }
    throw error
  }
}

type Counts = { tables: number; blobs: number; secrets: number }

async function restoreEntry({ head, body }: ReadEntry, targets: Targets, counts: Counts): Promise<void> {
  const known = <T>(target: T | undefined): T => {
    if (target === undefined) throw backupErrors.error('damaged')
    return target
  }
  switch (head.kind) {
    case 'manifest':
      throw backupErrors.error('damaged')
    case 'table':
      await known(targets.databases.get(head.database)).copy(head, body)
      counts.tables++
      return
    case 'sequences':
      return known(targets.databases.get(head.database)).setSequences(head)
    case 'blob':
      await known(targets.blobs.get(head.directory)).write(head.path, body)
      counts.blobs++
      return
    case 'secret':
      await targets.secrets.write(head.path, body)
      counts.secrets++
      return
    case 'end':
  }
}

async function readManifest(entries: AsyncGenerator<ReadEntry>): Promise<Manifest> {
  const first = await entries.next()
  if (first.done || first.value.head.kind !== 'manifest') throw backupErrors.error('damaged')
  return first.value.head
}

async function restoreEntries(options: RestoreOptions, entries: AsyncGenerator<ReadEntry>): Promise<RestoreReport> {
  const { clock, log } = options
  const startedMs = clock.now()
  const manifest = await readManifest(entries)
  const targets = await openTargets(options, manifest)
  const all = [...targets.databases.values(), ...targets.blobs.values(), targets.secrets]
  const counts: Counts = { tables: 0, blobs: 0, secrets: 0 }
  try {
    for await (const entry of entries) await restoreEntry(entry, targets, counts)
    for (const database of targets.databases.values()) await database.forget(options.forgotten ?? [])
  } catch (error) {
    for (const target of all) await target.abandon()
    throw asStorageFull(error)
  }
  for (const target of all) await target.commit()
  const elapsedMs = clock.now() - startedMs
  log.info({ ...counts, elapsedMs }, 'Restored a backup')
  return { createdAtMs: manifest.createdAtMs, ...counts, elapsedMs }
}

/**
 * Restores a backup into empty databases and folders. Nothing is committed before the last byte was read and
 * authenticated: a backup that is altered, cut off or from a newer program leaves the targets empty.
 * @throws backup.not-a-backup, wrong-key, damaged, truncated, newer, target-missing, target-not-empty,
 *   needs-superuser, storage-full
 */
export async function restoreBackup(options: RestoreOptions): Promise<RestoreReport> {
  const entries = readArchive(readSealedFile({ path: options.input, key: options }))
  try {
    return await restoreEntries(options, entries)
  } finally {
    await entries.return(undefined)
  }
}
