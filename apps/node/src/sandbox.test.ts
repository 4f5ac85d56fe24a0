import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WorkloadResult } from '@bithive/api/workload'
import { systemClock } from '@bithive/kernel/clock'
import { isDomainError } from '@bithive/kernel/errors'
import { sha256Hex } from '@bithive/kernel/ids'
import { wide } from '@bithive/kernel/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fixtureWorkload, tryConnect } from './fixtures/fixture-shelf.ts'
import type { Sandbox, SandboxLimits } from './sandbox.ts'
import { bubblewrapCommand, createBubblewrapSandbox } from './sandbox-bubblewrap.ts'
import { createProcessSandbox } from './sandbox-process.ts'

const entry = fileURLToPath(new URL('./fixtures/fixture-entry.ts', import.meta.url))
const bubblewrap = createBubblewrapSandbox({ clock: systemClock, entry })
const plainProcess = createProcessSandbox({
  clock: systemClock,
  entry,
  pinned: async (id) => fixtureWorkload(id).digest,
})
const limits: SandboxLimits = { wallMs: 30_000, cpuSeconds: 20, memoryMb: 128, resultBytes: 1_000_000 }

let parent = ''
let folder = ''
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'bithive-sandbox-'))
  folder = await mkdtemp(join(parent, 'job-'))
})
afterEach(() => rm(parent, { recursive: true, force: true }))

type Run = { sandbox: Sandbox; id: string; input?: string; limits?: Partial<SandboxLimits>; signal?: AbortSignal }

async function run(options: Run): Promise<{ result: WorkloadResult; cpuMs: number; stages: string[] }> {
  const { digest, version } = fixtureWorkload(options.id)
  const input = Buffer.from(options.input ?? 'input')
  const job = { workload: options.id, version, digest, inputSha256: sha256Hex(input) }
  await writeFile(join(folder, 'job.json'), JSON.stringify(job))
  await writeFile(join(folder, 'input.bundle'), input)
  await writeFile(join(folder, 'result.json'), '')
  const stages: string[] = []
  const { cpuMs } = await options.sandbox.run(
    {
      folder,
      workload: { id: options.id, version, digest },
      runtime: 'ts-kernel',
      limits: { ...limits, ...options.limits },
    },
    (stage) => stages.push(stage),
    options.signal ?? new AbortController().signal,
  )
  return {
    result: WorkloadResult.parse(JSON.parse(await readFile(join(folder, 'result.json'), 'utf8'))),
    cpuMs,
    stages,
  }
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error) => (isDomainError(error) ? error.code : String(error)),
  )

async function listen(): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((socket) => socket.end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return { port, close: () => new Promise((resolve) => server.close(() => resolve())) }
}

function suite(name: string, sandbox: Sandbox, its: typeof test): void {
  describe(`the ${name} sandbox`, () => {
    its('runs a workload, passes its stages on and measures its CPU time', async () => {
      const { result, cpuMs, stages } = await run({ sandbox, id: 'test.echo', input: 'twelve bytes' })
      expect(result).toMatchObject({ workload: 'test.echo', facts: { note: 'echo' } })
      expect(result.measurements[0]?.value).toBe(12)
      expect(stages).toEqual(['reading'])
      expect(cpuMs).toBeGreaterThan(0)
    })

    its('stops a program at its wall time', async () => {
      const startedAt = performance.now()
      const code = await codeOf(run({ sandbox, id: 'test.hang', limits: { wallMs: 1_000 } }))
      expect(code).toBe('node.sandbox-time-out')
      expect(performance.now() - startedAt).toBeLessThan(8_000)
    })

    its('stops a program at its CPU time', async () => {
      expect(await codeOf(run({ sandbox, id: 'test.spin', limits: { cpuSeconds: 1 } }))).toBe('node.sandbox-time-out')
    })

    its('stops a program that takes more memory than it may, in buffers or on the heap', async () => {
      expect(await codeOf(run({ sandbox, id: 'test.hog-memory' }))).toBe('node.out-of-memory')
      expect(await codeOf(run({ sandbox, id: 'test.hog-heap' }))).toBe('node.out-of-memory')
    })

    its('names a crash, a refusal, garbage and a result that is too large', async () => {
      const codes: Record<string, string> = {}
      for (const id of ['test.crash', 'test.fail', 'test.garbage', 'test.other-input', 'test.large']) {
        codes[id] = await codeOf(run({ sandbox, id }))
      }
      expect(codes).toEqual({
        'test.crash': 'node.sandbox-crashed',
        'test.fail': 'node.workload-failed',
        'test.garbage': 'node.result-invalid',
        'test.other-input': 'node.result-invalid',
        'test.large': 'node.result-too-large',
      })
    })

    its('kills the program when the lease is revoked', async () => {
      const revoke = new AbortController()
      const stopped = codeOf(sandbox.run(await taskOf('test.hang'), () => revoke.abort(), revoke.signal))
      expect(await stopped).toBe('node.revoked')
    })

    its('gives the program an empty environment, its own folder to read and only the result to write', async () => {
      await writeFile(join(parent, 'secret'), 'secret')
      const inside = sandbox.facts.isolatesFiles ? '/job' : folder
      const input = JSON.stringify({ secret: join(parent, 'secret'), folder: inside })
      const { result } = await run({ sandbox, id: 'test.files', input })
      expect(result.facts).toEqual({
        secret: 'ERR_ACCESS_DENIED',
        passwd: 'ERR_ACCESS_DENIED',
        root: 'ERR_ACCESS_DENIED',
        writeInput: 'ERR_ACCESS_DENIED',
        writeBeside: 'ERR_ACCESS_DENIED',
        writeTmp: 'ERR_ACCESS_DENIED',
        spawn: 'ERR_ACCESS_DENIED',
        env: 'empty',
      })
    })
  })
}

async function taskOf(id: string) {
  const { digest, version } = fixtureWorkload(id)
  const job = { workload: id, version, digest, inputSha256: sha256Hex('') }
  await writeFile(join(folder, 'job.json'), JSON.stringify(job))
  await writeFile(join(folder, 'input.bundle'), '')
  await writeFile(join(folder, 'result.json'), '')
  return { folder, workload: { id, version, digest }, runtime: 'ts-kernel' as const, limits }
}

const withBubblewrap = wide('bubblewrap', ['bwrap'])
suite('process', plainProcess, test)
suite('bubblewrap', bubblewrap, withBubblewrap)

describe('under bubblewrap', () => {
  withBubblewrap('a program reaches no address at all, while a control outside reaches the same server', async () => {
    const server = await listen()
    const control = await tryConnect('127.0.0.1', server.port)
    const addresses = [
      ['127.0.0.1', server.port],
      ['10.0.0.1', 80],
      ['169.254.169.254', 80],
      ['192.168.0.1', 80],
    ]
    const input = JSON.stringify({ addresses, name: 'example.org' })
    const { result } = await run({ sandbox: bubblewrap, id: 'test.network', input })
    await server.close()
    expect(control.outcome).toBe('open')
    expect(result.facts).toMatchObject({
      '127.0.0.1': 'ECONNREFUSED',
      '10.0.0.1': 'ENETUNREACH',
      '169.254.169.254': 'ENETUNREACH',
      '192.168.0.1': 'ENETUNREACH',
      dns: expect.stringMatching(/^(EAI_AGAIN|ENOTFOUND)$/),
      outside: 0,
    })
    const waits = Object.entries(result.facts).filter(([name]) => name.endsWith(' ms'))
    expect(waits).toHaveLength(5)
    for (const [, ms] of waits) expect(ms).toBeLessThan(2_000)
  })
})

describe('the process sandbox, which is no wall', () => {
  test('says that it isolates neither network nor files', async () => {
    expect(plainProcess.facts).toEqual({ kind: 'process', isolatesNetwork: false, isolatesFiles: false })
    expect(plainProcess.statement.en).toContain('isolates neither network nor files')
    expect(plainProcess.statement.zh).toContain('不隔离网络，也不隔离文件')
  })

  test('lets a program reach the network, so the probe of the bubblewrap test can tell the difference', async () => {
    const server = await listen()
    const input = JSON.stringify({ addresses: [['127.0.0.1', server.port]] })
    const { result } = await run({ sandbox: plainProcess, id: 'test.network', input })
    await server.close()
    expect(result.facts['127.0.0.1']).toBe('open')
  })

  test('refuses a program that the agent does not carry, and one whose digest differs', async () => {
    const strict = (digest: string | undefined) =>
      createProcessSandbox({ clock: systemClock, entry, pinned: async () => digest })
    expect(await codeOf(run({ sandbox: strict(undefined), id: 'test.echo' }))).toBe('node.sandbox-refused')
    expect(await codeOf(run({ sandbox: strict('0'.repeat(64)), id: 'test.echo' }))).toBe('node.sandbox-refused')
  })
})

test('the code of an installation below the temporary folder is shown over the empty one, not hidden by it', () => {
  const task = { folder, workload: { id: 'x', version: '1.0.0', digest: '' }, runtime: 'ts-kernel' as const, limits }
  const { args } = bubblewrapCommand(entry, task)
  expect(args.indexOf('--tmpfs')).toBeGreaterThan(-1)
  expect(args.indexOf('--tmpfs')).toBeLessThan(args.indexOf('--ro-bind'))
})
