import type { RoomMigrations } from '@bithive/kernel/database'

export {
  ACCOUNT_KINDS,
  type AccountId,
  type AccountKind,
  accountIdOf,
  NETWORK,
  SHARDS,
  shardOf,
  shardOfAccount,
} from './account-id.ts'
export type { Finding, TrialBalance, TrialLine } from './check-books.ts'
export type { Stop } from './clear-stop.ts'
export { isPayout, TRANSFER_CODES, type TransferCode, transferCodeOf } from './codes.ts'
export {
  type AccountLimit,
  type Commit,
  createLedger,
  type Ledger,
  type LedgerDeps,
  type OpenAccount,
} from './create-ledger.ts'
export { ledgerErrors } from './errors.ts'
export type { HistoryPage, HistoryQuery } from './read-history.ts'
export { requireBooked } from './read-result.ts'
export { createLedgerRoutes } from './routes.ts'
export type {
  Balance,
  BalanceParts,
  Entry,
  Transfer,
  TransferOutcome,
  TransferRequest,
  TransferStep,
} from './transfer.ts'
export { ledgerWorkers } from './worker.ts'

/** The numbered SQL files of this room. */
export const ledgerMigrations: RoomMigrations = {
  room: 'ledger',
  directory: new URL('./migrations/', import.meta.url),
}
