import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { databaseErrors } from './errors.ts'
import { processMark } from './owner.ts'

/** The process named in a data folder's `postmaster.pid`, which PostgreSQL writes at start and removes at a clean end. */
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

/** Any server process still at work in the folder: backends may outlive a postmaster that was killed. */
function anyPostgresOn(data: string): boolean {
  if (process.platform !== 'linux') return false
  return readdirSync('/proc').some((entry) => /^\d+$/.test(entry) && isPostgresOn(Number(entry), data))
}

async function untilGone(clock: Clock, pid: number, data: string, ms: number): Promise<boolean> {
  const end = clock.now() + ms
  while (processMark(pid) !== undefined && isPostgresOn(pid, data)) {
    if (clock.now() >= end) return false
    await clock.sleep(20)
  }
  return true
}

/** Sends what PostgreSQL understands: SIGINT ends sessions and checkpoints (fast), SIGQUIT stops at once (immediate). */
export function signalPostmaster(pid: number, mode: 'fast' | 'immediate', pgCtl: string, data: string): void {
  if (process.platform === 'win32') spawnSync(pgCtl, ['stop', '-D', data, '-m', mode, '-W'], { windowsHide: true })
  else process.kill(pid, mode === 'fast' ? 'SIGINT' : 'SIGQUIT')
}

/**
 * Clears what a process of ours that was killed has left in a data folder: a server that still runs is stopped
 * (its clients are gone with their process), and a `postmaster.pid` whose number now belongs to something else is
 * removed. A file whose process is dead is left to PostgreSQL, which also checks its shared memory.
 * @throws database.in-use when the server does not stop.
 */
export async function clearOrphan(deps: { data: string; pgCtl: string; clock: Clock; log: Log }): Promise<void> {
  const { data, pgCtl, clock, log } = deps
  const pid = postmasterPid(data)
  if (pid === undefined || processMark(pid) === undefined) return
  if (!isPostgresOn(pid, data)) {
    if (anyPostgresOn(data)) throw databaseErrors.error('in-use', { pid })
    rmSync(join(data, 'postmaster.pid'), { force: true })
    log.warn({ pid, data: basename(data) }, 'Removed a stale postmaster.pid: its number belongs to another program')
    return
  }
  log.warn({ pid }, 'Stopping a database server that an earlier process left behind')
  signalPostmaster(pid, 'fast', pgCtl, data)
  if (await untilGone(clock, pid, data, 20_000)) return
  signalPostmaster(pid, 'immediate', pgCtl, data)
  if (await untilGone(clock, pid, data, 10_000)) return
  throw databaseErrors.error('in-use', { pid })
}
