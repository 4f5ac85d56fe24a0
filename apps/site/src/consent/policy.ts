import { type Actor, allow, type Decision, deny } from '@bithive/kernel/actor'

const has = (actor: Actor, ...roles: readonly string[]) => roles.some((role) => actor.roles.includes(role))
const isSelf = (actor: Actor, personId: string) => actor.kind === 'person' && actor.id === personId

/** Staff who take the signed form record it; a patient records their own. Withdrawing is as easy as giving. */
export function mayRecordConsent(actor: Actor, personId: string): Decision {
  if (isSelf(actor, personId) || has(actor, 'clinician', 'registrar', 'privacy-officer', 'system')) return allow
  return deny('consent.needs-registrar')
}

export function maySeeConsents(actor: Actor, personId: string): Decision {
  if (isSelf(actor, personId) || has(actor, 'clinician', 'registrar', 'privacy-officer', 'auditor', 'system')) {
    return allow
  }
  return deny('consent.needs-clinician')
}
