import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@bithive/kernel/clock'
import { isDomainError } from '@bithive/kernel/errors'
import { silentLog } from '@bithive/kernel/log'
import { systemRandomness } from '@bithive/kernel/randomness'
import { wide } from '@bithive/kernel/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSandbox, trySandbox } from './open-sandbox.ts'
import { bubblewrapCommand } from './sandbox-bubblewrap.ts'
import { processCommand } from './sandbox-process.ts'
import { openScratch, type Scratch } from './scratch.ts'

let directory: string
let scratch: Scratch
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bithive-open-'))
  scratch = await openScratch({ directory, randomness: systemRandomness })
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const deps = () => ({ scratch, clock: systemClock, log: silentLog, pinned: async () => undefined })
const absent = () => ({ program: join(directory, 'no-such-bwrap'), args: [] })
const broken = () => ({ program: '/bin/false', args: [] })
const withBubblewrap = wide('bubblewrap', ['bwrap'])
const asRoot = process.getuid?.() === 0 ? withBubblewrap : test.skip

describe('the trial at start', () => {
  withBubblewrap('sees no host, no other interface and no other folder from inside bubblewrap', async () => {
    const seen = await trySandbox(deps(), bubblewrapCommand)
    expect(seen).toMatchObject({ reachedHost: false, otherInterfaces: 0, sawBeside: false })
  })

  test('sees host and folders from the process sandbox, so it can tell the two apart', async () => {
    expect(await trySandbox(deps(), processCommand)).toMatchObject({ reachedHost: true, sawBeside: true })
  })

  test('leaves nothing in the scratch, whether it ran or not', async () => {
    expect(await trySandbox(deps(), processCommand)).toBeDefined()
    expect(await trySandbox(deps(), broken)).toBeUndefined()
    expect((await scratch.wipeLeftovers()).files).toBe(0)
  })

  asRoot('also holds for a user without privileges', async () => {
    await chmod(directory, 0o777)
    const probe = fileURLToPath(new URL('./fixtures/try-bubblewrap.ts', import.meta.url))
    const run = spawnSync(process.execPath, [probe, join(directory, 'other')], { uid: 65_534, gid: 65_534 })
    expect(JSON.parse(run.stdout.toString('utf8'))).toMatchObject({
      uid: 65_534,
      seen: { reachedHost: false, otherInterfaces: 0, sawBeside: false },
    })
  })
})

describe('a sandbox is chosen', () => {
  withBubblewrap('bubblewrap by auto where it holds', async () => {
    const { sandbox } = await openSandbox({ ...deps(), kind: 'auto' })
    expect(sandbox.facts).toEqual({ kind: 'bubblewrap', isolatesNetwork: true, isolatesFiles: true })
  })

  test.each([
    ['is missing', absent],
    ['does not run', broken],
    ['runs without holding anything back', processCommand],
  ])('process by auto where bubblewrap %s, with the statement', async (_name, command) => {
    const said: string[] = []
    const log = { ...silentLog, info: (_facts: object, message: string) => said.push(message) }
    const { sandbox } = await openSandbox({ ...deps(), log, kind: 'auto', bubblewrapCommand: command })
    expect(sandbox.facts).toEqual({ kind: 'process', isolatesNetwork: false, isolatesFiles: false })
    expect(said.join()).toContain('不隔离网络，也不隔离文件')
  })

  test('never another one than was asked for', async () => {
    const refused = openSandbox({ ...deps(), kind: 'bubblewrap', bubblewrapCommand: broken })
    expect(await refused.catch((error) => isDomainError(error, 'node.sandbox-missing'))).toBe(true)
    const { sandbox } = await openSandbox({ ...deps(), kind: 'process' })
    expect(sandbox.facts.kind).toBe('process')
  })
})
