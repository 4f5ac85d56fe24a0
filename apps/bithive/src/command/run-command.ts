import { parseArgs } from 'node:util'
import { DomainError, type Locale, toProblem } from '@bithive/kernel/errors'
import { createLog } from '@bithive/kernel/log'
import { nouns } from '../nouns.ts'
import { type Command, type CommandContext, type CommandResult, EXIT, type Noun } from './command.ts'
import { commandErrors, exitCodeOf } from './errors.ts'
import { ServiceProblem } from './service-client.ts'

const GLOBAL_OPTIONS = {
  json: { type: 'boolean' },
  quiet: { type: 'boolean' },
  lang: { type: 'string' },
  help: { type: 'boolean' },
} as const

type Streams = {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

const standardStreams: Streams = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
}

/** Chinese when the machine speaks it or says nothing; English when it says English. */
export function localeFrom(env: Readonly<Record<string, string | undefined>>, asked?: string): Locale {
  if (asked === 'zh' || asked === 'en') return asked
  const machine = env.BITHIVE_LANG ?? env.LC_ALL ?? env.LC_MESSAGES ?? env.LANG ?? ''
  return /^en/i.test(machine) ? 'en' : 'zh'
}

function helpText(locale: Locale): string {
  const lines = Object.entries(nouns).flatMap(([noun, { verbs }]) =>
    Object.entries(verbs).map(([verb, command]) => {
      const call = ['bithive', noun, verb, command.usage].filter((part) => part !== '').join(' ')
      return `  ${call.padEnd(58)} ${command.about[locale]}`
    }),
  )
  const every =
    locale === 'zh'
      ? '每个命令都可以加 --json、--quiet、--lang zh|en。'
      : 'Every command takes --json, --quiet and --lang zh|en.'
  return `${lines.join('\n')}\n\n${every}\n`
}

/** Finds the noun's verb, or its only command when it has none. @throws command.usage */
function findCommand(words: readonly string[]): { name: string; command: Command; rest: readonly string[] } {
  const [first = '', second = '', ...rest] = words
  const noun: Noun | undefined = nouns[first]
  if (!noun) throw commandErrors.error('usage', { given: first.slice(0, 40) })
  const only = noun.verbs['']
  if (only) return { name: first, command: only, rest: words.slice(1) }
  const command = noun.verbs[second]
  if (!command) throw commandErrors.error('usage', { given: `${first} ${second}`.slice(0, 40) })
  return { name: `${first}.${second}`, command, rest }
}

function parse(command: Command, rest: readonly string[]) {
  try {
    const options = { ...GLOBAL_OPTIONS, ...command.options }
    const parsed = parseArgs({ args: [...rest], options, allowPositionals: true, strict: true })
    const [least, most] = command.takes ?? [0, 0]
    if (parsed.positionals.length < least || parsed.positionals.length > most) {
      throw commandErrors.error('usage', { expected: command.usage })
    }
    return parsed
  } catch (error) {
    if (error instanceof DomainError) throw error
    throw commandErrors.error('usage', { expected: command.usage }, error)
  }
}

function printError(error: unknown, json: boolean, locale: Locale, streams: Streams): number {
  const problem =
    error instanceof ServiceProblem
      ? error.problem
      : error instanceof DomainError
        ? toProblem(error, locale)
        : undefined
  if (!problem) throw error
  const text = problem.text?.[locale] ?? { title: problem.title, notDone: problem.detail, todo: '' }
  const facts = Object.entries(problem.facts ?? {}).map(([key, value]) => `${key}=${value}`)
  if (json) streams.out(`${JSON.stringify({ schema: 'bithive.problem.v1', ...problem })}\n`)
  const request = problem.requestId ? ` (${problem.requestId})` : ''
  streams.err(
    `${text.title}${facts.length > 0 ? ` [${facts.join(', ')}]` : ''}\n${text.notDone} ${text.todo}\n${problem.code}${request}\n`,
  )
  return exitCodeOf(problem)
}

/** Ctrl-C and SIGTERM abort the command; a second one ends the process at once. */
function abortOnSignal(): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController()
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted)
    controller.abort()
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}

/** Runs one command line and gives its exit code. Results go to standard output, all else to standard error. */
export async function runCommand(
  words: readonly string[],
  options: { env?: Readonly<Record<string, string | undefined>>; streams?: Streams } = {},
): Promise<number> {
  const env = options.env ?? process.env
  const streams = options.streams ?? standardStreams
  const json = words.includes('--json')
  const langAt = words.indexOf('--lang')
  const locale = localeFrom(env, langAt >= 0 ? words[langAt + 1] : undefined)
  if (words.length === 0 || words[0] === 'help' || words[0] === '--help') {
    streams.out(helpText(locale))
    return EXIT.ok
  }
  const { signal, release } = abortOnSignal()
  try {
    const { name, command, rest } = findCommand(words)
    if (rest.includes('--help')) {
      streams.out(`bithive ${name.replace('.', ' ')} ${command.usage}\n${command.about[locale]}\n`)
      return EXIT.ok
    }
    const { values, positionals } = parse(command, rest)
    const level = env.BITHIVE_LOG_LEVEL === 'debug' ? 'debug' : 'warn'
    const context: CommandContext = {
      values,
      positionals,
      json,
      locale,
      env,
      log: createLog({ level }),
      say: (line) => {
        if (values.quiet !== true) streams.err(`${line}\n`)
      },
      signal,
    }
    const result: CommandResult = await command.run(context)
    if (json) streams.out(`${JSON.stringify({ schema: `bithive.${name}.v1`, ...result.data })}\n`)
    else streams.out(`${result.text(locale)}\n`)
    return result.exit ?? EXIT.ok
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted
    return printError(error, json, locale, streams)
  } finally {
    release()
  }
}
