import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { systemClock } from '@bithive/kernel/clock'
import type { Log } from '@bithive/kernel/log'
import { createReceiver, RECEIVER_DEFAULTS, type Receiver, type ReceiverConfig } from './receiver.ts'

/** dcmtk's programs as peers, and a receiver of ours to meet them: for tests and the intake bench. */

export type Ran = { readonly status: number | null; readonly output: string }

/** Runs a program to its end without blocking, so that a receiver in this process can answer it. */
export function runProgram(program: string, args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: { ...process.env, TCP_NODELAY: '1', ...env } })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (output += chunk))
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, output }))
  })
}

/** A port that was free a moment ago, for programs that cannot choose one themselves. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

/** Starts dcmtk's storescp and waits until it answers C-ECHO. */
export async function startStorescp(directory: string): Promise<{ readonly port: number; readonly stop: () => void }> {
  const port = await freePort()
  const child: ChildProcess = spawn('storescp', ['+xa', '-od', directory, String(port)], {
    stdio: 'ignore',
    env: { ...process.env, TCP_NODELAY: '1' },
  })
  for (let attempt = 0; attempt < 100; attempt++) {
    const { status } = await runProgram('echoscu', ['127.0.0.1', String(port)])
    if (status === 0) return { port, stop: () => child.kill('SIGKILL') }
  }
  child.kill('SIGKILL')
  throw new Error('storescp did not start')
}

export type TestReceiver = Receiver & {
  readonly port: number
  readonly queued: string[]
  /** What the receiver logged, as one text. */
  readonly logged: () => string
  readonly target: {
    readonly host: string
    readonly port: number
    readonly callingAe: string
    readonly calledAe: string
  }
}

/** A receiver on a free port that knows one scanner, with what it queued and what it logged. */
export async function startTestReceiver(
  directory: string,
  config: Partial<ReceiverConfig> = {},
): Promise<TestReceiver> {
  const queued: string[] = []
  const lines: string[] = []
  const note = (facts: object, message: string) => lines.push(JSON.stringify({ ...facts, message }))
  const log: Log = { debug: note, info: note, warn: note, error: note, child: () => log }
  const receiver = createReceiver({
    config: {
      ...RECEIVER_DEFAULTS,
      minFreeBytes: 0,
      directory,
      peers: [{ aeTitle: 'SCANNER', addresses: ['127.0.0.1'] }],
      ...config,
    },
    log,
    clock: systemClock,
    onQueued: (names) => queued.push(...names),
  })
  const { port } = await receiver.start()
  const target = { host: '127.0.0.1', port, callingAe: 'SCANNER', calledAe: 'BITHIVE' }
  return { ...receiver, port, queued, logged: () => lines.join('\n'), target }
}

/** Arguments with which dcmtk's senders reach the receiver as the scanner that it knows. */
export function asScanner(port: number): string[] {
  return ['-aet', 'SCANNER', '-aec', 'BITHIVE', '127.0.0.1', String(port)]
}
