import type { Locale } from '@bithive/kernel/errors'

export type Verdict = 'ok' | 'warn' | 'fail'

/** One line of the doctor: what was looked at, what was found, and what to do when it is not well. */
export type Check = {
  readonly key: string
  readonly verdict: Verdict
  /** What was found, for scripts: a number with its unit, a name, an address, a code. */
  readonly found: string
  /** The same for a person, where `found` alone says little. */
  readonly shown?: Readonly<Record<Locale, string>>
  readonly what: Readonly<Record<Locale, string>>
  readonly cure?: Readonly<Record<Locale, string>>
}
