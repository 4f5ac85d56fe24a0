import type { Randomness } from '@bithive/kernel/randomness'
import type { TestDatabase } from '@bithive/kernel/testing'
import type { AccountKind } from './account-id.ts'
import type { RawRow } from './naive-ledger.ts'

/** A whole number from 0 to `below` less one. */
export const draw = (randomness: Randomness, below: number): number =>
  Number(new DataView(randomness.bytes(8).buffer).getBigUint64(0) % BigInt(below))

/** Sends rows to `ledger.apply` or `ledger.book` as they are, past every check of the TypeScript side. */
export async function applyRaw(
  db: Pick<TestDatabase, 'app'>,
  shard: number,
  rows: readonly RawRow[],
  nowMs: bigint,
): Promise<number[]> {
  const accounts = [...new Set(rows.flatMap((row) => [row.debit, row.credit]))]
  // In order of their ids, as our own encoder sends them, or as they come: the function reads them on two ways.
  if (nowMs % 2n === 0n) accounts.sort((a, b) => (a < b ? -1 : 1))
  const list = (items: readonly unknown[]) =>
    `{${items.map((item) => (item === null ? 'NULL' : typeof item === 'string' ? JSON.stringify(item) : item)).join(',')}}`
  const optional = (items: readonly unknown[]) => (items.every((item) => item === null) ? null : list(items))
  const write = (nowMs / 2n) % 2n === 0n ? db.app`ledger.book` : db.app`ledger.apply`
  const [row] = await db.app<{ results: number[] | null }[]>`
    SELECT results FROM ${write}(${shard}, (SELECT epoch FROM ledger.shard WHERE id = ${shard}), ${nowMs}::bigint,
      ${list(accounts)}::text::bigint[], ${list(rows.map((r) => r.id))}::text::uuid[],
      ${list(rows.map((r) => accounts.indexOf(r.debit) + 1))}::text::int[],
      ${list(rows.map((r) => accounts.indexOf(r.credit) + 1))}::text::int[],
      ${list(rows.map((r) => r.amount))}::text::bigint[], ${list(rows.map((r) => r.flags))}::text::int[],
      ${list(rows.map((r) => r.code))}::text::int[], ${optional(rows.map((r) => r.pending))}::text::uuid[],
      ${optional(rows.map((r) => r.timeout))}::text::bigint[],
      ${optional(rows.map((r) => r.reference))}::text::text[],
      ${optional(rows.map((r) => r.postLimit))}::text::bigint[])`
  return row?.results ?? rows.map(() => 0)
}

export type Place = { owner: string; asset: string; kind: AccountKind; limit: 'debits' | 'credits' | 'none' }

export const PLACES: readonly Place[] = [
  { owner: 'network', asset: 'CNY', kind: 'supply', limit: 'credits' },
  { owner: 'network', asset: 'CNY', kind: 'escrow', limit: 'debits' },
  { owner: 'network', asset: 'CNY', kind: 'clearing', limit: 'none' },
  { owner: 'org_a', asset: 'CNY', kind: 'holder', limit: 'debits' },
  { owner: 'org_b', asset: 'CNY', kind: 'holder', limit: 'debits' },
  { owner: 'org_c', asset: 'CNY', kind: 'holder', limit: 'none' },
  { owner: 'org_d', asset: 'CNY', kind: 'royalty', limit: 'credits' },
  { owner: 'network', asset: 'CREDIT', kind: 'supply', limit: 'credits' },
  { owner: 'network', asset: 'CREDIT', kind: 'escrow', limit: 'debits' },
  { owner: 'org_a', asset: 'CREDIT', kind: 'holder', limit: 'debits' },
  { owner: 'org_a', asset: 'CREDIT', kind: 'escrow', limit: 'debits' },
  { owner: 'org_b', asset: 'CREDIT', kind: 'holder', limit: 'debits' },
  { owner: 'network', asset: 'CNY', kind: 'custody', limit: 'credits' },
  { owner: 'network', asset: 'CNY', kind: 'quality-pool', limit: 'debits' },
]

/** Rows of every kind, right and wrong, that often meet: few accounts, small amounts, ids and holds used again. */
export function randomRows(
  random: Randomness,
  uuid: () => string,
  accounts: readonly bigint[],
  sameAsset: (account: bigint) => readonly bigint[],
  past: readonly RawRow[],
  openHolds: readonly RawRow[],
  booked: readonly RawRow[],
): RawRow[] {
  const one = <T>(items: readonly T[]): T => items[draw(random, items.length)] as T
  const rows: RawRow[] = []
  const length = 1 + draw(random, draw(random, 2) === 0 ? 6 : 40)
  // A third of the batches is plain: no id or hold stands twice, which the function books on a shorter path.
  const plain = draw(random, 3) === 0
  // Some hold nothing but small moves, so that most of them go through whole, which `ledger.book` has a way for.
  const small = plain && draw(random, 2) === 0
  for (let at = 0; at < length; at++) {
    const seen = [...past, ...rows]
    const linked = draw(random, 6) === 0 && at < length - 1 ? 1 : 0
    const kind = plain ? 99 : draw(random, 100)
    if (kind < 8 && seen.length > 0) {
      rows.push({ ...one(seen), flags: linked | ((one(seen).flags ?? 0) & 30) })
      continue
    }
    if (kind < 14 && seen.length > 0) {
      const again = one(seen)
      rows.push({ ...again, flags: linked | ((again.flags ?? 0) & 30) })
      continue
    }
    if (kind < 20 && booked.length > 0) {
      const original = one(draw(random, 4) === 0 ? seen : booked)
      const sensible = original.amount !== null && original.amount > 0n && original.amount < 10_000n
      const amount = sensible ? (original.amount as bigint) : 5n
      rows.push({
        ...original,
        id: uuid(),
        debit: original.credit,
        credit: draw(random, 20) === 0 ? one(accounts) : original.debit,
        amount: draw(random, 6) === 0 ? amount + 1n : amount > 1n && draw(random, 3) === 0 ? amount - 1n : amount,
        flags: linked | 16,
        pending: original.id ?? uuid(),
        code: 140,
        timeout: null,
        reference: null,
        postLimit: null,
      })
      continue
    }
    const holds = seen.filter((row) => ((row.flags ?? 0) & 2) === 2 && row.id !== null)
    const ends = kind < 45 && holds.length > 0
    const hold = ends ? one(draw(random, 2) === 0 && openHolds.length > 0 ? openHolds : holds.slice(-25)) : undefined
    const step = hold ? one([4, 4, 8]) : small ? 0 : one([0, 0, 0, 2, 2])
    const odd = small ? 100 + draw(random, 60) : draw(random, 160)
    // A post may also ask for more than the hold, up to the limit that the hold carries.
    const debit = hold ? one(sameAsset(hold.credit)) : one(accounts)
    rows.push({
      id: odd === 0 ? null : uuid(),
      debit: hold && odd > 12 ? hold.debit : debit,
      credit: hold && odd !== 16 ? hold.credit : one(draw(random, 12) === 0 ? [...accounts, debit] : sameAsset(debit)),
      amount:
        odd === 3
          ? null
          : odd === 4
            ? 0n
            : odd === 5
              ? -1n
              : odd < 7
                ? 2n ** 63n - 1n
                : step === 8
                  ? 0n
                  : BigInt(1 + draw(random, odd < 24 ? 9000 : 30)),
      flags: odd === 8 ? null : odd === 9 ? 16 : odd === 10 ? 6 | linked : step | linked,
      code: odd === 11 ? null : one([100, 110, 200, 201]),
      pending: odd === 12 ? uuid() : hold && odd !== 13 ? hold.id : null,
      timeout: step === 2 && draw(random, 3) === 0 ? BigInt(one([1, 5, 1_000_000, 0])) : odd === 14 ? 5n : null,
      reference: odd === 15 ? 'x'.repeat(201) : draw(random, 3) === 0 ? `job "${draw(random, 3)}" \\ 病` : null,
      postLimit: step === 2 && draw(random, 3) === 0 ? BigInt(draw(random, 60)) : odd === 17 ? 5n : null,
    })
  }
  return rows
}
