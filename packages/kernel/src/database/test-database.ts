import { createHash, randomBytes } from 'node:crypto'
import { inject } from 'vitest'
import { type Log, silentLog } from '../log.ts'
import { connect } from './connect.ts'
import { migrate } from './migrate.ts'
import { openDatabase } from './open-database.ts'
import { guardDatabase } from './provision.ts'
import { readAllMigrations } from './read-migrations.ts'
import type { Database, DatabaseName, RoomMigrations, Sql } from './types.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A superuser URL of the PostgreSQL that `test/global-setup.ts` started for this run. */
    postgresUrl: string
  }
}

export type TestDatabase = Database & {
  /** The database's name on the test server. */
  readonly database: string
  /** A superuser URL of this database's server. */
  readonly url: string
  /** The superuser's own connection to this database: past every policy, to look at or to damage what is stored. */
  readonly owner: Sql
  /** Closes every connection and removes the database. */
  readonly drop: () => Promise<void>
}

const TEMPLATE_LOCK = 7_201_003

function templateName(name: DatabaseName, rooms: readonly RoomMigrations[]): string {
  const hash = createHash('sha256').update(name)
  for (const file of readAllMigrations(rooms)) hash.update(`${file.room}/${file.file}/${file.sha256}\n`)
  return `template_${name}_${hash.digest('hex').slice(0, 16)}`
}

/** Migrates once for each set of rooms and files; every other test of the run clones what the first one made. */
async function ensureTemplate(admin: Sql, url: string, name: DatabaseName, rooms: readonly RoomMigrations[], log: Log) {
  const template = templateName(name, rooms)
  const exists = async () => (await admin`SELECT 1 FROM pg_database WHERE datname = ${template}`).length > 0
  if (await exists()) return template
  await admin`SELECT pg_advisory_lock(${TEMPLATE_LOCK})`
  try {
    if (await exists()) return template
    const unfinished = `unfinished_${template}`
    await admin.unsafe(`DROP DATABASE IF EXISTS ${unfinished} WITH (FORCE)`)
    await migrate({ url, name, database: unfinished, rooms, log })
    await admin.unsafe(`ALTER DATABASE ${unfinished} RENAME TO ${template}`)
    return template
  } finally {
    await admin`SELECT pg_advisory_unlock(${TEMPLATE_LOCK})`
  }
}

/**
 * A migrated database of its own for one test file, cloned from a template on the run's PostgreSQL. The roles are
 * the server's and shared by all; the data are not.
 */
export async function createTestDatabase(options: {
  name: DatabaseName
  rooms?: readonly RoomMigrations[]
  maxConnections?: number
}): Promise<TestDatabase> {
  const { name, rooms = [], maxConnections = 5 } = options
  const url = inject('postgresUrl')
  const database = `test_${name}_${randomBytes(6).toString('hex')}`
  const admin = connect(url, { max: 1 })
  try {
    const template = await ensureTemplate(admin, url, name, rooms, silentLog)
    await admin.unsafe(`CREATE DATABASE ${database} TEMPLATE ${template}`)
    await guardDatabase(admin, name, database)
  } finally {
    await admin.end({ timeout: 5 })
  }
  const opened = await openDatabase({ url, name, database, log: silentLog, maxConnections })
  const owner = connect(url, { database, max: 2 })
  const close = async () => {
    await Promise.all([opened.close(), owner.end({ timeout: 5 })])
  }
  return {
    ...opened,
    database,
    url,
    owner,
    close,
    drop: async () => {
      await close()
      const last = connect(url, { max: 1 })
      await last.unsafe(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)
      await last.end({ timeout: 5 })
    },
  }
}
