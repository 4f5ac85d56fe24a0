import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NETWORK } from './account-id.ts'
import { type Lab, openLab } from './test-ledger.ts'
import { verifyLedger } from './verify-ledger.ts'

let lab: Lab
beforeEach(async () => {
  lab = await openLab()
  for (const owner of ['org_a', 'org_b']) await lab.fund(owner, 1_000_000n)
})
afterEach(() => lab.db.drop())

/** Hubs that move at once between few accounts, alone and in chains, and level between the shards. */
async function storm(rounds: number, between: (round: number) => Promise<void> = async () => {}) {
  const hubs = [lab.another(), lab.another(), lab.another()]
  const { account, move } = lab
  for (let round = 0; round < rounds; round++) {
    const pay = (shard: number) => {
      const legs = { debit: account('org_a', 'holder', shard), credit: account('org_b', 'holder', shard) }
      return [move(legs), move({ debit: legs.credit, credit: account(NETWORK, 'fee', shard), amount: 1n })]
    }
    const answers = await Promise.all([
      ...hubs.flatMap((hub) => Array.from({ length: 30 }, (_, index) => hub.submit(pay(index % 2)))),
      lab.ledger.level({ owner: 'org_b', asset: 'CNY', toShard: round % 2, amount: 5n, reference: `r${round}` }),
      between(round),
    ])
    const statuses = answers.flatMap((one) => (Array.isArray(one) ? one.map(({ status }) => status) : []))
    expect(new Set(statuses)).toEqual(new Set(['done']))
  }
}

async function expectSound(transfers: number) {
  const found = await verifyLedger(lab.db)
  expect(found).toMatchObject({ differenceCount: 0 })
  expect(found.transfers).toBeGreaterThanOrEqual(transfers)
  expect(await lab.ledger.checkBooks({ full: true })).toEqual([])
}

describe.each(['advisory', 'row'] as const)('with the %s lock', (lock) => {
  test('three hubs on the same accounts book everything once, without a gap', async () => {
    await lab.ledger.useLock(lock)
    await storm(8)
    await expectSound(8 * 180)
  })

  test('a batch waits for whoever holds the shard, and then goes on', async () => {
    await lab.ledger.useLock(lock)
    let booked = false
    let waiting: Promise<unknown> = Promise.resolve()
    await lab.db.owner.begin(async (tx) => {
      await tx`SELECT ledger.lock_shard(0)`
      waiting = lab.ledger
        .submit([lab.move({ debit: lab.account('org_a'), credit: lab.account('org_b') })])
        .then(() => {
          booked = true
        })
      // The other shard is not concerned.
      const other = { debit: lab.account('org_a', 'holder', 1), credit: lab.account('org_b', 'holder', 1) }
      expect((await lab.ledger.submit([lab.move(other)]))[0]?.status).toBe('done')
      expect(booked).toBe(false)
    })
    await waiting
    expect(booked).toBe(true)
  })
})

test('the lock may change while hubs are writing', async () => {
  await storm(8, (round) => lab.ledger.useLock(round % 2 === 0 ? 'row' : 'advisory'))
  await expectSound(8 * 180)
})
