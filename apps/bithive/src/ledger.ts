import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { exportTransfers, verifyLedger } from '@bithive/hub'
import { connect } from '@bithive/kernel/database'
import { withServer } from './backup/data-of-house.ts'
import { type Command, type CommandContext, EXIT, type Noun } from './command/command.ts'
import { dataDirectoryOf } from './command/data-directory.ts'
import { commandErrors } from './command/errors.ts'
import { formatTable } from './command/table.ts'

/** Reads the hub's database of a house that runs or stands still, as its owner. */
async function withLedger<T>(
  { env, log }: CommandContext,
  run: (db: Parameters<typeof verifyLedger>[0]) => Promise<T>,
) {
  const place = { directory: dataDirectoryOf(env), databaseUrl: env.DATABASE_URL, log }
  return withServer(place, async (url) => {
    const worker = connect(url('hub'), { database: 'hub', max: 1 })
    try {
      return await run({ worker })
    } finally {
      await worker.end({ timeout: 5 })
    }
  })
}

const verify: Command = {
  usage: '',
  about: {
    zh: '从每一笔记账重新算出全部账目，与所存的逐项核对；有差异则列出并以 1 退出',
    en: 'Recompute all books from the transfers and compare; differences are listed and end with 1',
  },
  run: async (context) => {
    const found = await withLedger(context, (db) =>
      verifyLedger(db, (transfers) => {
        if (transfers > 0 && transfers % 100_000 === 0) context.say(String(transfers))
      }),
    )
    const { differences, differenceCount, transfers, accounts, openHolds, supply } = found
    return {
      data: { ok: differenceCount === 0, ...found },
      exit: differenceCount === 0 ? EXIT.ok : EXIT.failure,
      text: (locale) => {
        const zh = locale === 'zh'
        const issued = supply.map((one) => `${one.issued} ${one.asset}`).join(', ')
        const what = zh
          ? `${transfers} 笔记账，${accounts} 个账户，${openHolds} 笔未结预留`
          : `${transfers} transfers, ${accounts} accounts, ${openHolds} open holds`
        const summary = zh
          ? `${what}；已发行：${issued || '无'}；差异 ${differenceCount} 处`
          : `${what}; issued: ${issued || 'nothing'}; ${differenceCount} differences`
        const headers = zh
          ? ['类别', '分片', '记账', '账户', '所存', '应为']
          : ['kind', 'shard', 'transfer', 'account', 'stored', 'expected']
        const rows = differences.map((one) => [
          ...[one.kind, String(one.shard), one.transfer ?? '', one.account ?? one.asset ?? ''],
          ...[one.stored, one.expected],
        ])
        return rows.length === 0 ? summary : `${summary}\n${formatTable(headers, rows)}`
      },
    }
  },
}

const FORMATS = ['ndjson', 'csv'] as const

const exportAll: Command = {
  usage: '--output FILE [--format ndjson|csv]',
  about: {
    zh: '把每一笔记账按顺序写入文件（NDJSON 或 CSV）',
    en: 'Write every transfer in order to a file (NDJSON or CSV)',
  },
  options: { output: { type: 'string' }, format: { type: 'string' } },
  run: async (context) => {
    const { output, format: asked = 'ndjson' } = context.values
    const format = FORMATS.find((one) => one === asked)
    if (typeof output !== 'string') throw commandErrors.error('usage', { option: '--output' })
    if (format === undefined) throw commandErrors.error('usage', { option: '--format' })
    // A file that is there stays: an export is never mixed with an older one.
    const file = createWriteStream(output, { flags: 'wx', mode: 0o600 })
    const done = finished(file).catch((error) => {
      throw commandErrors.error('no-file', { option: '--output' }, error)
    })
    done.catch(() => {})
    const write = async (text: string) => {
      if (file.errored) await done
      if (!file.write(text))
        await Promise.race([new Promise<void>((resolve) => file.once('drain', () => resolve())), done])
    }
    const count = await withLedger(context, (db) => exportTransfers(db, format, write))
    file.end()
    await done
    return {
      data: { output, format, transfers: count },
      text: (locale) => (locale === 'zh' ? `已写入 ${count} 笔：${output}` : `${count} transfers written to ${output}`),
    }
  },
}

export const ledger: Noun = {
  about: { zh: '核对与导出账本', en: 'Verify and export the ledger' },
  verbs: { verify, export: exportAll },
}
