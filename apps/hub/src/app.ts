import type { Server } from 'node:http'
import { createAudit } from '@bithive/kernel/audit'
import type { Blobs } from '@bithive/kernel/blobs'
import type { Clock } from '@bithive/kernel/clock'
import { createDataKeys } from '@bithive/kernel/data-keys'
import type { Database, RoomMigrations } from '@bithive/kernel/database'
import { createHttp, type HttpEnv } from '@bithive/kernel/http'
import type { Ids } from '@bithive/kernel/ids'
import { createIntents } from '@bithive/kernel/intents'
import { createRateLimiter } from '@bithive/kernel/limits'
import { createLive } from '@bithive/kernel/live'
import { createLiveRoutes } from '@bithive/kernel/live-routes'
import type { Log } from '@bithive/kernel/log'
import type { Metrics } from '@bithive/kernel/metrics'
import { createParameters } from '@bithive/kernel/parameters'
import type { Randomness } from '@bithive/kernel/randomness'
import { createRequestContext } from '@bithive/kernel/request-context'
import type { Room } from '@bithive/kernel/room'
import type { Rules } from '@bithive/kernel/rules'
import type { Secrets } from '@bithive/kernel/secrets'
import type { Worker } from '@bithive/kernel/worker'
import type { Hono } from 'hono'
import { computeMigrations, createCompute } from './compute/index.ts'
import { createExpansion } from './expansion/index.ts'
import { createGovernance } from './governance/index.ts'
import { createIdentity, identityMigrations } from './identity/index.ts'
import { createIncentives } from './incentives/index.ts'
import {
  createLedger,
  createLedgerRoutes,
  ledgerMigrations,
  ledgerWorkers,
  NETWORK,
  publishChanges,
  TRANSFER_CODES,
} from './ledger/index.ts'
import { createModels, modelsMigrations } from './models/index.ts'
import { createOperations, type HousePort } from './operations/index.ts'
import { createPayments } from './payments/index.ts'
import { createTreasury, type RateSource, treasuryMigrations } from './treasury/index.ts'
import { createWallet } from './wallet/index.ts'

/** The hub's rooms in the order in which their tables are made. */
export const hubMigrations: readonly RoomMigrations[] = [
  identityMigrations,
  ledgerMigrations,
  treasuryMigrations,
  modelsMigrations,
  computeMigrations,
]

export type HubDeps = {
  readonly db: Database
  readonly blobs: Blobs
  readonly secrets: Secrets
  readonly rules: Rules
  /** Address people open: passkeys are bound to its host name. */
  readonly baseUrl: string
  /** Other addresses of this same house. */
  readonly trustedOrigins?: readonly string[]
  readonly trustedProxies: readonly string[]
  /** Who states rates of conversion besides the sample and two people; only those that the rules name are heard. */
  readonly rateSources?: readonly RateSource[]
  readonly clock: Clock
  readonly ids: Ids
  readonly randomness: Randomness
  readonly log: Log
  readonly metrics: Metrics
  /** What the house around the hub offers its operator; a hub alone has none. */
  readonly house?: HousePort
}

/**
 * Rooms that a profile opens one by one. Their code is loaded only where the rules open them, so that profile `cn`
 * holds no chain, token, asset or exchange in memory at all.
 */
async function openedRooms({ rules, clock }: HubDeps): Promise<Room[]> {
  const open = (activity: Parameters<Rules['allows']>[0]) => rules.allows(activity, clock.now()).ok
  const rooms: Room[] = []
  if (open('chain')) rooms.push((await import('./chain/index.ts')).createChain())
  if (open('asset-tokens')) rooms.push((await import('./assets/index.ts')).createAssets())
  if (open('exchange')) rooms.push((await import('./exchange/index.ts')).createExchange())
  return rooms
}

/** Kinds of node that each kind of organisation may own. */
const OWNER_KINDS: Readonly<Record<string, readonly ('home' | 'hospital' | 'computing-centre' | 'data-centre')[]>> = {
  individual: ['home'],
  'general-hospital': ['hospital'],
  'specialist-clinic': ['hospital'],
  'community-health-centre': ['hospital'],
  'computing-centre': ['computing-centre'],
  'data-centre': ['data-centre'],
}

export type HubApp = Awaited<ReturnType<typeof createHubApp>>

/** Mounts every room of the hub: the whole on one screen. */
export async function createHubApp(deps: HubDeps) {
  const { db, secrets, clock, ids, randomness, log, metrics, rules } = deps
  const context = createRequestContext()
  const audit = createAudit({ db, clock, ids, requestId: context.requestId })
  const intents = createIntents({ db, clock, ids, log })
  const parameters = createParameters({ db, clock })
  const dataKeys = createDataKeys({ db, master: await secrets.bytes('hub-data-master'), randomness, clock })
  const live = createLive({ clock })
  const shared = { db, clock, ids, randomness, log, audit, intents, parameters, dataKeys, live }

  const secret = await secrets.get('hub-session-secret')
  const identity = createIdentity({
    ...shared,
    secret,
    baseUrl: deps.baseUrl,
    trustedOrigins: deps.trustedOrigins ?? [],
  })
  const ledger = createLedger({ db, clock, log })
  const treasury = await createTreasury({
    ...shared,
    rules,
    ledger,
    live,
    organisationOf: async (orgId) => identity.organisation(orgId),
    ...(deps.rateSources === undefined ? {} : { rateSources: deps.rateSources }),
  })
  const models = createModels({ db, clock, audit, useOf: (author, spans) => compute.useOf(author, spans) })
  const compute = await createCompute({
    ...shared,
    blobs: deps.blobs,
    ledger,
    settlement: treasury.settlement,
    feeOwner: NETWORK,
    // The card says what an author asks; the fee schedule says how a job that is ordered now splits.
    workloadOf: async (workload, version) => {
      const listed = await models.workloadOf(workload, version)
      if (!listed) return undefined
      const shares = await treasury.sharesForNewJob(listed.card.shares)
      return { ...listed, card: { ...listed.card, shares } }
    },
    organisationOf: async (orgId) => {
      const found = await identity.organisation(orgId)
      if (!found) return undefined
      const { name, kind, trusted, jurisdiction } = found
      return { name: name.zh, ownerKinds: OWNER_KINDS[kind] ?? [], trusted, jurisdiction }
    },
    publicUrl: deps.baseUrl,
    leaseSecret: await secrets.bytes('hub-lease-secret'),
  })
  const wallet = createWallet({
    ledger,
    clock,
    partyOf: async (orgId) => {
      const found = await identity.organisation(orgId)
      return found && { name: found.name, kind: found.kind, sample: found.sample }
    },
    jobMoneyOf: compute.jobMoneyOf,
    codeTexts: Object.fromEntries(Object.entries(TRANSFER_CODES).map(([code, { zh, en }]) => [code, { zh, en }])),
  })
  const operations = createOperations({
    ...{ ...shared, blobs: deps.blobs, live, rules, ledger, treasury, house: deps.house },
    counts: compute.counts,
    organisation: identity.organisation,
    workers: () => workers,
  })
  const empty: Room[] = [
    createPayments(),
    createGovernance(),
    createIncentives(),
    createExpansion(),
    ...(await openedRooms(deps)),
  ]

  const limiter = createRateLimiter({ clock, capacity: 600, refillPerSecond: 200, maxKeys: 50_000 })
  const app: Hono<HttpEnv> = createHttp({
    ...{ log, ids, clock, metrics, limiter },
    authenticate: identity.authenticate,
    trustedProxies: deps.trustedProxies,
    context,
  })
  app.route('/hub/auth', identity.authRoutes)
  app.route('/hub/v1', createLiveRoutes({ live }))
  app.route('/hub/v1', identity.routes)
  app.route('/hub/v1', createLedgerRoutes({ ledger }))
  app.route('/hub/v1', treasury.routes)
  app.route('/hub/v1', models.routes)
  app.route('/hub/v1', compute.routes)
  app.route('/hub/v1', wallet.routes)
  app.route('/hub/v1', operations.routes)
  for (const room of empty) if (room.routes) app.route('/hub/v1', room.routes)

  const workers: Worker[] = [
    ...identity.workers,
    ...ledgerWorkers({ ledger, clock, log }),
    publishChanges({ db, live, clock, log }),
    ...treasury.workers,
    ...compute.workers,
    ...operations.workers,
    ...empty.flatMap((room) => room.workers ?? []),
  ]
  return {
    app,
    workers,
    attach: (server: Server) => compute.attach(server),
    identity,
    ledger,
    treasury,
    models,
    compute,
    audit,
    live,
  }
}
