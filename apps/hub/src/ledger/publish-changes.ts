import type { Clock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import type { Live } from '@bithive/kernel/live'
import type { Log } from '@bithive/kernel/log'
import { every, type Worker } from '@bithive/kernel/worker'
import { SHARDS } from './account-id.ts'

/** Pages are told at most this often; between two looks any number of transfers is one change. */
const LOOK_MS = 500
/** Beyond this many transfers between two looks every organisation is told, which costs less than finding out whom. */
const MOST_TRANSFERS = 2_000n

export type PublishDeps = {
  readonly db: Database
  readonly live: Pick<Live, 'publish'>
  readonly clock: Clock
  readonly log: Log
}

async function readLastSeq(db: Database, shard: number): Promise<bigint> {
  const [row] = await db.worker<{ seq: bigint }[]>`SELECT last_seq AS seq FROM ledger.shard WHERE id = ${shard}`
  return row?.seq ?? 0n
}

/** Organisations whose accounts stand on either side of the transfers in (after, until]. */
async function readOwners(db: Database, shard: number, after: bigint, until: bigint): Promise<string[]> {
  const rows = await db.worker<{ owner: string }[]>`
    SELECT DISTINCT a.owner FROM ledger.transfer t
    JOIN ledger.account a ON a.shard = t.shard AND a.id IN (t.debit, t.credit)
    WHERE t.shard = ${shard} AND t.seq > ${after} AND t.seq <= ${until} AND a.flags & 32 = 0`
  return rows.map(({ owner }) => owner)
}

/**
 * Tells the open pages of each owner that its money moved, after the commit. It begins at the newest transfer: a page
 * that opens reads everything anyway. Other hubs' transfers are seen too, at the next look.
 */
export function publishChanges(deps: PublishDeps): Worker {
  const { db, live } = deps
  const seen = new Map<number, bigint>()
  const look = async () => {
    for (const shard of SHARDS) {
      const until = await readLastSeq(db, shard)
      const after = seen.get(shard)
      seen.set(shard, until)
      if (after === undefined || until <= after) continue
      const owners = until - after > MOST_TRANSFERS ? ['*'] : await readOwners(db, shard, after, until)
      for (const owner of owners) live.publish(owner, { topic: 'ledger' })
    }
  }
  return every({ name: 'ledger.publish-changes', intervalMs: LOOK_MS, clock: deps.clock, log: deps.log, act: look })
}
