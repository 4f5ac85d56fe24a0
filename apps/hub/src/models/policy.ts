import { type Actor, allow, type Decision, deny } from '@bithive/kernel/actor'

/** Whoever belongs to the author's organisation sees what its models earned: no name of a payer is part of it. */
export function maySeeOwnModels(actor: Actor): Decision {
  return actor.kind === 'node' ? deny('models.nodes-see-leases-only') : allow
}
