import { type Actor, systemActor } from '@bithive/kernel/actor'
import { mustAllow } from '@bithive/kernel/http'
import type { IdentifiersDeps } from './deps.ts'
import { identifierErrors } from './errors.ts'
import { mayForget } from './policy.ts'
import * as store from './store.ts'

/**
 * Forgets a person: the data key is destroyed, so that every ciphertext (tables, blobs, backups) is unreadable,
 * then each room removes what it holds, then only a tombstone is left. A kill at any line is taken up again by
 * `resume`, because the mark comes first and the tombstone last.
 * @throws http.forbidden, identifiers.unknown-person
 */
export const forgetPerson = (deps: IdentifiersDeps, eraseLink: (personId: string) => Promise<void>) => {
  const finish = async (personId: string) => {
    await deps.dataKeys.destroy(personId)
    // Before the rooms: from here on the account opens nothing of the person.
    await eraseLink(personId)
    for (const eraser of deps.erasers()) await eraser.erase(personId)
    await deps.db.asOrg(deps.orgId, (tx) => store.eraseIdentity(tx, personId, deps.clock.now()))
    await deps.audit.record({
      orgId: deps.orgId,
      actorId: systemActor().id,
      action: 'person.forgotten',
      resource: personId,
    })
  }
  return {
    forget: async (personId: string, actor: Actor, reason: string): Promise<void> => {
      mustAllow(mayForget(actor))
      const row = await deps.db.asOrg(deps.orgId, (tx) => store.findPerson(tx, personId))
      if (!row) throw identifierErrors.error('unknown-person')
      if (row.forgottenAtMs !== null) return
      await deps.audit.record({
        orgId: deps.orgId,
        actorId: actor.id,
        action: 'person.forget',
        resource: personId,
        facts: { reason },
      })
      await deps.db.asOrg(deps.orgId, (tx) => store.markForgetting(tx, personId, deps.clock.now()))
      await finish(personId)
    },
    /** Ends erasures that a kill left half done. @returns how many */
    resume: async (): Promise<number> => {
      const waiting = await deps.db.asOrg(deps.orgId, (tx) => store.listForgetting(tx))
      for (const personId of waiting) await finish(personId)
      return waiting.length
    },
  }
}
