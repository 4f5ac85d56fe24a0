import { afterEach, describe, expect, test } from 'vitest'
import { expectedSupply, readSupplySums, supplyIssued } from './check-supply.ts'
import { HOSPITAL, type Lab, openTreasury } from './test-treasury.ts'
import { viewSupply } from './treasury-view.ts'

let lab: Lab | undefined
afterEach(async () => {
  await lab?.close()
  lab = undefined
})

describe('treasury', () => {
  test('profile sample settles in BTT at the marked sample rate, and funds an owner once on each shard', async () => {
    lab = await openTreasury()
    const { treasury, ledger } = lab
    expect(treasury.settlement.rate()).toEqual({ unitsPerFen: '20000', source: 'sample' })
    const before = await supplyIssued(lab.room)
    await treasury.fundSample('org_a', 100n)
    await treasury.fundSample('org_a', 100n)
    const balance = await ledger.balance('org_a', 'BTT')
    expect(balance?.shards.map((part) => part.available)).toEqual([2_000_000n, 2_000_000n])
    expect((await lab.has('network:sample-funding', 'BTT', 'treasury')).posted).toBe(400_000_000_000_000n - 4_000_000n)
    expect(await supplyIssued(lab.room)).toBe(before)
    expect(await lab.balanced()).toBe(true)
  })

  test('every unit lies in an account that explains it, and the lines add up to genesis', async () => {
    lab = await openTreasury()
    await lab.fund(HOSPITAL, 1_000n)
    expect(await lab.checks.run()).toEqual([])
    const supply = await viewSupply(lab.room)
    expect(supply).toMatchObject({ total: '1000000000.000000', genesis: '1000000000.000000', difference: '0.000000' })
    expect(supply?.document?.hash).toMatch(/^[0-9a-f]{64}$/)
    expect(await supplyIssued(lab.room)).toBe(expectedSupply(await readSupplySums(lab.room)))
  })

  test('a second start finds the genesis made and makes none', async () => {
    lab = await openTreasury()
    const again = await openTreasury({ db: lab.db, clock: lab.clock })
    expect(await supplyIssued(again.room)).toBe(1_000_000_000_000_000n)
    expect(await again.checks.run()).toEqual([])
  })

  test('profile cn settles in CNY, knows no BTT, and its credits cannot move between owners', async () => {
    lab = await openTreasury({ profile: 'cn' })
    const { treasury, ledger } = lab
    expect(treasury.settlement).toMatchObject({ asset: 'CNY', scale: 2 })
    expect(treasury.settlement.rate().source).toBe('same-currency')
    await treasury.fundSample('org_a', 100n)
    expect((await ledger.balance('org_a', 'CNY'))?.available).toBe(200n)
    await expect(ledger.ensureAccounts('org_a', 'BTT', 'holder')).rejects.toMatchObject({
      code: 'ledger.asset-unknown',
    })
    expect(await viewSupply(lab.room)).toBeUndefined()
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
