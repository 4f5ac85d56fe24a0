import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { type Clock, systemClock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { Log } from '../log.ts'
import { type Randomness, systemRandomness } from '../randomness.ts'
import { findNative, nativeVersion, prepareBinaries } from './binaries.ts'
import { asFolderError, openDataFolder, superuserPassword } from './data-folder.ts'
import { databaseErrors } from './errors.ts'
import { initialiseData } from './initialise-data.ts'
import { claimDirectory } from './owner.ts'
import { type Address, chooseAddress, launch, type Server, SUPERUSER, shutDown, type Tuning, urlOf } from './server.ts'

export type Postgres = {
  /** A superuser URL for one database of this server; read it with `connect`. */
  readonly url: (database: string) => string
  /** The postmaster's process number; it changes when the supervisor had to restart it. */
  readonly pid: number
  readonly health: () => 'up' | 'restarting' | 'failed' | 'stopped'
  /** Ends all sessions, writes a checkpoint, and resolves when the server has gone. */
  readonly stop: () => Promise<void>
}

const RESTARTS = 8
const STEADY_MS = 60_000

/** Keeps one server up: a postmaster that ends unasked is started again, a bounded number of times in a row. */
function supervise(server: Server, address: Address, first: ChildProcess, release: () => void): Postgres {
  let child = first
  let health: ReturnType<Postgres['health']> = 'up'
  let upSince = server.clock.now()
  let restarts = 0
  let restarting: Promise<void> = Promise.resolve()
  const watch = () => child.once('exit', onExit)
  // A process that ends by an exception still stops its server; after a kill the next start does.
  const onProcessExit = () => void child.kill('SIGINT')
  process.once('exit', onProcessExit)
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
      process.off('exit', onProcessExit)
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
  const native = findNative()
  const folder = openDataFolder({ directory: deps.directory, randomness, log })
  const claim = await claimDirectory(join(folder.directory, 'secrets'), clock)
  if ('heldBy' in claim) throw databaseErrors.error('in-use', { pid: claim.heldBy })
  try {
    const binaries = prepareBinaries({
      native,
      version: nativeVersion(native),
      workDirectory: folder.home,
      who: folder.who,
    })
    const server: Server = {
      folder,
      binaries,
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
    throw asFolderError(error, folder.directory)
  }
}
