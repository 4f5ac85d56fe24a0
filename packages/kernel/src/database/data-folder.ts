import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import type { Log } from '../log.ts'
import type { Randomness } from '../randomness.ts'
import { type RunAs, reachableBy, runAs } from './binaries.ts'
import { databaseErrors } from './errors.ts'

/** Where root keeps a database whose own folder only root may pass: PostgreSQL itself may not run as root. */
const SHARED_HOME = '/var/lib/bithive'

export type DataFolder = {
  /** Ours alone: secrets, claims and the pointer. */
  readonly directory: string
  /** Where the server's files are: `directory`, unless the server's user cannot reach it. */
  readonly home: string
  readonly data: string
  readonly socket: string
  readonly logFile: string
  /** Whom the server runs as, when that is not ourselves. */
  readonly who: RunAs | undefined
}

/** Writes a file whole or not at all, readable by its owner only. */
export function writePrivately(file: string, text: string): void {
  const unfinished = `${file}.${process.pid}.new`
  const fd = openSync(unfinished, 'w', 0o600)
  try {
    writeSync(fd, text)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
  renameSync(unfinished, file)
}

function makeFolder(path: string, mode: number, who: RunAs | undefined): void {
  mkdirSync(path, { recursive: true, mode })
  chmodSync(path, mode)
  if (who) chownSync(path, who.uid, who.gid)
}

/** A checkout below /root is common and closed to everyone else, so the files go where `who` may reach them. */
function chooseHome(directory: string, randomness: Randomness, log: Log): string {
  const pointer = join(directory, 'location.json')
  if (existsSync(pointer)) return (JSON.parse(readFileSync(pointer, 'utf8')) as { home: string }).home
  const who = runAs(join(directory, 'data'))
  if (who === undefined || reachableBy(directory, who)) return directory
  const home = join(SHARED_HOME, Buffer.from(randomness.bytes(8)).toString('hex'))
  mkdirSync(home, { recursive: true, mode: 0o711 })
  writePrivately(pointer, JSON.stringify({ home }))
  log.warn(
    { directory, home },
    'The data folder lies where only root may pass, so the database files are kept elsewhere',
  )
  return home
}

/** What the system says about a folder, as one of our own errors. */
export function asFolderError(error: unknown, directory: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code
  if (code === 'ENOSPC' || code === 'EDQUOT') return databaseErrors.error('disk-full', { directory }, error)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR') {
    return databaseErrors.error('no-permission', { directory }, error)
  }
  return error
}

/**
 * Makes the folders of one embedded server, with the owners and modes that PostgreSQL insists on.
 * @throws database.no-permission, disk-full
 */
export function openDataFolder(deps: { directory: string; randomness: Randomness; log: Log }): DataFolder {
  const directory = resolve(deps.directory)
  try {
    const mode = process.getuid?.() === 0 ? 0o711 : 0o700
    mkdirSync(directory, { recursive: true, mode })
    chmodSync(directory, mode)
    const home = chooseHome(directory, deps.randomness, deps.log)
    const data = join(home, 'data')
    const who = runAs(data)
    makeFolder(join(directory, 'secrets'), 0o700, undefined)
    makeFolder(join(home, 'socket'), 0o700, who)
    return { directory, home, data, who, socket: join(home, 'socket'), logFile: join(home, 'server.log') }
  } catch (error) {
    throw asFolderError(error, directory)
  }
}

/** The superuser's password: made once, 256 bits, in a file that only we may read. */
export function superuserPassword(folder: DataFolder, randomness: Randomness): string {
  const file = join(folder.directory, 'secrets', 'superuser')
  if (!existsSync(file)) writePrivately(file, Buffer.from(randomness.bytes(32)).toString('base64url'))
  return readFileSync(file, 'utf8').trim()
}
