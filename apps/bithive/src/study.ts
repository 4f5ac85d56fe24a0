import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locale } from '@bithive/kernel/errors'
import { sendInstances } from '@bithive/site/dicom-sender'
import { z } from 'zod'
import type { Command, Noun } from './command/command.ts'
import { EXIT } from './command/command.ts'
import { dataDirectoryOf } from './command/data-directory.ts'
import { commandErrors } from './command/errors.ts'
import { problemWords } from './command/problem-words.ts'
import { connectTo } from './command/service-client.ts'
import { formatTable } from './command/table.ts'
import { wordOf } from './command/words.ts'

export const StudyList = z.object({
  /** Why images that arrived were set aside, a code each. */
  quarantined: z.array(z.string()).default([]),
  studies: z.array(
    z.object({
      studyId: z.string(),
      personId: z.string(),
      state: z.string(),
      stateText: z.object({ zh: z.string(), en: z.string() }),
      receivedAt: z.number(),
      series: z.array(
        z.object({
          seriesId: z.string(),
          modality: z.string(),
          bodyPart: z.string(),
          images: z.number(),
        }),
      ),
    }),
  ),
})

/** What was set aside, counted by reason: the sender had its acknowledgement and knows nothing of it. */
function quarantineLines(reasons: readonly string[], locale: Locale): string[] {
  return [...new Set(reasons)].map((reason) => {
    const count = reasons.filter((one) => one === reason).length
    const why = problemWords(reason, locale)
    return locale === 'zh'
      ? `已隔离、未登记：${count} 幅，原因：${why}`
      : `set aside, not filed: ${count}, because: ${why}`
  })
}

const list: Command = {
  usage: '',
  about: { zh: '列出站点收到的检查', en: 'List the studies that the site received' },
  run: async ({ env }) => {
    const site = await connectTo('site', dataDirectoryOf(env))
    const { studies, quarantined } = StudyList.parse(await site.get('/site/v1/studies'))
    return {
      data: { studies, quarantined },
      text: (locale) => {
        const headers =
          locale === 'zh'
            ? ['检查', '序列', '患者', '类型', '部位', '影像数', '状态']
            : ['study', 'series', 'person', 'modality', 'part', 'images', 'state']
        const rows = studies.flatMap((study) =>
          study.series.map((one) => [
            study.studyId,
            one.seriesId,
            study.personId,
            one.modality,
            one.bodyPart,
            String(one.images),
            study.stateText[locale],
          ]),
        )
        return [formatTable(headers, rows, [5]), ...quarantineLines(quarantined, locale)].join('\n')
      },
    }
  },
}

const MAX_FILES = 20_000
/** Files of one association: a folder of thousands would not fit into memory at once. */
const BATCH = 64

/** Files named on the line, and every file of the folders named. */
async function collect(paths: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const path of paths) {
    const info = await stat(path).catch((error) => {
      throw commandErrors.error('no-file', { argument: paths.indexOf(path) + 1 }, error)
    })
    if (info.isDirectory()) {
      const entries = await readdir(path, { recursive: true, withFileTypes: true })
      found.push(...entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name)))
    } else found.push(path)
  }
  if (found.length === 0 || found.length > MAX_FILES) throw commandErrors.error('usage', { files: found.length })
  return found.sort()
}

const send: Command = {
  usage: '<file-or-folder ...> --to AE@host:port [--as CALLING_AE]',
  about: { zh: '用 DICOM C-STORE 把影像发送到站点', en: 'Send images to a site over DICOM C-STORE' },
  options: { to: { type: 'string' }, as: { type: 'string' } },
  takes: [1, 1000],
  run: async ({ values, positionals, say, locale, signal }) => {
    const target = /^([A-Za-z0-9_ -]{1,16})@([^:@\s]+):(\d{1,5})$/.exec(String(values.to ?? ''))
    if (!target || Number(target[3]) > 65_535) throw commandErrors.error('usage', { option: '--to' })
    const files = await collect(positionals)
    const peer = {
      calledAe: target[1] as string,
      host: target[2] as string,
      port: Number(target[3]),
      callingAe: String(values.as ?? 'BITHIVE_CMD'),
    }
    const counts: Record<string, number> = {}
    for (let from = 0; from < files.length && !signal.aborted; from += BATCH) {
      say(locale === 'zh' ? `正在发送 ${from + 1} / ${files.length}` : `sending ${from + 1} of ${files.length}`)
      const batch = files.slice(from, from + BATCH)
      const bytes = await Promise.all(batch.map(async (path) => new Uint8Array(await readFile(path))))
      for (const { state } of await sendInstances(peer, bytes)) counts[state] = (counts[state] ?? 0) + 1
      // A peer that cannot be reached is not asked again for every batch.
      if (counts.unreachable) break
    }
    return {
      data: { files: files.length, sent: counts.sent ?? 0, outcomes: counts },
      exit: counts.sent === files.length ? EXIT.ok : counts.unreachable ? EXIT.unreachable : EXIT.failure,
      text: () =>
        Object.entries(counts)
          .map(([state, count]) => `${wordOf(state, locale)}: ${count} / ${files.length}`)
          .join('\n'),
    }
  },
}

export const study: Noun = { about: { zh: '影像检查', en: 'Imaging studies' }, verbs: { list, send } }
