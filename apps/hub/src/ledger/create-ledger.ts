import type { Clock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import { InvariantError } from '@bithive/kernel/errors'
import type { Log } from '@bithive/kernel/log'
import { type AccountId, type AccountKind, accountIdOf, SHARDS, shardOf } from './account-id.ts'
import type { Chain } from './apply-batch.ts'
import type { QueueLimits } from './batch-queue.ts'
import { type CheckLimits, checkBooks, type Finding, readTrialBalance, type TrialBalance } from './check-books.ts'
import { createRoomChecks, type HoldBook, type SupplyBook } from './check-rooms.ts'
import { clearStop, readStops, type Stop } from './clear-stop.ts'
import { ledgerErrors } from './errors.ts'
import { expireHolds } from './expire-holds.ts'
import { type FoundTransfer, findTransfers, type TransferSearch } from './find-transfers.ts'
import { finishLevels, gatherFunds, type LevelRequest, levelBalances } from './level-balances.ts'
import { type AsOf, readBalanceAsOf } from './read-as-of.ts'
import { readBalances } from './read-balances.ts'
import { type HistoryPage, type HistoryQuery, readHistory } from './read-history.ts'
import { type HoldingSum, readHoldingSums } from './read-sums.ts'
import {
  type AssetRow,
  type LockStrategy,
  markAccount,
  openAccounts,
  openAsset,
  type Restriction,
  readAssetsOf,
  readFeed,
  readLastSeq,
  readRestrictions,
  readTransfer,
  restrictAccount,
  useLock,
} from './store.ts'
import { createSubmit } from './submit-chain.ts'
import type { Balance, Transfer, TransferOutcome } from './transfer.ts'

export type LedgerDeps = {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
  readonly limits?: QueueLimits
  /** How often a batch is asked again when the connection fails, 8 unless told: about 5 s in all. */
  readonly attempts?: number
}

/** `debits`: it may not spend more than it has. `credits`: it may not take back more than it gave. `none`: neither. */
type AccountLimit = 'debits' | 'credits' | 'none'

type AccountKey = { readonly owner: string; readonly asset: string; readonly kind: AccountKind }
type OpenAccount = AccountKey & { readonly shard: number; readonly limit?: AccountLimit }
type AccountPlace = { readonly shard: number; readonly account: AccountId }
export type RestrictionChange = {
  readonly outgoing?: boolean
  readonly incoming?: boolean
  readonly maxBalance?: bigint | null
  /** Pseudonymous id of the person or worker who decided it. */
  readonly by: string
  readonly reason: string
}
type Commit = { readonly shard: number; readonly lastSeq: bigint }

const LIMIT_FLAGS: Readonly<Record<AccountLimit, number>> = { none: 0, debits: 1, credits: 2 }
const FROZEN = 4
const CLOSED = 8
const MOST_FEED_ROWS = 5000

/**
 * A supply account goes into debit as it issues, a custody account as money arrives at the bank or on the chain; a
 * clearing account may stand on either side for a while.
 */
function usualLimit(kind: AccountKind): AccountLimit {
  if (kind === 'supply' || kind === 'custody') return 'credits'
  return kind === 'clearing' ? 'none' : 'debits'
}

export type Ledger = {
  /**
   * Registers an asset; the same words again change nothing. `closed`: it never moves between two owners. @throws
   * ledger.asset-conflict
   */
  readonly defineAsset: (asset: AssetRow) => Promise<void>
  /** Opens one account with the balance 0, or finds it. @throws ledger.asset-unknown */
  readonly openAccount: (account: OpenAccount) => Promise<AccountId>
  /**
   * Opens the sub-accounts of every shard. @returns their ids in the order of the shards. @throws ledger.asset-unknown
   */
  readonly ensureAccounts: (owner: string, asset: string, kind: AccountKind) => Promise<readonly AccountId[]>
  /** The shard for everything about one reference (a job, an order). */
  readonly shardOf: (reference: string) => number
  readonly freeze: (place: AccountPlace, frozen: boolean) => Promise<void>
  /**
   * Freezes what goes out and what comes in, each by itself, or sets the most that the account may hold (null lifts
   * it); what is left out stays. A hold on a frozen account can still be voided. @throws ledger.no-account
   */
  readonly restrict: (place: AccountPlace, change: RestrictionChange) => Promise<void>
  /** Every change made by `restrict`, oldest first. For workers. */
  readonly restrictions: (place: AccountPlace) => Promise<Restriction[]>
  /** @throws ledger.not-empty while it has a balance or a hold, ledger.no-account */
  readonly closeAccount: (place: AccountPlace) => Promise<void>
  /**
   * Books a chain, all of it or nothing. Asking again with the same ids changes nothing and answers `exists`.
   * @throws ledger.bad-transfer, cross-shard, busy (429), unavailable, fenced: then nothing of the chain was booked.
   */
  readonly submit: (chain: Chain) => Promise<TransferOutcome[]>
  /** The sum of the sub-accounts; undefined when the owner has no such account. `kind` is `holder` unless told. */
  readonly balance: (owner: string, asset: string, kind?: AccountKind) => Promise<Balance | undefined>
  /** What was posted at a moment, or after a place in each feed, in the smallest unit. For workers. */
  readonly balanceAsOf: (query: { owner: string; asset: string; kind: AccountKind; asOf: AsOf }) => Promise<bigint>
  readonly balances: (owner: string) => Promise<Balance[]>
  readonly history: (query: HistoryQuery) => Promise<HistoryPage>
  /** Where all units of an asset lie: the network's accounts by name, organisations in one sum for each kind. */
  readonly holdingSums: (asset: string) => Promise<HoldingSum[]>
  /** Transfers of anybody by id, account, reference or code, newest first. For the network's own people. */
  readonly findTransfers: (search: TransferSearch) => Promise<FoundTransfer[]>
  /** Booked transfers of one shard above `after`, in order and without gaps; at most 5,000. For workers. */
  readonly feed: (query: { shard: number; after: bigint; limit: number }) => Promise<Transfer[]>
  /** The number of the latest transfer of a shard; 0 when there is none. */
  readonly lastSeq: (shard: number) => Promise<bigint>
  /** In what accounts of one shard are kept. */
  readonly assetsOf: (
    shard: number,
    accounts: readonly AccountId[],
  ) => Promise<Map<AccountId, { readonly code: string; readonly scale: number }>>
  /** One transfer and how it ended if it is a hold. For workers. */
  readonly transfer: (key: {
    shard: number
    id: string
  }) => Promise<{ transfer: Transfer; ended: 'post' | 'void' | undefined; reversed: boolean } | undefined>
  /**
   * Called after this process booked a batch: a hint to read the feed, never the truth. @returns the way to stop it.
   */
  readonly onCommit: (listener: (commit: Commit) => void) => () => void
  readonly trialBalance: () => Promise<TrialBalance>
  readonly checkBooks: (options?: { full?: boolean; limits?: Partial<CheckLimits> }) => Promise<Finding[] | undefined>
  /** Lets the running check ask a room about the holds that are its own. */
  readonly explainHolds: (book: HoldBook) => void
  /** Lets the running check compare the supply accounts with what should be in existence. */
  readonly explainSupply: (book: SupplyBook) => void
  /** Stops of payouts that stand, with what was found. */
  readonly stops: () => Promise<Stop[]>
  /** @throws ledger.needs-second-person when both are the same */
  readonly clearStop: (clear: {
    shard: number
    proposedBy: string
    approvedBy: string
    reason: string
  }) => Promise<boolean>
  /** Voids the holds whose time is over. @returns how many. */
  readonly expireHolds: () => Promise<number>
  /**
   * Moves an owner's money to its sub-account on one shard, by held legs through a clearing account a pair of shards.
   * @returns what arrived: less than asked when there is less, or when an outcome is open and the worker goes on.
   */
  readonly level: (request: LevelRequest) => Promise<bigint>
  /** Levels as far as need be. @returns `short` when the money does not suffice, `open` when it is on its way. */
  readonly gather: (request: LevelRequest) => Promise<'there' | 'short' | 'open'>
  /** Changes the lock of every shard, for all hubs, between two batches. */
  readonly useLock: (lock: LockStrategy) => Promise<void>
  /** Carries on levels that were left open. @returns how many ended. */
  readonly finishLevels: () => Promise<number>
}

async function open(deps: LedgerDeps, accounts: readonly OpenAccount[]): Promise<AccountId[]> {
  const rows = accounts.map((account) => ({
    ...account,
    id: accountIdOf(account),
    flags: LIMIT_FLAGS[account.limit ?? usualLimit(account.kind)],
  }))
  const codes = await openAccounts(deps.db, deps.clock.now(), rows)
  for (const [index, code] of codes.entries()) {
    if (code === 1) throw ledgerErrors.error('asset-unknown', { asset: rows[index]?.asset ?? '' })
    if (code === 2) throw new InvariantError('two accounts of the ledger have one id')
  }
  return rows.map((row) => row.id)
}

/**
 * The ledger of the hub: accounts and transfers on shards, all booked by `ledger.apply`.
 * Any number of processes may run one on the same database.
 */
export function createLedger(deps: LedgerDeps): Ledger {
  const { db, clock } = deps
  const log = deps.log.child({ room: 'ledger' })
  const listeners = new Set<(commit: Commit) => void>()
  const submit = createSubmit({
    ...deps,
    log,
    onCommit: (commit) => {
      for (const listener of listeners) listener(commit)
    },
  })
  const mark = async ({ shard, account }: AccountPlace, set: number, clear: number) => {
    if (await markAccount(db, { shard, id: account, set, clear })) return
    const stands = (await readAssetsOf(db, shard, [account])).has(account)
    throw ledgerErrors.error(stands ? 'not-empty' : 'no-account', { account: account.toString() })
  }
  const ensureAccounts: Ledger['ensureAccounts'] = (owner, asset, kind) =>
    open(
      deps,
      SHARDS.map((shard) => ({ owner, asset, kind, shard })),
    )
  const rooms = createRoomChecks({ db, clock })
  const levelling = { db, submit, ensureAccounts }
  return {
    defineAsset: async (asset) => {
      if (!(await openAsset(db, asset))) throw ledgerErrors.error('asset-conflict', { asset: asset.code })
    },
    openAccount: async (account) => (await open(deps, [account]))[0] as AccountId,
    ensureAccounts,
    shardOf,
    freeze: (place, frozen) => mark(place, frozen ? FROZEN : 0, frozen ? 0 : FROZEN),
    restrict: async ({ shard, account }, { outgoing, incoming, maxBalance, by, reason }) => {
      const done = await restrictAccount(db, clock.now(), {
        ...{ shard, id: account, outgoing, incoming, maxBalance, by, reason },
      })
      if (!done) throw ledgerErrors.error('no-account', { account: account.toString() })
    },
    restrictions: ({ shard, account }) => readRestrictions(db, shard, account),
    closeAccount: (place) => mark(place, CLOSED, 0),
    submit,
    balance: async (owner, asset, kind = 'holder') => (await readBalances(db, { owner, asset, kind }))[0],
    balanceAsOf: (query) => readBalanceAsOf(db, query),
    balances: (owner) => readBalances(db, { owner }),
    history: (query) => readHistory(db, query),
    holdingSums: (asset) => readHoldingSums(db, asset),
    findTransfers: (search) => findTransfers(db, search),
    feed: (query) => readFeed(db, { ...query, limit: Math.min(query.limit, MOST_FEED_ROWS) }),
    lastSeq: (shard) => readLastSeq(db, shard),
    assetsOf: (shard, accounts) => readAssetsOf(db, shard, accounts),
    transfer: (key) => readTransfer(db, key),
    onCommit: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    trialBalance: () => readTrialBalance(db),
    checkBooks: (options) => checkBooks({ db, clock, log, roomFindings: rooms.find }, options),
    explainHolds: rooms.explainHolds,
    explainSupply: rooms.explainSupply,
    stops: () => readStops(db),
    clearStop: (clear) => clearStop({ db, clock }, clear),
    expireHolds: () => expireHolds({ db, clock, submit }),
    level: (request) => levelBalances(levelling, request),
    gather: (request) => gatherFunds(levelling, request),
    useLock: (lock) => useLock(db, lock),
    finishLevels: () => finishLevels(levelling),
  }
}
