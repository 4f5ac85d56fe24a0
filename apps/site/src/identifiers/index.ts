import type { Actor } from '@bithive/kernel/actor'
import { mustAllow } from '@bithive/kernel/http'
import type { IdentifiersDeps } from './deps.ts'
import { identifierErrors } from './errors.ts'
import { forgetPerson } from './forget-person.ts'
import { identifyPerson } from './identify-person.ts'
import { linkPerson, type PersonLinks } from './link-person.ts'
import { type OpenedPerson, openPeople } from './open-people.ts'
import { mayResolve } from './policy.ts'
import { revealPerson } from './reveal-person.ts'
import type { PatientFields, PatientFieldsInput, Resolution } from './schema.ts'
import * as store from './store.ts'

export type { AuditPort, Eraser, IdentifiersDeps, PersonKeys } from './deps.ts'
export { identifierErrors } from './errors.ts'
export type { OpenedPerson } from './open-people.ts'
export { identifiersRoutes } from './routes.ts'

export const identifiersMigrations = {
  room: 'identifiers',
  directory: new URL('./migrations/', import.meta.url),
} as const

/** A difference between what is known of a person and what arrived later. Names of fields, never values. */
type ConflictView = {
  readonly conflictId: string
  readonly personId: string
  readonly differs: readonly string[]
  readonly createdAt: number
  readonly resolution: Resolution | null
  readonly resolvedBy: string | null
  readonly resolvedAt: number | null
}

/** The vault: the only place that knows which patient a person id stands for. */
export type Identifiers = Omit<PersonLinks, 'eraseLink'> & {
  /** @throws identifiers.no-patient-id, identifiers.unreadable-fields, identifiers.conflict, identifiers.forgotten */
  readonly identify: (fields: PatientFieldsInput) => Promise<string>
  /** What de-identified images carry as patient id. @throws identifiers.unknown-person */
  readonly pseudonymOf: (personId: string) => Promise<string>
  readonly reveal: (personId: string, actor: Actor, reason: string) => Promise<PatientFields>
  /** For lists: whoever shows them records it first. */
  readonly openPeople: (personIds: readonly string[], actor: Actor) => Promise<ReadonlyMap<string, OpenedPerson>>
  readonly isForgotten: (personId: string) => Promise<boolean>
  readonly forget: (personId: string, actor: Actor, reason: string) => Promise<void>
  /** Ends erasures that a kill left half done; call it at start. */
  readonly resumeForgetting: () => Promise<number>
  readonly listConflicts: () => Promise<ConflictView[]>
  readonly resolveConflict: (conflictId: string, resolution: Resolution, actor: Actor) => Promise<ConflictView>
}

const toView = (row: store.ConflictRow): ConflictView => ({
  conflictId: row.conflictId,
  personId: row.personId,
  differs: row.differs,
  createdAt: Number(row.createdAtMs),
  resolution: row.resolution,
  resolvedBy: row.resolvedBy,
  resolvedAt: row.resolvedAtMs === null ? null : Number(row.resolvedAtMs),
})

const resolveConflict = (deps: IdentifiersDeps) => async (conflictId: string, resolution: Resolution, actor: Actor) => {
  mustAllow(mayResolve(actor))
  const nowMs = deps.clock.now()
  const done = await deps.db.asOrg(deps.orgId, async (tx) => {
    const resolved = await store.resolveConflict(tx, { conflictId, resolution, by: actor.id, nowMs })
    return { resolved, row: await store.findConflict(tx, conflictId) }
  })
  if (!done.row) throw identifierErrors.error('unknown-conflict')
  if (!done.resolved && done.row.resolution !== resolution) throw identifierErrors.error('already-resolved')
  await deps.audit.record({
    orgId: deps.orgId,
    actorId: actor.id,
    action: 'person.conflict-resolved',
    resource: done.row.personId,
    facts: { conflictId, resolution },
  })
  return toView(done.row)
}

export function createIdentifiers(deps: IdentifiersDeps): Identifiers {
  const { eraseLink, ...links } = linkPerson(deps)
  const { forget, resume } = forgetPerson(deps, eraseLink)
  const find = (personId: string) => deps.db.asOrg(deps.orgId, (tx) => store.findPerson(tx, personId))
  return {
    ...links,
    identify: identifyPerson(deps),
    reveal: revealPerson(deps),
    openPeople: openPeople(deps),
    pseudonymOf: async (personId) => {
      const row = await find(personId)
      if (!row) throw identifierErrors.error('unknown-person')
      return row.pseudonym
    },
    isForgotten: async (personId) => {
      const row = await find(personId)
      return row === undefined || row.forgettingAtMs !== null
    },
    forget,
    resumeForgetting: resume,
    listConflicts: async () => {
      const rows = await deps.db.asOrg(deps.orgId, (tx) => store.listConflicts(tx, 200))
      return rows.map(toView)
    },
    resolveConflict: resolveConflict(deps),
  }
}
