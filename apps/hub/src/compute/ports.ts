import type { WorkloadCard } from '@bithive/api/workload'
import type { Audit } from '@bithive/kernel/audit'
import type { Blobs } from '@bithive/kernel/blobs'
import type { Clock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import type { Ids } from '@bithive/kernel/ids'
import type { Intents } from '@bithive/kernel/intents'
import type { Live } from '@bithive/kernel/live'
import type { Log } from '@bithive/kernel/log'
import type { Parameters } from '@bithive/kernel/parameters'
import type { Randomness } from '@bithive/kernel/randomness'
import type { Ledger } from '../ledger/index.ts'
import type { Settlement } from '../treasury/index.ts'
import type { Organisation } from './policy.ts'
import type { Signals } from './signals.ts'

/** A workload that the market may run, as the models room knows it. */
export type ListedWorkload = {
  readonly card: WorkloadCard
  readonly digest: string
  /** The organisation that the royalty goes to. */
  readonly authorOrgId: string
}

export type ComputeDeps = {
  readonly db: Database
  readonly clock: Clock
  readonly ids: Ids
  readonly randomness: Randomness
  readonly log: Log
  readonly audit: Audit
  readonly intents: Intents
  readonly parameters: Parameters
  readonly blobs: Blobs
  readonly ledger: Pick<
    Ledger,
    'ensureAccounts' | 'submit' | 'balance' | 'gather' | 'feed' | 'onCommit' | 'explainHolds'
  >
  readonly settlement: Settlement
  /** Owner of the accounts that fees and the quality pool go to: one of the network's own. */
  readonly feeOwner: string
  readonly workloadOf: (workload: string, version: string) => Promise<ListedWorkload | undefined>
  readonly organisationOf: (orgId: string) => Promise<Organisation | undefined>
  /** Told after a commit, so that open pages ask again. */
  readonly live?: Pick<Live, 'publish'>
  /** Where nodes reach this hub, for the command that an owner is shown. */
  readonly publicUrl?: string
  /** At least 32 secret bytes of this installation; the tokens of leases are derived from it. */
  readonly leaseSecret: Uint8Array
  /** Largest sealed input and result in bytes. */
  readonly limits?: { readonly inputBytes?: number; readonly resultBytes?: number }
}

/** What the use cases of the room share: the ports, and the signals that wake its workers. */
export type Room = ComputeDeps & { readonly signals: Signals; readonly hubId: string }
