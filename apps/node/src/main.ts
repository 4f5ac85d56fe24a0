import { resolve } from 'node:path'
import type { NodeFacts } from '@bithive/api/compute'
import type { Clock } from '@bithive/kernel/clock'
import type { Log } from '@bithive/kernel/log'
import { type Randomness, systemRandomness } from '@bithive/kernel/randomness'
import { createAgent } from './agent.ts'
import { bundledShelf } from './bundled-shelf.ts'
import { createConnection } from './connection.ts'
import { nodeErrors } from './errors.ts'
import type { Report } from './events.ts'
import { lockFolder } from './folder-lock.ts'
import { type HubAddress, parseHubAddress } from './hub-address.ts'
import { joinHub } from './join-hub.ts'
import { loadKeys, loadState, type NodeKeys, type NodeState, openDirectory, saveState } from './keys.ts'
import { measureHardware } from './measure-hardware.ts'
import { type OpenedSandbox, openSandbox } from './open-sandbox.ts'
import { runLease } from './run-lease.ts'
import { openScratch, type Scratch, type Wiped } from './scratch.ts'
import { createTransfer } from './transfer.ts'
import type { WorkloadShelf } from './workload-shelf.ts'

export type { NodeEvent, Report } from './events.ts'

export type NodeOptions = {
  /** Base address of the hub, without `/hub/v1`: https, or http on this machine. */
  readonly hubUrl: string
  /** One-time token, needed until the node has joined. */
  readonly token?: string
  /** The node's own folder, made with mode 0700: keys, state, scratch. */
  readonly directory: string
  readonly name: string
  /** Jobs at once. */
  readonly slots: number
  /** Least price for one reference-core second, decimal, in the operator's accounting currency. */
  readonly floorPrice: string
  readonly sandbox: 'auto' | 'bubblewrap' | 'process'
  readonly log: Log
  readonly clock: Clock
  /** Aborting it stops the node at once: what runs is killed, its leases are released, its scratch is wiped. */
  readonly signal: AbortSignal
  readonly report?: Report
  readonly randomness?: Randomness
  readonly maxInputBytes?: number
  /** How long a drain waits for running jobs. */
  readonly drainMs?: number
  /** Other workloads and the program that runs them inside the sandbox; for tests. */
  readonly workloads?: { readonly shelf: WorkloadShelf; readonly entry: string }
}

export type RunningNode = {
  readonly nodeId: string
  /** Takes nothing new, lets running jobs end (at most `drainMs`), then leaves. */
  readonly drain: () => Promise<void>
  /** Settles when the node has left: resolves after a drain or stop, rejects with node.refused. */
  readonly stopped: Promise<void>
}

const MAX_INPUT_BYTES = 1_100_000_000
const DRAIN_MS = 600_000

/**
 * Starts a compute agent: 1 folder, lock, keys; 2 leftovers wiped; 3 sandbox tried; 4 hardware measured; 5 joined, at
 * the first start; 6 connected, and kept so.
 * @throws node.hub-not-secure, node.already-running, node.keys-exposed, node.keys-unreadable, node.sandbox-missing,
 * node.no-token, node.join-refused, node.hub-unreachable, node.bad-options, node.stopped
 */
export async function runNode(options: NodeOptions): Promise<RunningNode> {
  const hub = parseHubAddress(options.hubUrl)
  const directory = resolve(options.directory)
  await openDirectory(directory)
  const unlock = await lockFolder(directory)
  try {
    return await start(options, hub, directory, unlock)
  } catch (error) {
    await unlock()
    throw error
  }
}

type Prepared = {
  readonly directory: string
  readonly log: Log
  readonly report: Report
  readonly randomness: Randomness
  readonly shelf: WorkloadShelf
  readonly keys: NodeKeys
  readonly scratch: Scratch
  readonly opened: OpenedSandbox
  readonly facts: NodeFacts
  readonly onWiped: (wiped: Wiped) => void
}

/** 1 to 4: everything that needs no hub. */
async function prepare(options: NodeOptions, directory: string): Promise<Prepared> {
  const { clock } = options
  const randomness = options.randomness ?? systemRandomness
  const report: Report = options.report ?? (() => {})
  const log = options.log.child({ node: options.name })
  const shelf = options.workloads?.shelf ?? bundledShelf
  const keys = await loadKeys(directory)
  const scratch = await openScratch({ directory, randomness })
  const onWiped = (wiped: Wiped) =>
    report({ event: 'wiped', files: wiped.files, bytes: wiped.bytes, left: wiped.left.length })
  const leftovers = await scratch.wipeLeftovers()
  if (leftovers.files > 0) {
    log.warn({ files: leftovers.files }, 'files of an agent that was killed were wiped')
    onWiped(leftovers)
  }
  const pinned = async (id: string, version: string) =>
    (await shelf.list()).find((workload) => workload.id === id && workload.version === version)?.digest
  const entry = options.workloads ? { entry: options.workloads.entry } : {}
  const opened = await openSandbox({ kind: options.sandbox, scratch, clock, log, pinned, ...entry })
  report({ event: 'started', sandbox: opened.sandbox.facts.kind, statement: opened.sandbox.statement })
  if (!opened.onnx) log.info({}, 'onnxruntime-node does not load here, so onnx workloads are not offered')
  const facts = await measureHardware({ clock, scratch, opened, shelf })
  return { directory, log, report, randomness, shelf, keys, scratch, opened, facts, onWiped }
}

/** 5: what the hub calls this node, asked for once. */
async function joinOnce(options: NodeOptions, hub: HubAddress, prepared: Prepared): Promise<NodeState> {
  const { directory, keys, randomness, facts, report } = prepared
  const known = await loadState(directory)
  if (known) return known
  if (options.token === undefined) throw nodeErrors.error('no-token')
  const { name, slots, floorPrice, token, clock, signal } = options
  const joined = await joinHub({ hub, keys, clock, randomness, signal }, { token, name, slots, floorPrice, facts })
  await saveState(directory, joined)
  report({ event: 'joined', nodeId: joined.nodeId })
  return joined
}

/** Agent and connection need each other: what the agent says goes out over the connection. */
function wire(options: NodeOptions, hub: HubAddress, prepared: Prepared, nodeId: string) {
  const { clock } = options
  const { keys, scratch, opened, shelf, log, report, randomness, onWiped } = prepared
  const maxInputBytes = options.maxInputBytes ?? MAX_INPUT_BYTES
  const transfer = createTransfer({ hub, clock, randomness })
  const leaseDeps = { nodeId, keys, transfer, scratch, sandbox: opened.sandbox, clock, maxInputBytes, onWiped }
  const agent = createAgent({
    slots: options.slots,
    shelf,
    offers: (runtime) => runtime !== 'onnx' || opened.onnx,
    run: (workload, begin, onProgress, signal) => runLease(leaseDeps, workload, begin, onProgress, signal),
    send: (message) => connection.send(message),
    clock,
    log,
    report,
  })
  const connection = createConnection({
    socketUrl: hub.socket,
    nodeId,
    signKeys: keys.sign,
    facts: async () => ({ ...prepared.facts, scratchFreeMb: await scratch.freeMb() }),
    holding: agent.holding,
    running: agent.running,
    isDraining: agent.isDraining,
    onWelcome: () => {
      log.info({ nodeId }, 'connected to the hub')
      agent.resume()
      report({ event: 'ready', nodeId, onnx: opened.onnx })
    },
    onMessage: agent.handle,
    onDown: () => report({ event: 'disconnected' }),
    clock,
    randomness,
    log,
  })
  return { agent, connection }
}

async function start(
  options: NodeOptions,
  hub: HubAddress,
  directory: string,
  unlock: () => Promise<void>,
): Promise<RunningNode> {
  const prepared = await prepare(options, directory)
  const { nodeId } = await joinOnce(options, hub, prepared)
  const { agent, connection } = wire(options, hub, prepared, nodeId)
  const { log, report } = prepared

  // 6 The connection outlives the wish to stop: leases are released over it first.
  const leave = new AbortController()
  let stopping: Promise<void> | undefined
  const stop = () => {
    stopping ??= agent.stop().finally(() => leave.abort())
    return stopping
  }
  options.signal.addEventListener('abort', () => void stop(), { once: true })
  if (options.signal.aborted) void stop()
  const stopped = connection.run(leave.signal).finally(async () => {
    await stop()
    await unlock()
    report({ event: 'stopped' })
  })
  stopped.catch((error) => log.error({ err: error }, 'the node has stopped'))

  let draining: Promise<void> | undefined
  const drain = async () => {
    const ended = new AbortController()
    const limitMs = options.drainMs ?? DRAIN_MS
    const limit = options.clock.sleep(limitMs, AbortSignal.any([ended.signal, leave.signal])).catch(() => {})
    await Promise.race([agent.drain(), limit])
    ended.abort()
    await stop()
    await stopped
  }
  return {
    nodeId,
    drain: () => {
      draining ??= drain()
      return draining
    },
    stopped,
  }
}
