import { join } from 'node:path'
import { createFileBlobs } from '@bithive/kernel/blobs'
import type { Clock } from '@bithive/kernel/clock'
import { migrate, openDatabase } from '@bithive/kernel/database'
import { createIds } from '@bithive/kernel/ids'
import type { Log } from '@bithive/kernel/log'
import type { Metrics } from '@bithive/kernel/metrics'
import type { Randomness } from '@bithive/kernel/randomness'
import type { Rules } from '@bithive/kernel/rules'
import { createSecrets } from '@bithive/kernel/secrets'
import { startWorkers } from '@bithive/kernel/worker'
import { createHubApp, type HubApp, type HubDeps, hubMigrations } from './app.ts'
import { createFileRateSource } from './treasury/index.ts'

export { type HubApp, hubMigrations } from './app.ts'
export { computeErrors } from './compute/index.ts'
export { type Difference, exportTransfers, type Verification, verifyLedger } from './ledger/index.ts'
export type { BackupsPort, HousePort, SetupPort } from './operations/index.ts'
export { operationsErrors } from './operations/index.ts'

export type StartHub = Pick<HubDeps, 'house'> & {
  /** URL of an owner of the database server. */
  readonly databaseUrl: string
  /** Data folder of the hub: blobs and secrets. */
  readonly directory: string
  readonly rules: Rules
  readonly baseUrl: string
  readonly trustedOrigins?: readonly string[]
  readonly trustedProxies?: readonly string[]
  readonly clock: Clock
  readonly randomness: Randomness
  readonly log: Log
  readonly metrics: Metrics
}

export type RunningHub = HubApp & {
  /** What the status page shows: counts and states only. */
  readonly status: () => Promise<{
    database: boolean
    ledgerBalanced: boolean
    jobs: Record<string, number>
    nodesOnline: number
    nodesKnown: number
  }>
  readonly stop: () => Promise<void>
}

/** Starts the hub: 1 database, 2 tables, 3 rooms, 4 workers. It answers once `app.fetch` is listened for. */
export async function startHub(options: StartHub): Promise<RunningHub> {
  const { clock, randomness, rules, metrics } = options
  const log = options.log.child({ app: 'hub' })
  const secrets = createSecrets({ directory: join(options.directory, 'secrets'), randomness })
  const database = { url: options.databaseUrl, name: 'hub', secrets, log } as const
  await migrate({ ...database, rooms: [...hubMigrations] })
  const db = await openDatabase(database)
  try {
    const hub = await createHubApp({
      db,
      blobs: createFileBlobs({ directory: join(options.directory, 'blobs') }),
      secrets,
      rules,
      baseUrl: options.baseUrl,
      trustedOrigins: options.trustedOrigins ?? [],
      trustedProxies: options.trustedProxies ?? [],
      // Another program of the operator may state rates by putting files here; docs/rooms/treasury.md has the format.
      rateSources: ['file-a', 'file-b', 'file-c'].map((name) =>
        createFileRateSource({ name, path: join(options.directory, 'rates', `${name}.json`) }),
      ),
      clock,
      ids: createIds({ clock, randomness }),
      randomness,
      log,
      metrics,
      ...(options.house ? { house: options.house } : {}),
    })
    const workers = startWorkers(hub.workers)
    return {
      ...hub,
      status: async () => {
        const database = await db.app`SELECT 1`.then(
          () => true,
          () => false,
        )
        if (!database) return { database, ledgerBalanced: false, jobs: {}, nodesOnline: 0, nodesKnown: 0 }
        const [trial, counts] = await Promise.all([hub.ledger.trialBalance(), hub.compute.counts()])
        return { database, ledgerBalanced: trial.balanced, ...counts }
      },
      stop: async () => {
        hub.live.close()
        await workers.stop()
        await hub.compute.stop()
        await db.close()
      },
    }
  } catch (error) {
    await db.close()
    throw error
  }
}
