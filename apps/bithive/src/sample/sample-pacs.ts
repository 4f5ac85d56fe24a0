import { mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '@bithive/kernel/clock'
import type { Log } from '@bithive/kernel/log'
import type { DicomTarget } from '@bithive/site/dicom-sender'
import { createReceiver, RECEIVER_DEFAULTS } from '@bithive/site/receiver'

export type SamplePacs = {
  readonly target: DicomTarget
  /** How many objects the archive holds. */
  readonly received: () => Promise<number>
  readonly stop: () => Promise<void>
}

const LOOPBACK = ['127.0.0.1', '::1', '::ffff:127.0.0.1']

/** The sample hospital's archive: a real DICOM receiver on this machine that keeps what it is sent. */
export async function startSamplePacs(deps: { readonly directory: string; readonly log: Log }): Promise<SamplePacs> {
  await mkdir(deps.directory, { recursive: true, mode: 0o700 })
  const queued = join(deps.directory, 'queued')
  const receiver = createReceiver({
    config: {
      ...RECEIVER_DEFAULTS,
      aeTitle: 'SAMPLEPACS',
      peers: [{ aeTitle: 'BITHIVE', addresses: LOOPBACK }],
      directory: deps.directory,
    },
    log: deps.log,
    clock: systemClock,
    onQueued: () => {},
  })
  const { port } = await receiver.start()
  return {
    target: { host: '127.0.0.1', port, callingAe: 'BITHIVE', calledAe: 'SAMPLEPACS' },
    // The receiver keeps empty files ready for what comes next; an object is one that holds something.
    received: async () => {
      const names = await readdir(queued).catch(() => [])
      const sizes = await Promise.all(names.map((name) => stat(join(queued, name)).then(({ size }) => size)))
      return sizes.filter((size) => size > 0).length
    },
    stop: receiver.stop,
  }
}
