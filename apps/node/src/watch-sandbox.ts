import { spawn } from 'node:child_process'
import type { Clock } from '@bithive/kernel/clock'
import type { DomainError } from '@bithive/kernel/errors'
import { z } from 'zod'
import { nodeErrors } from './errors.ts'
import type { Progress } from './sandbox.ts'

/** What the program inside may say, one JSON document a line. Anything else on its output is dropped unread. */
export const SandboxLine = z.union([
  z.strictObject({ stage: z.string().regex(/^[a-z0-9-]{1,64}$/), fraction: z.number().min(0).max(1) }),
  z.strictObject({ done: z.literal(true), cpuMs: z.int().min(0) }),
  z.strictObject({ failed: z.string().regex(/^[a-z0-9-]{1,32}\.[a-z0-9-]{1,31}$/) }),
])
export type SandboxLine = z.infer<typeof SandboxLine>

export type SandboxCommand = { readonly program: string; readonly args: readonly string[] }

type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly errorTail: string }

const LINE_LIMIT = 4_096
const PROGRESS_SPACING_MS = 100
const CODES = {
  'node.workload-altered': 'workload-altered',
  'node.workload-unknown': 'workload-unknown',
  'node.result-invalid': 'result-invalid',
  'node.result-too-large': 'result-too-large',
  'node.out-of-memory': 'out-of-memory',
  'node.onnx-missing': 'onnx-missing',
  'node.scratch-full': 'scratch-full',
} as const

/** Why the program ended without a word of its own: from its exit status, and from V8's last words. */
function explainEnd({ code, signal, errorTail }: Ended): DomainError {
  // A shell or bwrap reports a signal as 128 + number: 24 is SIGXCPU, 25 SIGXFSZ (signal(7), Linux).
  if (signal === 'SIGXCPU' || code === 152) return nodeErrors.error('sandbox-time-out', { limit: 'cpu' })
  if (signal === 'SIGXFSZ' || code === 153) return nodeErrors.error('result-too-large')
  if (/out of memory|allocation failed|bad_alloc/i.test(errorTail)) return nodeErrors.error('out-of-memory')
  return nodeErrors.error('sandbox-crashed', { status: code ?? signal ?? 'unknown' })
}

function saidFailure(code: string): DomainError {
  const known = CODES[code as keyof typeof CODES]
  return known ? nodeErrors.error(known) : nodeErrors.error('workload-failed', { code })
}

/** Splits output into lines; a longer line than the limit is dropped whole. */
function lineReader(onLine: (line: string) => void): (chunk: Buffer) => void {
  let rest = ''
  return (chunk) => {
    const lines = (rest + chunk.toString('utf8')).split('\n')
    rest = (lines.pop() ?? '').slice(0, LINE_LIMIT + 1)
    for (const line of lines) if (line.length <= LINE_LIMIT) onLine(line)
  }
}

function parseLine(line: string): SandboxLine | undefined {
  try {
    return SandboxLine.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}

/**
 * Starts the command with an empty environment, passes progress on (at most ten a second), and kills it at the wall
 * time or when the signal aborts. Its standard error is read for V8's last words only and never kept or logged.
 * @returns CPU time that the program measured, milliseconds. @throws as `Sandbox.run`.
 */
export async function watchSandbox(
  deps: { clock: Clock },
  command: SandboxCommand,
  watch: { wallMs: number; onProgress: Progress; signal: AbortSignal },
): Promise<{ cpuMs: number }> {
  if (watch.signal.aborted) throw nodeErrors.error('revoked')
  const child = spawn(command.program, command.args, { env: {}, cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {})
  let killedFor: DomainError | undefined
  let last: SandboxLine | undefined
  let lastProgressAt = Number.NEGATIVE_INFINITY
  let errorTail = ''
  const kill = (reason: DomainError) => {
    killedFor ??= reason
    child.kill('SIGKILL')
  }
  child.stderr.on('data', (chunk: Buffer) => {
    errorTail = (errorTail + chunk.toString('latin1')).slice(-8_192)
  })
  child.stdout.on(
    'data',
    lineReader((text) => {
      const line = parseLine(text)
      if (!line) return
      if (!('stage' in line)) last = line
      else if (deps.clock.now() - lastProgressAt >= PROGRESS_SPACING_MS) {
        lastProgressAt = deps.clock.now()
        watch.onProgress(line.stage, line.fraction)
      }
    }),
  )
  const timer = new AbortController()
  const onAbort = () => kill(nodeErrors.error('revoked'))
  watch.signal.addEventListener('abort', onAbort, { once: true })
  deps.clock
    .sleep(watch.wallMs, timer.signal)
    .then(() => kill(nodeErrors.error('sandbox-time-out', { limit: 'wall' })))
    .catch(() => {})
  const ended = await new Promise<Ended>((resolve) => {
    child.once('error', () => resolve({ code: null, signal: null, errorTail: '' }))
    child.once('close', (code, signal) => resolve({ code, signal, errorTail }))
  })
  timer.abort()
  watch.signal.removeEventListener('abort', onAbort)
  if (killedFor) throw killedFor
  if (last && 'failed' in last) throw saidFailure(last.failed)
  if (last && 'done' in last && ended.code === 0) return { cpuMs: last.cpuMs }
  throw explainEnd(ended)
}
