import { type Actor, allow, type Decision, deny } from '@bithive/kernel/actor'

const isPerson = (actor: Actor) => actor.kind === 'person'
const isOperator = (actor: Actor) => isPerson(actor) && actor.roles.includes('operator')

/** Health, backups, set-up and stops are for those who run the network. */
export const mayOperate = (actor: Actor): Decision => (isOperator(actor) ? allow : deny('operations.needs-operator'))

/** An organisation's auditor or administrator reads its own chain; the operator any, and each reading is recorded. */
export function mayReadAudit(actor: Actor, orgId: string): Decision {
  if (isOperator(actor)) return allow
  if (actor.orgId !== orgId) return deny('operations.another-organisation')
  const may = isPerson(actor) && (actor.roles.includes('auditor') || actor.roles.includes('admin'))
  return may ? allow : deny('operations.needs-auditor')
}
