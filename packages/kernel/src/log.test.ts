import { Writable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { defineErrors, InvariantError } from './errors.ts'
import { createLog, type LogOptions, REDACTED_FIELDS, serializeError, silentLog } from './log.ts'

const PLANTED = '张三丰-Zhang^Sanfeng-8821'

function book(level: LogOptions['level'] = 'debug') {
  let written = ''
  const destination = new Writable({
    write: (chunk, _encoding, done) => {
      written += chunk
      done()
    },
  })
  const lines = () =>
    written
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  return { log: createLog({ level, destination }), written: () => written, lines }
}

const errors = defineErrors('trial', {
  'not-done': {
    status: 422,
    retryable: false,
    zh: { title: '没有', notDone: '没有。', todo: '请看。' },
    en: { title: 'It was not done', notDone: 'No.', todo: 'Look.' },
  },
})

describe('redaction', () => {
  const spellings = (name: string) => [
    name,
    name[0]?.toUpperCase() + name.slice(1),
    name.toUpperCase(),
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  ]

  test.each(REDACTED_FIELDS)('«%s» never reaches the log, at any depth, in any spelling', (field) => {
    for (const name of spellings(field)) {
      for (const value of [PLANTED, { text: PLANTED }, [PLANTED]]) {
        const { log, written } = book()
        log.info({ [name]: value, kept: 1 }, 'one')
        log.warn({ study: { [name]: value } }, 'two')
        log.error({ study: { person: { [name]: value } } }, 'three')
        log.debug({ list: [{ deep: { deeper: [{ [name]: value }] } }] }, 'many')
        log.child({ [name]: value, study: { [name]: value } }).info({}, 'child')
        expect(written()).not.toContain(PLANTED)
        expect(written()).toContain('"kept":1')
      }
    }
  })

  test('takes the patient’s DICOM tags and a FHIR name, and leaves a node’s name', () => {
    const { log, written } = book()
    log.info({ elements: { x00100010: PLANTED, '00100020': { Value: [PLANTED] } } }, 'tags')
    log.info({ resourceType: 'Patient', name: [{ text: PLANTED }] }, 'FHIR')
    log.info({ name: 'gz-1' }, 'a node')
    expect(written()).not.toContain(PLANTED)
    expect(written()).toContain('gz-1')
  })

  test('takes a password out of any address', () => {
    const { log, written } = book()
    log.info({ at: `postgres://hub:${PLANTED}@127.0.0.1:5432/hub`, to: new URL('https://a:geheim@b.example/') }, 'at')
    expect(written()).not.toContain(PLANTED)
    expect(written()).not.toContain('geheim')
    expect(written()).toContain('127.0.0.1:5432/hub')
  })

  test('writes bytes by their number', () => {
    const { log, written } = book()
    log.info({ body: new TextEncoder().encode(PLANTED), raw: Buffer.from('secret') }, 'bytes')
    expect(written()).toContain('[6 bytes]')
    expect(written()).not.toContain('115,101,99')
  })

  test('stops at a depth, so that a loop in the facts ends', () => {
    const { log, lines } = book()
    const loop: Record<string, unknown> = { a: 1 }
    loop.self = loop
    log.info(loop, 'loop')
    expect(lines()).toHaveLength(1)
    expect(JSON.stringify(lines())).toContain('[deeper]')
  })

  test('keeps what is no secret: numbers, texts, amounts, lists, times', () => {
    const { log, lines } = book()
    const facts = { jobId: 'job_1', n: 3, yes: true, none: null, amount: 12n, list: [1, 'b'], set: new Set(['x']) }
    log.info({ ...facts, at: new Date(0) }, 'kept')
    expect(lines()[0]).toMatchObject({
      ...{ jobId: 'job_1', n: 3, yes: true, none: null, amount: '12', list: [1, 'b'], set: ['x'] },
      ...{ at: '1970-01-01T00:00:00.000Z', msg: 'kept' },
    })
  })
})

describe('an error in the log', () => {
  const quoting = () => {
    const error = new SyntaxError(`cannot parse «${PLANTED}»\n    at ${PLANTED} (bed 4)\n    at ${PLANTED} (/bed:4:1)`)
    return Object.assign(error, { detail: `Key (name)=(${PLANTED})`, query: PLANTED, parameters: [PLANTED] })
  }

  test('never brings the words of its message, wherever it hangs', () => {
    const { log, written, lines } = book()
    log.error({ err: quoting() }, 'err')
    log.error({ reason: quoting(), nested: { causes: [quoting()] } }, 'elsewhere')
    log.error(quoting(), 'itself')
    log.error({ err: new Error('outer', { cause: quoting() }) }, 'as a cause')
    log.error({ err: errors.error('not-done', {}, quoting()) }, 'below one of ours')
    log.child({ err: quoting() }).info({}, 'bound')
    log.error({ err: quoting() }, undefined as unknown as string)
    expect(written()).not.toContain(PLANTED)
    expect(written()).not.toContain('cannot parse')
    expect(lines()).toHaveLength(7)
  })

  test('says its kind, code and place, and what caused it', () => {
    const { log, lines } = book()
    const cause = Object.assign(new TypeError(PLANTED), { code: 'ECONNRESET' })
    log.error({ err: new Error('outer', { cause }) }, 'failed')
    const { err } = lines()[0]
    expect(err).toMatchObject({ type: 'Error', cause: { type: 'TypeError', code: 'ECONNRESET' } })
    expect(err.stack[0]).toContain('log.test.ts')
    expect(err).not.toHaveProperty('message')
  })

  test('of ours keeps its words and facts, which are written to be safe', () => {
    expect(serializeError(errors.error('not-done', { path: '/a' }))).toMatchObject({
      ...{ type: 'DomainError', code: 'trial.not-done', facts: { path: '/a' } },
      message: 'trial.not-done: It was not done',
    })
    expect(serializeError(new InvariantError('books balance'))).toMatchObject({ message: 'books balance' })
  })

  test('that only bears the name of one of ours is not believed', () => {
    const imposter = Object.assign(new Error(PLANTED), { name: 'InvariantError' })
    expect(JSON.stringify(serializeError(imposter))).not.toContain(PLANTED)
  })

  test('whose message was changed afterwards still loses the first one', () => {
    const error = new Error(`first ${PLANTED}\n    at ${PLANTED}`)
    void error.stack
    error.message = 'harmless'
    expect(JSON.stringify(serializeError(error))).not.toContain(PLANTED)
  })

  test('that is no error is named by its type alone', () => {
    expect(serializeError(PLANTED)).toEqual({ type: 'string' })
    expect(serializeError(null)).toEqual({ type: 'object' })
  })
})

describe('a log', () => {
  test('writes one JSON line an event, with level and time, and no name of the machine', () => {
    const { log, lines } = book()
    log.child({ room: 'ledger' }).warn({ n: 1 }, 'watch')
    const [line] = lines()
    expect(line).toMatchObject({ level: 40, room: 'ledger', n: 1, msg: 'watch' })
    expect(Date.parse(line.time)).not.toBeNaN()
    expect(Object.keys(line).sort()).toEqual(['level', 'msg', 'n', 'room', 'time'])
  })

  test('is silent below its level, and does not look at what it leaves out', () => {
    const { log, written } = book('warn')
    const facts = Object.defineProperty({}, 'trap', {
      enumerable: true,
      get: () => {
        throw new Error('looked at')
      },
    })
    log.info(facts, 'no')
    log.debug(facts, 'no')
    expect(written()).toBe('')
    silentLog.child({ a: 1 }).error(facts, 'no')
  })
})
