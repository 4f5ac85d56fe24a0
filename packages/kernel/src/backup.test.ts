import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { type BackupKey, createBackup, type DrillCheck, drillBackup, restoreBackup } from './backup.ts'
import { systemClock } from './clock.ts'
import { createDataKeys } from './data-keys.ts'
import { connect, openDatabase, type RoomMigrations, withDatabase } from './database.ts'
import { silentLog } from './log.ts'
import { systemRandomness } from './randomness.ts'
import { createTestDatabase, type TestDatabase } from './testing.ts'

const root = mkdtempSync(join(tmpdir(), 'bithive-backup-'))
chmodSync(root, 0o711)
const url = inject('postgresUrl')
const key = { passphrase: 'correct horse battery' }
const base = { log: silentLog, clock: systemClock }

const FIRST = `
CREATE SCHEMA book;
CREATE TABLE book.account (id int PRIMARY KEY, org_id text NOT NULL, balance bigint NOT NULL);
CREATE TABLE book.entry (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account int NOT NULL REFERENCES book.account,
  amount bigint NOT NULL,
  note text,
  blob bytea,
  doubled bigint GENERATED ALWAYS AS (amount * 2) STORED
);
CREATE TABLE book."odd "" name" ("a column" text);
CREATE TABLE book.seeded (id int PRIMARY KEY);
INSERT INTO book.seeded VALUES (1);
CREATE FUNCTION book.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'append only'; END $$;
CREATE TRIGGER no_late_accounts BEFORE INSERT ON book.account
  FOR EACH ROW WHEN (NEW.id > 1000) EXECUTE FUNCTION book.refuse();
SELECT kernel.protect('book.account');
SELECT kernel.share('book.entry');
`

function room(files: Record<string, string>): RoomMigrations {
  const directory = mkdtempSync(join(root, 'room-'))
  for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text)
  return { room: 'book', directory: pathToFileURL(`${directory}/`) }
}
const book = room({ '001-book.sql': FIRST })

let hub: TestDatabase
let site: TestDatabase
const live = { blobs: join(root, 'live', 'blobs'), secrets: join(root, 'live', 'secrets') }
const master = randomBytes(32)
const sealed = new Map<string, Uint8Array>()
const keysOf = (db: Parameters<typeof createDataKeys>[0]['db']) =>
  createDataKeys({ db, master, randomness: systemRandomness, clock: systemClock })

beforeAll(async () => {
  hub = await createTestDatabase({ name: 'hub', rooms: [book] })
  site = await createTestDatabase({ name: 'site' })
  await hub.owner`INSERT INTO book.account SELECT n, 'org_' || n, 1000 FROM generate_series(1, 50) n`
  await hub.owner`INSERT INTO book.entry (account, amount, note, blob)
    SELECT 1 + n % 50, n, CASE WHEN n % 7 = 0 THEN NULL ELSE E'tab\\t line\\n 线 \\\\N ' || n END,
      decode(md5(n::text), 'hex')
    FROM generate_series(1, 60000) n`
  await hub.owner`INSERT INTO book."odd "" name" VALUES ('kept')`
  await hub.owner`INSERT INTO book.seeded VALUES (2)`
  for (const person of ['per_stays', 'per_leaves']) {
    sealed.set(person, await keysOf(site).encrypt(person, Buffer.from(`name of ${person}`), 'x'))
  }
  mkdirSync(join(live.blobs, 'sha', 'ab'), { recursive: true })
  writeFileSync(join(live.blobs, 'sha', 'ab', 'large'), randomBytes(300_000))
  writeFileSync(join(live.blobs, 'sha', 'empty'), '')
  writeFileSync(join(live.blobs, 'sha', 'half.tmp'), 'being written')
  mkdirSync(live.secrets, { recursive: true })
  writeFileSync(join(live.secrets, 'master'), master.toString('hex'), { mode: 0o600 })
})
afterAll(async () => {
  await hub?.drop()
  await site?.drop()
  rmSync(root, { recursive: true, force: true })
})

const source = () => ({
  databases: [
    { name: 'hub' as const, url: withDatabase(url, hub.database) },
    { name: 'site' as const, url: withDatabase(url, site.database) },
  ],
  blobDirectories: [{ name: 'images', path: live.blobs }],
  secretsDirectory: live.secrets,
})
let made = 0
async function backup(which: BackupKey = key): Promise<string> {
  const output = join(root, `backup-${++made}`)
  await createBackup({ ...base, ...source(), ...which, output })
  return output
}

/** Empty folders and names of databases that do not exist yet, on the run's server. */
function emptyTarget() {
  const name = `test_restored_${randomBytes(4).toString('hex')}`
  const folder = join(root, name)
  return {
    folder,
    databases: [
      { name: 'hub' as const, url, database: `${name}_hub`, rooms: [book] },
      { name: 'site' as const, url, database: `${name}_site`, rooms: [] },
    ],
    blobDirectories: [{ name: 'images', path: join(folder, 'blobs') }],
    secretsDirectory: join(folder, 'secrets'),
  }
}
type Target = ReturnType<typeof emptyTarget>

async function remove(target: Target): Promise<void> {
  const sql = connect(url, { max: 1 })
  for (const { database } of target.databases) await sql.unsafe(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`)
  await sql.end()
}
async function databasesOf(target: Target): Promise<string[]> {
  const sql = connect(url, { max: 1 })
  const names = target.databases.map((database) => database.database)
  const rows = await sql<{ name: string }[]>`SELECT datname AS name FROM pg_database WHERE datname = ANY(${names})`
  await sql.end()
  return rows.map((row) => row.name)
}
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: { code: string }) => error.code,
  )
const bytesOf = (path: string) => readFileSync(path)

/** All that is stored in a table, as one text. */
async function contents(database: string, tables: string[]): Promise<string[]> {
  const sql = connect(url, { database, max: 1 })
  const texts: string[] = []
  for (const table of tables) {
    const [row] = await sql.unsafe(
      `SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '') AS sum FROM ${table} t`,
    )
    texts.push(`${table} ${row?.sum}`)
  }
  await sql.end()
  return texts
}
const HUB_TABLES = ['book.account', 'book.entry', 'book."odd "" name"', 'book.seeded', 'kernel.installation']

const patient = { timeout: 120_000 }

describe('a backup', patient, () => {
  test('restores databases, sequences, blobs and secrets as they were', async () => {
    const output = await backup()
    const target = emptyTarget()
    const report = await restoreBackup({ ...base, ...target, ...key, input: output })
    expect(report).toMatchObject({ blobs: 2, secrets: 1 })
    const restored = target.databases[0]?.database as string
    expect(await contents(restored, HUB_TABLES)).toEqual(await contents(hub.database, HUB_TABLES))
    expect(bytesOf(join(target.folder, 'blobs/sha/ab/large'))).toEqual(bytesOf(join(live.blobs, 'sha/ab/large')))
    expect(readdirSync(join(target.folder, 'blobs/sha')).sort()).toEqual(['ab', 'empty'])
    expect(statSync(join(target.folder, 'secrets/master')).mode & 0o777).toBe(0o600)
    const db = await openDatabase({ url, name: 'hub', database: restored, maxConnections: 1, log: silentLog })
    const [next] = await db.worker<
      { id: bigint }[]
    >`INSERT INTO book.entry (account, amount) VALUES (1, 1) RETURNING id`
    expect(next?.id).toBe(60_001n)
    await expect(db.worker`INSERT INTO book.account VALUES (1001, 'org_a', 0)`).rejects.toThrow('append only')
    expect((await db.asOrg('org_7', (tx) => tx`SELECT id FROM book.account`)).map((row) => row.id)).toEqual([7])
    await db.close()
    await remove(target)
  })

  test('is one file that only its owner reads, without a readable word in it', async () => {
    const output = await backup()
    expect(statSync(output).mode & 0o777).toBe(0o600)
    const bytes = bytesOf(output)
    for (const word of ['book', 'org_7', 'master', master.toString('hex')]) expect(bytes.includes(word)).toBe(false)
    expect(readdirSync(dirname(output)).filter((name) => name.endsWith('.new'))).toEqual([])
  })

  test('shows one moment of a database that is being written', async () => {
    const stop = new AbortController()
    const moving = (async () => {
      while (!stop.signal.aborted) {
        await hub.owner.begin(async (tx) => {
          await tx`UPDATE book.account SET balance = balance - 1 WHERE id = 1`
          await tx`INSERT INTO book.entry (account, amount, note) VALUES (1, -1, 'moved')`
          await tx`INSERT INTO book.entry (account, amount, note) VALUES (2, 1, 'moved')`
          await tx`UPDATE book.account SET balance = balance + 1 WHERE id = 2`
        })
      }
    })()
    const output = await backup()
    stop.abort()
    await moving
    const target = emptyTarget()
    await restoreBackup({ ...base, ...target, ...key, input: output })
    const sql = connect(url, { database: target.databases[0]?.database as string, max: 1 })
    const [sums] = await sql<{ balance: number; moved: number; out: bigint }[]>`
      SELECT (SELECT sum(balance)::int FROM book.account) AS balance,
        (SELECT sum(amount)::int FROM book.entry WHERE note = 'moved') AS moved,
        (SELECT balance FROM book.account WHERE id = 1)
          + (SELECT count(*) FROM book.entry WHERE note = 'moved' AND account = 1) AS out`
    await sql.end()
    expect(sums).toEqual({ balance: 50_000, moved: 0, out: 1000n })
    await remove(target)
  })

  test('opens with a key file as well, and refuses weak words, a short key file and a name that is taken', async () => {
    const keyFile = join(root, 'key')
    writeFileSync(keyFile, randomBytes(32))
    const output = await backup({ keyFile })
    const target = emptyTarget()
    expect(await code(restoreBackup({ ...base, ...target, ...key, input: output }))).toBe('backup.wrong-key')
    expect(await code(restoreBackup({ ...base, ...target, keyFile, input: output }))).toBe('done')
    await remove(target)
    expect(await code(backup({ passphrase: 'short' }))).toBe('backup.weak-passphrase')
    writeFileSync(keyFile, randomBytes(31))
    expect(await code(backup({ keyFile }))).toBe('backup.weak-passphrase')
    expect(await code(createBackup({ ...base, ...source(), ...key, output }))).toBe('backup.exists')
  })
})

describe('a restore', patient, () => {
  test('of a damaged, cut, foreign or wrongly opened file fails and leaves nothing behind', async () => {
    const whole = bytesOf(await backup())
    const header = whole.indexOf('\n', 20) + 1
    const chunk = 64 * 1024 + 16
    const flip = (at: number) => {
      const copy = Buffer.from(whole)
      copy[at] = (copy[at] as number) ^ 1
      return copy
    }
    const moved = Buffer.concat([
      whole.subarray(0, header),
      whole.subarray(header + chunk, header + 2 * chunk),
      whole.subarray(header, header + chunk),
      whole.subarray(header + 2 * chunk),
    ])
    const cases: [string, Buffer, string][] = [
      ['first byte of content', flip(header), 'backup.damaged'],
      ['a byte in the middle', flip(header + 5 * chunk + 77), 'backup.damaged'],
      ['last byte', flip(whole.length - 1), 'backup.truncated'],
      ['two chunks exchanged', moved, 'backup.damaged'],
      ['cut inside a chunk', whole.subarray(0, header + 3 * chunk + 99), 'backup.truncated'],
      ['cut between chunks', whole.subarray(0, header + 3 * chunk), 'backup.truncated'],
      ['cut after the header', whole.subarray(0, header), 'backup.truncated'],
      ['a chunk too many', Buffer.concat([whole, whole.subarray(header, header + chunk)]), 'backup.damaged'],
      ['proof of the header', flip(header - 5), 'backup.wrong-key'],
      ['salt', Buffer.from(whole.toString('latin1').replace(/"salt":"../, '"salt":"zz'), 'latin1'), 'backup.damaged'],
      ['another file', Buffer.from('hello'), 'backup.not-a-backup'],
    ]
    for (const [name, bytes, expected] of cases) {
      const input = join(root, `bad-${name.replaceAll(' ', '-')}`)
      writeFileSync(input, bytes)
      const target = emptyTarget()
      expect(await code(restoreBackup({ ...base, ...target, ...key, input })), name).toBe(expected)
      expect(
        [
          await databasesOf(target),
          existsSync(join(target.folder, 'blobs')),
          existsSync(join(target.folder, 'secrets')),
        ],
        name,
      ).toEqual([[], false, false])
      expect(existsSync(target.folder) ? readdirSync(target.folder) : [], name).toEqual([])
    }
    const target = emptyTarget()
    const input = await backup()
    const wrong = { passphrase: 'another passphrase' }
    expect(await code(restoreBackup({ ...base, ...target, ...wrong, input }))).toBe('backup.wrong-key')
    expect(await code(restoreBackup({ ...base, ...target, ...key, input: join(root, 'none') }))).toBe(
      'backup.not-a-backup',
    )
  })

  test('refuses a target that holds anything, and a part without a place', async () => {
    const input = await backup()
    const taken = emptyTarget()
    taken.databases[0] = { ...(taken.databases[0] as (typeof taken.databases)[0]), database: hub.database }
    expect(await code(restoreBackup({ ...base, ...taken, ...key, input }))).toBe('backup.target-not-empty')
    expect(await databasesOf(taken)).toEqual([hub.database])
    for (const folder of ['blobs', 'secrets']) {
      const target = emptyTarget()
      mkdirSync(join(target.folder, folder), { recursive: true })
      writeFileSync(join(target.folder, folder, 'mine'), 'x')
      expect(await code(restoreBackup({ ...base, ...target, ...key, input }))).toBe('backup.target-not-empty')
      expect([await databasesOf(target), readdirSync(target.folder)]).toEqual([[], [folder]])
    }
    const target = emptyTarget()
    expect(await code(restoreBackup({ ...base, ...target, ...key, input, blobDirectories: [] }))).toBe(
      'backup.target-missing',
    )
    expect(await code(restoreBackup({ ...base, ...target, ...key, input, databases: [] }))).toBe(
      'backup.target-missing',
    )
  })

  test('of an older backup applies what the program has added since; a newer one is refused', async () => {
    const older = await backup()
    const target = emptyTarget()
    const added =
      'ALTER TABLE book.account ADD COLUMN grade text NOT NULL DEFAULT md5(random()::text); UPDATE book.account SET balance = 0'
    const grown = room({ '001-book.sql': FIRST, '002-grade.sql': added })
    const [first, second] = target.databases as [Target['databases'][0], Target['databases'][1]]
    await restoreBackup({ ...base, ...target, ...key, input: older, databases: [{ ...first, rooms: [grown] }, second] })
    expect((await contents(first.database, ['book.entry']))[0]).toBe((await contents(hub.database, ['book.entry']))[0])
    const sql = connect(url, { database: first.database, max: 1 })
    expect((await sql`SELECT DISTINCT balance FROM book.account WHERE grade <> ''`)[0]).toEqual({ balance: 0n })
    await sql.end()
    await remove(target)
    const shrunk = emptyTarget()
    const missing = shrunk.databases.map((database) => ({ ...database, rooms: [] }))
    expect(await code(restoreBackup({ ...base, ...shrunk, ...key, input: older, databases: missing }))).toBe(
      'backup.newer',
    )
    const changed = room({ '001-book.sql': `${FIRST}-- changed` })
    const other = shrunk.databases.map((database) => ({ ...database, rooms: [changed] }))
    expect(await code(restoreBackup({ ...base, ...shrunk, ...key, input: older, databases: other }))).toBe(
      'backup.newer',
    )
    expect(await databasesOf(shrunk)).toEqual([])
  })

  test('keeps people forgotten who were forgotten after the backup was made', async () => {
    const input = await backup()
    await keysOf(site).destroy('per_leaves')
    const forgotten = await keysOf(site).forgotten()
    expect(forgotten).toEqual(['per_leaves'])
    const target = emptyTarget()
    await restoreBackup({ ...base, ...target, ...key, input, forgotten })
    const database = target.databases[1]?.database as string
    const db = await openDatabase({ url, name: 'site', database, maxConnections: 1, log: silentLog })
    const open = (person: string) => keysOf(db).decrypt(person, sealed.get(person) as Uint8Array, 'x')
    expect(Buffer.from(await open('per_stays')).toString()).toBe('name of per_stays')
    expect(await code(open('per_leaves'))).toBe('kernel.person-forgotten')
    await db.close()
    await remove(target)
  })
})

describe('a drill', patient, () => {
  const rooms = [
    { name: 'hub' as const, rooms: [book] },
    { name: 'site' as const, rooms: [] },
  ]
  const workDirectory = join(root, 'drills')

  test('restores on a server of its own, runs the checks and removes everything', async () => {
    const input = await backup()
    mkdirSync(workDirectory, { mode: 0o711 })
    const balance: DrillCheck = {
      name: 'accounts add up',
      run: async ({ database }) => {
        const hub = database('hub').worker
        const [row] = await hub<{ sum: number }[]>`SELECT sum(balance)::int AS sum FROM book.account`
        return row?.sum === 50_000
      },
    }
    const options = { ...base, ...key, input, databases: rooms, blobDirectories: ['images'], workDirectory }
    expect(await drillBackup({ ...options, checks: [balance] })).toMatchObject({
      checks: ['accounts add up'],
      blobs: 2,
    })
    const refuses = { name: 'never true', run: async () => false }
    expect(await code(drillBackup({ ...options, checks: [balance, refuses] }))).toBe('backup.drill-failed')
    expect(readdirSync(workDirectory)).toEqual([])
  })
})
