import type { Command, Noun } from './command/command.ts'
import { EXIT } from './command/command.ts'
import { dataDirectoryOf } from './command/data-directory.ts'
import { formatTable } from './command/table.ts'
import { checkMachine } from './doctor/check-machine.ts'
import { checkService } from './doctor/check-service.ts'

const examine: Command = {
  usage: '',
  about: {
    zh: '检查这台电脑和服务，逐项给出办法',
    en: 'Examine this machine and the service, with a cure for each fault',
  },
  run: async ({ env }) => {
    const directory = dataDirectoryOf(env)
    const checks = [
      ...(await checkMachine(directory)),
      ...(await checkService(directory, Number(env.BITHIVE_PORT ?? 8080))),
    ]
    const failed = checks.some(({ verdict }) => verdict === 'fail')
    return {
      data: { ok: !failed, checks },
      exit: failed ? EXIT.failure : EXIT.ok,
      text: (locale) => {
        const rows = checks.map((c) => [
          c.verdict,
          c.what[locale],
          c.found,
          c.verdict === 'ok' ? '' : (c.cure?.[locale] ?? ''),
        ])
        return formatTable(
          locale === 'zh' ? ['结论', '项目', '发现', '办法'] : ['verdict', 'what', 'found', 'cure'],
          rows,
        )
      },
    }
  },
}

export const doctor: Noun = { about: examine.about, verbs: { '': examine } }
