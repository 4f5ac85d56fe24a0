import type { Actor } from '@bithive/kernel/actor'
import { mustAllow } from '@bithive/kernel/http'
import type { IdentifiersDeps } from './deps.ts'
import { identifierErrors } from './errors.ts'
import { openFields } from './identify-person.ts'
import { mayReveal } from './policy.ts'
import type { PatientFields } from './schema.ts'
import * as store from './store.ts'

/**
 * Shows who a person is. The audit record is durable before anything is decrypted.
 * @param reason why it is needed, in the actor's words or a use case's name; it is kept in the audit
 * @throws http.forbidden, identifiers.unknown-person, identifiers.forgotten
 */
export const revealPerson =
  (deps: IdentifiersDeps) =>
  async (personId: string, actor: Actor, reason: string): Promise<PatientFields> => {
    mustAllow(mayReveal(actor))
    const row = await deps.db.asOrg(deps.orgId, (tx) => store.findPerson(tx, personId))
    if (!row) throw identifierErrors.error('unknown-person')
    if (row.forgettingAtMs !== null || row.fields === null) throw identifierErrors.error('forgotten', { personId })
    await deps.audit.record({
      orgId: deps.orgId,
      actorId: actor.id,
      action: 'person.reveal',
      resource: personId,
      facts: { reason },
    })
    return openFields(deps, personId, row.fields)
  }
