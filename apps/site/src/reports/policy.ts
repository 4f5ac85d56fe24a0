import { type Actor, allow, type Decision, deny } from '@bithive/kernel/actor'

const has = (actor: Actor, ...roles: readonly string[]) => roles.some((role) => actor.roles.includes(role))

/** A report speaks of a patient: treating staff read it. */
export function mayReadReports(actor: Actor): Decision {
  return has(actor, 'clinician', 'privacy-officer', 'system') ? allow : deny('reports.needs-clinician')
}

/** A person who treats judges a result; no machine does, and no administrator. */
export function mayReviewReports(actor: Actor): Decision {
  if (actor.kind !== 'person') return deny('reports.needs-person')
  return has(actor, 'clinician') ? allow : deny('reports.needs-clinician')
}

export function maySendReports(actor: Actor): Decision {
  return has(actor, 'clinician', 'technician', 'system') ? allow : deny('reports.needs-clinician')
}
