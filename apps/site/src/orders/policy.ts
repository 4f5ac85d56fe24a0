import { type Actor, allow, type Decision, deny } from '@bithive/kernel/actor'

const has = (actor: Actor, ...roles: readonly string[]) => roles.some((role) => actor.roles.includes(role))

/** Clinicians order and cancel; the site's own automation orders in sample mode and for worklists. */
export function mayOrder(actor: Actor): Decision {
  return has(actor, 'clinician', 'system') ? allow : deny('orders.needs-clinician')
}

/** Finance sees what was ordered and what it cost; an order names nobody. */
export function maySeeOrders(actor: Actor): Decision {
  return has(actor, 'clinician', 'admin', 'auditor', 'finance', 'system') ? allow : deny('orders.needs-clinician')
}
