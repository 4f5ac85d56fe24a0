import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
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
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { silentLog } from '../log.ts'
import { connect } from './connect.ts'
import { openDatabase } from './open-database.ts'
import { processMark } from './owner.ts'
import { isPostgresOn } from './postmaster.ts'
import { type Postgres, startPostgres } from './start-postgres.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'bithive-pg-'))
  cleanups.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

async function start(directory: string): Promise<Postgres> {
  const server = await startPostgres({ directory, log: silentLog })
  cleanups.push(() => server.stop())
  return server
}

const FIXTURE = fileURLToPath(new URL('./start-postgres.fixture.ts', import.meta.url))

type Said = { pid?: number; url?: string; acknowledged?: number; code?: string; facts?: Record<string, unknown> }

/** Another process with a server of its own; `next` gives what it says, line by line, and undefined at its end. */
function otherProcess(directory: string, mode = 'hold') {
  const child: ChildProcess = spawn(process.execPath, [FIXTURE, directory, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  cleanups.push(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  const gone = once(child, 'exit')
  return {
    pid: child.pid as number,
    next: async () => {
      const { value, done } = await lines.next()
      return done ? undefined : (JSON.parse(value) as Said)
    },
    kill: async () => {
      child.kill('SIGKILL')
      await gone
    },
    gone,
  }
}

async function query<T>(server: Postgres, text: string): Promise<T[]> {
  const sql = connect(server.url('postgres'), { max: 1 })
  try {
    return [...(await sql.unsafe(text))] as T[]
  } finally {
    await sql.end({ timeout: 1 })
  }
}

const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: { code: string; facts: object }) => ({ code: error.code, ...error.facts }),
  )

/** Servers start and recover in these tests; a busy machine takes its time. */
const patient = { timeout: 120_000 }

describe('an embedded server', patient, () => {
  test('syncs, demands a password, keeps its folders private and finds its data again', async () => {
    const directory = folder()
    const first = await start(directory)
    await query(first, 'CREATE TABLE kept AS SELECT 42 AS n')
    const settings = await query<{ fsync: string; listens: string }>(
      first,
      `SELECT current_setting('fsync') AS fsync, current_setting('listen_addresses') AS listens`,
    )
    expect(settings).toEqual([{ fsync: 'on', listens: '' }])
    const wrong = connect(first.url('postgres'), { password: 'wrong', max: 1 })
    await expect(wrong`SELECT 1`).rejects.toMatchObject({ code: '28P01' })
    await wrong.end()
    const mode = (name: string) => (statSync(join(directory, name)).mode & 0o777).toString(8)
    expect(['data', 'socket', 'secrets', 'secrets/superuser'].map(mode)).toEqual(['700', '700', '700', '600'])
    const pid = first.pid
    await first.stop()
    expect([processMark(pid), first.health()]).toEqual([undefined, 'stopped'])
    expect(await query(await start(directory), 'SELECT n FROM kept')).toEqual([{ n: 42 }])
  })

  test('never writes what people typed into its own log', async () => {
    const directory = folder()
    const server = await start(directory)
    await query(server, 'CREATE TABLE people (name text PRIMARY KEY)')
    const sql = connect(server.url('postgres'), { max: 1 })
    await sql`INSERT INTO people VALUES ('Zhang Wei')`
    await expect(sql`INSERT INTO people VALUES ('Zhang Wei')`).rejects.toMatchObject({ code: '23505' })
    await expect(sql.unsafe(`SELECT 'Zhang Wei'::int`)).rejects.toMatchObject({ code: '22P02' })
    await sql.end()
    await server.stop()
    expect(readFileSync(join(directory, 'server.log'), 'utf8')).toContain('database system is ready')
    expect(readFileSync(join(directory, 'server.log'), 'utf8')).not.toContain('Zhang')
  })

  test('listens on a port of 127.0.0.1 where the path is too long for a socket', async () => {
    const directory = join(folder(), 'a'.repeat(100))
    chmodSync(join(directory, '..'), 0o711)
    const server = await start(directory)
    expect(new URL(server.url('postgres')).hostname).toBe('127.0.0.1')
    expect(await query(server, 'SELECT 1 AS n')).toEqual([{ n: 1 }])
  })

  test('does not take a half-made data folder for a finished one', async () => {
    const directory = folder()
    const first = await start(directory)
    await first.stop()
    rmSync(join(directory, 'data'), { recursive: true })
    mkdirSync(join(directory, 'socket', 'initdb', 'base'), { recursive: true })
    writeFileSync(join(directory, 'socket', 'initdb', 'PG_VERSION'), '18')
    expect(await query(await start(directory), 'SELECT 1 AS n')).toEqual([{ n: 1 }])
  })
})

describe('roles', patient, () => {
  test('have the caller’s secrets, set anew after these were replaced, and never written in clear', async () => {
    const directory = folder()
    const server = await start(directory)
    const open = (secret: string) =>
      openDatabase({
        url: server.url('postgres'),
        name: 'hub',
        secrets: { get: async (role) => `${secret} ${role}` },
        maxConnections: 1,
        log: silentLog,
      })
    for (const secret of ['first', 'second']) {
      const db = await open(secret)
      expect([...(await db.app`SELECT current_user AS who`)]).toEqual([{ who: 'hub_app' }])
      await db.close()
    }
    const old = connect(server.url('hub'), { user: 'hub_app', password: 'first hub_app', max: 1 })
    await expect(old`SELECT 1`).rejects.toMatchObject({ code: '28P01' })
    await old.end()
  })
})

describe('faults', patient, () => {
  test('a postmaster killed -9 is started again, and pools that were open go on', async () => {
    const server = await start(folder())
    const pool = connect(server.url('postgres'), { max: 3 })
    cleanups.push(() => pool.end({ timeout: 1 }))
    await pool`CREATE TABLE kept AS SELECT 42 AS n`
    for (let round = 0; round < 2; round++) {
      const before = server.pid
      process.kill(before, 'SIGKILL')
      await expect.poll(() => [server.health(), server.pid !== before], { timeout: 60_000 }).toEqual(['up', true])
      await expect
        .poll(() =>
          pool`SELECT n FROM kept`.then(
            (rows) => [...rows],
            () => 'away',
          ),
        )
        .toEqual([{ n: 42 }])
    }
  })

  test('a server that cannot come up again is given up after a bounded number of tries', async () => {
    const directory = folder()
    const server = await start(directory)
    const data = join(directory, 'data', 'global', 'pg_control')
    process.kill(server.pid, 'SIGKILL')
    rmSync(data)
    await expect.poll(() => server.health(), { timeout: 60_000 }).toBe('failed')
    await server.stop()
  })

  test('a server whose owner was killed -9 is stopped by the next start, and no acknowledged row is lost', async () => {
    const directory = folder()
    const owner = otherProcess(directory, 'write')
    const { pid = 0 } = (await owner.next()) ?? {}
    let last = -1
    while (last < 200) last = (await owner.next())?.acknowledged ?? last
    await owner.kill()
    expect(isPostgresOn(pid, join(directory, 'data'))).toBe(true)
    const server = await start(directory)
    expect([processMark(pid), server.pid !== pid]).toEqual([undefined, true])
    const [row] = await query<{ rows: number }>(server, 'SELECT count(*)::int AS rows FROM acknowledged')
    expect(row?.rows).toBeGreaterThan(last)
  })

  test('owner and postmaster killed -9 in the middle of writing lose no acknowledged row', async () => {
    const directory = folder()
    const owner = otherProcess(directory, 'write')
    const { pid = 0 } = (await owner.next()) ?? {}
    let last = -1
    while (last < 200) last = (await owner.next())?.acknowledged ?? last
    process.kill(pid, 'SIGKILL')
    await owner.kill()
    for (let said = await owner.next(); said; said = await owner.next()) last = said.acknowledged ?? last
    const server = await start(directory)
    const [row] = await query<{ rows: number }>(server, 'SELECT count(*)::int AS rows FROM acknowledged')
    expect(row?.rows).toBeGreaterThan(last)
  })

  test('a process that ends without stopping its server takes it along', async () => {
    const directory = folder()
    const owner = otherProcess(directory, 'throw')
    const { pid = 0 } = (await owner.next()) ?? {}
    await owner.gone
    await expect.poll(() => isPostgresOn(pid, join(directory, 'data')), { timeout: 30_000 }).toBe(false)
  })

  test('a second process on the same folder is refused and told who holds it', async () => {
    const directory = folder()
    const owner = otherProcess(directory)
    await owner.next()
    expect(await code(startPostgres({ directory, log: silentLog }))).toEqual({
      code: 'database.in-use',
      pid: owner.pid,
    })
    await owner.kill()
    const server = await start(directory)
    const rival = otherProcess(directory)
    expect(await rival.next()).toEqual({ code: 'database.in-use', facts: { pid: process.pid } })
    expect(await code(startPostgres({ directory, log: silentLog }))).toEqual({
      code: 'database.in-use',
      pid: process.pid,
    })
    expect(server.health()).toBe('up')
  })

  test('of several processes that start at once at most one gets the folder', async () => {
    const directory = folder()
    const rivals = Array.from({ length: 4 }, () => otherProcess(directory))
    const said = await Promise.all(rivals.map((rival) => rival.next()))
    const winners = said.filter((line) => line?.pid !== undefined)
    expect(winners.length).toBe(1)
    expect(said.filter((line) => line?.code === 'database.in-use').length).toBe(3)
  })

  test('a stale postmaster.pid whose number now belongs to another program is no obstacle', async () => {
    const directory = folder()
    await (await start(directory)).stop()
    writeFileSync(join(directory, 'data', 'postmaster.pid'), `${process.pid}\n${join(directory, 'data')}\n1\n5432\n`)
    expect(await query(await start(directory), 'SELECT 1 AS n')).toEqual([{ n: 1 }])
  })

  test('a claim of a process that is gone is no obstacle, even when its number was given out again', async () => {
    const directory = folder()
    mkdirSync(join(directory, 'secrets'))
    writeFileSync(
      join(directory, 'secrets', 'owner-1-x.json'),
      JSON.stringify({ pid: process.pid, mark: 'earlier boot' }),
    )
    await start(directory)
    expect(readdirSync(join(directory, 'secrets')).filter((name) => name.startsWith('owner-')).length).toBe(1)
  })

  test('a server that hides in another list of processes is seen by its socket', async () => {
    const directory = folder()
    const owner = otherProcess(directory)
    const { pid = 0 } = (await owner.next()) ?? {}
    cleanups.push(() => process.kill(pid, 'SIGQUIT'))
    await owner.kill()
    rmSync(join(directory, 'data', 'postmaster.pid'))
    expect(await code(startPostgres({ directory, log: silentLog }))).toMatchObject({ code: 'database.in-use' })
  })

  test('data of another major version are refused untouched', async () => {
    const directory = folder()
    await (await start(directory)).stop()
    writeFileSync(join(directory, 'data', 'PG_VERSION'), '17\n')
    const refused = { code: 'database.other-version', found: '17', expected: '18' }
    expect(await code(startPostgres({ directory, log: silentLog }))).toEqual(refused)
  })

  test('a folder that cannot be made is a typed error', async () => {
    const file = join(folder(), 'file')
    writeFileSync(file, '')
    expect(await code(startPostgres({ directory: join(file, 'pg'), log: silentLog }))).toMatchObject({
      code: 'database.no-permission',
    })
    expect(existsSync(join(file, 'pg'))).toBe(false)
  })

  test('a lost password file is an error and not a new password', async () => {
    const directory = folder()
    await (await start(directory)).stop()
    writeFileSync(join(directory, 'secrets', 'superuser'), 'another')
    expect(await code(startPostgres({ directory, log: silentLog }))).toMatchObject({ code: 'database.not-ours' })
  })
})
