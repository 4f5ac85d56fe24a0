import { type Actor, allow, type Decision, deny } from '@bithive/kernel/actor'

/** Everyone who acts for an organisation sees that organisation's accounts; other ones are never asked for. */
export function mayReadOwnAccounts(actor: Actor): Decision {
  return actor.orgId === '' ? deny('needs-organisation') : allow
}

/**
 * The trial balance shows sums over all owners: for those who run the network. An organisation's own auditor, whom
 * its own administrator appoints, is not one of them.
 */
export function mayReadTrialBalance(actor: Actor): Decision {
  return actor.roles.includes('operator') ? allow : deny('needs-operator')
}
