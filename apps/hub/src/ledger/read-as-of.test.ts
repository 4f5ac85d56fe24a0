import { createManualClock } from '@bithive/kernel/clock'
import { createSeededRandomness } from '@bithive/kernel/randomness'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NETWORK } from './account-id.ts'
import { draw } from './random-batch.ts'
import { requireBooked } from './read-result.ts'
import { type Lab, openLab, testSeed } from './test-ledger.ts'

const clock = createManualClock(1_800_000_000_000)
let lab: Lab
beforeAll(async () => {
  lab = await openLab({ clock })
})
afterAll(() => lab.db.drop())

test('a balance of the past, by time and by seq, is what the running sum was then', async () => {
  const random = createSeededRandomness(testSeed('balances as of'))
  await lab.fund('org_past', 1000n)
  const known: { atMs: number; posted: bigint }[] = [{ atMs: clock.now(), posted: 2000n }]
  const seqs: { seq: bigint; posted: bigint }[] = []
  let onShard = 1000n
  for (let round = 0; round < 60; round++) {
    await clock.advance(1 + draw(random, 500))
    const legs = { debit: lab.account('org_past'), credit: lab.account(NETWORK, 'fee') }
    const out = draw(random, 2) === 0 && onShard > 20n
    const amount = BigInt(1 + draw(random, 20))
    const swapped = { debit: lab.account(NETWORK, 'supply'), credit: legs.debit }
    const [booked] = requireBooked(await lab.ledger.submit([lab.move({ ...(out ? legs : swapped), amount })]))
    onShard += out ? -amount : amount
    known.push({ atMs: clock.now(), posted: onShard + 1000n })
    seqs.push({ seq: booked?.seq as bigint, posted: onShard })
  }
  const asOf = (when: { atMs: number } | { seqs: bigint[] }) =>
    lab.ledger.balanceAsOf({ owner: 'org_past', asset: 'CNY', kind: 'holder', asOf: when })
  for (const { atMs, posted } of known) expect(await asOf({ atMs })).toBe(posted)
  for (const { seq, posted } of seqs) expect(await asOf({ seqs: [seq, 0n] })).toBe(posted)
  expect(await asOf({ atMs: (known[0]?.atMs ?? 0) - 1 })).toBe(0n)
  expect(await asOf({ atMs: clock.now() + 1e9 })).toBe(known.at(-1)?.posted)
})
