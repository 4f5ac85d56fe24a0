import { NETWORK, SHARDS } from '../ledger/index.ts'
import type { Place } from './network-accounts.ts'
import { accountOn } from './network-accounts.ts'
import type { Room } from './ports.ts'

const ASSET = 'BTT'
const SUPPLY: Place = { owner: NETWORK, asset: ASSET, kind: 'supply' }
const PAGE = 1_000
/** Transfers that a finding names; the first are enough to begin looking. */
const MOST_NAMED = 20

export type Finding = {
  readonly check: 'supply' | 'bank'
  readonly asset: string
  readonly expected: string
  readonly stored: string
  /** Transfers that no act of the treasury explains. */
  readonly transfers: readonly string[]
}

async function cursorOf(room: Room, shard: number): Promise<bigint> {
  const [row] = await room.db.worker<{ seq: bigint }[]>`
    SELECT seq FROM treasury.feed_cursors WHERE shard = ${shard}`
  return row?.seq ?? 0n
}

export type FeedTaker = (transfer: Awaited<ReturnType<Room['ledger']['feed']>>[number]) => Promise<void>

/**
 * Reads what is new in a shard's feed: marks the moves of the supply that are booked, names those that no act of ours
 * explains, and shows every transfer to `take`. @returns how many it read
 */
export async function readFeedPage(room: Room, shard: number, take: FeedTaker): Promise<number> {
  const after = await cursorOf(room, shard)
  const transfers = await room.ledger.feed({ shard, after, limit: PAGE })
  const supply = accountOn(SUPPLY, shard)
  const [before] = await room.db.worker<{ n: number }[]>`
    SELECT count(*)::int AS n FROM treasury.supply_moves WHERE kind = 'before-genesis' AND shard = ${shard}`
  const [first] = await room.db.worker<{ seq: bigint | null }[]>`
    SELECT min(seq) AS seq FROM treasury.supply_moves WHERE kind = 'genesis' AND shard = ${shard}`
  for (const transfer of transfers) {
    await take(transfer)
    if (transfer.debit !== supply && transfer.credit !== supply) continue
    const known = await room.db.worker`
      UPDATE treasury.supply_moves SET seq = ${transfer.seq}
      WHERE transfer_id = ${transfer.id} AND amount = ${transfer.amount} AND shard = ${shard}
        AND (kind = 'burn') = ${transfer.credit === supply}`
    // What a sample hub issued before there was a genesis is counted as one sum, not by transfer.
    const old = (before?.n ?? 0) > 0 && (first?.seq ?? null) === null
    if (known.count === 0 && !old) {
      await room.db.worker`
        INSERT INTO treasury.unexplained_moves (transfer_id, shard, seq, asset) VALUES (${transfer.id}, ${shard},
          ${transfer.seq}, ${ASSET}) ON CONFLICT DO NOTHING`
    }
  }
  const last = transfers.at(-1)
  if (last) {
    await room.db.worker`
      INSERT INTO treasury.feed_cursors AS c (shard, seq) VALUES (${shard}, ${last.seq})
      ON CONFLICT (shard) DO UPDATE SET seq = greatest(c.seq, excluded.seq)`
  }
  return transfers.length
}

export async function readFeedToEnd(room: Room, take: FeedTaker): Promise<void> {
  for (const shard of SHARDS) while ((await readFeedPage(room, shard, take)) > 0);
}

export type SupplySums = {
  readonly genesis: bigint
  readonly emission: bigint
  readonly burned: bigint
  readonly beforeGenesis: bigint
}

/** What the treasury's own acts say is in existence, by how it came to be; only what the feed has shown. */
export async function readSupplySums(room: Pick<Room, 'db'>): Promise<SupplySums> {
  const rows = await room.db.worker<{ kind: string; amount: string }[]>`
    SELECT kind, sum(amount)::text AS amount FROM treasury.supply_moves
    WHERE asset = ${ASSET} AND seq IS NOT NULL GROUP BY kind`
  const of = (kind: string) => BigInt(rows.find((row) => row.kind === kind)?.amount ?? 0)
  return { genesis: of('genesis'), emission: of('emission'), burned: of('burn'), beforeGenesis: of('before-genesis') }
}

export const expectedSupply = (sums: SupplySums): bigint =>
  sums.beforeGenesis + sums.genesis + sums.emission - sums.burned

/**
 * Genesis plus emission less burned must be what the supply accounts have issued, and every transfer on them must be
 * an act's. While transfers are being booked the two are read at different moments: then it looks again.
 * @returns the difference, or undefined when there is none or the books do not stand still
 */
export async function checkSupply(room: Room, take: FeedTaker): Promise<Finding | undefined | 'busy'> {
  for (let attempt = 0; attempt < 5; attempt++) {
    await readFeedToEnd(room, take)
    const before = await supplyIssued(room)
    const sums = await readSupplySums(room)
    let quiet = true
    for (const shard of SHARDS) {
      const newer = await room.ledger.feed({ shard, after: await cursorOf(room, shard), limit: 1 })
      quiet &&= newer.length === 0
    }
    if (!quiet) continue
    const rows = await room.db.worker<{ id: string }[]>`
      SELECT transfer_id AS id FROM treasury.unexplained_moves WHERE asset = ${ASSET} ORDER BY shard, seq
      LIMIT ${MOST_NAMED}`
    const expected = expectedSupply(sums)
    if (expected === before && rows.length === 0) return undefined
    const transfers = rows.map(({ id }) => id)
    return { check: 'supply', asset: ASSET, expected: `${expected}`, stored: `${before}`, transfers }
  }
  return 'busy'
}

/** What the ledger's supply accounts have given out, less what came back. */
export async function supplyIssued(room: Pick<Room, 'ledger'>): Promise<bigint> {
  return -((await room.ledger.balance(NETWORK, ASSET, 'supply'))?.posted ?? 0n)
}
