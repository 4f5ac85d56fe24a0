import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { accountIdOf, NETWORK } from '../ledger/index.ts'
import { readSupplySums, supplyIssued } from './check-supply.ts'
import { readFee } from './fees.ts'
import { emissionState, emitDue } from './issue-supply.ts'
import { SAMPLE_GENESIS } from './sample-genesis.ts'
import { HOSPITAL, type Lab, openTreasury } from './test-treasury.ts'
import { viewSupply } from './treasury-view.ts'

const DAY = 86_400_000
const GENESIS = 1_000_000_000_000_000n
const EPOCH = 10_000_000_000n

let lab: Lab
beforeEach(async () => {
  lab = await openTreasury()
})
afterEach(() => lab.close())

const emit = () => emitDue(lab.room, NETWORK)
const codeOf = async (act: Promise<unknown>) =>
  act.then(
    () => 'done',
    (error: { code?: string }) => error.code,
  )

describe('emission', () => {
  test('issues each ended epoch once, catches up after downtime, and shares it between pool and rewards', async () => {
    expect(await emit()).toBe(0)
    await lab.clock.advance(DAY)
    expect(await emit()).toBe(1)
    expect(await emit()).toBe(0)
    await lab.clock.advance(5 * DAY)
    await Promise.all([emit(), emit(), emit()])
    expect(await supplyIssued(lab.room)).toBe(GENESIS + 6n * EPOCH)
    expect((await lab.ledger.balance(NETWORK, 'BTT', 'pool'))?.posted).toBe(3n * EPOCH)
    expect((await lab.has('network:rewards', 'BTT', 'treasury')).posted).toBe(3n * EPOCH)
    expect(await lab.checks.run()).toEqual([])
    expect(await viewSupply(lab.room)).toMatchObject({ emission: '60000.000000', difference: '0.000000' })
  })

  test('does nothing when the clock is set back, and nothing absurd when it jumps ahead', async () => {
    await lab.clock.advance(2 * DAY)
    await emit()
    const back = { ...lab.room, clock: { ...lab.clock, now: () => lab.clock.now() - 400 * DAY } }
    expect(await emitDue(back, NETWORK)).toBe(0)
    const ahead = { ...lab.room, clock: { ...lab.clock, now: () => lab.clock.now() + 400 * DAY } }
    expect(await emitDue(ahead, NETWORK)).toBe(0)
    expect((await emissionState(ahead)).state).toBe('too-many-due')
    expect(await supplyIssued(lab.room)).toBe(GENESIS + 2n * EPOCH)
  })

  test('follows a parameter that two people changed, from the next epoch on', async () => {
    await lab.clock.advance(DAY)
    await emit()
    await lab.agree({ kind: 'parameter', name: 'treasury.emission-first', value: '4000000000' })
    await lab.clock.advance(DAY)
    await emit()
    expect(await supplyIssued(lab.room)).toBe(GENESIS + EPOCH + 4_000_000_000n)
  })
})

describe('burning', () => {
  test('takes units out of existence by two people, once', async () => {
    const burn = { kind: 'burn', purpose: 'reserve', amount: '1000.5' } as const
    expect((await lab.agree(burn)).state).toBe('done')
    expect(await supplyIssued(lab.room)).toBe(GENESIS - 1_000_500_000n)
    expect(await lab.checks.run()).toEqual([])
    expect(await viewSupply(lab.room)).toMatchObject({ burned: '1000.500000', difference: '0.000000' })
    expect(await codeOf(lab.agree({ ...burn, amount: '999999999999' }))).toBe('treasury.insufficient-funds')
  })
})

describe('the genesis', () => {
  test('is made once: another document is refused', async () => {
    const other = { ...SAMPLE_GENESIS, title: { zh: '另一份', en: 'Another' } }
    expect(await codeOf(lab.agree({ kind: 'genesis', document: other }))).toBe('treasury.genesis-done')
    expect(await supplyIssued(lab.room)).toBe(GENESIS)
  })

  test.each([
    ['a purpose twice', { accounts: [SAMPLE_GENESIS.accounts[0], SAMPLE_GENESIS.accounts[0]] }],
    ['an amount of nothing', { accounts: [{ ...SAMPLE_GENESIS.accounts[0], amount: '0' }] }],
    ['more than an account can hold', { accounts: [{ ...SAMPLE_GENESIS.accounts[0], amount: '9000000000000' }] }],
    ['an epoch of no time', { emission: { ...SAMPLE_GENESIS.emission, epochMs: 0 } }],
  ])('with %s is refused', async (_, change) => {
    expect(await codeOf(lab.agree({ kind: 'genesis', document: { ...SAMPLE_GENESIS, ...change } }))).toBe(
      'treasury.bad-proposal',
    )
  })
})

describe('the check of the supply', () => {
  test('names a transfer that made units and is no act’s, and the difference stands until it is explained', async () => {
    await lab.checks.run()
    const [credit] = await lab.ledger.ensureAccounts(HOSPITAL, 'BTT', 'holder')
    const debit = accountIdOf({ owner: NETWORK, asset: 'BTT', kind: 'supply', shard: 0 })
    const id = '01890000-0000-7000-8000-00000000000f'
    await lab.ledger.submit([{ id, debit, credit: credit as bigint, amount: 7n, code: 'issue' }])
    const [finding] = await lab.checks.run()
    expect(finding).toMatchObject({
      check: 'supply',
      expected: `${GENESIS}`,
      stored: `${GENESIS + 7n}`,
      transfers: [id],
    })
    expect(await viewSupply(lab.room)).toMatchObject({ difference: '-0.000007' })
    expect((await lab.checks.view()).checks[0]).toMatchObject({ ok: false, transfers: [id] })
  })

  test('stops payouts through the ledger’s own check, which names the transfer', async () => {
    expect(await lab.ledger.checkBooks({ full: true })).toEqual([])
    const [credit] = await lab.ledger.ensureAccounts(HOSPITAL, 'BTT', 'holder')
    const debit = accountIdOf({ owner: NETWORK, asset: 'BTT', kind: 'supply', shard: 0 })
    await lab.clock.advance(1_000)
    const id = '01890000-0000-7000-8000-0000000000ff'
    await lab.ledger.submit([{ id, debit, credit: credit as bigint, amount: 7n, code: 'issue' }])
    // Twice alike: what is just being booked is known to one side first.
    await lab.ledger.checkBooks()
    const found = await lab.ledger.checkBooks()
    expect(found?.[0]).toMatchObject({ kind: 'supply', expected: `${GENESIS}`, stored: `${GENESIS + 7n}` })
    expect(found?.[0]?.transfers).toContain(id)
    const [home] = await lab.ledger.ensureAccounts('org_home', 'BTT', 'holder')
    const pay = { id: '01890000-0000-7000-8000-0000000000fe', debit: credit as bigint, credit: home as bigint }
    const [outcome] = await lab.ledger.submit([{ ...pay, amount: 1n, code: 'base-pay' }])
    expect(outcome).toMatchObject({ status: 'refused', error: { code: 'ledger.payouts-stopped' } })
  })

  test('notices an act that says another amount than was booked', async () => {
    await lab.checks.run()
    await lab.db.owner`UPDATE treasury.supply_moves SET amount = amount + 1 WHERE kind = 'genesis' AND shard = 1
      AND transfer_id = (SELECT transfer_id FROM treasury.supply_moves WHERE shard = 1 ORDER BY amount LIMIT 1)`
    const [finding] = await lab.checks.run()
    expect(finding).toMatchObject({ check: 'supply', expected: `${GENESIS + 1n}`, stored: `${GENESIS}` })
  })

  test('counts what an older sample hub issued before there was a genesis', async () => {
    const sums = await readSupplySums(lab.room)
    expect(sums.beforeGenesis).toBe(0n)
  })
})

describe('fees', () => {
  test('change from the moment that two people agreed on, once for each proposal', async () => {
    const effectiveFrom = lab.clock.now() + DAY
    const done = await lab.agree({ kind: 'fee', name: 'compute.fee', value: '700', effectiveFrom })
    expect(done.state).toBe('done')
    expect(await readFee(lab.room, 'compute.fee')).toBe(500n)
    const card = { basePayBps: 8_500, royaltyBps: 1_000, feeBps: 500, poolBps: 0 }
    expect(await lab.treasury.sharesForNewJob(card)).toEqual(card)
    await lab.clock.advance(DAY)
    expect(await lab.treasury.sharesForNewJob(card)).toEqual({ ...card, basePayBps: 8_300, feeBps: 700 })
    expect(
      await codeOf(lab.agree({ kind: 'fee', name: 'compute.fee', value: '9999', effectiveFrom: lab.clock.now() })),
    ).toBe('treasury.bad-proposal')
    expect(await codeOf(lab.agree({ kind: 'fee', name: 'compute.fee', value: '100', effectiveFrom: 1 }))).toBe(
      'treasury.bad-proposal',
    )
  })
})
