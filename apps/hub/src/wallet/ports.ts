import type { LocalText } from '@bithive/api/workload'
import type { Clock } from '@bithive/kernel/clock'
import type { JobMoney } from '../compute/index.ts'
import type { Ledger } from '../ledger/index.ts'

/** What identity knows of an organisation; wired by the app. */
export type Party = { readonly name: LocalText; readonly kind: string; readonly sample: boolean }

export type WalletDeps = {
  readonly ledger: Pick<Ledger, 'balances' | 'history'>
  readonly clock: Clock
  readonly partyOf: (orgId: string) => Promise<Party | undefined>
  readonly jobMoneyOf: (jobIds: readonly string[]) => Promise<ReadonlyMap<string, JobMoney>>
  /** The words of the ledger for each code. */
  readonly codeTexts: Readonly<Record<string, LocalText>>
}
