import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@bithive/kernel/clock'
import type { NodeEvent } from '@bithive/node'
import type { House } from '../house/open-house.ts'
import { SAMPLE_NODES, type SampleNode } from './organisations.ts'
import { type PreparedSample, sampleActor } from './prepare-sample.ts'

export type SampleNodes = {
  /** Resolves when every node is connected to the hub. Rejects when one cannot start. */
  readonly ready: () => Promise<void>
  /** Process numbers by key, for those who want to see what happens when one is killed. */
  readonly pids: () => Readonly<Record<string, number>>
  /** The first signal drains, and the end of standard input stops what is left. */
  readonly stop: () => Promise<void>
}

const CHILD = fileURLToPath(import.meta.resolve('@bithive/node/child'))
const RESTART_MS = 1_000
const MOST_RESTARTS = 10

type Running = { child: ChildProcess; ready: Promise<void>; ended: Promise<number | null> }

/** Starts one agent as a child. The token goes over standard input: arguments can be seen by other users. */
function startChild(options: object, token: string, onEvent: (event: NodeEvent) => void): Running {
  const child = spawn(process.execPath, [CHILD, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // Ctrl-C reaches the whole group of a terminal; the children are stopped by us, in order.
    detached: process.platform !== 'win32',
  })
  child.stdin?.on('error', () => {})
  child.stdin?.write(`${token}\n`)
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const ready = new Promise<void>((resolve, reject) => {
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
    lines.on('line', (line) => {
      let event: NodeEvent
      try {
        event = JSON.parse(line) as NodeEvent
      } catch {
        return
      }
      if (event.event === 'ready') resolve()
      if (event.event === 'failed') reject(new Error(event.code))
      onEvent(event)
    })
    void ended.then(() => reject(new Error('node.ended')))
  })
  // Whoever waits sees the rejection; nobody waiting must not end the process.
  ready.catch(() => {})
  return { child, ready, ended }
}

/** Runs the three sample nodes as processes of their own, and starts one again that was killed. */
export async function startSampleNodes(deps: {
  readonly house: House
  readonly sample: PreparedSample
  readonly logLevel: string
  readonly onEvent: (node: SampleNode, event: NodeEvent) => void
}): Promise<SampleNodes> {
  const { house, sample } = deps
  const running = new Map<string, Running>()
  let stopping = false

  const launch = async (node: SampleNode, restarts: number): Promise<void> => {
    const orgId = sample.orgIdOf(node.organisation)
    const { token } = await house.hub.compute.issueJoinToken(sampleActor(orgId, 'node-operator'), {
      ownerKind: node.ownerKind,
      region: node.region,
      jurisdiction: house.rules.jurisdiction,
      trusted: node.trusted,
      ttlMs: 3_600_000,
    })
    const options = {
      hubUrl: house.url,
      directory: join(house.directory, 'nodes', node.key),
      name: node.name,
      slots: 1,
      floorPrice: node.floorPrice,
      parent: true,
      logLevel: deps.logLevel,
    }
    const started = startChild(options, token, (event) => deps.onEvent(node, event))
    running.set(node.key, started)
    void started.ended.then(async () => {
      if (stopping || restarts >= MOST_RESTARTS) return
      await systemClock.sleep(RESTART_MS)
      if (!stopping) await launch(node, restarts + 1)
    })
  }
  for (const node of SAMPLE_NODES) await launch(node, 0)
  return {
    ready: async () => {
      await Promise.all([...running.values()].map((one) => one.ready))
    },
    pids: () => Object.fromEntries([...running].map(([key, { child }]) => [key, child.pid ?? 0])),
    stop: async () => {
      stopping = true
      for (const { child } of running.values()) child.stdin?.end()
      await Promise.all([...running.values()].map((one) => one.ended))
    },
  }
}
