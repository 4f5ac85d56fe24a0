import type { Actor } from '@bithive/kernel/actor'
import type { IdentifiersDeps } from './deps.ts'
import { openFields } from './identify-person.ts'
import { mayReveal } from './policy.ts'
import type { PatientFields } from './schema.ts'
import * as store from './store.ts'

/** Fields are undefined for an actor who may not learn who a patient is. */
export type OpenedPerson = { readonly pseudonym: string; readonly fields: PatientFields | undefined }

/**
 * Opens many people for one list. Nothing is recorded here: whoever shows the list records, before it leaves, which
 * of them it shows. Forgotten people are left out.
 * @returns by person id
 */
export const openPeople =
  (deps: IdentifiersDeps) =>
  async (personIds: readonly string[], actor: Actor): Promise<ReadonlyMap<string, OpenedPerson>> => {
    const rows = await deps.db.asOrg(deps.orgId, (tx) => store.findPeople(tx, [...new Set(personIds)]))
    const may = mayReveal(actor).ok
    const opened = await Promise.all(
      rows.map(async ({ personId, pseudonym, fields, forgettingAtMs }) => {
        if (forgettingAtMs !== null || fields === null) return []
        const person = { pseudonym, fields: may ? await openFields(deps, personId, fields) : undefined }
        return [[personId, person] as const]
      }),
    )
    return new Map(opened.flat())
  }
