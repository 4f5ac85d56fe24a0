import type { WorkloadCard, WorkloadResult } from '@bithive/api/workload'
import type { Blobs } from '@bithive/kernel/blobs'
import type { Clock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import type { Ids } from '@bithive/kernel/ids'
import type { Live } from '@bithive/kernel/live'
import type { Log } from '@bithive/kernel/log'
import type { AuditPort, PersonKeys } from '../identifiers/index.ts'
import type { DicomTarget, Imaging, SendOutcome } from '../imaging/index.ts'

/** What is filed: a result that was verified against its order. */
export type FileRequest = {
  readonly orderId: string
  readonly personId: string
  readonly studyId: string
  readonly seriesId: string
  readonly card: WorkloadCard
  readonly result: WorkloadResult
}

/** What happened to a report, as it happens. Facts are ids, codes and counts. */
export type ReportStep = {
  readonly reportId: string
  readonly orderId: string
  readonly stage: 'filed' | 'sent' | 'refused' | 'unreachable' | 'unknown'
  readonly at: number
  readonly facts: Readonly<Record<string, string | number>>
}

export type ReportsDeps = {
  readonly db: Database
  readonly dataKeys: PersonKeys
  readonly blobs: Blobs
  readonly audit: AuditPort
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  /** The site's own organisation. */
  readonly orgId: string
  readonly imaging: Pick<Imaging, 'readOriginals' | 'deidentifySeries' | 'describeStudies'>
  /** The hospital's archive; without one, reports are filed and kept. */
  readonly pacs: DicomTarget | undefined
  /** Told of reports that are filed, sent or judged, after that is stored. */
  readonly live?: Pick<Live, 'publish'>
  /** The imaging room's sender unless told. */
  readonly send?: (target: DicomTarget, files: readonly Uint8Array[]) => Promise<SendOutcome[]>
  /** Told of every step after it is stored; it must not throw. */
  readonly onProgress?: (step: ReportStep) => void
}
