import type { Audit } from '@bithive/kernel/audit'
import type { Clock } from '@bithive/kernel/clock'
import type { Database, Sql, Tx } from '@bithive/kernel/database'
import type { Ids } from '@bithive/kernel/ids'
import type { Intents } from '@bithive/kernel/intents'
import type { Live } from '@bithive/kernel/live'
import type { Log } from '@bithive/kernel/log'
import type { Parameters } from '@bithive/kernel/parameters'
import type { Randomness } from '@bithive/kernel/randomness'
import type { Rules } from '@bithive/kernel/rules'
import type { Ledger } from '../ledger/index.ts'
import type { Effects } from './money-act.ts'
import type { RateSource } from './rate-source.ts'

/** Where a query runs: a pool, or a transaction. */
export type Runner = Sql | Tx

/** What identity knows of an organisation; wired by the app. */
export type Organisation = { readonly name: { readonly zh: string; readonly en: string }; readonly kind: string }

export type TreasuryDeps = {
  readonly db: Database
  readonly clock: Clock
  readonly ids: Ids
  readonly randomness: Randomness
  readonly log: Log
  readonly audit: Audit
  readonly intents: Intents
  readonly parameters: Parameters
  readonly rules: Rules
  readonly ledger: Ledger
  readonly live: Pick<Live, 'publish'>
  readonly organisationOf: (orgId: string) => Promise<Organisation | undefined>
  /** Sources of rates besides the sample's own and what two people say. */
  readonly rateSources?: readonly RateSource[]
}

/** What every use case of this room is given. */
export type Room = TreasuryDeps & { readonly effects: Effects; readonly asset: string; readonly scale: number }

/** Decimals of the assets that the treasury knows. */
export const SCALES: Readonly<Record<string, number>> = { BTT: 6, CNY: 2 }
