import { pino } from 'pino'
import { DomainError, InvariantError } from './errors.ts'

export type Log = {
  readonly debug: (facts: object, message: string) => void
  readonly info: (facts: object, message: string) => void
  readonly warn: (facts: object, message: string) => void
  readonly error: (facts: object, message: string) => void
  readonly child: (facts: object) => Log
}

/**
 * Fields that never reach a log, at any depth and in any spelling (`patientName`, `PatientName`, `patient-name`). They
 * name what a patient or a secret is called in DICOM, FHIR and our own code; a test logs each and looks for the value.
 * DICOM tags of group 0010 (the patient) and a FHIR `name` that is not a plain string are left out as well.
 */
export const REDACTED_FIELDS = [
  'patientName',
  'patientId',
  'patientBirthDate',
  'patientBirthTime',
  'patientSex',
  'patientAge',
  'patientAddress',
  'patientTelephoneNumbers',
  'patientMotherBirthName',
  'otherPatientIds',
  'otherPatientNames',
  'accessionNumber',
  'referringPhysicianName',
  'performingPhysicianName',
  'operatorsName',
  'requestingPhysician',
  'birthDate',
  'deceasedDateTime',
  'identifier',
  'family',
  'given',
  'telecom',
  'address',
  'phone',
  'email',
  'displayName',
  'password',
  'passphrase',
  'secret',
  'token',
  'accessToken',
  'refreshToken',
  'sessionToken',
  'apiKey',
  'authorization',
  'cookie',
  'set-cookie',
  'privateKey',
  'databaseUrl',
] as const

const REDACTED = '[redacted]'
const spelling = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '')
const REDACTED_SPELLINGS = new Set<string>(REDACTED_FIELDS.map(spelling))
const PATIENT_TAG = /^x?0010[0-9a-f]{4}$/

function isRedacted(name: string, value: unknown): boolean {
  const spelt = spelling(name)
  if (REDACTED_SPELLINGS.has(spelt) || PATIENT_TAG.test(spelt)) return true
  return spelt === 'name' && typeof value === 'object' && value !== null
}

const FRAME = /^\s+at .*(:\d+:\d+\)?|\((<anonymous>|native)\))$/

/** The frames of a stack. The message stands before them and may itself hold a line that looks like one. */
function framesOf(error: Error): string[] {
  const stack = error.stack ?? ''
  const said = error.message === '' ? -1 : stack.indexOf(error.message)
  const lines = stack.slice(said < 0 ? 0 : said + error.message.length).split('\n')
  const from = lines.findLastIndex((line) => !FRAME.test(line)) + 1
  return lines.slice(from, from + 8).map((line) => line.trim())
}

const MAX_CAUSES = 3

/**
 * An error is logged by name, code and place, and so is what caused it; its message may quote input, so only ours is
 * kept.
 */
export function serializeError(error: unknown, depth = 0): object {
  if (!(error instanceof Error)) return { type: typeof error }
  const own = error instanceof DomainError || error instanceof InvariantError
  const code = 'code' in error && typeof error.code !== 'object' ? String(error.code) : undefined
  return {
    type: error.name,
    code,
    ...(own ? { message: error.message } : {}),
    ...(error instanceof DomainError ? { facts: error.facts } : {}),
    stack: framesOf(error),
    ...(error.cause !== undefined && depth < MAX_CAUSES ? { cause: serializeError(error.cause, depth + 1) } : {}),
  }
}

const MAX_DEPTH = 6
const MAX_ITEMS = 100

/** A password in an address (`postgres://user:password@host`) is taken out wherever the address stands. */
const withoutPassword = (text: string) => text.replace(/(:\/\/[^:@/\s]*):[^@/\s]*@/g, `$1:${REDACTED}@`)

/** What may be written of a fact: errors without their message, named fields without their value, bytes by number. */
function loggable(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.includes('://') ? withoutPassword(value) : value
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Error) return serializeError(value)
  if (value instanceof URL) return withoutPassword(value.href)
  if (value instanceof Date) return value
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
  if (depth === MAX_DEPTH) return '[deeper]'
  if (value instanceof Map) return loggable(Object.fromEntries(value), depth)
  if (Array.isArray(value) || value instanceof Set) {
    return [...value].slice(0, MAX_ITEMS).map((item) => loggable(item, depth + 1))
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      isRedacted(name, inner) ? REDACTED : loggable(inner, depth + 1),
    ]),
  )
}

export type LogOptions = {
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** File descriptor: 2 (standard error) unless told, so that standard output stays for results. */
  readonly destination?: number | NodeJS.WritableStream
}

function wrap(logger: pino.Logger): Log {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (facts: object, message: string): void => {
      if (logger.isLevelEnabled(level)) logger[level](loggable(facts) as object, message)
    }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (facts) => wrap(logger.child(loggable(facts) as pino.Bindings)),
  }
}

export function createLog(options: LogOptions = {}): Log {
  const stream =
    typeof options.destination === 'object'
      ? options.destination
      : pino.destination({ dest: options.destination ?? 2, sync: true })
  const settings: pino.LoggerOptions = {
    level: options.level ?? 'info',
    base: null,
    // What arrives here was made loggable; pino's own serializer of errors would look for a message again.
    serializers: { err: (facts: unknown) => facts },
    timestamp: pino.stdTimeFunctions.isoTime,
  }
  return wrap(pino(settings, stream))
}

const nothing = () => {}
export const silentLog: Log = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLog,
}
