import type { Locale } from '@bithive/kernel/errors'
import type { Noun } from './command.ts'
import { cellsOf, padTo } from './table.ts'

export type Nouns = Readonly<Record<string, Noun>>

type Line = { readonly noun: string; readonly verb: string; readonly usage: string; readonly about: Noun['about'] }

/** Every command as it is called, in the order of the nouns. */
export function commandLines(nouns: Nouns, only?: string): Line[] {
  return Object.entries(nouns)
    .filter(([noun]) => only === undefined || noun === only)
    .flatMap(([noun, { verbs }]) =>
      Object.entries(verbs).map(([verb, { usage, about }]) => ({ noun, verb, usage, about })),
    )
}

export const callOf = ({ noun, verb, usage }: Pick<Line, 'noun' | 'verb' | 'usage'>): string =>
  ['bithive', noun, verb, usage].filter((part) => part !== '').join(' ')

const WORDS = {
  zh: {
    usage: '用法：bithive <名词> <动词> [选项]',
    more: '详细写法：bithive help <名词>，例如 bithive help job',
    every: '每个命令都可以加',
    options: [
      ['--json', '在标准输出给出一份 JSON 文档'],
      ['--quiet', '不显示进度'],
      ['--lang zh|en', '选择语言（也可用 BITHIVE_LANG）'],
    ],
    exits:
      '退出码：0 成功，1 失败，2 写法不对，3 未登录或无权限，4 找不到，5 冲突，6 连接不上，7 超时，8 已受理但未安排，130 中断',
    data: '数据目录由 BITHIVE_DATA_DIR 指定，默认 .bithive',
  },
  en: {
    usage: 'Usage: bithive <noun> <verb> [options]',
    more: 'In full: bithive help <noun>, for example bithive help job',
    every: 'Every command takes',
    options: [
      ['--json', 'one JSON document on standard output'],
      ['--quiet', 'no progress'],
      ['--lang zh|en', 'language (or BITHIVE_LANG)'],
    ],
    exits:
      'Exit codes: 0 ok, 1 failure, 2 usage, 3 not signed in or not allowed, 4 not found, 5 conflict, 6 unreachable, 7 time-out, 8 accepted but not placed, 130 interrupted',
    data: 'The data folder is BITHIVE_DATA_DIR, .bithive unless told',
  },
} as const

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = rows.reduce((most, [left]) => Math.max(most, cellsOf(left)), 0)
  return rows.map(([left, right]) => `  ${padTo(left, width)}  ${right}`)
}

/** The whole on one screen: what there is, and where to read more. */
export function helpOverview(nouns: Nouns, locale: Locale): string {
  const words = WORDS[locale]
  const rows = commandLines(nouns).map(
    ({ noun, verb, about }) => [verb === '' ? noun : `${noun} ${verb}`, about[locale]] as const,
  )
  const parts = [[words.usage], columns(rows), [words.more], [words.every, ...columns(words.options)]]
  return [...parts.map((part) => part.join('\n')), `${words.exits}\n${words.data}`].join('\n\n')
}

/** One noun in full: each call as it is written, and below it what it does. */
export function helpOf(nouns: Nouns, noun: string, locale: Locale): string {
  const blocks = commandLines(nouns, noun).map((line) => `${callOf(line)}\n    ${line.about[locale]}`)
  return [`${noun}: ${nouns[noun]?.about[locale] ?? ''}`, ...blocks].join('\n\n')
}
