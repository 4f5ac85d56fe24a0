import { type Actor, allow, type Decision, deny } from '@bithive/kernel/actor'

/** Everyone who acts for an organisation sees that organisation's accounts; other ones are never asked for. */
export function mayReadOwnAccounts(actor: Actor): Decision {
  return actor.orgId === '' ? deny('needs-organisation') : allow
}

/** The trial balance shows sums over all owners: for those who run or examine the network. */
export function mayReadTrialBalance(actor: Actor): Decision {
  return actor.roles.includes('operator') || actor.roles.includes('auditor') ? allow : deny('needs-operator')
}
