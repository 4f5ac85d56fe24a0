import { randomUUID } from 'node:crypto'
import type { Log } from '../log.ts'
import { connect, sqlState } from './connect.ts'
import { databaseErrors } from './errors.ts'
import { asUnreachable, MIGRATE_LOCK, provision } from './provision.ts'
import { type Migration, readAllMigrations, withRoles } from './read-migrations.ts'
import { derivedSecrets } from './role-password.ts'
import type { DatabaseName, RoleSecrets, RoomMigrations, Sql } from './types.ts'

export type MigrateOptions = {
  readonly url: string
  readonly name: DatabaseName
  readonly database?: string
  readonly rooms: readonly RoomMigrations[]
  readonly secrets?: RoleSecrets
  /** Applies these files only: how a restore makes the tables as they were when the backup was made. */
  readonly only?: readonly { readonly room: string; readonly number: number; readonly sha256: string }[]
  readonly log: Log
}

type Applied = { readonly room: string; readonly number: number; readonly sha256: string }

/** Nothing is created before the database is known to be empty or ours, and of the right part. */
async function proveOurs(sql: Sql, name: DatabaseName): Promise<void> {
  const [marker] = await sql<{ found: string | null }[]>`SELECT to_regclass('kernel.installation')::text AS found`
  if (marker?.found) {
    const [row] = await sql<{ name: string }[]>`SELECT name FROM kernel.installation`
    if (row?.name !== name) throw databaseErrors.error('wrong-database', { expected: name, found: row?.name ?? 'none' })
    return
  }
  const [foreign] = await sql<{ tables: number }[]>`
    SELECT count(*)::int AS tables FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_toast%'
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')`
  if (foreign && foreign.tables > 0) throw databaseErrors.error('foreign-database', { tables: foreign.tables })
}

async function createRegister(sql: Sql, name: DatabaseName): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`CREATE SCHEMA IF NOT EXISTS kernel`
    await tx`CREATE TABLE IF NOT EXISTS kernel.installation (
      only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
      id uuid NOT NULL, name text NOT NULL, created_at timestamptz NOT NULL DEFAULT now())`
    await tx`CREATE TABLE IF NOT EXISTS kernel.migration (
      room text NOT NULL, number int NOT NULL, file text NOT NULL, sha256 text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (room, number))`
    await tx`INSERT INTO kernel.installation (id, name) VALUES (${randomUUID()}, ${name}) ON CONFLICT DO NOTHING`
  })
}

/** What is still to be applied; refuses files that changed under a database that already has them. */
function pending(files: readonly Migration[], applied: readonly Applied[]): Migration[] {
  const known = new Map(files.map((file) => [`${file.room}/${file.number}`, file]))
  const rooms = new Set(files.map((file) => file.room))
  for (const row of applied) {
    const file = known.get(`${row.room}/${row.number}`)
    const facts = { room: row.room, number: row.number }
    if (file === undefined) {
      // A room that is not loaded in this profile keeps its tables; a room that is loaded must know its own history.
      if (rooms.has(row.room)) throw databaseErrors.error('migration-missing', facts)
      continue
    }
    if (file.sha256 !== row.sha256) throw databaseErrors.error('migration-changed', { ...facts, file: file.file })
  }
  const done = new Set(applied.map((row) => `${row.room}/${row.number}`))
  return files.filter((file) => !done.has(`${file.room}/${file.number}`))
}

async function applyOne(sql: Sql, file: Migration, name: DatabaseName): Promise<void> {
  try {
    await sql.begin(async (tx) => {
      await tx.unsafe(withRoles(file.text, name))
      await tx`INSERT INTO kernel.migration (room, number, file, sha256)
        VALUES (${file.room}, ${file.number}, ${file.file}, ${file.sha256})`
    })
  } catch (error) {
    const state = sqlState(error) ?? 'unknown'
    throw databaseErrors.error('migration-failed', { room: file.room, file: file.file, state }, error)
  }
}

/** @throws database.migration-missing, migration-changed when a file that is asked for is not there as it was. */
function chosen(files: Migration[], only: MigrateOptions['only']): Migration[] {
  if (!only) return files
  for (const { room, number, sha256 } of only) {
    const file = files.find((one) => one.room === room && one.number === number)
    if (!file) throw databaseErrors.error('migration-missing', { room, number })
    if (file.sha256 !== sha256) throw databaseErrors.error('migration-changed', { room, number, file: file.file })
  }
  const wanted = new Set(only.map((one) => `${one.room}/${one.number}`))
  return files.filter((file) => wanted.has(`${file.room}/${file.number}`))
}

/**
 * Brings one database up to date: the kernel's files first, then each room's in the order given, each file in one
 * transaction, under a lock that a second starter waits for.
 * @returns the files applied now, as `room/file`.
 * @throws database.foreign-database, wrong-database, migration-changed, migration-missing, migration-misnumbered,
 *   migration-failed, unreachable
 */
export async function migrate(options: MigrateOptions): Promise<{ applied: string[] }> {
  const { url, name, log } = options
  const database = options.database ?? name
  const files = chosen(readAllMigrations(options.rooms), options.only)
  await provision({ url, name, database, secrets: options.secrets ?? derivedSecrets(url), log })
  const sql = connect(url, { database, max: 1 })
  try {
    // One connection holds the lock and does the work, so the lock ends with the process whatever happens to it.
    await sql`SELECT pg_advisory_lock(${MIGRATE_LOCK})`
    await proveOurs(sql, name)
    await createRegister(sql, name)
    const applied = await sql<Applied[]>`SELECT room, number, sha256 FROM kernel.migration ORDER BY room, number`
    const todo = pending(files, applied)
    for (const file of todo) await applyOne(sql, file, name)
    if (todo.length > 0) log.info({ database, applied: todo.length }, 'Applied database migrations')
    return { applied: todo.map((file) => `${file.room}/${file.file}`) }
  } catch (error) {
    throw asUnreachable(error)
  } finally {
    await sql.end({ timeout: 5 })
  }
}
