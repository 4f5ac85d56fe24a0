import { type Actor, allow, type Decision, deny } from '@bithive/kernel/actor'

const has = (actor: Actor, ...roles: readonly string[]) => roles.some((role) => actor.roles.includes(role))

/**
 * The person that the actor's account stands for, as the vault's link says; undefined for staff and machines. An
 * account's own id is never a person's.
 */
export type Self = string | undefined

const isSelf = (self: Self, personId: string) => self !== undefined && self === personId

/** Staff who hold the signed form record it. What a patient agrees to at `/m` has evidence of its own. */
export function mayRecordConsent(actor: Actor): Decision {
  return has(actor, 'clinician', 'registrar', 'privacy-officer', 'system') ? allow : deny('consent.needs-registrar')
}

/** Withdrawing is as easy as giving: the person alone is enough. */
export function mayWithdrawConsent(actor: Actor, personId: string, self: Self): Decision {
  return isSelf(self, personId) ? allow : mayRecordConsent(actor)
}

export function maySeeConsents(actor: Actor, personId: string, self: Self): Decision {
  return isSelf(self, personId) ? allow : mayListConsents(actor)
}

/** Who looks at the consents of anybody. */
export function mayListConsents(actor: Actor): Decision {
  if (has(actor, 'clinician', 'registrar', 'privacy-officer', 'auditor', 'system')) return allow
  return deny('consent.needs-clinician')
}

/** An answer is the person's own: nobody agrees for somebody else here. */
export function mayAnswer(personId: string, self: Self): Decision {
  return isSelf(self, personId) ? allow : deny('consent.needs-the-person')
}
