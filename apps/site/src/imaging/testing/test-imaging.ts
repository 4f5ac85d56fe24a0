import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAudit } from '@bithive/kernel/audit'
import { createFileBlobs } from '@bithive/kernel/blobs'
import { systemClock } from '@bithive/kernel/clock'
import { createDataKeys } from '@bithive/kernel/data-keys'
import { isDomainError } from '@bithive/kernel/errors'
import { createHttp } from '@bithive/kernel/http'
import { createIds } from '@bithive/kernel/ids'
import type { Log } from '@bithive/kernel/log'
import { systemRandomness } from '@bithive/kernel/randomness'
import type { TestDatabase } from '@bithive/kernel/testing'
import { createIdentifiers, type Identifiers, identifiersMigrations } from '../../identifiers/index.ts'
import { createImaging, type Imaging, imagingMigrations, imagingRoutes } from '../index.ts'

export const ORG = 'org_01hzzzzzzzzzzzzzzzzzzzzzzz'
export const actor = { id: 'usr_tester', kind: 'person', orgId: ORG, roles: ['clinician'] } as const
export const rooms = [identifiersMigrations, imagingMigrations]

export type TestImaging = {
  readonly imaging: Imaging
  readonly identifiers: Identifiers
  readonly directory: string
  /** What was logged, as one text. */
  readonly logged: () => string
  /** The room's routes as they are mounted, for an actor of this organisation. */
  readonly app: ReturnType<typeof createHttp>
  /** The same routes at a site of another organisation. */
  readonly strangersApp: ReturnType<typeof createHttp>
  readonly remove: () => Promise<void>
}

/** The imaging room over the real identifiers, keys, blobs and audit of a test database. */
export function createTestImaging(db: TestDatabase): TestImaging {
  const directory = mkdtempSync(join(tmpdir(), 'bithive-imaging-'))
  const lines: string[] = []
  const note = (facts: object, message: string) => lines.push(JSON.stringify({ ...facts, message }))
  const log: Log = { debug: note, info: note, warn: note, error: note, child: () => log }
  const clock = systemClock
  const randomness = systemRandomness
  const ids = createIds({ clock, randomness })
  const dataKeys = createDataKeys({ db, master: Buffer.alloc(32, 1), randomness, clock })
  const audit = createAudit({ db, clock, ids })
  const common = { db, dataKeys, audit, clock, ids, log, orgId: ORG, lookupKey: Buffer.alloc(32, 2) }
  const made: { imaging?: Imaging } = {}
  const erasers = () => (made.imaging ? [made.imaging.eraser] : [])
  const identifiers = createIdentifiers({ ...common, randomness, erasers })
  const settings = {
    directory: join(directory, 'dicom'),
    aeTitle: 'BITHIVE',
    peers: [{ aeTitle: 'SCANNER', addresses: ['127.0.0.1'] }],
    host: '127.0.0.1',
    port: 0,
    quietMs: 0,
    maxObjectBytes: 50_000_000,
    maxRequestBytes: 100_000_000,
    maxRequestParts: 100,
    minFreeBytes: 0,
  }
  const blobs = createFileBlobs({ directory: join(directory, 'blobs') })
  const imaging = createImaging({ ...common, blobs, identifiers, uidKey: Buffer.alloc(32, 3), settings })
  made.imaging = imaging
  const appOf = (orgId: string) => {
    const app = createHttp({ log, ids, clock, authenticate: async () => actor })
    return app.route('/', imagingRoutes({ imaging, ids, log, orgId, settings, authorize: () => ({ ok: true }) }))
  }
  const remove = async () => {
    await imaging.stopReceiver()
    rmSync(directory, { recursive: true, force: true })
  }
  const logged = () => lines.join('\n')
  return { imaging, identifiers, directory, logged, app: appOf(ORG), strangersApp: appOf('org_other'), remove }
}

/** The code of the expected failure of an act, or 'none'. */
export async function codeOf(act: Promise<unknown>): Promise<string> {
  try {
    await act
    return 'none'
  } catch (error) {
    if (isDomainError(error)) return error.code
    throw error
  }
}
