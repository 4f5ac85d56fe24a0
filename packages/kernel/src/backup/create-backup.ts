import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import type { Clock } from '../clock.ts'
import { connect, type DatabaseName, type Sql, type Tx } from '../database.ts'
import type { Log } from '../log.ts'
import { type Randomness, systemRandomness } from '../randomness.ts'
import { type ArchiveEntry, createArchiveWriter, type Manifest } from './archive.ts'
import type { BackupKey } from './backup-key.ts'
import { copyOut } from './copy.ts'
import { asStorageFull } from './errors.ts'
import { createSealedFile } from './sealed-file.ts'

export type BackupReport = {
  readonly bytes: number
  readonly tables: number
  readonly rowBytes: number
  readonly blobs: number
  readonly blobBytes: number
  readonly secrets: number
  readonly elapsedMs: number
}

export type BackupOptions = {
  /** A superuser's or owner's URL of each database, with the database's own name in it. */
  readonly databases: readonly { readonly name: DatabaseName; readonly url: string }[]
  readonly blobDirectories: readonly { readonly name: string; readonly path: string }[]
  readonly secretsDirectory: string
  readonly output: string
  readonly log: Log
  readonly clock: Clock
  readonly randomness?: Randomness
  /** Told as it goes, for whoever waits. */
  readonly onProgress?: (progress: BackupProgress) => void
} & BackupKey

export type BackupProgress = {
  readonly stage: 'databases' | 'files' | 'secrets' | 'sealing'
  /** Done so far in this stage: tables, or files. */
  readonly done: number
  readonly bytes: number
}

type Writer = ReturnType<typeof createArchiveWriter>
type Table = { readonly schema: string; readonly name: string; readonly columns: readonly string[] }

/** Every ordinary table outside the system's schemas, without generated columns, which compute themselves again. */
async function listTables(tx: Tx): Promise<Table[]> {
  return await tx<Table[]>`
    SELECT n.nspname AS schema, c.relname AS name,
      coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attgenerated = ''), '{}') AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND NOT (n.nspname = 'kernel' AND c.relname = 'migration')
    GROUP BY 1, 2 ORDER BY 1, 2`
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

async function writeDatabase(writer: Writer, name: DatabaseName, tx: Tx): Promise<{ tables: number; bytes: number }> {
  const tables = await listTables(tx)
  let bytes = 0
  for (const { schema, name: table, columns } of tables) {
    const list = columns.map(quoted).join(', ')
    const copy = `COPY ${quoted(schema)}.${quoted(table)} (${list}) TO STDOUT`
    const head: ArchiveEntry = { kind: 'table', database: name, schema, table, columns: [...columns] }
    bytes += (await writer.entry(head, copyOut(tx, copy))).bytes
  }
  const sequences = await tx<{ schema: string; name: string; last: string | null }[]>`
    SELECT schemaname AS schema, sequencename AS name, last_value::text AS last FROM pg_sequences ORDER BY 1, 2`
  await writer.entry({ kind: 'sequences', database: name, sequences: [...sequences] })
  return { tables: tables.length, bytes }
}

/** Runs with one snapshot of each database, all taken before the first byte is copied. */
async function withSnapshots<T>(databases: readonly Sql[], run: (snapshots: Tx[]) => Promise<T>): Promise<T> {
  const open = async (at: number, snapshots: Tx[]): Promise<T> => {
    const sql = databases[at]
    if (!sql) return run(snapshots)
    return (await sql.begin('ISOLATION LEVEL REPEATABLE READ READ ONLY', async (tx) => {
      await tx`SELECT 1`
      return open(at + 1, [...snapshots, tx])
    })) as T
  }
  return open(0, [])
}

async function* filesBelow(directory: string): AsyncGenerator<string> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) yield* filesBelow(path)
    // What is still being written has another name; it is not part of any committed row.
    else if (entry.isFile() && !/\.(tmp|new)$/.test(entry.name)) yield path
  }
}

/** A file's bytes; one that was removed after it was listed was no longer wanted. */
async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path) as AsyncIterable<Uint8Array>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}

async function writeFolder(writer: Writer, folder: string, head: (path: string) => ArchiveEntry) {
  let files = 0
  let bytes = 0
  for await (const path of filesBelow(folder)) {
    const name = relative(folder, path).split(sep).join('/')
    bytes += (await writer.entry(head(name), bytesOf(path))).bytes
    files++
  }
  return { files, bytes }
}

async function manifestOf(options: BackupOptions, snapshots: readonly Tx[]): Promise<Manifest> {
  const databases = await Promise.all(
    options.databases.map(async ({ name }, index) => ({
      name,
      migrations: [
        ...(await (snapshots[index] as Tx)<Manifest['databases'][number]['migrations']>`
          SELECT room, number, file, sha256 FROM kernel.migration ORDER BY room, number`),
      ],
    })),
  )
  const blobDirectories = options.blobDirectories.map((directory) => directory.name)
  return { kind: 'manifest', format: 1, createdAtMs: options.clock.now(), databases, blobDirectories }
}

/**
 * Writes one encrypted file with everything that a restore needs. The databases are read first, each in one
 * snapshot; blobs never change, so those read afterwards are all that the rows speak of, and perhaps some more.
 * @throws backup.exists, weak-passphrase, storage-full
 */
export async function createBackup(options: BackupOptions): Promise<BackupReport> {
  const { output, clock, log, randomness = systemRandomness } = options
  const startedMs = clock.now()
  const tell = options.onProgress ?? (() => {})
  tell({ stage: 'databases', done: 0, bytes: 0 })
  const file = await createSealedFile({ path: output, key: options, randomness })
  const databases = options.databases.map(({ url }) => connect(url, { max: 1, applicationName: 'bithive backup' }))
  try {
    const writer = createArchiveWriter(file)
    let tables = 0
    let rowBytes = 0
    await withSnapshots(databases, async (snapshots) => {
      await writer.entry(await manifestOf(options, snapshots))
      for (const [index, { name }] of options.databases.entries()) {
        const written = await writeDatabase(writer, name, snapshots[index] as Tx)
        tables += written.tables
        rowBytes += written.bytes
        tell({ stage: 'databases', done: tables, bytes: rowBytes })
      }
    })
    const blobs = { files: 0, bytes: 0 }
    for (const { name, path } of options.blobDirectories) {
      const written = await writeFolder(writer, path, (blob) => ({ kind: 'blob', directory: name, path: blob }))
      blobs.files += written.files
      blobs.bytes += written.bytes
      tell({ stage: 'files', done: blobs.files, bytes: blobs.bytes })
    }
    const secrets = await writeFolder(writer, options.secretsDirectory, (path) => ({ kind: 'secret', path }))
    tell({ stage: 'secrets', done: secrets.files, bytes: secrets.bytes })
    await writer.end()
    tell({ stage: 'sealing', done: 0, bytes: rowBytes + blobs.bytes })
    const { bytes } = await file.finish()
    const elapsedMs = clock.now() - startedMs
    log.info({ bytes, tables, blobs: blobs.files, elapsedMs }, 'Made a backup')
    return { bytes, tables, rowBytes, blobs: blobs.files, blobBytes: blobs.bytes, secrets: secrets.files, elapsedMs }
  } catch (error) {
    await file.abandon()
    throw asStorageFull(error)
  } finally {
    await Promise.all(databases.map((sql) => sql.end({ timeout: 5 })))
  }
}
