import type { Database } from '@bithive/kernel/database'
import type { AccountKind } from './account-id.ts'
import { type AccountRow, readAccounts } from './store.ts'
import type { Balance, BalanceParts } from './transfer.ts'

const partsOf = (row: AccountRow): BalanceParts => {
  const posted = row.creditsPosted - row.debitsPosted
  return {
    posted,
    pendingOut: row.debitsPending,
    pendingIn: row.creditsPending,
    available: posted - row.debitsPending,
  }
}

const add = (a: BalanceParts, b: BalanceParts): BalanceParts => ({
  posted: a.posted + b.posted,
  pendingOut: a.pendingOut + b.pendingOut,
  pendingIn: a.pendingIn + b.pendingIn,
  available: a.available + b.available,
})

const nothing: BalanceParts = { posted: 0n, pendingOut: 0n, pendingIn: 0n, available: 0n }

/** The balances of one owner by asset and kind; each is the sum of its sub-accounts on the shards, read at once. */
export async function readBalances(
  db: Database,
  query: { readonly owner: string; readonly asset?: string; readonly kind?: AccountKind },
): Promise<Balance[]> {
  const rows = await db.asOrg(query.owner, (tx) => readAccounts(tx, query.asset, query.kind))
  return [...Map.groupBy(rows, (row) => `${row.asset} ${row.kind}`).values()].map((accounts) => {
    const first = accounts[0] as AccountRow
    const shards = accounts.map((row) => ({ ...partsOf(row), shard: row.shard, account: row.id }))
    const { asset, scale, kind } = first
    return { owner: query.owner, asset, scale, kind, ...shards.reduce<BalanceParts>(add, nothing), shards }
  })
}
