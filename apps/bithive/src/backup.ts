import { readFile, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { createBackup, drillBackup, restoreBackup } from '@bithive/kernel/backup'
import { systemClock } from '@bithive/kernel/clock'
import { connect } from '@bithive/kernel/database'
import { DATABASES, FOLDER_NAMES, foldersOf, withServer } from './backup/data-of-house.ts'
import { drillChecks } from './backup/drill-checks.ts'
import type { Command, CommandContext, Noun } from './command/command.ts'
import { dataDirectoryOf } from './command/data-directory.ts'
import { commandErrors } from './command/errors.ts'
import { claimDataFolder } from './house/claim-data-folder.ts'

const OPTIONS = { 'passphrase-file': { type: 'string' } } as const

/** The passphrase comes from a file, never from the command line, where other users could read it. */
async function passphraseOf({ values, env }: CommandContext): Promise<{ passphrase: string }> {
  const path = values['passphrase-file'] ?? env.BITHIVE_PASSPHRASE_FILE
  if (typeof path !== 'string') throw commandErrors.error('usage', { option: '--passphrase-file' })
  const text = await readFile(path, 'utf8').catch((error) => {
    throw commandErrors.error('no-file', { option: '--passphrase-file' }, error)
  })
  return { passphrase: text.trim() }
}

const sizeOf = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`

const make: Command = {
  usage: '--output FILE --passphrase-file FILE',
  about: {
    zh: '备份数据库、影像与密钥到一个加密文件（运行中也可以）',
    en: 'Back up databases, images and keys to one encrypted file, also while running',
  },
  options: { ...OPTIONS, output: { type: 'string' } },
  run: async (context) => {
    const { values, env, log } = context
    if (typeof values.output !== 'string') throw commandErrors.error('usage', { option: '--output' })
    const key = await passphraseOf(context)
    const output = resolve(values.output)
    const folder = await stat(dirname(output)).catch(() => undefined)
    if (!folder?.isDirectory()) throw commandErrors.error('no-file', { option: '--output' })
    const directory = dataDirectoryOf(env)
    await stat(directory).catch((error) => {
      throw commandErrors.error('no-file', { directory }, error)
    })
    const report = await withServer({ directory, databaseUrl: env.DATABASE_URL, log }, (url) =>
      createBackup({
        databases: DATABASES.map(({ name }) => ({ name, url: url(name) })),
        ...foldersOf(directory),
        ...{ output, log, clock: systemClock, ...key },
      }),
    )
    return {
      data: { output, ...report },
      text: (locale) =>
        locale === 'zh'
          ? `已备份到 ${output}：${sizeOf(report.bytes)}，${report.tables} 张表，${report.blobs} 个文件。请妥善保管口令，丢失后无法恢复。`
          : `Backed up to ${output}: ${sizeOf(report.bytes)}, ${report.tables} tables, ${report.blobs} files. Keep the passphrase: without it nothing can be restored.`,
    }
  },
}

const bringBack: Command = {
  usage: '<file> --passphrase-file FILE',
  about: { zh: '把备份恢复到空的数据目录', en: 'Restore a backup into an empty data folder' },
  options: OPTIONS,
  takes: [1, 1],
  run: async (context) => {
    const { positionals, env, log } = context
    const key = await passphraseOf(context)
    const directory = dataDirectoryOf(env)
    const claim = await claimDataFolder(directory)
    try {
      const report = await withServer({ directory, databaseUrl: env.DATABASE_URL, log }, (url) =>
        restoreBackup({
          input: resolve(positionals[0] as string),
          databases: DATABASES.map(({ name, rooms }) => ({ name, rooms, url: url('postgres') })),
          ...foldersOf(directory),
          ...{ log, clock: systemClock, ...key },
        }),
      )
      await fenceLedger(directory, env.DATABASE_URL, log)
      // What the command was signed in to belongs to the old address.
      await rm(join(directory, 'command'), { recursive: true, force: true })
      return {
        data: { directory, ...report },
        text: (locale) =>
          locale === 'zh'
            ? `已恢复到 ${directory}：${report.tables} 张表，${report.blobs} 个文件，备份时间 ${new Date(report.createdAtMs).toISOString()}`
            : `Restored into ${directory}: ${report.tables} tables, ${report.blobs} files, made ${new Date(report.createdAtMs).toISOString()}`,
      }
    } finally {
      await claim.release()
    }
  },
}

const CHECK_NAMES: Readonly<Record<string, string>> = {
  'trial-balance': '试算平衡',
  'audit-chains-hub': '枢纽审计链',
  'audit-chains-site': '站点审计链',
}

function drillText(checks: readonly string[], locale: 'zh' | 'en'): string {
  if (locale === 'en') return `The drill passed: ${checks.join(', ')}`
  return `演练通过：${checks.map((name) => CHECK_NAMES[name] ?? name).join('、')}`
}

const rehearse: Command = {
  usage: '<file> --passphrase-file FILE',
  about: {
    zh: '演练恢复：在临时位置恢复并核对账目与审计链，随后删除',
    en: 'Rehearse a restore elsewhere, check books and audit, then remove it',
  },
  options: OPTIONS,
  takes: [1, 1],
  run: async (context) => {
    const { positionals, log } = context
    const report = await drillBackup({
      input: resolve(positionals[0] as string),
      databases: DATABASES.map(({ name, rooms }) => ({ name, rooms })),
      blobDirectories: FOLDER_NAMES,
      checks: drillChecks,
      ...{ log, clock: systemClock, ...(await passphraseOf(context)) },
    })
    return {
      data: { ok: true, ...report },
      text: (locale) => drillText(report.checks, locale),
    }
  },
}

/** A hub that still runs on the old data must never write into the restored books. */
async function fenceLedger(directory: string, databaseUrl: string | undefined, log: CommandContext['log']) {
  await withServer({ directory, databaseUrl, log }, async (url) => {
    const hub = connect(url('hub'), { max: 1 })
    try {
      await hub`SELECT ledger.fence(id) FROM ledger.shard`
    } finally {
      await hub.end()
    }
  })
}

export const backup: Noun = { about: make.about, verbs: { '': make } }
export const restore: Noun = { about: bringBack.about, verbs: { '': bringBack } }
export const drill: Noun = { about: rehearse.about, verbs: { '': rehearse } }
