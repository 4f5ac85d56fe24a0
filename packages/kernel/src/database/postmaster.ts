import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { databaseErrors } from './errors.ts'
import { processMark } from './owner.ts'

/** The process named in `postmaster.pid`, which PostgreSQL writes at start and removes when it ends in order. */
export function postmasterPid(data: string): number | undefined {
  const file = join(data, 'postmaster.pid')
  if (!existsSync(file)) return undefined
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0])
  return Number.isInteger(pid) && pid > 0 ? pid : undefined
}

/** True when this process really is a PostgreSQL server on this data folder; a number alone proves nothing. */
export function isPostgresOn(pid: number, data: string): boolean {
  if (process.platform === 'linux') {
    try {
      // A server's working directory is its data folder, and /proc shows it whatever its arguments looked like.
      const isPostgres = readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'postgres'
      return isPostgres && readlinkSync(`/proc/${pid}/cwd`) === realpathSync(data)
    } catch {
      return false
    }
  }
  if (process.platform === 'win32') {
    const list = spawnSync('tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH'], { encoding: 'utf8' })
    return /postgres\.exe/i.test(list.stdout ?? '')
  }
  const ps = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
  return /postgres/.test(ps.stdout ?? '') && (ps.stdout ?? '').includes(data)
}

/** Server processes still at work in the folder: those of a postmaster that was killed outlive it for a moment. */
function serversOn(data: string): number[] {
  if (process.platform !== 'linux') return []
  const numbers = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))
  return numbers.map(Number).filter((pid) => isPostgresOn(pid, data))
}

async function untilNone(clock: Clock, data: string, ms: number): Promise<boolean> {
  const end = clock.now() + ms
  while (serversOn(data).length > 0) {
    if (clock.now() >= end) return false
    await clock.sleep(20)
  }
  return true
}

async function untilGone(clock: Clock, pid: number, data: string, ms: number): Promise<boolean> {
  const end = clock.now() + ms
  while (processMark(pid) !== undefined && isPostgresOn(pid, data)) {
    if (clock.now() >= end) return false
    await clock.sleep(20)
  }
  return true
}

/** SIGINT ends the sessions and writes a checkpoint (fast); SIGQUIT stops at once (immediate). */
export function signalPostmaster(pid: number, mode: 'fast' | 'immediate', pgCtl: string, data: string): void {
  if (process.platform === 'win32') spawnSync(pgCtl, ['stop', '-D', data, '-m', mode, '-W'], { windowsHide: true })
  else sendSignal(pid, mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    // It may have ended between the look and the signal.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/**
 * True when the system still lists this number, as PostgreSQL would ask: another program, or a server that was
 * killed and that nobody has reaped, as in a container whose first process does not.
 */
function isTaken(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Stops a postmaster, at once if it does not end in order. @throws database.in-use when it does not stop at all. */
async function stopServer(pid: number, deps: { data: string; pgCtl: string; clock: Clock }): Promise<void> {
  const { data, pgCtl, clock } = deps
  signalPostmaster(pid, 'fast', pgCtl, data)
  if (await untilGone(clock, pid, data, 20_000)) return
  signalPostmaster(pid, 'immediate', pgCtl, data)
  if (await untilGone(clock, pid, data, 10_000)) return
  throw databaseErrors.error('in-use', { pid })
}

/** Backends without a postmaster end by themselves; PostgreSQL refuses to start while one still holds its memory. */
async function clearBackends(data: string, clock: Clock): Promise<void> {
  if (await untilNone(clock, data, 10_000)) return
  for (const pid of serversOn(data)) sendSignal(pid, 'SIGQUIT')
  if (await untilNone(clock, data, 5_000)) return
  throw databaseErrors.error('in-use', { pid: serversOn(data)[0] ?? 0 })
}

type OrphanDeps = {
  readonly data: string
  /** The private folder of the server's socket, where it keeps a second lock file. */
  readonly socket: string
  readonly pgCtl: string
  readonly clock: Clock
  readonly log: Log
}

/**
 * Clears what a process of ours that was killed has left in a data folder: a server that still runs is stopped
 * (its clients are gone with their process), and a `postmaster.pid` whose number now belongs to something else is
 * removed, once no server process is left on the folder. A file whose process is gone is left to PostgreSQL.
 * @throws database.in-use when the server does not stop.
 */
export async function clearOrphan(deps: OrphanDeps): Promise<void> {
  const { data, socket, clock, log } = deps
  const pid = postmasterPid(data)
  if (pid === undefined) return
  if (isPostgresOn(pid, data)) {
    log.warn({ pid }, 'Stopping a database server that an earlier process left behind')
    await stopServer(pid, deps)
  }
  await clearBackends(data, clock)
  // A server that ended in order has removed its files by now.
  if (postmasterPid(data) === pid && isTaken(pid)) {
    rmSync(join(data, 'postmaster.pid'), { force: true })
    for (const file of readdirSync(socket)) {
      if (/^\.s\.PGSQL\.\d+\.lock$/.test(file)) rmSync(join(socket, file), { force: true })
    }
    log.warn({ pid }, 'Removed a stale postmaster.pid: its number does not belong to a server of this folder')
  }
}
