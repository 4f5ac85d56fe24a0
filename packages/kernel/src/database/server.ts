import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs'
import { createConnection, createServer } from 'node:net'
import { join, resolve } from 'node:path'
import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Binaries } from './binaries.ts'
import { connect, sqlState } from './connect.ts'
import type { DataFolder } from './data-folder.ts'
import { databaseErrors } from './errors.ts'
import { clearOrphan, postmasterPid, signalPostmaster } from './postmaster.ts'

/** Server settings by name, over our own; tests of other things turn `fsync` off here. */
export type Tuning = Readonly<Record<string, string>>

export const SUPERUSER = 'bithive'
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

export type Address = { readonly host: string; readonly port: number }

export type Server = {
  readonly folder: DataFolder
  readonly binaries: Binaries
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

export async function chooseAddress(folder: DataFolder): Promise<Address> {
  const usesSocket = process.platform !== 'win32'
  if (usesSocket && Buffer.byteLength(join(folder.socket, '.s.PGSQL.5432')) <= SOCKET_PATH_BYTES) {
    return { host: folder.socket, port: 5432 }
  }
  return { host: '127.0.0.1', port: await freePort() }
}

export function urlOf(address: Address, password: string, database: string): string {
  const server = address.host.startsWith('/') ? `localhost:${address.port}` : `${address.host}:${address.port}`
  const socket = address.host.startsWith('/') ? `?host=${encodeURIComponent(address.host)}` : ''
  return `postgres://${SUPERUSER}:${encodeURIComponent(password)}@${server}/${encodeURIComponent(database)}${socket}`
}

function spawnPostmaster(server: Server, address: Address): ChildProcess {
  const { folder, binaries } = server
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
      ...(folder.who ?? {}),
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
  if (/Permission denied|wrong ownership|invalid permissions/.test(text))
    return databaseErrors.error('no-permission', facts, cause)
  if (/GLIBC_|error while loading shared libraries/.test(text))
    return databaseErrors.error('system-too-old', facts, cause)
  // Backends of a killed postmaster still hold its memory; where the system cannot list them, only this tells.
  if (/pre-existing shared memory block|lock file .* already exists/.test(text)) {
    return databaseErrors.error('in-use', { pid: postmasterPid(server.folder.data) ?? 0 }, cause)
  }
  return databaseErrors.error('start-failed', facts, cause)
}

/** Asks the server who it is before anything is written: it must be our child, on our folder. */
async function prove(server: Server, address: Address, child: ChildProcess): Promise<void> {
  const sql = connect(urlOf(address, server.password, 'postgres'), { max: 1, connectTimeoutSeconds: 5 })
  try {
    const [row] = await sql<{ directory: string }[]>`SELECT current_setting('data_directory') AS directory`
    const pid = postmasterPid(server.folder.data)
    if (!row || resolve(row.directory) !== server.folder.data || pid !== child.pid) {
      throw databaseErrors.error('not-ours', { pid: pid ?? 0, expected: child.pid ?? 0 })
    }
  } finally {
    await sql.end({ timeout: 1 })
  }
}

/** Waits until the server answers and is proven ours; recovery may take long, so it waits while the child lives. */
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
  // The file is there: what is missing is the loader it names, as on a system with another C library.
  if (code === 'ENOENT') return databaseErrors.error('system-too-old', facts, error)
  return databaseErrors.error('start-failed', { logFile: server.folder.logFile }, error)
}

/** True when somebody listens on the socket: a server in another container shares the folder, not the process list. */
function answers(address: Address): Promise<boolean> {
  if (!address.host.startsWith('/')) return Promise.resolve(false)
  return new Promise((resolve) => {
    const socket = createConnection(join(address.host, `.s.PGSQL.${address.port}`))
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

export async function launch(server: Server, address: Address): Promise<ChildProcess> {
  const { folder, binaries, clock, log } = server
  await clearOrphan({ data: folder.data, socket: folder.socket, pgCtl: binaries.pgCtl, clock, log })
  if (await answers(address)) throw databaseErrors.error('in-use', { pid: postmasterPid(folder.data) ?? 0 })
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

export async function shutDown(server: Server, child: ChildProcess): Promise<void> {
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
