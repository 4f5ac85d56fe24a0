import { connect, type DatabaseName, migrate, type RoomMigrations, type Sql } from '../database.ts'
import type { Log } from '../log.ts'
import type { ArchiveEntry, Manifest } from './archive.ts'
import { copyIn } from './copy.ts'
import { quoted } from './create-backup.ts'
import { proveEmpty } from './restore-target.ts'

export type DatabaseTarget = {
  readonly name: DatabaseName
  /** A superuser's URL on the server; its own database may be any. */
  readonly url: string
  /** The database's name on the server; `name` unless told. */
  readonly database?: string
  /** The rooms whose migrations make its tables. */
  readonly rooms: readonly RoomMigrations[]
}

type TableEntry = Extract<ArchiveEntry, { kind: 'table' }>
type SequencesEntry = Extract<ArchiveEntry, { kind: 'sequences' }>

export type DatabaseRestore = {
  readonly copy: (head: TableEntry, body: AsyncIterable<Buffer>) => Promise<void>
  readonly setSequences: (head: SequencesEntry) => Promise<void>
  /** Makes forgotten people forgotten here too: their keys may be alive in an older backup. */
  readonly forget: (people: readonly string[]) => Promise<void>
  readonly commit: () => Promise<void>
  readonly abandon: () => Promise<void>
}

/** One transaction with triggers and foreign keys asleep, held open until the whole backup was authenticated. */
async function openTransaction(url: string, database: string) {
  const sql = connect(url, { database, max: 1, applicationName: 'bithive restore' })
  const session = (await sql.reserve()) as unknown as Sql & { release: () => void }
  await session.unsafe('BEGIN; SET LOCAL session_replication_role = replica')
  return {
    session,
    end: async (verb: 'COMMIT' | 'ROLLBACK') => {
      await session.unsafe(verb)
      session.release()
      await sql.end({ timeout: 5 })
    },
  }
}

async function emptyAll(session: Sql): Promise<void> {
  // Migrations may have written rows of their own, and the backup has those too.
  const tables = await session<{ schema: string; name: string }[]>`
    SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
      AND NOT (n.nspname = 'kernel' AND c.relname = 'migration')`
  const names = tables.map((table) => `${quoted(table.schema)}.${quoted(table.name)}`)
  if (names.length > 0) await session.unsafe(`TRUNCATE ${names.join(', ')}`)
}

async function dropDatabase(url: string, database: string): Promise<void> {
  const sql = connect(url, { max: 1 })
  await sql.unsafe(`DROP DATABASE IF EXISTS ${quoted(database)} WITH (FORCE)`)
  await sql.end({ timeout: 5 })
}

/**
 * Prepares one empty database as it was when the backup was made, to copy its rows into.
 * @throws backup.target-not-empty, needs-superuser; database.migration-missing, migration-changed
 */
export async function restoreDatabase(deps: {
  target: DatabaseTarget
  migrations: Manifest['databases'][number]['migrations']
  log: Log
}): Promise<DatabaseRestore> {
  const { target, migrations, log } = deps
  const { url, name, rooms } = target
  const database = target.database ?? name
  const isNew = await proveEmpty(url, database)
  const undo = () => (isNew ? dropDatabase(url, database) : emptySchemas(url, database))
  try {
    await migrate({ url, name, database, rooms, only: migrations, log })
    const { session, end } = await openTransaction(url, database)
    await emptyAll(session)
    return {
      copy: ({ schema, table, columns }, body) => {
        const list = columns.map(quoted).join(', ')
        return copyIn(session, `COPY ${quoted(schema)}.${quoted(table)} (${list}) FROM STDIN`, body)
      },
      setSequences: async ({ sequences }) => {
        for (const { schema, name: sequence, last } of sequences) {
          if (last === null) continue
          const target = `${quoted(schema)}.${quoted(sequence)}`
          await session`SELECT setval(${target}::regclass, ${last}::bigint)`
        }
      },
      forget: async (people) => {
        await session`
          INSERT INTO kernel.data_key (person_id, created_at, destroyed_at)
          SELECT person, now(), now() FROM unnest(${[...people]}::text[]) AS person
          ON CONFLICT (person_id) DO UPDATE SET wrapped = NULL, master_id = NULL, destroyed_at = now()
          WHERE kernel.data_key.wrapped IS NOT NULL`
      },
      commit: async () => {
        await end('COMMIT')
        // Whatever this version has added since the backup was made.
        await migrate({ url, name, database, rooms, log })
      },
      abandon: async () => {
        await end('ROLLBACK').catch(() => undefined)
        await undo()
      },
    }
  } catch (error) {
    await undo()
    throw error
  }
}

/** Leaves a database that was there before, and empty, as empty as it was. */
async function emptySchemas(url: string, database: string): Promise<void> {
  const sql = connect(url, { database, max: 1 })
  const schemas = await sql<{ name: string }[]>`
    SELECT nspname AS name FROM pg_namespace
    WHERE nspname NOT IN ('public', 'information_schema') AND nspname NOT LIKE 'pg\\_%'`
  for (const { name } of schemas) await sql.unsafe(`DROP SCHEMA ${quoted(name)} CASCADE`)
  await sql.end({ timeout: 5 })
}
