import { invariant } from '@bithive/kernel/errors'
import type { Ledger } from '../ledger/index.ts'
import { walletErrors } from './errors.ts'

export type LedgerEntry = Awaited<ReturnType<Ledger['history']>>['entries'][number]

/** An entry with what it means for the whole owner. Amounts in the smallest unit. */
export type WalkedEntry = LedgerEntry & {
  /** What it did to the owner's booked balance: 0 for a hold, a release, and a move between own accounts. */
  readonly effect: bigint
  readonly availableEffect: bigint
  readonly balanceAfter: bigint
  readonly internal: boolean
}

/** Where a walk stands: the ledger's cursor, and the owner's balances just above it. */
export type Place = {
  readonly cursor: string | undefined
  /** Booked balance of each sub-account that moved or had something, by account id. */
  readonly accounts: ReadonlyMap<string, { readonly asset: string; readonly posted: bigint }>
  /** On the way between two sub-accounts: out of one and not yet in the other. */
  readonly onTheWay: ReadonlyMap<string, bigint>
}

export type WalkedPage = { readonly entries: readonly WalkedEntry[]; readonly next: Place | undefined }

/** Legs of the ledger's own levelling between an owner's sub-accounts. */
const LEVELLING = new Set(['clearing-out', 'clearing-in'])
const MOVES = new Set(['move', 'post', 'reverse'])

/** What an entry did to the booked balance of its own account. */
export function postedEffect(entry: Pick<LedgerEntry, 'step' | 'direction' | 'amount'>): bigint {
  if (!MOVES.has(entry.step)) return 0n
  return entry.direction === 'in' ? entry.amount : -entry.amount
}

/** What an entry did to what its own account can spend. Only what goes out is held on one's own side. */
export function availableEffect(entry: Pick<LedgerEntry, 'step' | 'direction' | 'amount' | 'pendingAmount'>): bigint {
  const { step, direction, amount, pendingAmount = 0n } = entry
  if (direction === 'in') return postedEffect(entry)
  if (step === 'hold') return -amount
  if (step === 'post') return pendingAmount - amount
  return step === 'void' ? pendingAmount : -amount
}

/** Both ends of one transfer are the owner's: it has two entries with one place in the feed. */
function ownMoves(entries: readonly LedgerEntry[]): ReadonlySet<string> {
  const seen = new Map<string, string>()
  const own = new Set<string>()
  for (const { shard, seq, direction } of entries) {
    const place = `${shard}/${seq}`
    if (seen.has(place) && seen.get(place) !== direction) own.add(place)
    seen.set(place, direction)
  }
  return own
}

/**
 * What is out of one sub-account and not yet in the other, at the moment of the newest entry. A levelling is over in
 * seconds, so what the newest page does not pair is on the way; a leg whose partner lies further down has arrived.
 */
function readOnTheWay(entries: readonly LedgerEntry[]): Map<string, bigint> {
  const open = new Map<string, { asset: string; sum: bigint }>()
  for (const entry of entries) {
    if (!LEVELLING.has(entry.code ?? '')) continue
    const key = `${entry.asset} ${entry.reference ?? entry.id}`
    open.set(key, { asset: entry.asset, sum: (open.get(key)?.sum ?? 0n) - postedEffect(entry) })
  }
  const onTheWay = new Map<string, bigint>()
  // A sum below zero: only the arrival is on the page, its departure is older and lies below it.
  for (const { asset, sum } of open.values()) if (sum > 0n) onTheWay.set(asset, (onTheWay.get(asset) ?? 0n) + sum)
  return onTheWay
}

/**
 * The newest place: balances are read before the page, and what moved in between is on the page with the balance after
 * it, so the two together are one moment.
 */
async function openPlace(ledger: Pick<Ledger, 'balances'>, owner: string): Promise<Place> {
  const accounts = new Map<string, { asset: string; posted: bigint }>()
  for (const { asset, shards } of await ledger.balances(owner))
    for (const { account, posted } of shards) accounts.set(account.toString(), { asset, posted })
  return { cursor: undefined, accounts, onTheWay: new Map() }
}

function totalOf(accounts: Place['accounts'], asset: string): bigint {
  let sum = 0n
  for (const one of accounts.values()) if (one.asset === asset) sum += one.posted
  return sum
}

/**
 * Walks from a place towards the past and gives each entry the owner's balance after it. Each entry's own account
 * must stand where the ledger says it stood: a cursor that was made up is found out by that.
 * @throws wallet.bad-cursor
 */
export function walkPage(
  place: Place,
  page: readonly LedgerEntry[],
  isFirst: boolean,
): Omit<Place, 'cursor'> & {
  readonly entries: readonly WalkedEntry[]
} {
  const accounts = new Map(place.accounts)
  const onTheWay = isFirst ? readOnTheWay(page) : new Map(place.onTheWay)
  if (isFirst) {
    const settled = new Set<string>()
    for (const { account, asset, postedAfter } of page) {
      const id = account.toString()
      if (!settled.has(id)) accounts.set(id, { asset, posted: postedAfter })
      settled.add(id)
    }
  }
  const own = ownMoves(page)
  const entries = page.map((entry): WalkedEntry => {
    const id = entry.account.toString()
    const stands = accounts.get(id)
    if (stands?.posted !== entry.postedAfter) throw walletErrors.error('bad-cursor')
    const both = own.has(`${entry.shard}/${entry.seq}`)
    const levelling = LEVELLING.has(entry.code ?? '')
    const internal = both || levelling
    const posted = postedEffect(entry)
    const balanceAfter = totalOf(accounts, entry.asset) + (onTheWay.get(entry.asset) ?? 0n)
    accounts.set(id, { asset: entry.asset, posted: stands.posted - posted })
    // Undoing one leg leaves the owner's balance where it is: what the account lost is on the way, and back again.
    if (internal) onTheWay.set(entry.asset, (onTheWay.get(entry.asset) ?? 0n) + posted)
    const effect = internal ? 0n : posted
    return { ...entry, internal, effect, availableEffect: internal ? 0n : availableEffect(entry), balanceAfter }
  })
  return { accounts, onTheWay, entries }
}

/** One page of the owner's entries over all sub-accounts, newest first. @throws wallet.bad-cursor, ledger.bad-cursor */
export async function readWalk(
  ledger: Pick<Ledger, 'balances' | 'history'>,
  query: {
    readonly owner: string
    readonly asset: string | undefined
    readonly place: Place | undefined
    readonly limit: number
  },
): Promise<WalkedPage> {
  const { owner, asset, limit } = query
  const place = query.place ?? (await openPlace(ledger, owner))
  const page = await ledger.history({
    owner,
    limit,
    ...(asset === undefined ? {} : { asset }),
    ...(place.cursor === undefined ? {} : { after: place.cursor }),
  })
  const { entries, ...below } = walkPage(place, page.entries, query.place === undefined)
  return { entries, next: page.next === undefined ? undefined : { cursor: page.next, ...below } }
}

/** Entries one after another from the newest to the oldest, page by page. */
export async function* walkEntries(
  ledger: Pick<Ledger, 'balances' | 'history'>,
  owner: string,
  asset: string | undefined,
): AsyncGenerator<{ readonly page: WalkedPage; readonly above: bigint | undefined }> {
  let place: Place | undefined
  for (;;) {
    const page: WalkedPage = await readWalk(ledger, { owner, asset, place, limit: 200 })
    yield { page, above: page.entries[0]?.balanceAfter }
    if (!page.next) return
    invariant(page.next.cursor !== place?.cursor, 'a walk through the books goes on')
    place = page.next
  }
}
