import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '@bithive/kernel/clock'
import type { Log } from '@bithive/kernel/log'
import { z } from 'zod'
import { nodeErrors } from './errors.ts'
import type { Sandbox, SandboxTask } from './sandbox.ts'
import { bubblewrapCommand, createBubblewrapSandbox } from './sandbox-bubblewrap.ts'
import { createProcessSandbox, processCommand } from './sandbox-process.ts'
import type { Scratch } from './scratch.ts'
import { type SandboxCommand, watchSandbox } from './watch-sandbox.ts'

const Seen = z.strictObject({
  reachedHost: z.boolean(),
  otherInterfaces: z.int(),
  sawBeside: z.boolean(),
  onnx: z.boolean(),
})
export type TrialSeen = z.infer<typeof Seen>

const TRIAL_LIMITS = { wallMs: 20_000, cpuSeconds: 15, memoryMb: 256, resultBytes: 65_536 }
const trialEntry = fileURLToPath(new URL('./sandbox-trial.ts', import.meta.url))

type CommandFor = (entry: string, task: SandboxTask, trial: boolean) => SandboxCommand

/** A server on the host's loopback that a program inside a sandbox must not reach. */
async function withServer<T>(run: (port: number) => Promise<T>): Promise<T> {
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    return await run((server.address() as { port: number }).port)
  } finally {
    server.close()
  }
}

/**
 * Runs the trial program behind the very command line that jobs get, but with Node's own file rules off, so that what
 * is measured are the walls outside Node. @returns what it saw, or undefined when it could not run at all.
 */
export async function trySandbox(
  deps: { scratch: Scratch; clock: Clock },
  commandFor: CommandFor,
): Promise<TrialSeen | undefined> {
  const folder = await deps.scratch.create()
  try {
    return await withServer(async (port) => {
      await writeFile(join(folder, 'job.json'), JSON.stringify({ port, beside: dirname(folder) }), { mode: 0o600 })
      await writeFile(join(folder, 'result.json'), '', { mode: 0o600 })
      const workload = { id: 'trial', version: '0.0.0', digest: '' }
      const task: SandboxTask = { folder, workload, runtime: 'ts-kernel', limits: TRIAL_LIMITS }
      const watch = { wallMs: TRIAL_LIMITS.wallMs, onProgress: () => {}, signal: new AbortController().signal }
      await watchSandbox(deps, commandFor(trialEntry, task, true), watch)
      return Seen.parse(JSON.parse(await readFile(join(folder, 'result.json'), 'utf8')))
    })
  } catch {
    return undefined
  } finally {
    await deps.scratch.wipe(folder)
  }
}

/** True when the trial ran and met every wall that the sandbox claims. */
const isWalled = (seen: TrialSeen | undefined): seen is TrialSeen =>
  seen !== undefined && !seen.reachedHost && seen.otherInterfaces === 0 && !seen.sawBeside

export type OpenedSandbox = {
  readonly sandbox: Sandbox
  /** True when onnxruntime-node loaded inside this sandbox. */
  readonly onnx: boolean
}

/**
 * Chooses by a trial run, not by whether a program is installed: user namespaces may be switched off, for root or for
 * others. `auto` takes bubblewrap when it holds and otherwise the process sandbox, and says which.
 * @throws node.sandbox-missing when the one asked for does not work here.
 */
export async function openSandbox(deps: {
  kind: 'auto' | 'bubblewrap' | 'process'
  scratch: Scratch
  clock: Clock
  log: Log
  pinned: (id: string, version: string) => Promise<string | undefined>
  entry?: string
  /** Tests give commands that fail, to see the fallback. */
  bubblewrapCommand?: CommandFor
}): Promise<OpenedSandbox> {
  const entry = deps.entry === undefined ? {} : { entry: deps.entry }
  const opened = (sandbox: Sandbox, onnx: boolean): OpenedSandbox => {
    deps.log.info({ ...sandbox.facts, statement: sandbox.statement.en }, sandbox.statement.zh)
    return { sandbox, onnx }
  }
  if (deps.kind !== 'process') {
    const seen = await trySandbox(deps, deps.bubblewrapCommand ?? bubblewrapCommand)
    if (isWalled(seen)) return opened(createBubblewrapSandbox({ clock: deps.clock, ...entry }), seen.onnx)
    if (deps.kind === 'bubblewrap') throw nodeErrors.error('sandbox-missing', { sandbox: 'bubblewrap' })
    deps.log.warn({ ran: seen !== undefined }, 'bubblewrap does not hold on this machine, the process sandbox is used')
  }
  const seen = await trySandbox(deps, processCommand)
  if (!seen) throw nodeErrors.error('sandbox-missing', { sandbox: 'process' })
  return opened(createProcessSandbox({ clock: deps.clock, pinned: deps.pinned, ...entry }), seen.onnx)
}
