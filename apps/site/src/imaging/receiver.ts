import { Worker as Thread } from 'node:worker_threads'
import type { Clock } from '@bithive/kernel/clock'
import type { Log } from '@bithive/kernel/log'
import { imagingErrors } from './errors.ts'

/** A device or archive that may send: its AE title and the addresses it calls from ('*' for any). */
export type DicomPeer = { readonly aeTitle: string; readonly addresses: readonly string[] }

export type ReceiverConfig = {
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  readonly aeTitle: string
  readonly peers: readonly DicomPeer[]
  /** Holds the folders queued and quarantine. */
  readonly directory: string
  readonly maxPduBytes: number
  readonly maxObjectBytes: number
  readonly maxElements: number
  readonly maxDepth: number
  readonly maxAssociations: number
  readonly idleTimeoutMs: number
  /** Below this much free disk, C-STORE answers A700 (out of resources). */
  readonly minFreeBytes: number
}

/** Loopback, no peer allowed yet, and bounds that a busy hospital scanner stays below. */
export const RECEIVER_DEFAULTS = {
  host: '127.0.0.1',
  port: 0,
  aeTitle: 'BITHIVE',
  peers: [],
  maxPduBytes: 262_144,
  maxObjectBytes: 536_870_912,
  maxElements: 500_000,
  maxDepth: 16,
  maxAssociations: 16,
  idleTimeoutMs: 60_000,
  minFreeBytes: 268_435_456,
} as const satisfies Omit<ReceiverConfig, 'directory'>

/** What the receiver's thread tells. Nothing here comes from a file. */
export type ReceiverMessage =
  | { readonly type: 'listening'; readonly port: number }
  /** Acknowledged and durable: files of the queue. */
  | { readonly type: 'queued'; readonly names: readonly string[] }
  | { readonly type: 'not-stored'; readonly status: number; readonly reason: string }
  /** An association was refused, with the reason of PS3.8 section 9.3.4. */
  | { readonly type: 'refused'; readonly reason: number }
  | { readonly type: 'failed'; readonly code: string }
  /** Somebody called: an AE title and an address, or `?` for what is neither. */
  | {
      readonly type: 'heard'
      readonly act: 'echo' | 'store' | 'refused'
      readonly aeTitle: string
      readonly address: string
    }

export type ReceiverDeps = {
  readonly config: ReceiverConfig
  readonly log: Log
  readonly clock: Clock
  /** Called some time after files were acknowledged; losing a call loses nothing, the queue is driven again. */
  readonly onQueued: (names: readonly string[]) => void
  /** Called for each caller that was heard: for whoever connects a device and watches. */
  readonly onHeard?: (heard: Extract<ReceiverMessage, { type: 'heard' }>) => void
}

export type Receiver = {
  /** Resolves with the port once associations are accepted. @throws imaging.port-unavailable */
  readonly start: () => Promise<{ readonly port: number }>
  readonly stop: () => Promise<void>
}

/** Milliseconds before a thread that died is started again, doubled up to 64 times. */
const RESTART_MS = 250

/** How long a thread may take to close its connections before it is ended. */
const STOP_MS = 2_000

/**
 * The DICOM receiver (C-ECHO, C-STORE) in a thread of its own. An image is acknowledged only when its bytes are on
 * disk (synced, in a folder that was synced) in the queue; registering it follows and is driven again after a kill.
 */
export function createReceiver(deps: ReceiverDeps): Receiver {
  const { log, clock, onQueued } = deps
  let thread: Thread | undefined
  let port = deps.config.port
  const stopping = new AbortController()
  let wasUp = false
  let failures = 0

  const launch = (): Promise<{ port: number }> =>
    new Promise((resolve, reject) => {
      const started = new Thread(new URL('./receiver-worker.ts', import.meta.url), {
        workerData: { ...deps.config, port },
        // What a library prints may quote a patient: these streams are read and dropped.
        stdout: true,
        stderr: true,
      })
      thread = started
      started.stdout.resume()
      started.stderr.resume()
      started.on('message', (message: ReceiverMessage) => {
        if (message.type === 'listening') {
          failures = 0
          wasUp = true
          port = message.port
          resolve({ port })
        } else if (message.type === 'failed') {
          reject(imagingErrors.error('port-unavailable', { port: deps.config.port, system: message.code }))
        } else if (message.type === 'queued') onQueued(message.names)
        else if (message.type === 'heard') deps.onHeard?.(message)
        else log.warn(message, 'DICOM request not accepted')
      })
      started.on('error', (error: NodeJS.ErrnoException) => {
        log.error({ code: error.code ?? error.name }, 'DICOM receiver thread failed')
      })
      started.on('exit', () => {
        reject(new Error('the DICOM receiver thread ended'))
        if (wasUp && !stopping.signal.aborted) void relaunch()
      })
    })

  const relaunch = async () => {
    failures += 1
    try {
      await clock.sleep(RESTART_MS * 2 ** Math.min(failures, 6), stopping.signal)
      await launch()
    } catch {
      // The exit of the thread that did not come up starts the next attempt.
    }
  }

  return {
    start: launch,
    stop: async () => {
      stopping.abort()
      const running = thread
      if (!running) return
      const ended = new Promise<void>((resolve) => running.once('exit', () => resolve()))
      if (running.threadId === -1) return
      running.postMessage('stop')
      const late = clock.sleep(STOP_MS).catch(() => {})
      await Promise.race([ended, late])
      await running.terminate()
    },
  }
}
