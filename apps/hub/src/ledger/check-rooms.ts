import type { Clock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import { SHARDS } from './account-id.ts'
import type { Finding } from './check-books.ts'
import { readHeldSince } from './store.ts'

/** A hold that stands, as a room is asked about it. */
export type OpenHold = {
  readonly id: string
  readonly shard: number
  readonly amount: bigint
  readonly reference: string | undefined
}

/** What a room knows of the holds it has placed. */
export type HoldBook = {
  readonly name: string
  /** True for the holds that are this room's to know, told by their reference. */
  readonly claims: (hold: OpenHold) => boolean
  /** Those of its holds that the room has an act for that is still open. */
  readonly known: (holds: readonly OpenHold[]) => Promise<ReadonlySet<string>>
}

/** What should be in existence of each asset, in its smallest unit: genesis plus emission less burned. */
export type SupplyBook = () => Promise<ReadonlyMap<string, bigint>>

/** Younger holds may still be on their way into the room's own tables. */
const HOLD_GRACE_MS = 60_000
const HOLDS_AT_ONCE = 1_000
const MOST_NAMED = 5

async function readSupply(db: Database, asset: string): Promise<{ supply: bigint; transfers: string[] }> {
  const [row] = await db.worker<{ supply: string | null }[]>`
    SELECT sum(a.debits_posted - a.credits_posted)::text AS supply
    FROM ledger.account a JOIN ledger.asset s ON s.id = a.asset WHERE a.kind = 'supply' AND s.code = ${asset}`
  const newest = await db.worker<{ id: string }[]>`
    SELECT t.id FROM ledger.account a JOIN ledger.asset s ON s.id = a.asset
    CROSS JOIN LATERAL (
      (SELECT id, at_ms FROM ledger.transfer t WHERE t.shard = a.shard AND t.debit = a.id ORDER BY seq DESC LIMIT 5)
      UNION ALL
      (SELECT id, at_ms FROM ledger.transfer t WHERE t.shard = a.shard AND t.credit = a.id ORDER BY seq DESC LIMIT 5)) t
    WHERE a.kind = 'supply' AND s.code = ${asset} ORDER BY t.at_ms DESC LIMIT ${MOST_NAMED}`
  return { supply: BigInt(row?.supply ?? 0), transfers: newest.map(({ id }) => id) }
}

/**
 * The checks that need other rooms. Holds are asked about in slices, in order of their place in the feed; a supply
 * must differ in the same way twice in a row, because an issue that is just being booked is known to one side first.
 */
export function createRoomChecks(deps: { readonly db: Database; readonly clock: Clock }) {
  const holdBooks: HoldBook[] = []
  const supplyBooks: SupplyBook[] = []
  const after = new Map<number, bigint>()
  const seen = new Map<string, string>()

  const checkHolds = async (shard: number): Promise<Finding[]> => {
    const before = deps.clock.now() - HOLD_GRACE_MS
    const query = { shard, after: after.get(shard) ?? 0n, beforeMs: before, limit: HOLDS_AT_ONCE }
    const holds = await readHeldSince(deps.db, query)
    after.set(shard, holds.length < HOLDS_AT_ONCE ? 0n : (holds.at(-1)?.seq ?? 0n))
    const found: Finding[] = []
    for (const book of holdBooks) {
      const claimed = holds.filter(book.claims)
      const known = claimed.length > 0 ? await book.known(claimed) : new Set<string>()
      const strange = claimed.filter(({ id }) => !known.has(id))
      // The room may have ended it while it was asked: what has ended by now is no difference.
      const still = await readHeldSince(deps.db, { ...query, after: 0n, ids: strange.map(({ id }) => id) })
      if (still.length === 0) continue
      const transfers = still.slice(0, MOST_NAMED).map(({ id }) => id)
      const stored = `${still.length} holds of ${book.name}`
      found.push({ kind: 'hold-unknown', shard, stored, expected: 'an open act for each', transfers })
    }
    return found
  }

  const checkSupply = async (book: SupplyBook): Promise<Finding[]> => {
    const found: Finding[] = []
    for (const [asset, expected] of await book()) {
      const { supply, transfers } = await readSupply(deps.db, asset)
      const difference = `${supply} ${expected}`
      if (supply !== expected && seen.get(asset) === difference) {
        const finding = {
          kind: 'supply',
          asset,
          stored: String(supply),
          expected: String(expected),
          transfers,
        } as const
        found.push(...SHARDS.map((shard) => ({ ...finding, shard })))
      }
      seen.set(asset, supply === expected ? '' : difference)
    }
    return found
  }

  return {
    explainHolds: (book: HoldBook) => {
      holdBooks.push(book)
    },
    explainSupply: (book: SupplyBook) => {
      supplyBooks.push(book)
    },
    find: async (): Promise<Finding[]> => {
      const found: Finding[] = []
      if (holdBooks.length > 0) for (const shard of SHARDS) found.push(...(await checkHolds(shard)))
      for (const book of supplyBooks) found.push(...(await checkSupply(book)))
      return found
    },
  }
}
