import { access, constants, mkdir, readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { type BackupRun, BackupView } from '@bithive/api/operations'
import { type BackupsPort, operationsErrors } from '@bithive/hub'
import { createBackup, drillBackup } from '@bithive/kernel/backup'
import type { Clock } from '@bithive/kernel/clock'
import { isDomainError } from '@bithive/kernel/errors'
import type { Log } from '@bithive/kernel/log'
import type { Randomness } from '@bithive/kernel/randomness'
import { createSecrets } from '@bithive/kernel/secrets'
import { replaceWholeFile } from '@bithive/kernel/whole-file'
import { DATABASES, FOLDER_NAMES, foldersOf } from '../backup/data-of-house.ts'
import { drillChecks } from '../backup/drill-checks.ts'
import type { KeptChoices } from './keep-choices.ts'
import { newCode } from './new-code.ts'

const FILE = /^bithive-[0-9-]+\.backup$/
const SECRET = 'backup-passphrase'

export type BackupsDeps = {
  readonly directory: string
  /** URL of an owner; the database in it may be any. */
  readonly databaseUrl: () => string
  /** Where backups go unless the operator chose another folder. */
  readonly defaultFolder: string | undefined
  readonly choices: KeptChoices
  readonly onChange: () => void
  readonly clock: Clock
  readonly randomness: Randomness
  readonly log: Log
}

const urlOf = (base: string, database: string): string => {
  const url = new URL(base)
  url.pathname = `/${database}`
  return url.href
}

const nameAt = (ms: number) => {
  const [day, time] = new Date(ms).toISOString().slice(0, 19).replaceAll(':', '').split('T')
  return `bithive-${day?.replaceAll('-', '')}-${time}.backup`
}

const codeOf = (error: unknown) =>
  isDomainError(error) ? error.code : ((error as { code?: string }).code ?? 'unexpected')

/** @throws operations.folder-unusable */
async function mustBeUsable(path: string, dataDirectory: string): Promise<void> {
  const inside = relative(dataDirectory, path)
  // Inside the data folder a backup would be lost with what it is of, and the next one would hold it too.
  const within = inside === '' || (inside !== '..' && !inside.startsWith(`..${sep}`) && !isAbsolute(inside))
  if (!isAbsolute(path) || within) throw operationsErrors.error('folder-unusable')
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    await access(path, constants.W_OK)
    const probe = join(path, '.probe')
    await writeFile(probe, 'x')
    await rm(probe)
  } catch (cause) {
    throw operationsErrors.error('folder-unusable', { system: codeOf(cause) }, cause)
  }
}

/** The nearest folder that is there: a folder of backups is made by the first one. */
async function nearest(path: string): Promise<string> {
  const there = await stat(path).then(
    () => true,
    () => false,
  )
  return there || dirname(path) === path ? path : nearest(dirname(path))
}

/** A report that was cut off says nothing, and the backup beside it is listed all the same. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** One backup in its folder, with what its report and its last drill said. */
async function viewOf(folder: string, name: string): Promise<BackupView> {
  const { size, mtimeMs } = await stat(join(folder, name))
  const text = await readFile(join(folder, `${name}.json`), 'utf8').catch(() => '{}')
  const noted = BackupView.partial().safeParse(parsed(text))
  return { ...(noted.success ? noted.data : {}), name, bytes: size, at: noted.data?.at ?? Math.round(mtimeMs) }
}

/** Backups that the running house makes, lists and rehearses. One act at a time. */
export function keepBackups(deps: BackupsDeps): BackupsPort {
  const { directory, choices, clock, randomness, log } = deps
  const secrets = createSecrets({ directory: join(directory, 'hub', 'secrets'), randomness })
  let run: BackupRun | undefined

  const path = async () =>
    resolve(
      (await choices.read()).backupFolder ??
        deps.defaultFolder ??
        join(dirname(directory), `${basename(directory)}-backups`),
    )

  const passphrase = async () => {
    const known = await secrets.find(SECRET)
    if (known) return known
    const made = newCode(randomness, 5)
    await secrets.put(SECRET, made)
    return made
  }

  const tell = (part: Partial<BackupRun>) => {
    if (run) run = { ...run, ...part }
    deps.onChange()
  }

  const begin = (kind: BackupRun['kind'], name: string, act: () => Promise<void>): BackupRun => {
    if (run && run.endedAt === undefined) throw operationsErrors.error('backup-busy')
    const stage = kind === 'backup' ? 'databases' : 'restoring'
    run = { kind, name, startedAt: clock.now(), stage, done: 0, bytes: 0 }
    const started = run
    deps.onChange()
    act().then(
      () => tell({ stage: 'done', endedAt: clock.now() }),
      (error) => {
        log.error({ kind, code: codeOf(error), err: error }, 'a backup or drill failed')
        tell({ stage: 'failed', endedAt: clock.now(), code: codeOf(error) })
      },
    )
    return started
  }

  const note = async (folder: string, name: string, part: Partial<BackupView>) => {
    const view = { ...(await viewOf(folder, name)), ...part }
    await replaceWholeFile(join(folder, `${name}.json`), `${JSON.stringify(view, null, 2)}\n`)
  }

  const make = async (name: string) => {
    const folder = await path()
    await mustBeUsable(folder, directory)
    const at = clock.now()
    const report = await createBackup({
      databases: DATABASES.map((database) => ({ name: database.name, url: urlOf(deps.databaseUrl(), database.name) })),
      ...foldersOf(directory),
      ...{ output: join(folder, name), passphrase: await passphrase(), log, clock, randomness },
      onProgress: ({ stage, done, bytes }) => tell({ stage, done, bytes }),
    })
    const { tables, blobs: files, elapsedMs } = report
    await note(folder, name, { at, tables, files, elapsedMs })
  }

  const rehearse = async (name: string) => {
    const folder = await path()
    const startedAt = clock.now()
    const checks = drillChecks.map((check) => check.name)
    const took = () => ({ at: startedAt, elapsedMs: clock.now() - startedAt, checks })
    try {
      await drillBackup({
        input: join(folder, name),
        databases: DATABASES.map((database) => ({ name: database.name, rooms: database.rooms })),
        ...{ blobDirectories: FOLDER_NAMES, checks: drillChecks, passphrase: await passphrase(), log, clock },
      })
      await note(folder, name, { drill: { ok: true, ...took() } })
    } catch (error) {
      const check = isDomainError(error) && typeof error.facts.check === 'string' ? { check: error.facts.check } : {}
      await note(folder, name, { drill: { ok: false, ...took(), code: codeOf(error), ...check } })
      throw error
    }
  }

  const list = async () => {
    const folder = await path()
    const names = (await readdir(folder).catch(() => [])).filter((name) => FILE.test(name))
    const views = await Promise.all(names.map((name) => viewOf(folder, name)))
    return views.sort((a, b) => b.at - a.at).slice(0, 200)
  }

  return {
    folder: async () => {
      const folder = await path()
      const there = await nearest(folder)
      const [own, data, disk] = await Promise.all([stat(there), stat(directory), statfs(there)])
      return { path: folder, sameDisk: own.dev === data.dev, freeBytes: disk.bavail * disk.bsize }
    },
    setFolder: async (folder) => {
      await mustBeUsable(folder, directory)
      await choices.change({ backupFolder: folder })
    },
    list,
    run: () => run,
    start: async () => {
      const name = nameAt(clock.now())
      return begin('backup', name, () => make(name))
    },
    drill: async (name) => {
      if (!(await list()).some((one) => one.name === name)) throw operationsErrors.error('no-such-backup')
      return begin('drill', name, () => rehearse(name))
    },
    passphrase,
    restoreCommand: 'BITHIVE_DATA_DIR=<empty folder> npm run -s bithive -- restore <file> --passphrase-file <file>',
  }
}
