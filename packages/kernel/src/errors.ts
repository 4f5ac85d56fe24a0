/** The words of one language for one error: what happened, what was not done, what to do now. */
export type ErrorText = { readonly title: string; readonly notDone: string; readonly todo: string }

export type ErrorEntry = {
  readonly status: 400 | 401 | 403 | 404 | 406 | 409 | 410 | 412 | 413 | 415 | 422 | 429 | 500 | 502 | 503 | 504 | 507
  /** True when the same request may succeed later without a change. */
  readonly retryable: boolean
  readonly zh: ErrorText
  readonly en: ErrorText
}

/** Facts shown with an error. Never a patient field, a secret or a parser's own words. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean>>

export type Locale = 'zh' | 'en'

/** An expected failure: a code from a room's catalogue, with facts that are safe to show and to log. */
export class DomainError extends Error {
  readonly code: string
  readonly entry: ErrorEntry
  readonly facts: ErrorFacts
  constructor(code: string, entry: ErrorEntry, facts: ErrorFacts = {}, cause?: unknown) {
    super(`${code}: ${entry.en.title}`, cause === undefined ? undefined : { cause })
    this.name = 'DomainError'
    this.code = code
    this.entry = entry
    this.facts = facts
  }
}

export type ErrorCatalogue<K extends string> = {
  readonly room: string
  readonly entries: Readonly<Record<K, ErrorEntry>>
  /** Builds the error; the caller throws it, so that the compiler sees the control flow. */
  readonly error: (key: K, facts?: ErrorFacts, cause?: unknown) => DomainError
  readonly code: (key: K) => string
}

/** Declares a room's catalogue. The type of `entries` forces status, zh and en for every code. */
export function defineErrors<const K extends string>(room: string, entries: Record<K, ErrorEntry>): ErrorCatalogue<K> {
  return {
    room,
    entries,
    error: (key, facts, cause) => new DomainError(`${room}.${key}`, entries[key], facts, cause),
    code: (key) => `${room}.${key}`,
  }
}

/** True for a DomainError with this code; use it where one failure is handled differently from the rest. */
export function isDomainError(error: unknown, code?: string): error is DomainError {
  return error instanceof DomainError && (code === undefined || error.code === code)
}

/** A broken invariant: a defect of ours or of the stored state, never bad input. It stops the act. */
export class InvariantError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'InvariantError'
  }
}

/** Asserts what must be true; the message names the rule and carries no personal data. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message)
}

/** RFC 9457 problem details, with both languages so that a client may switch without asking again. */
export type Problem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly retryable: boolean
  readonly facts: ErrorFacts
  readonly text: { readonly zh: ErrorText; readonly en: ErrorText }
  readonly requestId?: string
}

/** Renders an error for a person who reads `locale`. */
export function toProblem(error: DomainError, locale: Locale, requestId?: string): Problem {
  const text = error.entry[locale]
  return {
    type: `/problems/${error.code}`,
    title: text.title,
    status: error.entry.status,
    // Chinese sentences stand without a space between them.
    detail: locale === 'zh' ? `${text.notDone}${text.todo}` : `${text.notDone} ${text.todo}`,
    code: error.code,
    retryable: error.entry.retryable,
    facts: error.facts,
    text: { zh: error.entry.zh, en: error.entry.en },
    ...(requestId === undefined ? {} : { requestId }),
  }
}
