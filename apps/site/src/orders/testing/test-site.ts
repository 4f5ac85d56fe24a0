import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemActor } from '@bithive/kernel/actor'
import { createAudit } from '@bithive/kernel/audit'
import { createFileBlobs } from '@bithive/kernel/blobs'
import { systemClock } from '@bithive/kernel/clock'
import { createDataKeys } from '@bithive/kernel/data-keys'
import { createIds } from '@bithive/kernel/ids'
import { type Log, silentLog } from '@bithive/kernel/log'
import { systemRandomness } from '@bithive/kernel/randomness'
import type { TestDatabase } from '@bithive/kernel/testing'
import { bundledWorkloads } from '@bithive/workloads'
import { consentMigrations, createConsent } from '../../consent/index.ts'
import { createIdentifiers, type Eraser, identifiersMigrations } from '../../identifiers/index.ts'
import { createImaging, imagingMigrations } from '../../imaging/index.ts'
import { createReports, type FileRequest, type ReportsDeps, reportsMigrations } from '../../reports/index.ts'
import { createHubClient, createOrders, type OrderStep, type OrdersDeps, ordersMigrations } from '../index.ts'

export const SITE_ORG = 'org_site'
export const SITE_TOKEN = 'site-token-for-tests-0123456789'

export const siteMigrations = [
  identifiersMigrations,
  consentMigrations,
  imagingMigrations,
  reportsMigrations,
  ordersMigrations,
]

export type TestSiteOptions = {
  readonly db: TestDatabase
  readonly hubUrl: string
  readonly hubToken?: string
  /** The site's organisation; `SITE_ORG` unless told. */
  readonly orgId?: string
  /** Told of every result that is asked to be filed. */
  readonly onFile?: (request: FileRequest) => void
  readonly archive?: Pick<ReportsDeps, 'pacs' | 'send'>
  readonly log?: Log
  /** Stands in place of a part of the orders room's needs, to plant a fault. */
  readonly faults?: Partial<OrdersDeps>
}

/** The rooms of a site below orders, real, on one test database and a folder that goes with the test. */
export function createTestSite(options: TestSiteOptions) {
  const { db, log = silentLog, orgId = SITE_ORG } = options
  const directory = mkdtempSync(join(tmpdir(), 'bithive-orders-'))
  const blobs = createFileBlobs({ directory: join(directory, 'blobs') })
  const clock = systemClock
  const ids = createIds({ clock, randomness: systemRandomness })
  const dataKeys = createDataKeys({ db, master: new Uint8Array(32).fill(3), randomness: systemRandomness, clock })
  const audit = createAudit({ db, clock, ids })
  const erasers: Eraser[] = []
  const identifiers = createIdentifiers({
    db,
    dataKeys,
    audit,
    clock,
    ids,
    randomness: systemRandomness,
    log,
    orgId,
    lookupKey: new Uint8Array(32).fill(4),
    erasers: () => erasers,
  })
  const consent = createConsent({ db, clock, ids, audit, dataKeys, orgId, isForgotten: identifiers.isForgotten })
  const imaging = createImaging({
    db,
    blobs,
    dataKeys,
    audit,
    identifiers,
    clock,
    ids,
    log,
    orgId,
    uidKey: new Uint8Array(32).fill(5),
    lookupKey: new Uint8Array(32).fill(6),
    settings: {
      directory: join(directory, 'incoming'),
      aeTitle: 'BITHIVE',
      peers: [],
      host: '127.0.0.1',
      port: 0,
      quietMs: 100,
      maxObjectBytes: 100_000_000,
      maxRequestBytes: 100_000_000,
      maxRequestParts: 100,
      minFreeBytes: 0,
    },
  })
  const filing = createReports({
    ...{ db, dataKeys, blobs, audit, clock, ids, log, imaging },
    orgId,
    ...(options.archive ?? { pacs: undefined }),
  })
  const reports = {
    ...filing,
    fileResult: (request: FileRequest) => {
      options.onFile?.(request)
      return filing.fileResult(request)
    },
  }
  const steps: OrderStep[] = []
  const hub = createHubClient({
    baseUrl: options.hubUrl,
    token: async () => options.hubToken ?? SITE_TOKEN,
    clock,
    log,
    timeoutMs: 5_000,
    attempts: 2,
    firstPauseMs: 5,
  })
  const build = (faults: Partial<OrdersDeps> = {}) =>
    createOrders({
      db,
      dataKeys,
      blobs,
      audit,
      clock,
      ids,
      log,
      orgId,
      hub,
      consent,
      identifiers,
      imaging,
      reports,
      workloads: bundledWorkloads,
      onProgress: (step) => steps.push(step),
      pollMs: 2_000,
      ...options.faults,
      ...faults,
    })
  const orders = build()
  erasers.push(consent.eraser, orders.eraser, reports.eraser, imaging.eraser)
  return {
    ...{
      db,
      blobs,
      clock,
      ids,
      dataKeys,
      audit,
      identifiers,
      consent,
      imaging,
      reports,
      hub,
      orders,
      steps,
      directory,
      erasers,
    },
    actor: systemActor(orgId),
    /** The same site after a kill: new closures, same tables and blobs. */
    restart: build,
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

export type TestSite = ReturnType<typeof createTestSite>
