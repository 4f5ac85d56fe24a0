import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@bithive/kernel/clock'
import { isDomainError } from '@bithive/kernel/errors'
import { createLog } from '@bithive/kernel/log'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fixtureShelf } from './fixtures/fixture-shelf.ts'
import { createTestHub, type TestHub } from './fixtures/test-hub.ts'
import { type NodeEvent, type NodeOptions, type RunningNode, runNode } from './main.ts'

const entry = fileURLToPath(new URL('./fixtures/fixture-entry.ts', import.meta.url))

let hub: TestHub
let parent: string
let directory: string
let lines: string[]
let events: NodeEvent[]
let running: { node: RunningNode; stop: AbortController }[]

beforeEach(async () => {
  hub = await createTestHub()
  parent = await mkdtemp(join(tmpdir(), 'bithive-agent-'))
  directory = join(parent, 'node')
  lines = []
  events = []
  running = []
})
afterEach(async () => {
  for (const { node, stop } of running) {
    stop.abort()
    await node.stopped.catch(() => {})
  }
  await hub.close()
  await rm(parent, { recursive: true, force: true })
})

const sink = () =>
  new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk))
      done()
    },
  })

async function start(change: Partial<NodeOptions> = {}) {
  const stop = new AbortController()
  const token = change.hubUrl === undefined ? { token: hub.issueToken() } : {}
  const node = await runNode({
    hubUrl: hub.url,
    ...token,
    directory,
    name: 'test node',
    slots: 1,
    floorPrice: '0.01',
    sandbox: 'process',
    log: createLog({ level: 'debug', destination: sink() }),
    clock: systemClock,
    signal: stop.signal,
    report: (event) => events.push(event),
    workloads: { shelf: fixtureShelf, entry },
    ...change,
  })
  running.push({ node, stop })
  await hub.until(() => hub.connected())
  return { node, stop }
}

const input = Buffer.from('ZHANG^WEI planted in the input')
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error) => (isDomainError(error) ? error.code : String(error)),
  )
const scratchNames = () => readdir(join(directory, 'scratch'), { recursive: true })
const states = (jobId: string) =>
  events.flatMap((event) => (event.event === 'job' && event.jobId === jobId ? [event.state] : []))

async function runJob(jobId: string, workload: string): Promise<ReturnType<TestHub['outcome']>> {
  expect((await hub.offer(jobId, workload)).type).toBe('accept')
  await hub.stage(jobId, input)
  return hub.outcome(jobId)
}

describe('a node that joins', () => {
  test('makes its keys and state once, closed to others, and reconnects without a token', async () => {
    const first = await start()
    const keys = await readFile(join(directory, 'keys'), 'utf8')
    const modes = [directory, join(directory, 'keys'), join(directory, 'scratch')].map(async (path) => {
      return ((await stat(path)).mode & 0o777).toString(8)
    })
    expect(await Promise.all(modes)).toEqual(['700', '600', '700'])
    expect(await readFile(join(directory, 'node.json'), 'utf8')).not.toContain(JSON.parse(keys).sign.privateKey)
    await first.node.drain()
    const { node } = await start({ hubUrl: hub.url })
    expect(node.nodeId).toBe(first.node.nodeId)
    expect(await readFile(join(directory, 'keys'), 'utf8')).toBe(keys)
    expect(hub.nodes.size).toBe(1)
  })

  test('tells the hub what it measured, and that the process sandbox isolates nothing', async () => {
    await start()
    const hello = hub.find('hello')
    expect(hello?.facts).toMatchObject({
      platform: `${process.platform}-${process.arch}`,
      sandbox: { kind: 'process', isolatesNetwork: false, isolatesFiles: false },
    })
    expect(hello?.facts.benchmark).toBeGreaterThan(0)
    expect(hello?.facts.scratchFreeMb).toBeGreaterThan(0)
    expect(hello?.facts.workloads.map(({ id }) => id)).toContain('test.echo')
    expect(events.find((event) => event.event === 'started')).toMatchObject({
      sandbox: 'process',
      statement: { en: expect.stringContaining('isolates neither network nor files') },
    })
  })

  test('is told why it cannot start, and leaves its folder unlocked', async () => {
    const begin = (change: Partial<NodeOptions>) => codeOf(start({ hubUrl: hub.url, ...change }))
    expect(await begin({})).toBe('node.no-token')
    expect(await begin({ token: 'a token that nobody issued' })).toBe('node.join-refused')
    expect(await begin({ token: 'short' })).toBe('node.bad-options')
    expect(await begin({ hubUrl: 'http://hub.example' })).toBe('node.hub-not-secure')
    expect(await begin({ hubUrl: 'ftp://127.0.0.1' })).toBe('node.hub-not-secure')
    expect(await begin({ hubUrl: 'nowhere' })).toBe('node.bad-options')
    await chmod(join(directory, 'keys'), 0o644)
    expect(await begin({})).toBe('node.keys-exposed')
    await chmod(join(directory, 'keys'), 0o600)
    await writeFile(join(directory, 'keys'), 'garbage')
    expect(await begin({})).toBe('node.keys-unreadable')
    await rm(join(directory, 'keys'))
    await start()
    expect(await begin({})).toBe('node.already-running')
  })

  test('stops with a typed error when the hub does not know it any more', async () => {
    const { node } = await start()
    hub.faults.refuseHello = 'compute.unknown-node'
    hub.drop()
    expect(await codeOf(node.stopped)).toBe('node.refused')
  })

  test('keeps trying when the hub refuses for a passing trouble of its own', async () => {
    await start()
    hub.faults.refuseHello = 'http.unexpected'
    hub.drop()
    await hub.until(() => hub.seen.filter(({ type }) => type === 'hello').length >= 5)
    hub.faults.refuseHello = ''
    await hub.until(() => hub.connected())
  }, 15_000)

  test('beats, and connects again when the connection is lost', async () => {
    await start()
    await hub.until(() => hub.beats() >= 3)
    hub.drop()
    await hub.until(() => hub.connections() === 2)
    expect(events.map(({ event }) => event)).toContain('disconnected')
  })

  test('takes a hub that answers no ping for gone', async () => {
    await start()
    hub.freeze()
    await hub.until(() => hub.connections() === 2)
    expect(events.map(({ event }) => event)).toContain('disconnected')
  })
})

describe('a lease', () => {
  test('runs from offer to a result that only the site can read, and leaves no trace on the disk', async () => {
    await start()
    const outcome = await runJob('job_1', 'test.echo')
    expect(outcome).toMatchObject({
      result: { workload: 'test.echo', measurements: [{ value: input.length }] },
      envelope: { jobId: 'job_1', epoch: 1, workload: 'test.echo', nodeId: [...hub.nodes.keys()][0] },
    })
    expect(await scratchNames()).toEqual([])
    expect(events.find((event) => event.event === 'wiped')).toMatchObject({ files: 3, left: 0 })
    expect(states('job_1')).toEqual(['accepted', 'running', 'returned'])
    expect(hub.find('progress', 'job_1')).toBeDefined()
    hub.send({ type: 'settled', jobId: 'job_1', asset: 'BTT', amount: '0.4' })
    await hub.until(() => hub.beats() > 0 && events.some((event) => event.event === 'settled'))
    expect(lines.join('')).not.toContain('ZHANG')
  })

  test('is declined with the reason when the node is busy, unsuited, or asked for other code', async () => {
    await start()
    const codes = async (jobId: string, workload: string, change = {}) => {
      const answer = await hub.offer(jobId, workload, change)
      return answer.type === 'decline' ? answer.code : answer.type
    }
    const workloadDigest = '0'.repeat(64)
    expect(await codes('job_a', 'test.unheard-of', { workloadDigest })).toBe('node.workload-unknown')
    expect(await codes('job_b', 'test.echo', { version: '9.9.9' })).toBe('node.workload-unknown')
    expect(await codes('job_c', 'test.echo', { workloadDigest })).toBe('node.workload-altered')
    expect(await codes('job_d', 'test.hang')).toBe('accept')
    expect(await codes('job_e', 'test.echo')).toBe('node.busy')
  })

  test.each([
    ['an input that was altered on the way', { sealedSha256: '0'.repeat(64) }, 'node.input-altered'],
    ['an input whose plain hash is not the agreed one', { inputSha256: '0'.repeat(64) }, 'node.input-altered'],
    ['an input longer than said', { sealedBytes: 10 }, 'node.input-altered'],
    ['an input larger than the node allows', { sealedBytes: 2_000_000_000 }, 'node.input-too-large'],
  ])('fails with a code on %s', async (_name, change, code) => {
    await start()
    await hub.offer('job_1', 'test.echo')
    await hub.stage('job_1', input, change)
    expect(await hub.outcome('job_1')).toEqual({ code })
    expect(await scratchNames()).toEqual([])
  })

  test('fails with a code on an input sealed for another lease', async () => {
    await start()
    await hub.offer('job_1', 'test.echo', { epoch: 2 })
    const other = await hub.stage('job_1', input, { epoch: 1 })
    await hub.until(() => hub.find('failed', 'job_1', 1))
    hub.send({
      type: 'start',
      jobId: 'job_1',
      epoch: 2,
      inputSha256: '0'.repeat(64),
      sealedSha256: '0'.repeat(64),
      sealedBytes: other.sealed.length,
      resultKey: other.resultKeys.publicKey,
      token: other.token,
    })
    expect(await hub.until(() => hub.find('failed', 'job_1', 2))).toMatchObject({ code: 'node.input-altered' })
  })

  test.each([
    ['test.crash', 'node.sandbox-crashed'],
    ['test.fail', 'test.refused'],
    ['test.garbage', 'node.result-invalid'],
    ['test.other-input', 'node.result-invalid'],
    ['test.hog-memory', 'node.out-of-memory'],
  ])('ends with a code when the workload %s misbehaves, and the node goes on', async (workload, code) => {
    await start()
    expect(await runJob('job_1', workload)).toEqual({ code })
    expect(await scratchNames()).toEqual([])
    expect(await runJob('job_2', 'test.echo')).toHaveProperty('result')
  })

  test('that is revoked is killed at once, is wiped and frees its slot', async () => {
    await start()
    await hub.offer('job_1', 'test.hang')
    await hub.stage('job_1', input)
    await hub.until(() => hub.seen.some((message) => message.type === 'progress' && message.stage === 'hanging'))
    expect((await scratchNames()).length).toBeGreaterThan(0)
    hub.send({ type: 'revoke', jobId: 'job_1', epoch: 1, reason: 'lease-expired' })
    await hub.until(() => hub.beats() > 0 && events.some((event) => event.event === 'wiped'))
    expect(await scratchNames()).toEqual([])
    expect(hub.find('failed', 'job_1')).toBeUndefined()
    expect(await runJob('job_2', 'test.echo')).toHaveProperty('result')
  })

  test('of a higher epoch replaces the lower one', async () => {
    await start()
    await hub.offer('job_1', 'test.hang')
    await hub.stage('job_1', input)
    await hub.until(() => hub.seen.some((message) => message.type === 'progress' && message.stage === 'hanging'))
    expect((await hub.offer('job_1', 'test.echo', { epoch: 2 })).type).toBe('accept')
    await hub.stage('job_1', input, { epoch: 2 })
    expect(await hub.outcome('job_1')).toMatchObject({ envelope: { epoch: 2 } })
  })

  test('puts its result again when the hub fails, with the same bytes', async () => {
    await start()
    hub.faults.failPuts = 2
    expect(await runJob('job_1', 'test.echo')).toHaveProperty('result')
    expect(hub.jobs.get('job_1')?.puts).toBe(3)
  })

  test('that the hub does not know any more when its bytes are asked for is given up at once', async () => {
    await start()
    await hub.offer('job_1', 'test.echo')
    const job = await hub.stage('job_1', input)
    job.gone = true
    expect(await hub.outcome('job_1')).toEqual({ code: 'node.lease-gone' })
    expect(hub.find('returned', 'job_1')).toBeUndefined()
  })

  test('whose workload quotes the input in its error says nothing of it', async () => {
    await start()
    expect(await runJob('job_1', 'test.quote')).toEqual({ code: 'node.workload-failed' })
    expect(lines.join('')).not.toContain('ZHANG')
    expect(JSON.stringify([hub.seen, events])).not.toContain('ZHANG')
  })
})

describe('a hub that goes away', () => {
  test('mid-job finds the lease held when it is back, and gets the result', async () => {
    await start()
    await hub.offer('job_1', 'test.slow')
    await hub.stage('job_1', input)
    await hub.until(() => hub.seen.some((message) => message.type === 'progress' && message.stage === 'slow'))
    const old = hub
    await old.close()
    hub = await createTestHub({ port: old.port })
    hub.adopt(old)
    const hello = await hub.until(() => hub.find('hello'))
    expect(hello.holding).toEqual([{ jobId: 'job_1', epoch: 1 }])
    expect(await hub.outcome('job_1')).toHaveProperty('result')
  })

  test('before it took note of a result is told again', async () => {
    await start()
    hub.faults.dropOnReturned = true
    expect(await runJob('job_1', 'test.echo')).toHaveProperty('result')
    expect(hub.connections()).toBe(2)
  })
})

describe('a node that leaves', () => {
  test('drains: takes nothing new, lets the running job end, then goes', async () => {
    const { node } = await start({ slots: 2 })
    await hub.offer('job_1', 'test.slow')
    await hub.offer('job_2', 'test.echo')
    await hub.stage('job_1', input)
    await hub.until(() => hub.seen.some((message) => message.type === 'progress' && message.stage === 'slow'))
    const drained = node.drain()
    await hub.until(() => hub.find('drain'))
    expect(await hub.offer('job_3', 'test.echo')).toMatchObject({ type: 'decline', code: 'node.draining' })
    expect(await hub.until(() => hub.find('failed', 'job_2'))).toMatchObject({ code: 'node.draining' })
    expect(await hub.outcome('job_1')).toHaveProperty('result')
    await drained
    expect(hub.connected()).toBe(false)
    expect(await readdir(directory)).not.toContain('lock')
  })

  test('stops a job that does not end within the drain, and releases it', async () => {
    const { node } = await start({ drainMs: 200 })
    await hub.offer('job_1', 'test.hang')
    await hub.stage('job_1', input)
    await hub.until(() => hub.seen.some((message) => message.type === 'progress' && message.stage === 'hanging'))
    await node.drain()
    expect(await hub.outcome('job_1')).toEqual({ code: 'node.stopped' })
    expect(await scratchNames()).toEqual([])
  })
})
