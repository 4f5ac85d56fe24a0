import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../apps/bithive/src/main.ts', import.meta.url))

export type RunningHouse = {
  readonly pid: number
  /** Every line of standard error so far. */
  readonly lines: readonly string[]
  readonly output: () => string
  /** Resolves with the first line, past or future, that matches. Rejects when the process ends without it. */
  readonly line: (pattern: RegExp) => Promise<string>
  readonly signal: (signal: NodeJS.Signals) => void
  /** Resolves with the exit status; `null` when a signal ended it. */
  readonly ended: Promise<number | null>
}

/** The environment of a stranger: no setting of the machine that runs the tests gets in. */
export function houseEnvironment(directory: string, extra: Readonly<Record<string, string>> = {}) {
  const { PATH = '', HOME = '', TMPDIR = '' } = process.env
  const ports = { BITHIVE_PORT: '0', BITHIVE_DICOM_PORT: '0' }
  return {
    PATH,
    HOME,
    ...(TMPDIR ? { TMPDIR } : {}),
    BITHIVE_DATA_DIR: directory,
    BITHIVE_LANG: 'en',
    ...ports,
    ...extra,
  }
}

/** Runs one command line as a process of its own. */
export function runBithive(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  nodeOptions: readonly string[] = [],
): RunningHouse {
  const child: ChildProcess = spawn(process.execPath, [...nodeOptions, MAIN, ...words], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const waiting = new Set<() => void>()
  let output = ''
  let over = false
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
    lines.push(line)
    for (const look of waiting) look()
  })
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      over = true
      for (const look of waiting) look()
      resolve(code)
    })
  })
  return {
    pid: child.pid as number,
    lines,
    output: () => output,
    line: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find((line) => pattern.test(line))
          if (found === undefined && !over) return
          waiting.delete(look)
          if (found !== undefined) resolve(found)
          else reject(new Error(`ended without a line like ${pattern}:\n${lines.slice(-40).join('\n')}`))
        }
        waiting.add(look)
        look()
      }),
    signal: (signal) => void child.kill(signal),
    ended,
  }
}

/** Runs to the end and reads its one JSON document. */
export async function runToEnd(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  nodeOptions: readonly string[] = [],
) {
  const house = runBithive(words, env, nodeOptions)
  const status = await house.ended
  const text = house.output()
  if (status !== 0) throw new Error(`exit ${status}\n${house.lines.slice(-60).join('\n')}\n${text}`)
  return { status, text, document: JSON.parse(text) as Record<string, unknown>, lines: house.lines }
}

/** A data folder that is gone after the test, whatever became of it. */
export async function temporaryFolder(): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'bithive-e2e-'))
  // Run by root, PostgreSQL is another user, who must pass through.
  await chmod(path, 0o711)
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) }
}
