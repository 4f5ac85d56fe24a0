import { systemClock } from '@bithive/kernel/clock'
import { z } from 'zod'
import type { Command, Noun } from './command/command.ts'
import { EXIT } from './command/command.ts'
import { dataDirectoryOf } from './command/data-directory.ts'
import { commandErrors } from './command/errors.ts'
import { formatTable } from './command/table.ts'
import { wordOf } from './command/words.ts'
import { checkMachine } from './doctor/check-machine.ts'
import { checkService } from './doctor/check-service.ts'

const Port = z.coerce.number().int().min(0).max(65_535)
const DEFAULT_PORT = '8080'

const examine: Command = {
  usage: '',
  about: {
    zh: '检查这台电脑和服务，逐项给出办法',
    en: 'Examine this machine and the service, with a cure for each fault',
  },
  run: async ({ env }) => {
    const dataDirectory = dataDirectoryOf(env)
    const port = Port.safeParse(env.BITHIVE_PORT || DEFAULT_PORT)
    if (!port.success) throw commandErrors.error('usage', { setting: 'BITHIVE_PORT' })
    const checks = [
      ...(await checkMachine(dataDirectory)),
      ...(await checkService({ dataDirectory, port: port.data, clock: systemClock })),
    ]
    const failed = checks.some(({ verdict }) => verdict === 'fail')
    return {
      data: { ok: !failed, checks },
      exit: failed ? EXIT.failure : EXIT.ok,
      text: (locale) => {
        const rows = checks.map(({ verdict, what, found, shown, cure }) => [
          wordOf(verdict, locale),
          what[locale],
          shown?.[locale] ?? found,
          verdict === 'ok' ? '' : (cure?.[locale] ?? ''),
        ])
        const headers = locale === 'zh' ? ['结论', '项目', '发现', '办法'] : ['verdict', 'what', 'found', 'cure']
        return formatTable(headers, rows)
      },
    }
  },
}

export const doctor: Noun = { about: examine.about, verbs: { '': examine } }
