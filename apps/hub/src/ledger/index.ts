import type { RoomMigrations } from '@bithive/kernel/database'

export {
  type AccountId,
  type AccountKind,
  accountIdOf,
  NETWORK,
  SHARDS,
  shardOf,
  shardOfAccount,
} from './account-id.ts'
export type { HoldBook, OpenHold, SupplyBook } from './check-rooms.ts'
export { TRANSFER_CODES, type TransferCode } from './codes.ts'
export { createLedger, type Ledger } from './create-ledger.ts'
export { type ExportFormat, exportTransfers } from './export-transfers.ts'
export { publishChanges } from './publish-changes.ts'
export { requireBooked } from './read-result.ts'
export type { HoldingSum } from './read-sums.ts'
export { createLedgerRoutes } from './routes.ts'
export type { Transfer, TransferOutcome, TransferRequest } from './transfer.ts'
export { type Difference, type Verification, verifyLedger } from './verify-ledger.ts'
export { ledgerWorkers } from './worker.ts'

/** The numbered SQL files of this room. */
export const ledgerMigrations: RoomMigrations = {
  room: 'ledger',
  directory: new URL('./migrations/', import.meta.url),
}
