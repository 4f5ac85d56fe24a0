import type { Clock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import type { Ids } from '@bithive/kernel/ids'
import type { Log } from '@bithive/kernel/log'
import type { Randomness } from '@bithive/kernel/randomness'

/** The part of the kernel's data keys that rooms of the site use. */
export type PersonKeys = {
  readonly encrypt: (personId: string, bytes: Uint8Array, context: string) => Promise<Uint8Array>
  readonly decrypt: (personId: string, bytes: Uint8Array, context: string) => Promise<Uint8Array>
  readonly destroy: (personId: string) => Promise<void>
}

export type AuditPort = {
  readonly record: (event: {
    orgId: string
    actorId: string
    action: string
    resource: string
    facts?: Readonly<Record<string, string | number | boolean>>
  }) => Promise<void>
}

/** A room above removes what it holds of a person: rows, blobs, work in progress. Safe to repeat. */
export type Eraser = { readonly room: string; readonly erase: (personId: string) => Promise<void> }

export type IdentifiersDeps = {
  readonly db: Database
  readonly dataKeys: PersonKeys
  readonly audit: AuditPort
  readonly clock: Clock
  readonly ids: Ids
  readonly randomness: Randomness
  readonly log: Log
  /** The site's own organisation. */
  readonly orgId: string
  /** At least 32 secret bytes; losing them loses every way back from a patient id. */
  readonly lookupKey: Uint8Array
  /** Read when somebody is forgotten: the rooms above are made after this one. */
  readonly erasers: () => readonly Eraser[]
}
