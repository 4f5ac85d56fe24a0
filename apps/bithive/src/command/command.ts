import type { ParseArgsOptionsConfig } from 'node:util'
import type { Locale } from '@bithive/kernel/errors'
import type { Log } from '@bithive/kernel/log'

/** Exit codes of the command; scripts rely on them. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  forbidden: 3,
  notFound: 4,
  conflict: 5,
  unreachable: 6,
  timeout: 7,
  notPlaced: 8,
  interrupted: 130,
} as const

export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

export type CommandContext = {
  readonly values: Values
  readonly positionals: readonly string[]
  readonly json: boolean
  readonly locale: Locale
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
  /** Progress for a person, on standard error; silent with --quiet. */
  readonly say: (line: string) => void
  /** Aborts at the first interrupt. */
  readonly signal: AbortSignal
}

/** What a command found: the facts for `--json`, and the same facts for a person. */
export type CommandResult = {
  readonly data: object
  readonly text: (locale: Locale) => string
  readonly exit?: number
}

export type Command = {
  /** What follows the noun and verb, for example `<jobId> [--watch]`. */
  readonly usage: string
  readonly about: Readonly<Record<Locale, string>>
  readonly options?: ParseArgsOptionsConfig
  /** How many positionals it takes: least and most. */
  readonly takes?: readonly [number, number]
  readonly run: (context: CommandContext) => Promise<CommandResult>
}

export type Noun = {
  readonly about: Readonly<Record<Locale, string>>
  readonly verbs: Readonly<Record<string, Command>>
}
