import type { LocalText } from '@bithive/api/workload'
import type { Actor } from '@bithive/kernel/actor'
import type { Clock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import type { Log } from '@bithive/kernel/log'
import type { ConsentRegister } from '../consent/index.ts'
import type { AuditPort, PersonKeys } from '../identifiers/index.ts'

/** One step further back in a list that runs from the newest to the oldest. */
export type PersonPage = {
  readonly before?: { readonly at: number; readonly id: string } | undefined
  readonly limit: number
}

type StudyOfPerson = {
  readonly studyId: string
  readonly at: number
  readonly complete: boolean
  readonly images: number
  readonly modalities: readonly string[]
  readonly bodyParts: readonly string[]
  readonly seriesIds: readonly string[]
}

export type OrderOfPerson = {
  readonly orderId: string
  readonly at: number
  readonly workload: string
  readonly purpose: 'care' | 'research' | 'training' | 'quality'
  readonly dataClass: string
  readonly tier: 0 | 1 | 2 | 3
  readonly state: string
  readonly stateText: LocalText
  readonly ended: boolean
  readonly handedOver: boolean
  readonly reportId: string | null
  readonly consentIds: readonly string[]
  readonly sentTo: { readonly name: string; readonly ownerKind: string; readonly jurisdiction: string } | null
}

type ReportOfPerson = {
  readonly reportId: string
  readonly at: number
  readonly workload: string
  readonly state: string
  readonly stateText: LocalText
}

type OwnReport = ReportOfPerson & { readonly notForDiagnosis: LocalText; readonly fhir: Uint8Array }

type OfPerson<T> = { readonly ofPerson: (personId: string, page: PersonPage) => Promise<T[]> }

export type RecordsDeps = {
  readonly db: Database
  readonly dataKeys: PersonKeys
  readonly audit: AuditPort
  readonly clock: Clock
  readonly log: Log
  /** The site's own organisation and what people call it. */
  readonly orgId: string
  readonly hospital: LocalText
  /** Port to the vault: which person the actor's account stands for. */
  readonly personOf: (actor: Actor) => Promise<{ readonly personId: string } | undefined>
  readonly consent: Pick<
    ConsentRegister,
    'history' | 'find' | 'withdraw' | 'requestsOf' | 'answer' | 'giveAgain' | 'mayUseWithout'
  >
  readonly studies: OfPerson<StudyOfPerson>
  readonly orders: OfPerson<OrderOfPerson>
  readonly reports: OfPerson<ReportOfPerson> & {
    /** Only for the person it speaks of; recorded before the bytes leave. */
    readonly readOwn: (
      reportId: string,
      reader: { readonly actorId: string; readonly personId: string },
    ) => Promise<OwnReport>
  }
  /** A small picture of one of the person's own studies; recorded before the bytes leave. */
  readonly thumbnail?: (
    studyId: string,
    actor: Actor,
  ) => Promise<{ readonly bytes: Uint8Array; readonly mediaType: string } | undefined>
  /** Name and roles of an account of this site, for «who looked»; undefined when there is no such account. */
  readonly accountOf: (
    actorId: string,
  ) => Promise<{ readonly name: string; readonly roles: readonly string[] } | undefined>
  readonly workloadTitle: (workload: string) => LocalText | undefined
  /** Address of the network's hub; patients' own tokens go there and nowhere else. */
  readonly hubUrl: string
  readonly fetch?: typeof fetch
}
