import { execFile, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { wide } from '@bithive/kernel/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ChildOptions } from './child-options.ts'
import { type Child, descendantsOf, isAlive, startChild } from './fixtures/start-child.ts'
import { createTestHub, type TestHub } from './fixtures/test-hub.ts'

const childEntry = fileURLToPath(new URL('./child.ts', import.meta.url))

let hub: TestHub
let parent: string
let directory: string
let children: Child[]
let planted: string

beforeEach(async () => {
  hub = await createTestHub()
  parent = await mkdtemp(join(tmpdir(), 'bithive-child-'))
  directory = join(parent, 'node')
  children = []
  planted = `CHEN^${randomBytes(12).toString('hex')}`
})
afterEach(async () => {
  for (const child of children) child.process.kill('SIGKILL')
  await Promise.all(children.map(({ exited }) => exited))
  await hub.close()
  await rm(parent, { recursive: true, force: true })
})

const isReady = (event: { event: string }) => event.event === 'ready'

async function start(change: Partial<ChildOptions> = {}, how: Parameters<typeof startChild>[1] = {}): Promise<Child> {
  const tokenFile = join(parent, 'token')
  await writeFile(tokenFile, hub.issueToken(), { mode: 0o600 })
  const options = { hubUrl: hub.url, directory, name: 'test child', sandbox: 'process', tokenFile, ...change } as const
  const child = startChild(options, how)
  children.push(child)
  return child
}

/**
 * Files below the node's folder and the machine's temporary folder that hold the planted name. Searched beside this
 * process, which must go on answering the agent's pings.
 */
async function filesWithName(): Promise<string[]> {
  const found = await promisify(execFile)('grep', ['-rlaFs', '-D', 'skip', planted, directory, tmpdir()], {
    maxBuffer: 10_000_000,
  }).catch((error) => error as { stdout: string })
  return [...new Set(found.stdout.split('\n').filter(Boolean))]
}

const input = () => Buffer.from(`0123456789 ${planted} 0123456789`.repeat(1_000))

async function begin(jobId: string, workload: string): Promise<void> {
  expect((await hub.offer(jobId, workload)).type).toBe('accept')
  await hub.stage(jobId, input())
}

const stage = (name: string) =>
  hub.until(() => hub.seen.some((message) => message.type === 'progress' && message.stage === name))

const wiped = (child: Child, times = 1) =>
  vi.waitFor(() => expect(child.events.filter(({ event }) => event === 'wiped')).toHaveLength(times), 20_000)

function traces(
  sandbox: 'process' | 'bubblewrap',
  its: (name: string, act: () => Promise<void>, ms: number) => void,
): void {
  describe(`of an input with a name in it, under the ${sandbox} sandbox,`, () => {
    its(
      'nothing is on the disk after success, failure and revocation, nor in what the agent says',
      async () => {
        const child = await start({ sandbox, logLevel: 'debug' })
        await child.event(isReady)
        await begin('job_0', 'test.hang')
        await stage('hanging')
        // While the job runs the name is there, so the search can find it.
        expect(await filesWithName()).toEqual([expect.stringMatching(/scratch.*input\.bundle$/)])
        hub.send({ type: 'revoke', jobId: 'job_0', epoch: 1, reason: 'test' })
        await wiped(child)
        expect(await filesWithName()).toEqual([])
        await begin('job_1', 'test.echo')
        expect(await hub.outcome('job_1')).toHaveProperty('result')
        expect(await filesWithName()).toEqual([])
        await begin('job_2', 'test.quote')
        expect(await hub.outcome('job_2')).toEqual({ code: 'node.workload-failed' })
        await begin('job_3', 'test.crash')
        expect(await hub.outcome('job_3')).toEqual({ code: 'node.sandbox-crashed' })
        expect(await filesWithName()).toEqual([])
        expect(child.events.filter(({ event }) => event === 'wiped')).toMatchObject(Array(4).fill({ left: 0 }))
        expect(child.errorOutput() + JSON.stringify(child.events)).not.toContain(planted)
      },
      60_000,
    )

    its(
      'nothing is on the disk after kill -9 and a second start, and the program died with the agent',
      async () => {
        const child = await start({ sandbox })
        await child.event(isReady)
        await begin('job_1', 'test.hang')
        await stage('hanging')
        const below = descendantsOf(child.process.pid ?? 0)
        expect(below.length).toBeGreaterThan(0)
        child.process.kill('SIGKILL')
        await child.exited
        await vi.waitFor(() => expect(below.filter(isAlive)).toEqual([]), 10_000)
        expect(await filesWithName()).toHaveLength(1)
        const again = await start({ sandbox })
        await again.event(isReady)
        expect(again.events.map(({ event }) => event)).toEqual(['wiped', 'started', 'ready'])
        expect(await filesWithName()).toEqual([])
        const [, hello] = hub.seen.filter((message) => message.type === 'hello')
        expect(hello).toMatchObject({ holding: [] })
        expect(hub.nodes.size).toBe(1)
      },
      60_000,
    )
  })
}

traces('process', process.platform === 'linux' ? test : test.skip)
traces('bubblewrap', wide('bubblewrap', ['bwrap', 'grep']))

describe('an agent as a process', () => {
  test('tells its parent what happens, one JSON line each, and keeps the token off its command line', async () => {
    const token = hub.issueToken()
    const child = startChild(
      { hubUrl: hub.url, directory, name: 'test child', sandbox: 'process', parent: true },
      { firstLine: token },
    )
    children.push(child)
    await child.event(isReady)
    expect(child.process.spawnargs.join(' ')).not.toContain(token)
    await begin('job_1', 'test.echo')
    await hub.outcome('job_1')
    hub.send({ type: 'settled', jobId: 'job_1', asset: 'CNY', amount: '1.20' })
    await child.event(({ event }) => event === 'settled')
    const names = child.events.map((event) => (event.event === 'job' ? `${event.event} ${event.state}` : event.event))
    expect(names).toEqual([
      ...['started', 'joined', 'ready', 'job accepted', 'job running', 'wiped', 'job returned', 'settled'],
    ])
    // A parent that is gone takes its agents with it.
    child.process.stdin.end()
    expect(await child.exited).toEqual({ code: 0, signal: null })
  })

  test('drains at the first SIGTERM: the running job ends and is returned, then it leaves', async () => {
    const child = await start()
    await child.event(isReady)
    await begin('job_1', 'test.slow')
    await stage('slow')
    child.process.kill('SIGTERM')
    await hub.until(() => hub.find('drain'))
    expect(await hub.offer('job_2', 'test.echo')).toMatchObject({ type: 'decline', code: 'node.draining' })
    expect(await hub.outcome('job_1')).toHaveProperty('result')
    expect(await child.exited).toEqual({ code: 0, signal: null })
  })

  test('stops at the second SIGTERM: the running job is released and wiped', async () => {
    const child = await start()
    await child.event(isReady)
    await begin('job_1', 'test.hang')
    await stage('hanging')
    child.process.kill('SIGTERM')
    await hub.until(() => hub.find('drain'))
    child.process.kill('SIGTERM')
    expect(await hub.outcome('job_1')).toEqual({ code: 'node.stopped' })
    expect(await child.exited).toEqual({ code: 0, signal: null })
    expect(await filesWithName()).toEqual([])
    expect(await readdir(directory)).not.toContain('lock')
  })

  test.each([
    ['{"hubUrl": 1}', 'node.bad-options'],
    ['not JSON', 'node.bad-options'],
    ['@/no/such/file', 'node.bad-options'],
    ['{"hubUrl":"http://hub.example","directory":"DIR","name":"x"}', 'node.hub-not-secure'],
  ])('ends with status 1 and a typed failure on %s', async (argument, code) => {
    const run = spawnSync(process.execPath, [childEntry, argument.replace('DIR', directory)], { encoding: 'utf8' })
    expect(run.status).toBe(1)
    expect(JSON.parse(run.stdout)).toMatchObject({ event: 'failed', code })
  })
})

describe('a full disk', () => {
  wide('bubblewrap', ['bwrap'])(
    'while the result is written fails the job with a code, and the node goes on',
    async () => {
      const prefix = ['bwrap', '--dev-bind', '/', '/', '--die-with-parent', '--size', '3145728', '--tmpfs', parent]
      const token = hub.issueToken()
      const options = { hubUrl: hub.url, directory, name: 'small', sandbox: 'process', parent: true } as const
      const child = startChild(options, { prefix, firstLine: token })
      children.push(child)
      await child.event(isReady)
      await begin('job_1', 'test.large')
      expect(await hub.outcome('job_1')).toEqual({ code: 'node.scratch-full' })
      await hub.offer('job_2', 'test.echo')
      await hub.stage('job_2', Buffer.alloc(4_000_000))
      expect(await hub.outcome('job_2')).toEqual({ code: 'node.scratch-full' })
      await begin('job_3', 'test.echo')
      expect(await hub.outcome('job_3')).toHaveProperty('result')
    },
    30_000,
  )

  wide('a limit on file sizes', ['prlimit'])(
    'while the input is written fails the job with a code',
    async () => {
      const child = await start({}, { prefix: ['prlimit', '--fsize=200000'] })
      await child.event(isReady)
      await hub.offer('job_1', 'test.echo')
      await hub.stage('job_1', Buffer.alloc(300_000))
      expect(await hub.outcome('job_1')).toEqual({ code: 'node.scratch-full' })
      await begin('job_2', 'test.echo')
      expect(await hub.outcome('job_2')).toHaveProperty('result')
      expect((await readFile(join(directory, 'node.json'), 'utf8')).length).toBeGreaterThan(0)
    },
    30_000,
  )
})
