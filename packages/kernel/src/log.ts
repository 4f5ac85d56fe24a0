import { pino } from 'pino'

export type Log = {
  readonly debug: (facts: object, message: string) => void
  readonly info: (facts: object, message: string) => void
  readonly warn: (facts: object, message: string) => void
  readonly error: (facts: object, message: string) => void
  readonly child: (facts: object) => Log
}

/**
 * Fields that never reach a log, at any of the first three levels. They name what a patient or a secret is
 * called in DICOM, FHIR and our own code; a test logs each of them and looks for the value.
 */
export const REDACTED_FIELDS = [
  'patientName',
  'patientId',
  'patientBirthDate',
  'patientSex',
  'accessionNumber',
  'birthDate',
  'identifier',
  'name.family',
  'password',
  'passphrase',
  'secret',
  'token',
  'authorization',
  'cookie',
  'privateKey',
  'databaseUrl',
] as const

function redactPaths(): string[] {
  return REDACTED_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`])
}

/** An error is logged by name, code and place; its message may quote input, so only ours is kept. */
export function serializeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error }
  const own = error.name === 'DomainError' || error.name === 'InvariantError'
  const code = 'code' in error ? String(error.code) : undefined
  const stack = (error.stack ?? '')
    .split('\n')
    .filter((line) => line.trimStart().startsWith('at '))
    .slice(0, 8)
  return { type: error.name, code, ...(own ? { message: error.message } : {}), stack }
}

export type LogOptions = {
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** File descriptor: 2 (standard error) unless told, so that standard output stays for results. */
  readonly destination?: number | NodeJS.WritableStream
}

export function createLog(options: LogOptions = {}): Log {
  const stream =
    typeof options.destination === 'object'
      ? options.destination
      : pino.destination({ dest: options.destination ?? 2, sync: true })
  return pino(
    {
      level: options.level ?? 'info',
      base: null,
      redact: { paths: redactPaths(), censor: '[redacted]' },
      serializers: { err: serializeError },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    stream,
  ) as unknown as Log
}

const nothing = () => {}
export const silentLog: Log = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLog,
}
