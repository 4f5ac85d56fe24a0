import { type Actor, allow, type Decision, deny } from '@bithive/kernel/actor'

/** Everyone who acts for an organisation sees its money; a node sees its leases only. */
export function mayReadWallet(actor: Actor): Decision {
  if (actor.kind === 'node') return deny('wallet.nodes-see-leases-only')
  return actor.orgId === '' || actor.orgId === 'none' ? deny('needs-organisation') : allow
}

type Job = {
  readonly payerOrgId: string
  readonly nodeOwnerOrgId?: string
  readonly authorOrgId: string
}

/**
 * Whether a reader may know another organisation by its name. Whoever pays may know whom: the market shows it to the
 * payer with the job. Whoever is paid learns the kind of the payer only, because who orders what is the payer's own
 * matter. The network is known to everybody.
 */
export function mayKnowName(readerOrgId: string, otherOrgId: string, job: Job | undefined): boolean {
  if (otherOrgId === readerOrgId || otherOrgId === 'network' || otherOrgId.startsWith('network:')) return true
  return job?.payerOrgId === readerOrgId
}
