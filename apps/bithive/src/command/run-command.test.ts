import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineErrors, toProblem } from '@bithive/kernel/errors'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { nouns as ownNouns } from '../nouns.ts'
import { tryCommand } from '../testing/try-command.ts'
import { ServiceProblem } from './call-service.ts'
import type { Command, CommandContext, CommandResult, Noun } from './command.ts'
import { commandErrors } from './errors.ts'
import { localeFrom } from './run-command.ts'

const trial = defineErrors('trial', {
  'not-yours': problemText(403),
  conflict: problemText(409),
  condition: problemText(412),
  gone: problemText(410),
  later: problemText(504),
  down: problemText(503),
  odd: problemText(422),
  often: problemText(429),
})

function problemText<const S extends number>(status: S) {
  const zh = { title: '不行', notDone: '没有执行。', todo: '请再看。' }
  return { status, retryable: false, zh, en: { title: 'No', notDone: 'It was not done.', todo: 'Look again.' } }
}

const about = { zh: '试用', en: 'A trial' }
/** A noun `trial` with one verb `act` that does what the test says. */
function withAct(run: (context: CommandContext) => Promise<CommandResult>, more: Partial<Command> = {}) {
  const noun: Noun = { about, verbs: { act: { usage: '', about, run, ...more } } }
  return { trial: noun }
}
const throwing = (error: unknown) =>
  withAct(async () => {
    throw error
  })
const answering = (data: object, exit?: number) =>
  withAct(async () => ({ data, text: (locale) => `answer in ${locale}`, ...(exit === undefined ? {} : { exit }) }))

describe('the exit code', () => {
  test.each([
    ['0 of success', answering({}), 0],
    ['8 of what was taken but not placed', answering({}, 8), 8],
    ['2 of a wrong line', throwing(commandErrors.error('usage')), 2],
    ['2 of an id that is too short', throwing(commandErrors.error('ambiguous')), 2],
    ['3 of nobody signed in', throwing(commandErrors.error('not-signed-in')), 3],
    ['3 of a refusal', throwing(trial.error('not-yours')), 3],
    ['4 of what is not there', throwing(commandErrors.error('no-order')), 4],
    ['4 of what is no longer there', throwing(trial.error('gone')), 4],
    ['5 of a conflict', throwing(trial.error('conflict')), 5],
    ['5 of a condition', throwing(trial.error('condition')), 5],
    ['6 of a service that is not reached', throwing(commandErrors.error('unreachable')), 6],
    ['6 of one that starts', throwing(commandErrors.error('starting')), 6],
    ['6 of one that is down', throwing(trial.error('down')), 6],
    ['7 of a time-out', throwing(commandErrors.error('timeout')), 7],
    ['7 of an answer that was lost', throwing(commandErrors.error('answer-lost')), 7],
    ['7 of a service’s time-out', throwing(new ServiceProblem(toProblem(trial.error('later'), 'en'))), 7],
    ['3 of a service’s refusal', throwing(new ServiceProblem(toProblem(trial.error('not-yours'), 'en'))), 3],
    ['1 of anything else', throwing(trial.error('odd')), 1],
    ['1 of too many requests', throwing(trial.error('often')), 1],
    ['1 of what nobody foresaw', throwing(new TypeError('x is not a function')), 1],
  ])('is %s', async (_claim, nouns, exit) => {
    expect((await tryCommand('trial act', {}, nouns)).exit).toBe(exit)
    expect((await tryCommand('trial act --json', {}, nouns)).exit).toBe(exit)
  })

  test('is 130 after an interrupt, with nothing on standard output', async () => {
    const nouns = withAct(async ({ signal }) => {
      process.emit('SIGINT')
      throw signal.reason
    })
    expect(await tryCommand('trial act --json', {}, nouns)).toEqual({ exit: 130, out: '', err: '' })
    expect(process.listenerCount('SIGINT')).toBe(process.listenerCount('SIGTERM'))
  })
})

describe('a line that is wrong', () => {
  const nouns = withAct(async () => ({ data: {}, text: () => 'ran' }), {
    usage: '<thing> [--big]',
    takes: [1, 1],
    options: { big: { type: 'boolean' }, size: { type: 'string' } },
  })

  test.each([
    'nothing',
    'constructor',
    '__proto__ x',
    'trial',
    'trial fly',
    'trial constructor',
    'trial toString',
    'trial act',
    'trial act one two',
    'trial act one --unknown',
    'trial act one --size',
    'trial act one --big=yes',
    '--lang fr trial act one',
    'help nothing',
  ])('«%s» ends with 2, says so in words, and does nothing', async (line) => {
    const { exit, out, err } = await tryCommand(line, {}, nouns)
    expect([exit, out]).toEqual([2, ''])
    expect(err).toContain('The command is not written right')
    expect(err).toContain('Nothing was done. See bithive help.')
    expect(err.trimEnd().split('\n').at(-1)).toBe('command.usage')
  })

  test('is answered with how it is written', async () => {
    expect((await tryCommand('trial act', {}, nouns)).err).toContain('  as: bithive trial act <thing> [--big]')
    expect((await tryCommand('trial', {}, nouns)).err).toContain('  as: trial act')
    expect((await tryCommand('trial act x --unknwon', {}, nouns)).err).toContain('  option: --unknwon')
  })

  test('does not print what stood behind a wrong option: it may be a password', async () => {
    for (const line of ['trial act x --pasword=hunter2', 'trial act x --big=hunter2', 'trial act x -p hunter2']) {
      const { exit, out, err } = await tryCommand(`${line} --json`, {}, nouns)
      expect(exit).toBe(2)
      expect(out + err).not.toContain('hunter2')
    }
  })

  test('of the real command is caught too, for every noun and verb', async () => {
    for (const [noun, { verbs }] of Object.entries(ownNouns)) {
      for (const verb of Object.keys(verbs)) {
        const { exit, err } = await tryCommand(`${noun} ${verb} --no-such-option`)
        expect([noun, verb, exit]).toEqual([noun, verb, 2])
        expect(err).toContain('--no-such-option')
      }
    }
  })
})

describe('--json', () => {
  test('gives exactly one document with its schema on standard output', async () => {
    const { exit, out, err } = await tryCommand('trial act --json', {}, answering({ jobs: 3 }))
    expect([exit, err]).toEqual([0, ''])
    expect(out.endsWith('\n')).toBe(true)
    expect(JSON.parse(out)).toEqual({ schema: 'bithive.trial.act.v1', jobs: 3 })
    expect(out.trim().split('\n')).toHaveLength(1)
  })

  test('may stand anywhere on the line, also before the noun', async () => {
    for (const line of [
      '--json trial act',
      'trial --json act',
      '--lang zh --json trial act',
      'trial act --json --quiet',
    ]) {
      const { out } = await tryCommand(line, {}, answering({ ok: true }))
      // Between noun and verb an option is not taken for either; the line is then wrong, and says so as JSON.
      const { schema } = JSON.parse(out)
      expect(schema).toBe(line.startsWith('trial --json') ? 'bithive.problem.v1' : 'bithive.trial.act.v1')
    }
  })

  test('keeps progress on standard error, and --quiet silences it', async () => {
    const nouns = withAct(async ({ say }) => {
      say('sending 1 of 3')
      return { data: { sent: 3 }, text: () => 'sent' }
    })
    expect(await tryCommand('trial act --json', {}, nouns)).toMatchObject({ err: 'sending 1 of 3\n' })
    expect(JSON.parse((await tryCommand('trial act --json', {}, nouns)).out)).toMatchObject({ sent: 3 })
    expect(await tryCommand('trial act --quiet', {}, nouns)).toEqual({ exit: 0, out: 'sent\n', err: '' })
  })

  test('gives a problem as one document, and the same in words on standard error', async () => {
    const problem = toProblem(trial.error('conflict', { path: '/a' }), 'en', 'req_1')
    const { exit, out, err } = await tryCommand('trial act --json', {}, throwing(new ServiceProblem(problem)))
    expect(exit).toBe(5)
    expect(JSON.parse(out)).toEqual({ schema: 'bithive.problem.v1', ...problem })
    expect(err).toBe('No\n  field: /a\nIt was not done. Look again.\ntrial.conflict (req_1)\n')
  })

  test('cannot have its schema taken over by the facts of a problem', async () => {
    const { out } = await tryCommand('nothing --json', {}, answering({}))
    expect(JSON.parse(out)).toMatchObject({ schema: 'bithive.problem.v1', code: 'command.usage', status: 422 })
  })
})

describe('what nobody foresaw', () => {
  test('is a problem like others; its words stay out of what is printed', async () => {
    const nouns = throwing(new Error('no patient Zhang^Sanfeng'))
    const { exit, out, err } = await tryCommand('trial act --json', {}, nouns)
    expect(exit).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ code: 'command.unexpected' })
    expect(out + err).not.toContain('Zhang')
    const [logged = '', ...words] = err.split('\n')
    expect(JSON.parse(logged)).toMatchObject({ level: 50, err: { type: 'Error' } })
    expect(logged).toContain('run-command.test.ts')
    expect(words.join('\n')).toContain('Run bithive doctor, and give the log to the operator.')
  })

  test('of an answer that has another shape names the field', async () => {
    const nouns = withAct(async () => {
      z.object({ orders: z.array(z.object({ id: z.string() })) }).parse({ orders: [{ id: 7 }] })
      return { data: {}, text: () => '' }
    })
    const { exit, err } = await tryCommand('trial act', {}, nouns)
    expect(exit).toBe(1)
    expect(err).toContain('The answer was not understood')
    expect(err).toContain('  field: orders.0.id')
  })
})

describe('the language', () => {
  test.each([
    [{}, 'zh'],
    [{ LANG: 'zh_CN.UTF-8' }, 'zh'],
    [{ LANG: 'en_GB.UTF-8' }, 'en'],
    [{ LANG: 'C.UTF-8' }, 'zh'],
    [{ LANG: 'en_GB', LC_ALL: 'zh_CN' }, 'zh'],
    [{ LANG: 'zh_CN', LC_MESSAGES: 'en_US' }, 'en'],
    [{ LANG: 'en_GB', LC_ALL: '' }, 'en'],
    [{ LANG: 'zh_CN', BITHIVE_LANG: 'en' }, 'en'],
  ])('of %j is %s', (env, locale) => {
    expect(localeFrom(env)).toBe(locale)
  })

  test('asked for on the line wins, written either way', async () => {
    for (const line of ['trial act --lang zh', 'trial act --lang=zh', '--lang zh trial act', '--lang=zh trial act']) {
      expect((await tryCommand(line, {}, answering({}))).out).toBe('answer in zh\n')
    }
  })

  test('is also that of a problem', async () => {
    const zh = await tryCommand('trial act --lang zh', {}, throwing(commandErrors.error('usage', { option: '--to' })))
    expect(zh.err).toBe('命令写法不对\n  选项：--to\n没有执行任何操作。请看 bithive help。\ncommand.usage\n')
  })
})

describe('what is printed', () => {
  const evil = 'node\u001b[2J\u001b]0;owned\u0007\u202e\u009b31m'

  test('cannot steer the terminal, whoever named the things in it', async () => {
    const problem = { ...toProblem(trial.error('odd', { path: evil }), 'en'), requestId: evil }
    const shown = [
      await tryCommand(
        'trial act',
        {},
        withAct(async () => ({ data: {}, text: () => evil })),
      ),
      await tryCommand('trial act', {}, throwing(new ServiceProblem(problem))),
      await tryCommand(
        'trial act',
        {},
        withAct(async ({ say }) => {
          say(evil)
          return { data: {}, text: () => '' }
        }),
      ),
    ]
    for (const { out, err } of shown) {
      expect(out + err).toContain('node[2J')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(out + err).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
    }
  })

  test('is nothing when a command has nothing to say', async () => {
    expect(
      (
        await tryCommand(
          'trial act',
          {},
          withAct(async () => ({ data: {}, text: () => '' })),
        )
      ).out,
    ).toBe('')
  })
})

describe('help', () => {
  test.each([
    ['', 'en'],
    ['help', 'en'],
    ['--help', 'en'],
    ['help --lang zh', 'zh'],
    ['--lang zh', 'zh'],
  ] as const)('of «bithive %s» lists every command with what it does, and the exit codes', async (line, locale) => {
    const { exit, out, err } = await tryCommand(line)
    expect([exit, err]).toEqual([0, ''])
    for (const [noun, { verbs }] of Object.entries(ownNouns)) {
      for (const [verb, command] of Object.entries(verbs)) {
        const row = out.split('\n').find((shown) => shown.startsWith(`  ${verb === '' ? noun : `${noun} ${verb}`} `))
        expect(row).toContain(command.about[locale])
      }
    }
    expect(out).toContain(locale === 'zh' ? '退出码：0 成功' : 'Exit codes: 0 ok')
  })

  test('starts every description in the same column', async () => {
    const { out } = await tryCommand('help')
    const rows = out.split('\n\n')[1]?.split('\n') ?? []
    const starts = rows.map((row) => / {2}(?=\S)/.exec(row.slice(2))?.index)
    const columns = rows.map((row) => row.slice(2).search(/(?<= {2})\S/))
    expect(starts.length).toBeGreaterThan(15)
    expect(new Set(columns).size).toBe(1)
  })

  test('of a noun, asked in any way, shows how each of its verbs is written', async () => {
    const asked = ['help job', 'job --help', 'job status --help', '--help job', 'job submit x --help']
    for (const line of asked) {
      const { exit, out } = await tryCommand(line)
      expect(exit).toBe(0)
      for (const [verb, { usage, about: what }] of Object.entries(ownNouns.job?.verbs ?? {})) {
        expect(out).toContain(['bithive job', verb, usage].filter((part) => part !== '').join(' '))
        expect(out).toContain(what.en)
      }
    }
  })

  test('as JSON is one document', async () => {
    const { out } = await tryCommand('help study --json')
    const document = JSON.parse(out)
    expect(document.schema).toBe('bithive.help.v1')
    expect(document.commands.map(({ noun, verb }: { noun: string; verb: string }) => `${noun} ${verb}`)).toEqual([
      'study list',
      'study send',
    ])
  })

  test('describes every noun and verb in both languages', () => {
    for (const { about: what, verbs } of Object.values(ownNouns)) {
      for (const text of [what, ...Object.values(verbs).map((verb) => verb.about)]) {
        expect(text.zh).toMatch(/\p{Script=Han}/u)
        expect(text.en).toMatch(/^[A-Z][\x20-\x7e]+$/)
        expect(text.zh + text.en).not.toMatch(/[.。]$/m)
      }
    }
  })
})

describe('as a process', () => {
  const main = fileURLToPath(new URL('../main.ts', import.meta.url))
  const run = (args: readonly string[], shell = false) =>
    shell
      ? spawnSync('sh', ['-c', `"${process.execPath}" "${main}" ${args.join(' ')}`], { encoding: 'utf8' })
      : spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env: { PATH: process.env.PATH, LANG: 'en' } })

  test('it keeps results and problems apart, and ends with the code', () => {
    const help = run(['help', '--json'])
    expect([help.status, help.stderr]).toEqual([0, ''])
    expect(JSON.parse(help.stdout).schema).toBe('bithive.help.v1')
    const wrong = run(['nothing'])
    expect([wrong.status, wrong.stdout]).toEqual([2, ''])
    expect(wrong.stderr).toContain('command.usage')
  })

  test.skipIf(process.platform === 'win32')('it is quiet when its reader goes away', () => {
    const cut = run(['help', '|', 'head', '-n', '1'], true)
    expect(cut.stdout.split('\n')).toHaveLength(2)
    expect(cut.stderr).toBe('')
  })

  test('its entry stays free of anything but starting it', () => {
    expect(readFileSync(main, 'utf8').split('\n').length).toBeLessThan(20)
  })
})
