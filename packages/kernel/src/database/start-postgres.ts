import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Clock, systemClock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { Log } from '../log.ts'
import { type Randomness, systemRandomness } from '../randomness.ts'
import { type Binaries, findNative, nativeVersion, prepareBinaries, type RunAs, runAs } from './binaries.ts'
import { connect, sqlState } from './connect.ts'
import { type DataFolder, openDataFolder, superuserPassword } from './data-folder.ts'
import { databaseErrors } from './errors.ts'
import { initialiseData } from './initialise-data.ts'
import { claimDirectory } from './owner.ts'
import { clearOrphan, readPostmasterPid, signalPostmaster } from './postmaster.ts'

/** Server settings by name, over our own; tests of other things turn `fsync` off here. */
export type Tuning = Readonly<Record<string, string>>

export type Postgres = {
  /** A superuser URL for one database of this server; read it with `connect`. */
  readonly url: (database: string) => string
  /** The postmaster's process number; it changes when the supervisor had to restart it. */
  readonly pid: number
  readonly health: () => 'up' | 'restarting' | 'failed' | 'stopped'
  /** Ends all sessions, writes a checkpoint, and resolves when the server has gone. */
  readonly stop: () => Promise<void>
}

const SUPERUSER = 'bithive'
const RESTARTS = 8
const STEADY_MS = 60_000
/** A socket's path must fit in sockaddr_un: 104 bytes on macOS, 108 on Linux, with its terminating zero. */
const SOCKET_PATH_BYTES = 100
const LOG_BYTES = 10 * 1024 * 1024

const SETTINGS: Tuning = {
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  max_connections: '100',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // Statements, their parameters and the details of their errors hold people's data, so the server's own log
  // carries only what the server says about itself.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
}

type Address = { readonly host: string; readonly port: number }

type Server = {
  readonly folder: DataFolder
  readonly binaries: Binaries
  readonly who: RunAs | undefined
  readonly password: string
  readonly tuning: Tuning
  readonly clock: Clock
  readonly log: Log
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function chooseAddress(folder: DataFolder): Promise<Address> {
  const usesSocket = process.platform !== 'win32'
  if (usesSocket && Buffer.byteLength(join(folder.socket, '.s.PGSQL.5432')) <= SOCKET_PATH_BYTES) {
    return { host: folder.socket, port: 5432 }
  }
  return { host: '127.0.0.1', port: await freePort() }
}

function urlOf(address: Address, password: string, database: string): string {
  const server = address.host.startsWith('/') ? `localhost:${address.port}` : `${address.host}:${address.port}`
  const socket = address.host.startsWith('/') ? `?host=${encodeURIComponent(address.host)}` : ''
  return `postgres://${SUPERUSER}:${encodeURIComponent(password)}@${server}/${encodeURIComponent(database)}${socket}`
}

function spawnPostmaster(server: Server, address: Address): ChildProcess {
  const { folder, binaries, who } = server
  const listen: Tuning = address.host.startsWith('/')
    ? { listen_addresses: '', unix_socket_directories: folder.socket, unix_socket_permissions: '0700' }
    : { listen_addresses: '127.0.0.1', unix_socket_directories: '' }
  const settings = { ...SETTINGS, ...server.tuning, ...listen, port: String(address.port) }
  const options = Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])
  if ((statSync(folder.logFile, { throwIfNoEntry: false })?.size ?? 0) > LOG_BYTES) truncateSync(folder.logFile)
  const logFd = openSync(folder.logFile, 'a', 0o600)
  try {
    // Its own session: Ctrl-C in a terminal must stop us first, and then we stop the server in order.
    return spawn(binaries.postgres, ['-D', folder.data, ...options], {
      cwd: folder.home,
      env: { ...process.env, ...binaries.env },
      stdio: ['ignore', logFd, logFd],
      detached: process.platform !== 'win32',
      windowsHide: true,
      ...(who ?? {}),
    })
  } finally {
    closeSync(logFd)
  }
}

/** Reads what the server said since `from`, and says it as one of our own errors. */
function whyItEnded(server: Server, from: number, cause?: unknown): DomainError {
  const { logFile } = server.folder
  const text = existsSync(logFile) ? readFileSync(logFile).subarray(from).toString('utf8') : ''
  const facts = { logFile }
  if (/No space left on device/.test(text)) return databaseErrors.error('disk-full', facts, cause)
  if (/Permission denied|EACCES/.test(text)) return databaseErrors.error('no-permission', facts, cause)
  if (/GLIBC_|error while loading shared libraries/.test(text))
    return databaseErrors.error('system-too-old', facts, cause)
  return databaseErrors.error('start-failed', facts, cause)
}

/** Asks the server who it is before anything is written: it must be our child, on our folder. */
async function prove(server: Server, address: Address, child: ChildProcess): Promise<void> {
  const sql = connect(urlOf(address, server.password, 'postgres'), { max: 1, connectTimeoutSeconds: 5 })
  try {
    const [row] = await sql<{ directory: string; version: string }[]>`
      SELECT current_setting('data_directory') AS directory, current_setting('server_version_num') AS version`
    const pid = readPostmasterPid(server.folder.data)
    if (row?.directory !== server.folder.data || pid !== child.pid) {
      throw databaseErrors.error('not-ours', { pid: pid ?? 0, expected: child.pid ?? 0 })
    }
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** Waits until the server answers and is proven ours. Recovery after a crash may take long: it waits while the child lives. */
async function untilReady(server: Server, address: Address, child: ChildProcess, logFrom: number): Promise<void> {
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  const startedMs = server.clock.now()
  for (let round = 0; ; round++) {
    if (failure) throw startError(server, failure)
    if (child.exitCode !== null || child.signalCode !== null) throw whyItEnded(server, logFrom)
    try {
      return await prove(server, address, child)
    } catch (error) {
      // 28P01 from a server of ours would mean a wrong secrets file: waiting does not cure it.
      if (error instanceof DomainError) throw error
      if (sqlState(error) === '28P01') throw databaseErrors.error('not-ours', { expected: child.pid ?? 0 }, error)
    }
    await server.clock.sleep(Math.min(10 + round * 5, 250))
    if (round % 40 === 39) {
      server.log.info({ waitedMs: server.clock.now() - startedMs }, 'Waiting for the database to finish its recovery')
    }
  }
}

function startError(server: Server, error: Error): DomainError {
  const code = (error as NodeJS.ErrnoException).code
  const facts = { program: server.binaries.postgres }
  if (code === 'EACCES' || code === 'EPERM') return databaseErrors.error('no-permission', facts, error)
  if (code === 'ENOENT') return databaseErrors.error('no-binaries', facts, error)
  return databaseErrors.error('start-failed', { logFile: server.folder.logFile }, error)
}

async function launch(server: Server, address: Address): Promise<ChildProcess> {
  const { folder, binaries, clock, log } = server
  await clearOrphan({ data: folder.data, pgCtl: binaries.pgCtl, clock, log })
  const logFrom = statSync(folder.logFile, { throwIfNoEntry: false })?.size ?? 0
  const child = spawnPostmaster(server, address)
  try {
    await untilReady(server, address, child, logFrom > LOG_BYTES ? 0 : logFrom)
    return child
  } catch (error) {
    if (child.exitCode === null && child.pid !== undefined) child.kill('SIGQUIT')
    throw error
  }
}

function whenGone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => child.once('exit', () => resolve()))
}

async function shutDown(server: Server, child: ChildProcess): Promise<void> {
  const gone = whenGone(child)
  const { clock, folder, binaries } = server
  const steps = [
    { send: () => signalPostmaster(child.pid as number, 'fast', binaries.pgCtl, folder.data), ms: 30_000 },
    { send: () => signalPostmaster(child.pid as number, 'immediate', binaries.pgCtl, folder.data), ms: 10_000 },
    { send: () => child.kill('SIGKILL'), ms: 5_000 },
  ]
  for (const step of steps) {
    if (child.exitCode !== null || child.signalCode !== null) return
    step.send()
    const timer = new AbortController()
    const late = clock.sleep(step.ms, timer.signal).then(
      () => true,
      () => false,
    )
    const tooLate = await Promise.race([gone.then(() => false), late])
    timer.abort()
    if (!tooLate) return
    server.log.warn({ pid: child.pid ?? 0 }, 'The database server is slow to stop')
  }
}

/** Keeps one server up: a postmaster that ends unasked is started again, a bounded number of times in a row. */
function supervise(server: Server, address: Address, first: ChildProcess, release: () => void): Postgres {
  let child = first
  let health: ReturnType<Postgres['health']> = 'up'
  let upSince = server.clock.now()
  let restarts = 0
  let restarting: Promise<void> = Promise.resolve()
  const watch = () => child.once('exit', onExit)
  const onExit = (code: number | null, signal: string | null) => {
    if (health === 'stopped') return
    server.log.error({ code: code ?? -1, signal: signal ?? '' }, 'The database server ended unasked; starting it again')
    if (server.clock.now() - upSince > STEADY_MS) restarts = 0
    health = 'restarting'
    restarting = restart()
  }
  const restart = async () => {
    while (health === 'restarting' && restarts < RESTARTS) {
      await server.clock.sleep(Math.min(50 * 2 ** restarts++, 5_000))
      if (health !== 'restarting') return
      try {
        const next = await launch(server, address)
        child = next
        upSince = server.clock.now()
        if ((health as string) === 'stopped') return await shutDown(server, next)
        health = 'up'
        watch()
        server.log.info({ pid: next.pid ?? 0, restarts }, 'The database server is up again')
        return
      } catch (error) {
        server.log.warn(
          { code: error instanceof DomainError ? error.code : 'unknown', restarts },
          'The database server did not start',
        )
      }
    }
    if (health !== 'restarting') return
    health = 'failed'
    server.log.error({ restarts }, 'The database server keeps ending; it is not started again')
  }
  watch()
  return {
    url: (database) => urlOf(address, server.password, database),
    get pid() {
      return child.pid as number
    },
    health: () => health,
    stop: async () => {
      if (health === 'stopped') return
      health = 'stopped'
      await restarting
      await shutDown(server, child)
      release()
    },
  }
}

/**
 * Starts PostgreSQL 18 on a folder of its own and keeps it up. As root the server runs as `nobody`. It listens on a
 * UNIX socket in a private folder, or on a free port of 127.0.0.1 where the socket's path would be too long.
 * @param deps.directory is made if missing; a later start finds its data again.
 * @throws database.in-use, no-binaries, system-too-old, no-user, no-permission, disk-full, other-version, not-ours,
 *   start-failed
 */
export async function startPostgres(deps: {
  directory: string
  log: Log
  tuning?: Tuning
  clock?: Clock
  randomness?: Randomness
}): Promise<Postgres> {
  const { log, tuning = {}, clock = systemClock, randomness = systemRandomness } = deps
  const who = runAs()
  const native = findNative()
  const folder = openDataFolder({ directory: deps.directory, who, randomness, log })
  const claim = claimDirectory(join(folder.directory, 'secrets'))
  if ('heldBy' in claim) throw databaseErrors.error('in-use', { pid: claim.heldBy })
  try {
    const binaries = prepareBinaries({ native, version: nativeVersion(native), workDirectory: folder.home, who })
    const server: Server = {
      folder,
      binaries,
      who,
      password: superuserPassword(folder, randomness),
      tuning,
      clock,
      log,
    }
    await initialiseData({ ...server, superuser: SUPERUSER, sync: tuning.fsync !== 'off' })
    const address = await chooseAddress(folder)
    const child = await launch(server, address)
    log.info({ pid: child.pid ?? 0 }, 'The database server is up')
    return supervise(server, address, child, claim.release)
  } catch (error) {
    claim.release()
    throw error
  }
}
