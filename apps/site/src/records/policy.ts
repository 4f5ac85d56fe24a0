import { type Actor, allow, type Decision, deny } from '@bithive/kernel/actor'

/** Everything here is somebody's own: the roles of staff open nothing of it. */
export function maySeeOwnRecords(actor: Actor): Decision {
  return actor.kind === 'person' && actor.roles.includes('patient') ? allow : deny('records.needs-patient')
}
