import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DomainError } from '../errors.ts'
import type { Binaries } from './binaries.ts'
import type { DataFolder } from './data-folder.ts'
import { databaseErrors } from './errors.ts'

/** The version that the packaged binaries read and write. */
const MAJOR = '18'

function initError(output: string, status: number | null, cause?: unknown): DomainError {
  const facts = { program: 'initdb', status: status ?? -1 }
  if (/No space left on device/.test(output)) return databaseErrors.error('disk-full', facts, cause)
  if (/could not look up effective user/.test(output)) return databaseErrors.error('no-user', facts, cause)
  if (/Permission denied/.test(output)) return databaseErrors.error('no-permission', facts, cause)
  if (/GLIBC_|error while loading shared libraries|cannot open shared object/.test(output)) {
    return databaseErrors.error('system-too-old', facts, cause)
  }
  return databaseErrors.error('start-failed', facts, cause)
}

function runInitdb(deps: Deps, target: string, passwordFile: string): void {
  const { folder, binaries, superuser, sync } = deps
  const options = [`--pgdata=${target}`, `--username=${superuser}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
  // PostgreSQL's own collation: the same order on every system, and no index breaks with an update of its libraries.
  options.push('--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8')
  if (!sync) options.push('--no-sync')
  const run = spawnSync(binaries.initdb, options, {
    cwd: folder.home,
    env: { ...process.env, ...binaries.env },
    encoding: 'utf8',
    windowsHide: true,
    ...(folder.who ?? {}),
  })
  // The program is there: what is missing is the loader it names, as on a system with another C library.
  if ((run.error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
    throw databaseErrors.error('system-too-old', { program: 'initdb' }, run.error)
  }
  if (run.error || run.status !== 0) throw initError(`${run.stdout}\n${run.stderr}`, run.status, run.error)
}

type Deps = {
  readonly folder: DataFolder
  readonly binaries: Binaries
  readonly password: string
  readonly superuser: string
  readonly sync: boolean
}

/**
 * Makes the data folder at the first start. It is made under another name and renamed, so that a start that was
 * killed half-way leaves nothing that looks finished.
 * @throws database.other-version when the folder was written by another major version.
 */
export async function initialiseData(deps: Deps): Promise<void> {
  const { folder } = deps
  const versionFile = join(folder.data, 'PG_VERSION')
  if (existsSync(versionFile)) {
    const found = readFileSync(versionFile, 'utf8').trim()
    if (found !== MAJOR) throw databaseErrors.error('other-version', { found, expected: MAJOR })
    return
  }
  const workshop = join(folder.socket, 'initdb')
  const passwordFile = join(folder.socket, 'password')
  rmSync(workshop, { recursive: true, force: true })
  try {
    writeFileSync(passwordFile, deps.password, { mode: 0o600 })
    if (folder.who) chownSync(passwordFile, folder.who.uid, folder.who.gid)
    runInitdb(deps, workshop, passwordFile)
    renameSync(workshop, folder.data)
  } finally {
    rmSync(passwordFile, { force: true })
    rmSync(workshop, { recursive: true, force: true })
  }
}
