import { Writable } from 'node:stream'
import { parseArgs } from 'node:util'
import { DomainError, type Locale, type Problem, toProblem } from '@bithive/kernel/errors'
import { createLog, type Log, type LogOptions } from '@bithive/kernel/log'
import { ZodError } from 'zod'
import { nouns as ownNouns } from '../nouns.ts'
import { ServiceProblem } from './call-service.ts'
import { type Command, type CommandContext, EXIT } from './command.ts'
import { commandErrors, exitCodeOf } from './errors.ts'
import { callOf, commandLines, helpOf, helpOverview, type Nouns } from './help.ts'
import { plainText } from './plain-text.ts'
import { factLines } from './words.ts'

const GLOBAL_OPTIONS = {
  json: { type: 'boolean' },
  quiet: { type: 'boolean' },
  lang: { type: 'string' },
  help: { type: 'boolean' },
} as const

export type Streams = {
  readonly out: (text: string) => void | Promise<void>
  readonly err: (text: string) => void | Promise<void>
}

/** Resolves when the text is written: leaving before that would cut a long document on a pipe. */
function writer(stream: NodeJS.WriteStream): (text: string) => Promise<void> {
  return (text) =>
    new Promise((resolve) => {
      // A reader that has gone (`bithive study list | head`) is no failure of the command.
      if (stream.listenerCount('error') === 0) stream.on('error', () => resolve())
      stream.write(text, () => resolve())
    })
}

const standardStreams = (): Streams => ({ out: writer(process.stdout), err: writer(process.stderr) })

/** A command logs little: what a person asked for is said in words. `info` is for what runs on, and is not shown. */
function openLog(env: RunOptions['env'], streams: Streams | undefined): Log {
  const asked = env?.BITHIVE_LOG_LEVEL ?? ''
  const level = (['debug', 'error', 'silent'].includes(asked) ? asked : 'warn') as LogOptions['level'] & string
  if (!streams) return createLog({ level })
  const write = (chunk: Buffer, _encoding: string, done: () => void) => {
    void streams.err(chunk.toString())
    done()
  }
  return createLog({ level, destination: new Writable({ write }) })
}

/** Chinese when the machine speaks it or says nothing; English when it says English. */
export function localeFrom(env: Readonly<Record<string, string | undefined>>, asked?: string): Locale {
  if (asked === 'zh' || asked === 'en') return asked
  // An empty variable says nothing (POSIX, section 8.2).
  const machine = env.BITHIVE_LANG || env.LC_ALL || env.LC_MESSAGES || env.LANG || ''
  return /^en/i.test(machine) ? 'en' : 'zh'
}

/** The options that are needed before the command is known, wherever they stand on the line. */
function globalsOf(words: readonly string[]) {
  const loosely = { options: GLOBAL_OPTIONS, strict: false, allowPositionals: true } as const
  const { values, positionals } = parseArgs({ args: [...words], ...loosely })
  let leading = 0
  while (words[leading]?.startsWith('--')) leading += words[leading] === '--lang' ? 2 : 1
  return {
    json: values.json === true,
    help: values.help === true || positionals.length === 0 || positionals[0] === 'help',
    named: positionals.filter((word) => word !== 'help')[0],
    lang: typeof values.lang === 'string' ? values.lang : undefined,
    leading: words.slice(0, leading),
    rest: words.slice(leading),
  }
}

/** Finds the noun's verb, or its only command when it has none. @throws command.usage */
function findCommand(nouns: Nouns, words: readonly string[]) {
  const [first = '', second = '', ...rest] = words
  const noun = Object.hasOwn(nouns, first) ? nouns[first] : undefined
  if (!noun) throw commandErrors.error('usage', { given: first.slice(0, 40) })
  const only = noun.verbs['']
  if (only) return { noun: first, verb: '', command: only, rest: words.slice(1) }
  const command = Object.hasOwn(noun.verbs, second) ? noun.verbs[second] : undefined
  if (!command) throw commandErrors.error('usage', { expected: `${first} ${Object.keys(noun.verbs).join('|')}` })
  return { noun: first, verb: second, command, rest }
}

function parse(command: Command, args: readonly string[], expected: string) {
  try {
    const options = { ...GLOBAL_OPTIONS, ...command.options }
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
    const [least, most] = command.takes ?? [0, 0]
    if (parsed.positionals.length < least || parsed.positionals.length > most) {
      throw commandErrors.error('usage', { expected })
    }
    return parsed
  } catch (error) {
    if (error instanceof DomainError) throw error
    // The parser's words may quote a value (a password written as an option); only the option's name is taken.
    const option = /^[^']*'(-{1,2}[A-Za-z][A-Za-z-]*)/.exec((error as Error).message)?.[1]
    throw commandErrors.error('usage', { ...(option ? { option } : {}), expected }, error)
  }
}

/** What a failure is to the person; one that nobody foresaw goes to the log without its words. */
function problemFrom(error: unknown, locale: Locale, log: Log): Problem {
  if (error instanceof ServiceProblem) return error.problem
  if (error instanceof DomainError) return toProblem(error, locale)
  if (error instanceof ZodError) {
    const facts = { field: error.issues[0]?.path.join('.') ?? '' }
    return toProblem(commandErrors.error('bad-answer', facts, error), locale)
  }
  log.error({ err: error }, 'the command failed')
  return toProblem(commandErrors.error('unexpected'), locale)
}

async function tellProblem(problem: Problem, json: boolean, locale: Locale, streams: Streams): Promise<number> {
  const text = problem.text[locale]
  const facts = factLines(problem.facts, locale)
  if (json) await streams.out(`${JSON.stringify({ schema: 'bithive.problem.v1', ...problem })}\n`)
  const request = problem.requestId ? ` (${problem.requestId})` : ''
  const lines = [
    text.title,
    ...facts,
    locale === 'zh' ? `${text.notDone}${text.todo}` : `${text.notDone} ${text.todo}`,
    `${problem.code}${request}`,
  ]
  await streams.err(plainText(`${lines.join('\n')}\n`))
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

/** Help for everything, or for the noun that is named. @throws command.usage for a noun that is none */
async function tellHelp(nouns: Nouns, noun: string | undefined, json: boolean, locale: Locale, streams: Streams) {
  if (noun !== undefined && !Object.hasOwn(nouns, noun))
    throw commandErrors.error('usage', { given: noun.slice(0, 40) })
  const text = noun === undefined ? helpOverview(nouns, locale) : helpOf(nouns, noun, locale)
  const commands = commandLines(nouns, noun)
  await streams.out(json ? `${JSON.stringify({ schema: 'bithive.help.v1', commands })}\n` : `${text}\n`)
  return EXIT.ok
}

type RunOptions = {
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly streams?: Streams
  readonly nouns?: Nouns
}

/** Runs one command line and gives its exit code. Results go to standard output, all else to standard error. */
export async function runCommand(words: readonly string[], options: RunOptions = {}): Promise<number> {
  const { env = process.env, streams = standardStreams(), nouns = ownNouns } = options
  const { json, help, named, lang, leading, rest: line } = globalsOf(words)
  const locale = localeFrom(env, lang)
  const log = openLog(env, options.streams)
  const { signal, release } = abortOnSignal()
  try {
    if (lang !== undefined && lang !== locale) throw commandErrors.error('usage', { option: '--lang' })
    if (help) return await tellHelp(nouns, named, json, locale, streams)
    const { noun, verb, command, rest } = findCommand(nouns, line)
    const expected = callOf({ noun, verb, usage: command.usage })
    const { values, positionals } = parse(command, [...leading, ...rest], expected)
    const context: CommandContext = {
      ...{ values, positionals, json, locale, env, log, signal },
      say: (said) => {
        if (values.quiet !== true) void streams.err(`${plainText(said)}\n`)
      },
    }
    const result = await command.run(context)
    const text = json ? '' : plainText(result.text(locale))
    const schema = `bithive.${verb === '' ? noun : `${noun}.${verb}`}.v1`
    if (json) await streams.out(`${JSON.stringify({ schema, ...result.data })}\n`)
    else if (text !== '') await streams.out(`${text}\n`)
    return result.exit ?? EXIT.ok
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted
    return await tellProblem(problemFrom(error, locale, log), json, locale, streams)
  } finally {
    release()
  }
}
