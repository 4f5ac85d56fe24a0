import { createSeededRandomness } from '@bithive/kernel/randomness'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountIdOf } from './account-id.ts'
import { createNaiveLedger, type RawRow } from './naive-ledger.ts'
import { applyRaw, draw, PLACES, randomRows } from './random-batch.ts'
import { type Lab, openLab, testSeed } from './test-ledger.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab()
  await lab.ledger.defineAsset({ code: 'CREDIT', scale: 0, closed: true })
})
afterAll(() => lab.db.drop())

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
      const rows = randomRows(random, lab.uuid, pool, sameAsset, past, openHolds(), booked)
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
    // Nearly every code was met, or the random rows would prove less than they say; the rare 31, 37 and 41 are tried
    // elsewhere.
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
