import { createAudit } from '@bithive/kernel/audit'
import type { Blobs } from '@bithive/kernel/blobs'
import type { Clock } from '@bithive/kernel/clock'
import { createDataKeys } from '@bithive/kernel/data-keys'
import type { Database, RoomMigrations } from '@bithive/kernel/database'
import { createHttp, type HttpEnv } from '@bithive/kernel/http'
import type { Ids } from '@bithive/kernel/ids'
import { createRateLimiter } from '@bithive/kernel/limits'
import { createLive } from '@bithive/kernel/live'
import { createLiveRoutes } from '@bithive/kernel/live-routes'
import type { Log } from '@bithive/kernel/log'
import type { Metrics } from '@bithive/kernel/metrics'
import type { Randomness } from '@bithive/kernel/randomness'
import { createRequestContext } from '@bithive/kernel/request-context'
import type { Secrets } from '@bithive/kernel/secrets'
import type { Worker } from '@bithive/kernel/worker'
import { bundledWorkloads } from '@bithive/workloads'
import type { Hono } from 'hono'
import { type AccessDeps, createAccess, identityMigrations } from './access/index.ts'
import { createActivities } from './activities/index.ts'
import { consentMigrations, consentRoutes, createConsent } from './consent/index.ts'
import { createIdentifiers, type Eraser, identifiersMigrations, identifiersRoutes } from './identifiers/index.ts'
import {
  createImaging,
  type DicomTarget,
  type ImagingSettings,
  imagingMigrations,
  imagingRoutes,
} from './imaging/index.ts'
import { createNetwork } from './network/index.ts'
import { createOperations } from './operations/index.ts'
import { createHubClient, createOrders, orderRoutes, ordersMigrations } from './orders/index.ts'
import { createPathway } from './pathway/index.ts'
import { createRecords, recordRoutes, recordsMigrations } from './records/index.ts'
import { createReports, reportRoutes, reportsMigrations } from './reports/index.ts'

/** The site's rooms in the order in which their tables are made. */
export const siteMigrations: readonly RoomMigrations[] = [
  identityMigrations,
  identifiersMigrations,
  consentMigrations,
  imagingMigrations,
  recordsMigrations,
  reportsMigrations,
  ordersMigrations,
]

export type SiteDeps = {
  readonly db: Database
  readonly blobs: Blobs
  readonly secrets: Secrets
  /** The hospital, by the id that the hub knows it by. */
  readonly organisation: AccessDeps['organisation']
  /** Address people open: passkeys are bound to its host name. */
  readonly baseUrl: string
  /** Other addresses of this same house. */
  readonly trustedOrigins?: readonly string[]
  readonly trustedProxies: readonly string[]
  readonly hub: { readonly url: string; readonly token: () => Promise<string> }
  readonly imaging: ImagingSettings
  /** Where reports go; without it they are filed and kept. */
  readonly pacs: DicomTarget | undefined
  readonly clock: Clock
  readonly ids: Ids
  readonly randomness: Randomness
  readonly log: Log
  readonly metrics: Metrics
  /** Of the program, for whoever looks at its health. */
  readonly version?: string
}

const has = (roles: readonly string[], ...wanted: string[]) => wanted.some((role) => roles.includes(role))

export type SiteApp = Awaited<ReturnType<typeof createSiteApp>>

/** Mounts every room of the site: the whole on one screen. */
export async function createSiteApp(deps: SiteDeps) {
  const { db, blobs, secrets, clock, ids, randomness, log, metrics } = deps
  const { orgId } = deps.organisation
  const context = createRequestContext()
  const audit = createAudit({ db, clock, ids, requestId: context.requestId })
  const dataKeys = createDataKeys({ db, master: await secrets.bytes('site-data-master'), randomness, clock })
  const live = createLive({ clock })
  const shared = { db, blobs, clock, ids, randomness, log, audit, dataKeys, orgId, live }

  const secret = await secrets.get('site-session-secret')
  const access = createAccess({
    ...shared,
    organisation: deps.organisation,
    baseUrl: deps.baseUrl,
    trustedOrigins: deps.trustedOrigins ?? [],
    secret,
  })
  await access.prepare()
  const erasers: Eraser[] = []
  const lookupKey = await secrets.bytes('site-person-lookup')
  const identifiers = createIdentifiers({ ...shared, lookupKey, erasers: () => erasers })
  const consent = createConsent({ ...shared, isForgotten: identifiers.isForgotten })
  const network = createNetwork({ ...shared, hub: deps.hub })
  // Imaging offers what reports derived; the room that does so stands above it, so it comes by a port.
  const above: { reports?: ReturnType<typeof createReports> } = {}
  const imaging = createImaging({
    ...shared,
    identifiers,
    uidKey: await secrets.bytes('site-uid-map'),
    lookupKey: await secrets.bytes('site-uid-lookup'),
    settings: deps.imaging,
    derivedObjects: async (studyIds) => (await above.reports?.derivedObjects(studyIds)) ?? [],
  })
  const reports = createReports({ ...shared, imaging, pacs: deps.pacs })
  above.reports = reports
  const orders = createOrders({
    ...shared,
    hub: createHubClient({ baseUrl: deps.hub.url, token: deps.hub.token, clock, log }),
    consent,
    identifiers,
    imaging,
    reports,
    workloads: bundledWorkloads.map(({ card, digest }) => ({ card, digest })),
  })
  const titles = new Map(bundledWorkloads.map(({ card }) => [card.id, card.title]))
  const records = createRecords({
    ...{ ...shared, consent, orders, reports, studies: imaging, personOf: identifiers.personOf },
    hospital: deps.organisation.name,
    accountOf: async (actorId) => {
      const person = await access.members.people.byId(actorId)
      const memberships = await access.members.memberships.ofPerson(actorId)
      return person && { name: person.name, roles: memberships.find((one) => one.orgId === orgId)?.roles ?? [] }
    },
    workloadTitle: (workload) => titles.get(workload),
    hubUrl: deps.hub.url,
  })
  // What is built on top goes first: an order in flight must not file a report of somebody who is being forgotten.
  erasers.push(records.eraser, orders.eraser, reports.eraser, imaging.eraser, consent.eraser)
  await identifiers.resumeForgetting()
  const empty = [createActivities(), createPathway()]

  const operations = createOperations({
    ...{ ...shared, live, imaging, reports, version: deps.version ?? '', hasArchive: deps.pacs !== undefined },
    workers: () => workers,
  })
  const limiter = createRateLimiter({ clock, capacity: 600, refillPerSecond: 200, maxKeys: 50_000 })
  const app: Hono<HttpEnv> = createHttp({
    ...{ log, ids, clock, metrics, limiter },
    authenticate: access.authenticate,
    trustedProxies: deps.trustedProxies,
    context,
  })
  app.route('/site/auth', access.authRoutes)
  app.route('/site/v1', createLiveRoutes({ live }))
  app.route('/site/v1', access.routes)
  app.route('/site/v1/network', network.routes)
  app.route('/site/v1', identifiersRoutes({ identifiers, orgId }))
  app.route('/site/v1', consentRoutes({ consent, orgId, personOf: identifiers.personOf }))
  app.route(
    '/site/v1',
    imagingRoutes({
      imaging,
      ...{ ids, log },
      orgId,
      settings: deps.imaging,
      authorize: ({ roles }, act) => {
        const treating = has(roles, 'clinician', 'privacy-officer')
        // A clinician files what a patient brings along on a disc; pictures are for those who treat.
        const files = has(roles, 'technician', 'clinician')
        const may = act === 'read' ? treating : act === 'store' ? files : has(roles, 'technician') || treating
        return may ? { ok: true } : { ok: false, reason: `imaging.may-not-${act}` }
      },
    }),
  )
  app.route('/site/v1', reportRoutes({ reports, orgId }))
  app.route('/site/v1', orderRoutes({ orders, orgId }))
  app.route('/site/v1', recordRoutes({ records, orgId, studies: imaging, thumbnail: imaging.thumbnail }))

  app.route('/site/v1', operations.routes)

  const workers: Worker[] = [
    ...access.workers,
    ...operations.workers,
    ...network.workers,
    ...imaging.workers,
    ...reports.workers,
    ...orders.workers,
    ...empty.flatMap((room) => room.workers ?? []),
  ]
  return { app, workers, access, identifiers, consent, imaging, reports, orders, records, audit, live }
}
