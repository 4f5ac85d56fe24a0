import { type Actor, allow, type Decision, deny } from '@bithive/kernel/actor'

/** An actor, and whether the organisation that it acts for is the network's own. */
export type Caller = { readonly actor: Actor; readonly network: boolean }

const has = (actor: Actor, ...roles: string[]) => roles.some((role) => actor.roles.includes(role))
const isOperator = ({ actor }: Caller) => actor.kind === 'person' && has(actor, 'operator')

/** Everyone who acts for an organisation: rates, fees and the supply are the same for all. */
export function mayReadPublicFigures(actor: Actor): Decision {
  return actor.orgId === '' ? deny('needs-organisation') : allow
}

/**
 * The network's own books: its operators, and finance people and auditors of the operator's organisation. An auditor
 * whom another organisation appoints for itself is not one of them.
 */
export function mayReadTreasury(caller: Caller): Decision {
  if (isOperator(caller)) return allow
  const ours = caller.network && caller.actor.kind === 'person' && has(caller.actor, 'finance', 'auditor')
  return ours ? allow : deny('treasury.needs-operator')
}

/** Proposing, deciding and taking statements in: operators and the network's finance people, never its auditors. */
export function mayRunTreasury(caller: Caller): Decision {
  if (isOperator(caller)) return allow
  const ours = caller.network && caller.actor.kind === 'person' && has(caller.actor, 'finance')
  return ours ? allow : deny('treasury.needs-operator')
}

/**
 * Converting is spending: finance people and administrators of an organisation, and a site's token that may order,
 * which may spend the same money on jobs.
 */
export function mayConvert(actor: Actor): Decision {
  if (actor.kind === 'person') return has(actor, 'finance', 'admin') ? allow : deny('treasury.needs-finance-role')
  return actor.kind === 'site' && has(actor, 'orderer') ? allow : deny('treasury.needs-finance-role')
}

/** The reference under which an organisation's money arrives, and what arrived under it. */
export const maySeeFunding = mayConvert

/** A supporter's own grants. */
export function maySeeGrants(actor: Actor): Decision {
  return actor.kind === 'person' && has(actor, 'finance', 'admin', 'auditor')
    ? allow
    : deny('treasury.needs-finance-role')
}
