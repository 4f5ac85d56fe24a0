import { join } from 'node:path'
import { createFileBlobs } from '@bithive/kernel/blobs'
import type { Clock } from '@bithive/kernel/clock'
import { migrate, openDatabase } from '@bithive/kernel/database'
import { createIds } from '@bithive/kernel/ids'
import type { Log } from '@bithive/kernel/log'
import type { Metrics } from '@bithive/kernel/metrics'
import type { Randomness } from '@bithive/kernel/randomness'
import { createSecrets } from '@bithive/kernel/secrets'
import { startWorkers } from '@bithive/kernel/worker'
import { createSiteApp, type SiteApp, type SiteDeps, siteMigrations } from './app.ts'
import type { DicomPeer } from './imaging/index.ts'

export { type SiteApp, siteMigrations } from './app.ts'
export { identifierErrors } from './identifiers/index.ts'
export type { DicomPeer } from './imaging/index.ts'
export { echoPeer, imagingErrors } from './imaging/index.ts'
export { orderErrors } from './orders/index.ts'

export type StartSite = Pick<SiteDeps, 'organisation' | 'baseUrl' | 'hub' | 'pacs' | 'version'> & {
  /** URL of an owner of the database server. */
  readonly databaseUrl: string
  /** Data folder of the site: blobs, secrets, incoming images. */
  readonly directory: string
  readonly dicom: {
    readonly host: string
    readonly port: number
    readonly aeTitle: string
    readonly peers: readonly DicomPeer[]
  }
  readonly trustedOrigins?: readonly string[]
  readonly trustedProxies?: readonly string[]
  readonly clock: Clock
  readonly randomness: Randomness
  readonly log: Log
  readonly metrics: Metrics
}

export type RunningSite = SiteApp & { readonly dicomPort: number; readonly stop: () => Promise<void> }

const MIB = 1024 * 1024
/** A series arrives image by image; this long without one, it is taken as whole. */
const QUIET_MS = 2_000

/** Starts the site: 1 database, 2 tables, 3 rooms, 4 DICOM receiver, 5 workers. */
export async function startSite(options: StartSite): Promise<RunningSite> {
  const { clock, randomness, dicom } = options
  const log = options.log.child({ app: 'site' })
  const secrets = createSecrets({ directory: join(options.directory, 'secrets'), randomness })
  const database = { url: options.databaseUrl, name: 'site', secrets, log } as const
  await migrate({ ...database, rooms: [...siteMigrations] })
  const db = await openDatabase(database)
  try {
    const site = await createSiteApp({
      ...options,
      db,
      blobs: createFileBlobs({ directory: join(options.directory, 'blobs') }),
      secrets,
      trustedOrigins: options.trustedOrigins ?? [],
      trustedProxies: options.trustedProxies ?? [],
      ids: createIds({ clock, randomness }),
      imaging: {
        directory: join(options.directory, 'incoming'),
        aeTitle: dicom.aeTitle,
        peers: dicom.peers,
        host: dicom.host,
        port: dicom.port,
        quietMs: QUIET_MS,
        maxObjectBytes: 512 * MIB,
        maxRequestBytes: 1024 * MIB,
        maxRequestParts: 2_000,
        minFreeBytes: 256 * MIB,
      },
      log,
    })
    const { port } = await site.imaging.startReceiver()
    const workers = startWorkers(site.workers)
    return {
      ...site,
      dicomPort: port,
      stop: async () => {
        site.live.close()
        await site.imaging.stopReceiver()
        await workers.stop()
        await db.close()
      },
    }
  } catch (error) {
    await db.close()
    throw error
  }
}
