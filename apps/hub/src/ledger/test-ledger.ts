import type { Clock } from '@bithive/kernel/clock'
import { createManualClock } from '@bithive/kernel/clock'
import { createIds } from '@bithive/kernel/ids'
import { type Log, silentLog } from '@bithive/kernel/log'
import { createSeededRandomness } from '@bithive/kernel/randomness'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { type AccountId, type AccountKind, accountIdOf, NETWORK } from './account-id.ts'
import { createLedger, type Ledger, type LedgerDeps } from './create-ledger.ts'
import { ledgerMigrations } from './index.ts'
import { requireBooked } from './read-result.ts'
import type { TransferRequest } from './transfer.ts'

/** The seed of a random test: from LEDGER_SEED, or new; printed, so that a failing run can be repeated. */
export function testSeed(name: string): bigint {
  const given = process.env.LEDGER_SEED
  const seed = given === undefined ? BigInt(Date.now()) : BigInt(given)
  process.stdout.write(`${name}: LEDGER_SEED=${seed}\n`)
  return seed
}

export type Lab = {
  readonly db: TestDatabase
  readonly clock: Clock
  readonly ledger: Ledger
  readonly uuid: () => string
  /** A second hub on the same database. */
  readonly another: (deps?: Partial<LedgerDeps>) => Ledger
  /** Opens the holder accounts of an owner and issues to each shard. @returns the ids by shard. */
  readonly fund: (owner: string, amount: bigint, asset?: string) => Promise<readonly AccountId[]>
  readonly account: (owner: string, kind?: AccountKind, shard?: number, asset?: string) => AccountId
  /** A plain move with a new id; any field may be given. */
  readonly move: (fields: Partial<TransferRequest> & Pick<TransferRequest, 'debit' | 'credit'>) => TransferRequest
}

/** A migrated database of its own with the asset CNY and the network's accounts, and a ledger on it. */
export async function openLab(options: { log?: Log; clock?: Clock; attempts?: number } = {}): Promise<Lab> {
  const db = await createTestDatabase({ name: 'hub', rooms: [ledgerMigrations] })
  const clock = options.clock ?? createManualClock(1_800_000_000_000)
  const { uuid } = createIds({ clock, randomness: createSeededRandomness(7n) })
  const deps: LedgerDeps = { db, clock, log: options.log ?? silentLog }
  const attempts = options.attempts === undefined ? {} : { attempts: options.attempts }
  const ledger = createLedger({ ...deps, ...attempts })
  // The whole suite may run under either lock: LEDGER_LOCK=row.
  if (process.env.LEDGER_LOCK === 'row') await ledger.useLock('row')
  await ledger.defineAsset({ code: 'CNY', scale: 2, closed: false })
  for (const kind of ['supply', 'escrow', 'fee', 'treasury'] as const) {
    await ledger.ensureAccounts(NETWORK, 'CNY', kind)
  }
  const account: Lab['account'] = (owner, kind = 'holder', shard = 0, asset = 'CNY') =>
    accountIdOf({ owner, asset, kind, shard })
  return {
    db,
    clock,
    ledger,
    uuid,
    account,
    another: (more = {}) => createLedger({ ...deps, ...more }),
    move: (fields) => ({ id: uuid(), amount: 100n, code: 'own-move', ...fields }),
    fund: async (owner, amount, asset = 'CNY') => {
      const ids = await ledger.ensureAccounts(owner, asset, 'holder')
      for (const [shard, credit] of ids.entries()) {
        const debit = account(NETWORK, 'supply', shard, asset)
        requireBooked(await ledger.submit([{ id: uuid(), debit, credit, amount, code: 'sample-funding' }]))
      }
      return ids
    },
  }
}
