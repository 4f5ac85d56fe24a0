import { createSeededRandomness, type Randomness } from '@bithive/kernel/randomness'
import type { TestDatabase } from '@bithive/kernel/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AccountKind, accountIdOf } from './account-id.ts'
import { createNaiveLedger, type RawRow } from './naive-ledger.ts'
import { draw, type Lab, openLab, testSeed } from './test-ledger.ts'

/** Sends rows to `ledger.apply` or `ledger.book` as they are, past every check of the TypeScript side. */
async function applyRaw(db: TestDatabase, shard: number, rows: readonly RawRow[], nowMs: bigint): Promise<number[]> {
  const accounts = [...new Set(rows.flatMap((row) => [row.debit, row.credit]))]
  // In order of their ids, as our own encoder sends them, or as they come: the function reads them on two ways.
  if (nowMs % 2n === 0n) accounts.sort((a, b) => (a < b ? -1 : 1))
  const list = (items: readonly unknown[]) =>
    `{${items.map((item) => (item === null ? 'NULL' : typeof item === 'string' ? JSON.stringify(item) : item)).join(',')}}`
  const optional = (items: readonly unknown[]) => (items.every((item) => item === null) ? null : list(items))
  const [row] = await db.app<{ results: number[] | null }[]>`
    SELECT results FROM ${(nowMs / 2n) % 2n === 0n ? db.app`ledger.book` : db.app`ledger.apply`}(${shard}, (SELECT epoch FROM ledger.shard WHERE id = ${shard}), ${nowMs}::bigint,
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

type Place = { owner: string; asset: string; kind: AccountKind; limit: 'debits' | 'credits' | 'none' }

const PLACES: readonly Place[] = [
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

let lab: Lab
beforeAll(async () => {
  lab = await openLab()
  await lab.ledger.defineAsset({ code: 'CREDIT', scale: 0, closed: true })
})
afterAll(() => lab.db.drop())

/** Rows of every kind, right and wrong, that often meet: few accounts, small amounts, ids and holds used again. */
function randomRows(
  random: Randomness,
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
        id: lab.uuid(),
        debit: original.credit,
        credit: draw(random, 20) === 0 ? one(accounts) : original.debit,
        amount: draw(random, 6) === 0 ? amount + 1n : amount > 1n && draw(random, 3) === 0 ? amount - 1n : amount,
        flags: linked | 16,
        pending: original.id ?? lab.uuid(),
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
      id: odd === 0 ? null : lab.uuid(),
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
      pending: odd === 12 ? lab.uuid() : hold && odd !== 13 ? hold.id : null,
      timeout: step === 2 && draw(random, 3) === 0 ? BigInt(one([1, 5, 1_000_000, 0])) : odd === 14 ? 5n : null,
      reference: odd === 15 ? 'x'.repeat(201) : draw(random, 3) === 0 ? `job "${draw(random, 3)}" \\ 病` : null,
      postLimit: step === 2 && draw(random, 3) === 0 ? BigInt(draw(random, 60)) : odd === 17 ? 5n : null,
    })
  }
  return rows
}

type StoredAccount = { id: bigint; dp: bigint; d: bigint; cp: bigint; c: bigint }
type StoredTransfer = {
  seq: bigint
  id: string
  debit: bigint
  credit: bigint
  amount: bigint
  flags: number
  da: bigint
  ca: bigint
  at: bigint
}

describe('ledger.apply', () => {
  test('agrees with the naive twin on every result, balance and row of thousands of random transfers', async () => {
    const seed = testSeed('apply against its twin')
    const random = createSeededRandomness(seed)
    const twin = createNaiveLedger(0)
    const { ledger, db } = lab
    for (const place of PLACES) {
      const id = await ledger.openAccount({ ...place, shard: 0 })
      const { owner, asset, kind, limit } = place
      twin.open(id, { owner, asset, kind, limit, closedAsset: asset === 'CREDIT', frozen: false, closed: false })
    }
    const accounts = [...twin.books().accounts.keys()]
    const strangers = [12_345n, accountIdOf({ owner: 'org_a', asset: 'CNY', kind: 'holder', shard: 1 })]
    const pool = [...Array.from({ length: 10 }, () => accounts).flat(), ...strangers]
    const sameAsset = (account: bigint) => {
      const { asset } = twin.books().accounts.get(account) ?? { asset: 'CNY' }
      return accounts.filter((id) => id !== account && twin.books().accounts.get(id)?.asset === asset)
    }
    const openHolds = () =>
      twin
        .books()
        .transfers.filter((t) => (t.flags & 2) === 2 && !twin.books().ended.has(t.id))
        .slice(-20)
    const past: RawRow[] = []
    const tally = new Map<number, number>()
    for (let round = 0; round < 600; round++) {
      const frozen = accounts[draw(random, accounts.length)] as bigint
      const freezes = round % 10 === 5
      const halts = round % 13 === 7
      if (freezes) await ledger.freeze({ shard: 0, account: frozen }, true)
      const [outgoing, incoming] = [draw(random, 8) === 0, draw(random, 8) === 0]
      const maxBalance = draw(random, 3) === 0 ? BigInt(draw(random, 3000)) : undefined
      const restricted = accounts[draw(random, accounts.length)] as bigint
      const why = { by: 'per_1', reason: 'a random round' }
      await ledger.restrict(
        { shard: 0, account: restricted },
        { outgoing, incoming, maxBalance: maxBalance ?? null, ...why },
      )
      const place = twin.books().accounts.get(restricted)
      if (place) Object.assign(place, { outgoingFrozen: outgoing, incomingFrozen: incoming, maxBalance })
      if (halts) await db.owner`UPDATE ledger.shard SET stopped = true WHERE id = 0`
      const twinAccount = twin.books().accounts.get(frozen)
      if (twinAccount) twinAccount.frozen = freezes
      twin.stop(halts)
      const booked = twin.books().transfers.slice(-12)
      const rows = randomRows(random, pool, sameAsset, past, openHolds(), booked)
      // Clocks of two hubs differ, so time may come in backwards.
      const nowMs = BigInt(1000 + round * 3 - draw(random, 12))
      const expected = twin.apply(rows, nowMs)
      expect(await applyRaw(db, 0, rows, nowMs), `round ${round}, seed ${seed}`).toEqual(expected)
      for (const result of expected) tally.set(result, (tally.get(result) ?? 0) + 1)
      past.push(...rows)
      if (past.length > 400) past.splice(0, 200)
      if (freezes) await ledger.freeze({ shard: 0, account: frozen }, false)
      const after = twin.books().accounts.get(frozen)
      if (after) after.frozen = false
      if (round % 2 === 0) {
        const free = { outgoing: false, incoming: false, maxBalance: null, ...why }
        await ledger.restrict({ shard: 0, account: restricted }, free)
        const freed = twin.books().accounts.get(restricted)
        if (freed) Object.assign(freed, { outgoingFrozen: false, incomingFrozen: false, maxBalance: undefined })
      }
      if (halts) await db.owner`UPDATE ledger.shard SET stopped = false WHERE id = 0`
    }

    const stored = await db.owner<StoredAccount[]>`
      SELECT id, debits_pending AS dp, debits_posted AS d, credits_pending AS cp, credits_posted AS c
      FROM ledger.account WHERE shard = 0 AND owner <> 'unused'`
    for (const [id, account] of twin.books().accounts) {
      const row = stored.find((one) => one.id === id)
      expect({ ...row }).toEqual({
        id,
        dp: account.debitsPending,
        d: account.debitsPosted,
        cp: account.creditsPending,
        c: account.creditsPosted,
      })
    }
    const transfers = await db.owner<StoredTransfer[]>`
      SELECT seq, id, debit, credit, amount, flags, debit_after AS da, credit_after AS ca,
        at_ms AS at
      FROM ledger.transfer WHERE shard = 0 ORDER BY seq`
    expect(transfers.map((row) => ({ ...row }))).toEqual(
      twin.books().transfers.map((t, index) => ({
        seq: BigInt(index + 1),
        id: t.id,
        debit: t.debit,
        credit: t.credit,
        amount: t.amount,
        flags: t.flags,
        da: t.debitAfter,
        ca: t.creditAfter,
        at: t.atMs,
      })),
    )
    const open = await db.owner<{ id: string }[]>`SELECT pending_id AS id FROM ledger.hold WHERE shard = 0`
    const held = twin.books().transfers.filter((t) => (t.flags & 2) === 2 && !twin.books().ended.has(t.id))
    expect(open.map((row) => row.id).sort()).toEqual(held.map((t) => t.id).sort())
    expect((await ledger.checkBooks({ full: true })) ?? []).toEqual([])
    // Nearly every code was met, or the random rows would prove less than they say; the rare 31, 37 and 41 are tried elsewhere.
    const often = [
      0, 1, 2, 3, 5, 10, 11, 12, 13, 14, 15, 16, 20, 21, 22, 24, 25, 30, 32, 33, 34, 35, 36, 38, 39, 40, 42, 43, 50,
    ]
    expect(
      often.filter((code) => !tally.has(code)),
      `seed ${seed}`,
    ).toEqual([])
    process.stdout.write(
      `results: ${[...tally]
        .sort((a, b) => a[0] - b[0])
        .map((p) => p.join('×'))
        .join(' ')}\n`,
    )
  }, 120_000)

  test('counts what is held as well when a sum would no longer fit into 63 bits', async () => {
    const { ledger, db, uuid } = lab
    const open = (owner: string) => ledger.openAccount({ owner, asset: 'CNY', kind: 'holder', shard: 0, limit: 'none' })
    const [debit, credit, other] = [await open('org_huge'), await open('org_vast'), await open('org_other')]
    const row = (fields: Partial<RawRow>): RawRow => ({
      ...{
        id: uuid(),
        debit,
        credit,
        amount: 1n,
        flags: 0,
        code: 100,
        pending: null,
        timeout: null,
        reference: null,
        postLimit: null,
      },
      ...fields,
    })
    const most = 2n ** 63n - 1n
    const hold = row({ flags: 2, amount: most - 1n })
    expect(await applyRaw(db, 0, [hold], 1n)).toEqual([0])
    expect(await applyRaw(db, 0, [row({}), row({}), row({ debit: other })], 1n)).toEqual([0, 42, 42])
    expect(await applyRaw(db, 0, [row({ credit: other })], 1n)).toEqual([42])
    const post = row({ flags: 4, amount: most - 1n, pending: hold.id })
    expect(await applyRaw(db, 0, [post, row({}), row({ flags: 2 })], 1n)).toEqual([0, 42, 42])
    expect(await ledger.checkBooks({ full: true })).toEqual([])
  })

  test('lets an account take back no more than it gave, posts only holds, and refuses a chain without an end', async () => {
    const { ledger, db, uuid } = lab
    const open = (owner: string, limit: 'credits' | 'none') =>
      ledger.openAccount({ owner, asset: 'CNY', kind: 'holder', shard: 0, limit })
    const [giver, taker] = [await open('org_giver', 'credits'), await open('org_taker', 'none')]
    const row = (debit: bigint, credit: bigint, amount: bigint, flags = 0, pending: string | null = null): RawRow => ({
      ...{
        id: uuid(),
        debit,
        credit,
        amount,
        flags,
        pending,
        code: 100,
        timeout: null,
        reference: null,
        postLimit: null,
      },
    })
    const there = row(giver, taker, 10n)
    expect(await applyRaw(db, 0, [there, row(taker, giver, 11n), row(taker, giver, 10n)], 1n)).toEqual([0, 41, 0])
    expect(await applyRaw(db, 0, [row(giver, taker, 1n, 4, there.id)], 1n)).toEqual([31])
    const endless = [row(giver, taker, 1n), row(giver, taker, 1n, 1), row(giver, taker, 1n, 1)]
    expect(await applyRaw(db, 0, endless, 1n)).toEqual([0, 4, 4])
  })
})
