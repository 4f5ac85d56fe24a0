import { createSeededRandomness } from '@bithive/kernel/randomness'
import { describe, expect, test } from 'vitest'
import { createNaiveLedger, type RawRow } from './naive-ledger.ts'
import { applyRaw, PLACES, randomRows } from './random-batch.ts'
import { openLab } from './test-ledger.ts'

/** One character's worth of damage in the functions that book, by function: what is there, and what is planted. */
const FAULTS: readonly (readonly ['apply' | 'book', string, string])[] = [
  [
    'apply',
    'fl[x] & 1 = 1 AND a > vc[x] - vd[x] - vdp[x] THEN',
    'fl[x] & 1 = 1 AND a > vc[x] - vd[x] - vdp[x] + 1 THEN',
  ],
  ['apply', 'a > plim[i] THEN r := 36', 'a > plim[i] + 1 THEN r := 36'],
  ['apply', 'pexp[i] <= at THEN r := 35', 'pexp[i] < at THEN r := 35'],
  ['apply', 'f & 16 = 16 AND a > pam[i] THEN', 'f & 16 = 16 AND a > pam[i] + 1 THEN'],
  ['apply', 'FOR j IN REVERSE i - 1..s LOOP', 'FOR j IN REVERSE i - 2..s LOOP'],
  ['apply', 'sq[i] := base + cnt', 'sq[i] := base + cnt + 1'],
  ['book', 'q.x >= low[q.d]', 'q.x >= low[q.d] - 1'],
  ['book', 'SELECT base + q.o,', 'SELECT base + q.o - 1,'],
]

/** Runs random batches through the ledger and its twin. @returns the round in which they first differ, or undefined */
async function firstDifference(fault: (typeof FAULTS)[number] | undefined): Promise<number | undefined> {
  const lab = await openLab()
  try {
    await lab.ledger.defineAsset({ code: 'CREDIT', scale: 0, closed: true })
    if (fault) {
      const [name, sound, planted] = fault
      const [row] = await lab.db.owner<{ text: string }[]>`
        SELECT pg_get_functiondef(p.oid) AS text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'ledger' AND p.proname = ${name}`
      expect(row?.text).toContain(sound)
      await lab.db.owner.unsafe(row?.text.replaceAll(sound, planted) as string)
    }
    const random = createSeededRandomness(20_261_123n)
    const twin = createNaiveLedger(0)
    for (const place of PLACES) {
      const rules = { closedAsset: place.asset === 'CREDIT', frozen: false, closed: false }
      twin.open(await lab.ledger.openAccount({ ...place, shard: 0 }), { ...place, ...rules })
    }
    const accounts = [...twin.books().accounts.keys()]
    const sameAsset = (id: bigint) =>
      accounts.filter(
        (other) => other !== id && twin.books().accounts.get(other)?.asset === twin.books().accounts.get(id)?.asset,
      )
    const past: RawRow[] = []
    for (let round = 0; round < 400; round++) {
      const { transfers, ended } = twin.books()
      const open = transfers.filter((t) => (t.flags & 2) === 2 && !ended.has(t.id)).slice(-20)
      const rows = randomRows(random, lab.uuid, accounts, sameAsset, past, open, transfers.slice(-12))
      if (round % 3 === 0) {
        // Exactly one unit more than the account has, alone in its batch.
        const poor = accounts.find((id) => twin.books().accounts.get(id)?.kind === (round % 2 ? 'escrow' : 'holder'))
        const account = twin.books().accounts.get(poor as bigint)
        const spent = (account?.debitsPosted ?? 0n) + (account?.debitsPending ?? 0n)
        const amount = (account?.creditsPosted ?? 0n) - spent + 1n
        const legs = { debit: poor as bigint, credit: sameAsset(poor as bigint)[0] as bigint }
        const none = { pending: null, timeout: null, reference: null, postLimit: null }
        rows.splice(0, rows.length, { id: lab.uuid(), ...legs, amount, flags: 0, code: 100, ...none })
      }
      past.push(...rows)
      past.splice(0, Math.max(0, past.length - 300))
      const expected = twin.apply(rows, BigInt(1000 + round))
      const results = await applyRaw(lab.db, 0, rows, BigInt(1000 + round)).catch(() => [])
      const [stored] = await lab.db.owner<{ last: bigint }[]>`
        SELECT coalesce(max(seq), 0) AS last FROM ledger.transfer WHERE shard = 0`
      if (String(results) !== String(expected) || stored?.last !== BigInt(transfers.length)) return round
    }
    return undefined
  } finally {
    await lab.db.drop()
  }
}

describe('the comparison with the twin', () => {
  test('finds nothing in the ledger as it is', async () => {
    expect(await firstDifference(undefined)).toBeUndefined()
  }, 60_000)

  test.each(FAULTS)(
    'catches a planted fault in ledger.%s: %s → %s',
    async (...fault) => {
      expect(await firstDifference(fault)).toBeDefined()
    },
    60_000,
  )
})
