import { systemClock } from '@bithive/kernel/clock'
import { silentLog } from '@bithive/kernel/log'
import { createParameters } from '@bithive/kernel/parameters'
import { readRules } from '@bithive/kernel/rules'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { createLedger, ledgerMigrations } from '../ledger/index.ts'
import { createTreasury } from './index.ts'

let db: TestDatabase | undefined
afterEach(async () => {
  await db?.drop()
  db = undefined
})

async function open(profile: string) {
  db = await createTestDatabase({ name: 'hub', rooms: [ledgerMigrations] })
  const ledger = createLedger({ db, clock: systemClock, log: silentLog })
  const parameters = createParameters({ db, clock: systemClock })
  const treasury = await createTreasury({ ledger, parameters, rules: await readRules(profile), clock: systemClock })
  return { ledger, treasury }
}

describe('treasury', () => {
  test('profile sample settles in BTT at the marked sample rate, and funds an owner once on each shard', async () => {
    const { ledger, treasury } = await open('sample')
    expect(treasury.settlement.rate()).toEqual({ unitsPerFen: '20000', source: 'sample' })
    await treasury.fundSample('org_a', 100n)
    await treasury.fundSample('org_a', 100n)
    const balance = await ledger.balance('org_a', 'BTT')
    expect(balance?.shards.map((part) => part.available)).toEqual([2_000_000n, 2_000_000n])
    expect((await ledger.balance('network', 'BTT', 'supply'))?.posted).toBe(-4_000_000n)
    expect((await ledger.trialBalance()).balanced).toBe(true)
  })

  test('profile cn settles in CNY, knows no BTT, and its credits cannot move between owners', async () => {
    const { ledger, treasury } = await open('cn')
    expect(treasury.settlement).toMatchObject({ asset: 'CNY', scale: 2 })
    expect(treasury.settlement.rate().source).toBe('same-currency')
    await treasury.fundSample('org_a', 100n)
    expect((await ledger.balance('org_a', 'CNY'))?.available).toBe(200n)
    await expect(ledger.ensureAccounts('org_a', 'BTT', 'holder')).rejects.toMatchObject({
      code: 'ledger.asset-unknown',
    })
    const [supply] = await ledger.ensureAccounts('network', 'CREDIT', 'supply')
    const [one] = await ledger.ensureAccounts('org_a', 'CREDIT', 'holder')
    const [other] = await ledger.ensureAccounts('org_b', 'CREDIT', 'holder')
    const move = (id: string, debit: bigint | undefined, credit: bigint | undefined) =>
      ledger.submit([{ id, debit: debit as bigint, credit: credit as bigint, amount: 5n, code: 'issue' }])
    const issued = await move('01890000-0000-7000-8000-000000000001', supply, one)
    expect(issued[0]?.status).toBe('done')
    const moved = await move('01890000-0000-7000-8000-000000000002', one, other)
    expect(moved[0]?.status).toBe('refused')
  })
})
