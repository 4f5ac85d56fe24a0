import type { Blobs } from '@bithive/kernel/blobs'
import type { Clock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import type { Ids } from '@bithive/kernel/ids'
import type { Live } from '@bithive/kernel/live'
import type { Log } from '@bithive/kernel/log'
import type { AuditPort, Identifiers, PersonKeys } from '../identifiers/index.ts'
import type { DerivedObject } from './dicom-web/find-images.ts'
import type { DicomPeer } from './receiver.ts'

/** A room above learns that a study is complete. Safe to repeat: after a kill it is told again. */
export type StudyCompleteListener = (study: { readonly studyId: string; readonly personId: string }) => Promise<void>

export type ImagingSettings = {
  /** Where the receiver keeps queued and quarantined files. */
  readonly directory: string
  readonly aeTitle: string
  readonly peers: readonly DicomPeer[]
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
  /** Without a new image for this long a study is complete. */
  readonly quietMs: number
  readonly maxObjectBytes: number
  /** The whole of one STOW-RS request. */
  readonly maxRequestBytes: number
  readonly maxRequestParts: number
  readonly minFreeBytes: number
}

export type ImagingDeps = {
  readonly db: Database
  readonly blobs: Blobs
  readonly dataKeys: PersonKeys
  readonly audit: AuditPort
  readonly identifiers: Pick<Identifiers, 'identify' | 'pseudonymOf' | 'openPeople'>
  readonly clock: Clock
  readonly ids: Ids
  readonly log: Log
  /** The site's own organisation. */
  readonly orgId: string
  /** Maps UIDs of what leaves; at least 32 secret bytes. */
  readonly uidKey: Uint8Array
  /** Finds UIDs again in the register; at least 32 secret bytes, another key than `uidKey`. */
  readonly lookupKey: Uint8Array
  readonly settings: ImagingSettings
  /** Told of studies that are new or have become whole, after that is stored. */
  readonly live?: Pick<Live, 'publish'>
  /** What rooms above keep of a study; `app.ts` wires it to the reports room. */
  readonly derivedObjects?: (studyIds: readonly string[]) => Promise<readonly DerivedObject[]>
}
