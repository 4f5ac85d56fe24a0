import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { systemClock } from '@bithive/kernel/clock'
import { isDomainError } from '@bithive/kernel/errors'
import { createLog } from '@bithive/kernel/log'
import type { z } from 'zod'
import { ChildOptions } from './child-options.ts'
import { nodeErrors } from './errors.ts'
import type { NodeEvent } from './events.ts'
import { type NodeOptions, runNode } from './main.ts'

type ReadOptions = z.output<typeof ChildOptions>

const say = (event: NodeEvent) => process.stdout.write(`${JSON.stringify(event)}\n`)

async function readOptions(argument: string | undefined): Promise<ReadOptions> {
  let raw: unknown
  try {
    raw = JSON.parse(argument?.startsWith('@') ? await readFile(argument.slice(1), 'utf8') : (argument ?? ''))
  } catch {
    throw nodeErrors.error('bad-options', { path: argument?.startsWith('@') ? 'file' : 'argument' })
  }
  const parsed = ChildOptions.safeParse(raw)
  if (!parsed.success) throw nodeErrors.error('bad-options', { path: parsed.error.issues[0]?.path.join('.') ?? '' })
  return parsed.data
}

/** Resolves with the parent's first line; calls `onEnd` when the parent has gone. */
function readParent(onEnd: () => void): Promise<string> {
  return new Promise((resolve) => {
    const lines = createInterface({ input: process.stdin })
    lines.once('line', (line) => resolve(line.trim()))
    lines.once('close', () => {
      resolve('')
      onEnd()
    })
  })
}

async function readToken(options: ReadOptions, onParentGone: () => void): Promise<string | undefined> {
  const fromParent = options.parent ? await readParent(onParentGone) : ''
  if (fromParent !== '') return fromParent
  if (options.tokenFile === undefined) return undefined
  try {
    return (await readFile(options.tokenFile, 'utf8')).trim()
  } catch {
    throw nodeErrors.error('bad-options', { path: 'tokenFile' })
  }
}

/**
 * Runs one agent as this process: events as JSON lines on standard output, logs on standard error. The first SIGTERM
 * or SIGINT drains, the second stops at once, and so does the end of a parent.
 * @returns the exit status: 0 after a drain or stop, 1 after a failure, which is also the last event.
 */
export async function runChild(
  argument: string | undefined,
  extra: Pick<NodeOptions, 'workloads'> = {},
): Promise<number> {
  const stop = new AbortController()
  let drain: (() => Promise<void>) | undefined
  let signals = 0
  const onSignal = () => {
    signals++
    if (signals > 1 || !drain) stop.abort()
    else void drain()
  }
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal)
  try {
    const options = await readOptions(argument)
    const { hubUrl, directory, name, slots, floorPrice, sandbox, drainMs } = options
    const token = await readToken(options, () => stop.abort())
    const node = await runNode({
      ...{ hubUrl, directory, name, slots, floorPrice, sandbox },
      ...(token === undefined ? {} : { token }),
      ...(drainMs === undefined ? {} : { drainMs }),
      ...extra,
      log: createLog({ level: options.logLevel }),
      clock: systemClock,
      signal: stop.signal,
      report: say,
    })
    drain = node.drain
    await node.stopped
    return 0
  } catch (error) {
    const known = isDomainError(error) ? error : nodeErrors.error('sandbox-crashed', {}, error)
    say({ event: 'failed', code: known.code, zh: known.entry.zh.title, en: known.entry.en.title })
    return 1
  }
}
