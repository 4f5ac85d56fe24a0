import { type Actor, allow, type Decision, deny } from '@bithive/kernel/actor'

/** What a route of the network tells, in terms of the people who need it for their work. */
export type NetworkMatter = 'money' | 'models' | 'jobs' | 'nodes' | 'run-nodes' | 'order' | 'spend'

/**
 * The hub knows the hospital by one token that may do all of this. Which of the hospital's people may is decided
 * here, by the least that each kind of work needs.
 */
const MAY: Readonly<Record<NetworkMatter, readonly string[]>> = {
  // Money is the office's; the auditor reads it.
  money: ['finance', 'admin', 'auditor'],
  // Converting and asking for a payment reference are the office's alone: an auditor reads, and does nothing.
  spend: ['finance', 'admin'],
  // Cards say what an analysis is for: whoever orders, prices, or answers for it.
  models: ['clinician', 'admin', 'auditor', 'finance', 'node-operator'],
  jobs: ['clinician', 'admin', 'auditor'],
  nodes: ['node-operator', 'admin', 'auditor'],
  'run-nodes': ['node-operator'],
  // A price is asked for by whoever may then order.
  order: ['clinician'],
}

/** @returns `network.needs-<matter>` as the reason of a refusal */
export function mayAskNetwork(actor: Actor, matter: NetworkMatter): Decision {
  return MAY[matter].some((role) => actor.roles.includes(role)) ? allow : deny(`network.needs-${matter}`)
}
