import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, inject, test } from 'vitest'
import { silentLog } from '../log.ts'
import { connect } from './connect.ts'
import { migrate } from './migrate.ts'
import { openDatabase } from './open-database.ts'
import { withRoles } from './read-migrations.ts'
import { derivedSecrets } from './role-password.ts'
import type { Database, Sql } from './types.ts'

const url = inject('postgresUrl')
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function onServer(text: string): Promise<void> {
  const sql = connect(url, { max: 1 })
  await sql.unsafe(text)
  await sql.end()
}

/** A name for a database that is removed after the test. */
function newDatabase(): string {
  const database = `test_migrate_${randomBytes(5).toString('hex')}`
  cleanups.push(() => onServer(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`))
  return database
}

function ownerOf(database: string): Sql {
  const sql = connect(url, { database, max: 1 })
  cleanups.push(() => sql.end())
  return sql
}

/** A room whose files a test may change. */
function room(name: string, files: Record<string, string>) {
  const directory = mkdtempSync(join(tmpdir(), 'bithive-room-'))
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }))
  const write = (file: string, text: string) => writeFileSync(join(directory, file), text)
  for (const [file, text] of Object.entries(files)) write(file, text)
  return { migrations: { room: name, directory: pathToFileURL(`${directory}/`) }, write, directory }
}

const NOTES = `
CREATE SCHEMA notes;
CREATE TABLE notes.note (id int PRIMARY KEY, org_id text NOT NULL, body text);
CREATE TABLE notes.country (code text PRIMARY KEY);
CREATE TABLE notes.closed (id int);
SELECT kernel.protect('notes.note');
SELECT kernel.share('notes.country');
`
const notes = () => room('notes', { '001-notes.sql': NOTES })

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: { code: string; facts: object }) => ({ code: error.code, ...error.facts }),
  )
const run = (
  database: string,
  rooms: readonly { migrations: ReturnType<typeof room>['migrations'] }[],
  name: 'hub' | 'site' = 'hub',
) => migrate({ url, name, database, rooms: rooms.map((one) => one.migrations), log: silentLog })

describe('migrating', () => {
  test('applies the kernel and then the rooms, once', async () => {
    const database = newDatabase()
    const first = await run(database, [notes()])
    expect(first.applied[0]).toBe('kernel/001-protection.sql')
    expect(first.applied.at(-1)).toBe('notes/001-notes.sql')
    expect(await run(database, [notes()])).toEqual({ applied: [] })
  })

  test('by several starters at once applies each file exactly once', async () => {
    const database = newDatabase()
    const one = notes()
    const results = await Promise.all([run(database, [one]), run(database, [one]), run(database, [one])])
    const applied = results.flatMap((result) => result.applied)
    expect(new Set(applied).size).toBe(applied.length)
    expect(applied).toContain('notes/001-notes.sql')
  })

  test('refuses a file that was changed after it was applied, and applies nothing', async () => {
    const database = newDatabase()
    const one = notes()
    await run(database, [one])
    one.write('001-notes.sql', `${NOTES}-- a word more`)
    one.write('002-more.sql', 'CREATE TABLE notes.more (id int)')
    expect(await code(run(database, [one]))).toEqual({
      code: 'database.migration-changed',
      room: 'notes',
      number: 1,
      file: '001-notes.sql',
    })
    expect((await ownerOf(database)`SELECT to_regclass('notes.more') AS found`)[0]).toEqual({ found: null })
  })

  test('refuses a database that is newer than its files, but not one with a room that is not loaded', async () => {
    const database = newDatabase()
    const one = notes()
    one.write('002-more.sql', 'CREATE TABLE notes.more (id int)')
    await run(database, [one])
    expect(await run(database, [])).toEqual({ applied: [] })
    rmSync(join(one.directory, '002-more.sql'))
    expect(await code(run(database, [one]))).toEqual({ code: 'database.migration-missing', room: 'notes', number: 2 })
  })

  test('refuses numbers with a gap, a repetition or another form', async () => {
    for (const file of ['003-gap.sql', '001-twice.sql', '2-short.sql', '002-Big.sql']) {
      const one = notes()
      one.write(file, 'SELECT 1')
      expect(await code(run(newDatabase(), [one])), file).toMatchObject({ code: 'database.migration-misnumbered' })
    }
  })

  test('rolls a failing file back whole and keeps what came before', async () => {
    const database = newDatabase()
    const one = notes()
    one.write('002-fails.sql', 'CREATE TABLE notes.half (id int); SELECT 1 / 0')
    one.write('003-later.sql', 'CREATE TABLE notes.later (id int)')
    const refused = { code: 'database.migration-failed', room: 'notes', file: '002-fails.sql', state: '22012' }
    expect(await code(run(database, [one]))).toEqual(refused)
    const owner = ownerOf(database)
    const left = await owner`SELECT to_regclass('notes.note')::text AS note, to_regclass('notes.half')::text AS half,
      to_regclass('notes.later')::text AS later`
    expect(left[0]).toEqual({ note: 'notes.note', half: null, later: null })
    one.write('002-fails.sql', 'CREATE TABLE notes.half (id int)')
    expect((await run(database, [one])).applied).toEqual(['notes/002-fails.sql', 'notes/003-later.sql'])
  })

  test('touches no database of other software, nor the other part’s', async () => {
    const foreign = newDatabase()
    await onServer(`CREATE DATABASE ${foreign}`)
    const owner = ownerOf(foreign)
    await owner`CREATE TABLE someone_elses (id int)`
    expect(await code(run(foreign, []))).toEqual({ code: 'database.foreign-database', tables: 1 })
    expect((await owner`SELECT to_regnamespace('kernel')::text AS found`)[0]).toEqual({ found: null })
    const hubs = newDatabase()
    await run(hubs, [])
    expect(await code(run(hubs, [], 'site'))).toEqual({
      code: 'database.wrong-database',
      expected: 'site',
      found: 'hub',
    })
  })

  test('puts role names in, and leaves casts and other colons alone', () => {
    const text = `GRANT x TO :app, :worker; SELECT a::app, ':application', 'x:app'`
    expect(withRoles(text, 'site')).toBe(`GRANT x TO site_app, site_worker; SELECT a::app, ':application', 'x:app'`)
  })

  test('says so when the server cannot be reached', async () => {
    const away = 'postgres://someone:a-password-of-more-than-32-characters@127.0.0.1:1/postgres'
    const options = { url: away, name: 'hub', rooms: [], log: silentLog } as const
    expect(await code(migrate(options))).toEqual({ code: 'database.unreachable', sqlState: 'ECONNREFUSED' })
    expect(await code(openDatabase(options))).toEqual({ code: 'database.unreachable', sqlState: 'ECONNREFUSED' })
  })
})

describe('an opened database', () => {
  async function opened(): Promise<Database> {
    const database = newDatabase()
    await run(database, [notes()])
    const db = await openDatabase({ url, name: 'hub', database, log: silentLog, maxConnections: 3 })
    cleanups.push(() => db.close())
    await db.worker`INSERT INTO notes.note VALUES (1, 'org_a', 'x'), (2, 'org_b', 'y')`
    return db
  }

  test('shows an organisation its own rows, and nobody’s without one', async () => {
    const db = await opened()
    const ids = (rows: readonly object[]) => rows.map((row) => (row as { id: number }).id)
    expect(ids(await db.asOrg('org_a', (tx) => tx`SELECT id FROM notes.note`))).toEqual([1])
    expect(ids(await db.asOrg('org_stranger', (tx) => tx`SELECT id FROM notes.note`))).toEqual([])
    for (let connection = 0; connection < 6; connection++)
      expect(ids(await db.app`SELECT id FROM notes.note`)).toEqual([])
    expect(ids(await db.worker`SELECT id FROM notes.note ORDER BY id`)).toEqual([1, 2])
  })

  test('lets an organisation write, change and delete nothing of another', async () => {
    const db = await opened()
    const forge = db.asOrg('org_a', (tx) => tx`INSERT INTO notes.note VALUES (3, 'org_b', 'forged')`)
    await expect(forge).rejects.toMatchObject({ code: '42501' })
    const give = db.asOrg('org_a', (tx) => tx`UPDATE notes.note SET org_id = 'org_b'`)
    await expect(give).rejects.toMatchObject({ code: '42501' })
    const changed = await db.asOrg('org_a', (tx) => tx`UPDATE notes.note SET body = 'z' WHERE id = 2`)
    const deleted = await db.asOrg('org_a', (tx) => tx`DELETE FROM notes.note WHERE id = 2`)
    expect([changed.count, deleted.count]).toEqual([0, 0])
    await expect(db.app`INSERT INTO notes.note VALUES (4, '', 'nobody’s')`).rejects.toMatchObject({ code: '42501' })
    expect(await code(db.asOrg('', async () => 1))).toEqual({ code: 'database.org-needed' })
  })

  test('rolls back what fails inside, and forgets the organisation afterwards', async () => {
    const db = await opened()
    const fails = db.asOrg('org_a', async (tx) => {
      await tx`INSERT INTO notes.note VALUES (5, 'org_a', 'x')`
      throw new Error('changed my mind')
    })
    await expect(fails).rejects.toThrow('changed my mind')
    expect((await db.worker`SELECT 1 FROM notes.note WHERE id = 5`).length).toBe(0)
  })

  test('gives its app role no way around: no ownership, no new tables, no switching off', async () => {
    const db = await opened()
    await expect(db.app`CREATE TABLE public.mine (id int)`).rejects.toMatchObject({ code: '42501' })
    await expect(db.app`ALTER TABLE notes.note DISABLE ROW LEVEL SECURITY`).rejects.toMatchObject({ code: '42501' })
    await expect(db.app`SET ROLE hub_worker`).rejects.toMatchObject({ code: '42501' })
    await expect(db.app`TRUNCATE notes.note`).rejects.toMatchObject({ code: '42501' })
    await expect(db.app`SELECT 1 FROM notes.closed`).rejects.toMatchObject({ code: '42501' })
    await db.app`SET row_security = off`
    await expect(db.app.unsafe('SET row_security = off; SELECT 1 FROM notes.note')).rejects.toMatchObject({
      code: '42501',
    })
  })

  test('says which tables are protected, shared and closed', async () => {
    const db = await opened()
    const rows =
      await db.app`SELECT table_name, protection FROM kernel.table_protection WHERE room = 'notes' ORDER BY 1`
    expect(rows.map((row) => `${row.table_name} ${row.protection}`)).toEqual([
      'closed closed',
      'country shared',
      'note organisation',
    ])
  })

  test('cannot be opened by the other part’s roles', async () => {
    const db = await opened()
    const database = (await db.app`SELECT current_database() AS name`)[0]?.name as string
    const other = await openDatabase({ url, name: 'site', database: newDatabase(), log: silentLog, maxConnections: 1 })
    cleanups.push(() => other.close())
    const { user, pass } = other.app.options as unknown as { user: string; pass: string }
    const intruder = connect(url, { database, user, password: pass, max: 1 })
    cleanups.push(() => intruder.end())
    await expect(intruder`SELECT 1`).rejects.toMatchObject({ code: '42501' })
  })

  test('wants a secret where the URL’s password is too short to derive one from', async () => {
    const short = derivedSecrets('postgres://someone:short@localhost/postgres')
    expect(await code(short.get('hub_app'))).toEqual({ code: 'database.role-secret-needed', role: 'hub_app' })
  })
})
