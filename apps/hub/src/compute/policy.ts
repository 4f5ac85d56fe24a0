import type { NodeTokenOrder, OwnerKind } from '@bithive/api/compute'
import { type Actor, allow, type Decision, deny } from '@bithive/kernel/actor'

/** What identity knows of an organisation; wired by the app. */
export type Organisation = {
  readonly name: string
  /** Kinds of node that the organisation may own. */
  readonly ownerKinds: readonly OwnerKind[]
  /** The network holds it to be a trusted institution. */
  readonly trusted: boolean
  readonly jurisdiction?: string
}

const has = (actor: Actor, ...roles: string[]) => roles.some((role) => actor.roles.includes(role))

/** A site's token orders when that is in its scope; a person needs the role for it. */
export function mayOrderJobs(actor: Actor): Decision {
  if (has(actor, 'orderer', 'admin')) return allow
  return deny('compute.needs-orderer-role')
}

/** Whoever belongs to the organisation sees its jobs; row-level security shows no others. */
export function maySeeJobs(actor: Actor): Decision {
  return actor.kind === 'node' ? deny('compute.nodes-see-leases-only') : allow
}

/** Only who may order may answer a result, because the answer moves money. */
export const mayAnswerResults = mayOrderJobs

export function mayRunNodes(actor: Actor): Decision {
  return has(actor, 'node-operator', 'admin') ? allow : deny('compute.needs-node-operator-role')
}

export function maySeeNodes(actor: Actor): Decision {
  return actor.kind === 'node' ? deny('compute.nodes-see-leases-only') : allow
}

/**
 * A kind of owner and trust are facts that the network holds of an organisation. Nobody grants them to themselves:
 * a home owner's token cannot make a hospital's node.
 */
export function mayIssueToken(order: NodeTokenOrder, organisation: Organisation | undefined): Decision {
  if (!organisation) return deny('compute.organisation-unknown')
  if (!organisation.ownerKinds.includes(order.ownerKind)) return deny('compute.owner-kind-not-granted')
  if (order.trusted && !organisation.trusted) return deny('compute.trust-not-granted')
  return allow
}
