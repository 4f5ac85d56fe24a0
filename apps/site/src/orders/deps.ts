import type { WorkloadCard, WorkloadResult } from '@bithive/api/workload'
import type { Blobs } from '@bithive/kernel/blobs'
import type { Clock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import type { Ids } from '@bithive/kernel/ids'
import type { Live } from '@bithive/kernel/live'
import type { Log } from '@bithive/kernel/log'
import type { ConsentRegister } from '../consent/index.ts'
import type { AuditPort, Identifiers, PersonKeys } from '../identifiers/index.ts'
import type { HubClient } from './hub-client.ts'
import type { OrderStep } from './schema.ts'

/** What orders must know of a series before it is touched. It holds no patient field. */
type SeriesFacts = {
  readonly personId: string
  /** Modality (0008,0060). */
  readonly modality: string
  /** Body Part Examined, Study and Series Description: whatever names the part. Stays at the site. */
  readonly bodyPartWords: readonly string[]
}

/** A series without what identifies the patient; its UIDs are mapped with the site's key. */
type DeidentifiedSeries = {
  readonly studyInstanceUid: string
  readonly seriesInstanceUid: string
  readonly files: readonly {
    readonly sopInstanceUid: string
    readonly rows: number
    readonly columns: number
    readonly bytes: Uint8Array
  }[]
}

/** The part of the imaging room that orders use. The same series gives the same bytes each time. */
type ImagingPort = {
  readonly describeSeries: (studyId: string, seriesId: string) => Promise<SeriesFacts | undefined>
  readonly deidentifySeries: (studyId: string, seriesId: string) => Promise<DeidentifiedSeries>
}

export type FileRequest = {
  readonly orderId: string
  readonly personId: string
  readonly studyId: string
  readonly seriesId: string
  readonly card: WorkloadCard
  readonly result: WorkloadResult
}

/** The part of the reports room that orders use. One order is filed once, however often it is asked. */
type ReportsPort = { readonly fileResult: (request: FileRequest) => Promise<{ readonly reportId: string }> }

/** A workload that this site knows, under the digest that it holds nodes to. */
type KnownWorkload = { readonly card: WorkloadCard; readonly digest: string }

export type OrdersDeps = {
  readonly db: Database
  readonly dataKeys: PersonKeys
  readonly blobs: Blobs
  readonly audit: AuditPort
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  /** The site's own organisation, also at the hub. */
  readonly orgId: string
  readonly hub: HubClient
  readonly consent: Pick<ConsentRegister, 'mayUse' | 'release'>
  readonly identifiers: Pick<Identifiers, 'isForgotten'>
  readonly imaging: ImagingPort
  readonly reports: ReportsPort
  readonly workloads: readonly KnownWorkload[]
  /** Told of every step after it is stored; it must not throw. */
  readonly onProgress?: (step: OrderStep) => void
  /** Told after a commit, so that open pages ask again. */
  readonly live?: Pick<Live, 'publish'>
  /** How long one long poll of the hub's feed may wait, milliseconds; 20,000 unless told. */
  readonly pollMs?: number
}
