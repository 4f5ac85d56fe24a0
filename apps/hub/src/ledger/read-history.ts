import type { Database } from '@bithive/kernel/database'
import { MAX_AMOUNT } from '@bithive/kernel/money'
import { SHARDS } from './account-id.ts'
import { ledgerErrors } from './errors.ts'
import { readEntries } from './store.ts'
import type { Entry } from './transfer.ts'

export type HistoryQuery = {
  readonly owner: string
  readonly asset?: string
  /** The cursor of the page before; without it, the newest entries. */
  readonly after?: string
  /** 1 to 200, 50 unless told. */
  readonly limit?: number
}

export type HistoryPage = {
  /** Newest first. */
  readonly entries: readonly Entry[]
  /** Give it as `after` to read on; undefined at the end. */
  readonly next: string | undefined
}

const MOST_ENTRIES = 200
const CURSOR = /^\d{1,19}(\.\d{1,19})*$/

/** A cursor holds, for each shard, the seq of the last entry that was shown: new transfers never shift a page. */
function readCursor(cursor: string | undefined): bigint[] {
  if (cursor === undefined) return SHARDS.map(() => MAX_AMOUNT)
  const parts = CURSOR.test(cursor) ? cursor.split('.').map(BigInt) : []
  if (parts.length !== SHARDS.length || parts.some((seq) => seq > MAX_AMOUNT)) throw ledgerErrors.error('bad-cursor')
  return parts
}

/**
 * One page of an owner's statement over all shards.
 * @throws ledger.bad-cursor
 */
export async function readHistory(db: Database, query: HistoryQuery): Promise<HistoryPage> {
  const limit = Math.min(Math.max(Math.trunc(query.limit ?? 50), 1), MOST_ENTRIES)
  const before = readCursor(query.after)
  const found = await db.asOrg(query.owner, (tx) => readEntries(tx, { asset: query.asset, before, limit: limit + 2 }))
  // A move between two accounts of one owner has two entries; a page never ends between them.
  const [last, following] = [found[limit - 1], found[limit]]
  const pair = last && following && last.shard === following.shard && last.seq === following.seq
  const entries = found.slice(0, pair ? limit + 1 : limit)
  const shown = SHARDS.map((shard, index) => entries.findLast((one) => one.shard === shard)?.seq ?? before[index])
  return { entries, next: found.length > entries.length ? shown.join('.') : undefined }
}
