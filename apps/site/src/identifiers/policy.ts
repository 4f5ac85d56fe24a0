import { type Actor, allow, type Decision, deny } from '@bithive/kernel/actor'

const has = (actor: Actor, ...roles: readonly string[]) => roles.some((role) => actor.roles.includes(role))

/** Treating staff and the site's own use cases see who a patient is. */
export function mayReveal(actor: Actor): Decision {
  return has(actor, 'clinician', 'privacy-officer', 'system') ? allow : deny('identifiers.needs-clinician')
}

/** Only the privacy officer or the site's administrator erases a person. */
export function mayForget(actor: Actor): Decision {
  return has(actor, 'privacy-officer', 'admin', 'system') ? allow : deny('identifiers.needs-privacy-officer')
}

/** Who decides whether two sets of details are one patient. */
export function mayResolve(actor: Actor): Decision {
  return has(actor, 'clinician', 'privacy-officer', 'system') ? allow : deny('identifiers.needs-clinician')
}

/** Who lets a patient into their own data: whoever registers or treats, having seen who stands there. */
export function mayInvite(actor: Actor): Decision {
  return has(actor, 'registrar', 'clinician', 'privacy-officer', 'system') ? allow : deny('identifiers.needs-registrar')
}

/** An account that can stand for a person: somebody who is here as a patient. */
export function mayClaim(actor: Actor): Decision {
  return actor.kind === 'person' && has(actor, 'patient') ? allow : deny('identifiers.needs-patient')
}
