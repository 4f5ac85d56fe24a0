import { isDomainError } from '@bithive/kernel/errors'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { NETWORK } from './account-id.ts'
import { requireBooked } from './read-result.ts'
import { type Lab, openLab } from './test-ledger.ts'
import type { TransferOutcome, TransferRequest } from './transfer.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.db.drop())

const words = (outcomes: readonly TransferOutcome[]) =>
  outcomes.map((one) => ('error' in one ? one.error.code : one.status))
const submit = async (...chain: TransferRequest[]) => words(await lab.ledger.submit(chain))
const why = { by: 'per_1', reason: 'asked by a court' }

describe('a reversal', () => {
  test('gives back once, to whom it came from, at most the amount, and never a hold or a reversal', async () => {
    const { account, move, uuid, ledger } = lab
    const [payer] = await lab.fund('org_reversed', 1000n)
    const legs = { debit: payer as bigint, credit: account(NETWORK, 'treasury') }
    const original = move({ ...legs, amount: 300n })
    requireBooked(await ledger.submit([original]))
    const back = (fields: Partial<TransferRequest> = {}): TransferRequest => ({
      ...{ id: uuid(), debit: legs.credit, credit: legs.debit, amount: 300n, code: 'reversal' },
      ...{ step: 'reverse', reverses: original.id, ...fields },
    })
    expect(await submit(back({ amount: 301n }))).toEqual(['ledger.over-reversal'])
    expect(await submit(back({ debit: legs.debit, credit: legs.credit }))).toEqual(['ledger.hold-unknown'])
    expect(await submit(back({ reverses: uuid() }))).toEqual(['ledger.hold-unknown'])
    const reversal = back({ amount: 200n })
    expect(await submit(reversal)).toEqual(['done'])
    expect(await submit(reversal)).toEqual(['exists'])
    expect(await submit(back({ amount: 100n }))).toEqual(['ledger.already-reversed'])
    const again = { ...back(), reverses: reversal.id, debit: legs.debit, credit: legs.credit, amount: 200n }
    expect(await submit(again)).toEqual(['ledger.not-reversible'])
    expect((await ledger.balance('org_reversed', 'CNY'))?.shards[0]?.posted).toBe(900n)
    const found = await ledger.transfer({ shard: 0, id: original.id })
    expect(found).toMatchObject({ reversed: true, ended: undefined, transfer: { amount: 300n } })
    expect((await ledger.transfer({ shard: 0, id: reversal.id }))?.transfer).toMatchObject({
      step: 'reverse',
      reverses: original.id,
      pendingId: undefined,
    })
    expect(await ledger.checkBooks({ full: true })).toEqual([])
  })

  test('needs the money to be there still, and stands in one chain with what it reverses', async () => {
    const { account, move, uuid, ledger } = lab
    const [payer] = await lab.fund('org_gone', 500n)
    const [spent] = await ledger.ensureAccounts('org_spent', 'CNY', 'holder')
    const legs = { debit: payer as bigint, credit: spent as bigint }
    const original = move({ ...legs, amount: 500n })
    requireBooked(await ledger.submit([original]))
    requireBooked(await ledger.submit([move({ debit: legs.credit, credit: account(NETWORK, 'fee'), amount: 400n })]))
    const reversal = { id: uuid(), debit: legs.credit, credit: legs.debit, code: 'reversal', step: 'reverse' } as const
    expect(await submit({ ...reversal, amount: 500n, reverses: original.id })).toEqual(['ledger.insufficient-funds'])
    const there = move({ debit: legs.credit, credit: legs.debit, amount: 50n })
    const back = { ...reversal, ...{ debit: there.credit, credit: there.debit }, amount: 50n, reverses: there.id }
    expect(await submit(there, back)).toEqual(['done', 'done'])
  })
})

describe('a post above its hold', () => {
  test('takes what the hold allows, if the money is there, and nothing beyond', async () => {
    const { account, uuid, ledger } = lab
    const [payer] = await lab.fund('org_over', 150n)
    const legs = { debit: payer as bigint, credit: account(NETWORK, 'escrow') }
    const hold = async (amount: bigint, postLimit?: bigint) => {
      const id = uuid()
      const limit = postLimit === undefined ? {} : { postLimit }
      requireBooked(await ledger.submit([{ ...legs, id, amount, code: 'hold', step: 'hold', ...limit }]))
      return (amountPosted: bigint) =>
        submit({ ...legs, id: uuid(), amount: amountPosted, code: 'capture', step: 'post', pendingId: id })
    }
    const first = await hold(100n, 120n)
    expect(await first(121n)).toEqual(['ledger.over-post'])
    expect(await first(120n)).toEqual(['done'])
    const second = await hold(20n, 1000n)
    expect(await second(31n)).toEqual(['ledger.insufficient-funds'])
    expect(await second(30n)).toEqual(['done'])
    expect((await ledger.balance('org_over', 'CNY'))?.shards[0]).toMatchObject({ posted: 0n, pendingOut: 0n })
    const odd = { ...legs, id: uuid(), amount: 5n, code: 'hold', step: 'hold', postLimit: 4n } as const
    const error = await ledger.submit([odd]).catch((thrown) => thrown)
    expect(isDomainError(error, 'ledger.bad-transfer')).toBe(true)
  })
})

describe('an account', () => {
  test('is frozen each way by itself, with who and why, and freed again', async () => {
    const { account, move, ledger } = lab
    const [id] = await lab.fund('org_iced', 1000n)
    const place = { shard: 0, account: id as bigint }
    const out = () => submit(move({ debit: place.account, credit: account(NETWORK, 'fee'), amount: 10n }))
    const into = () => submit(move({ debit: account(NETWORK, 'fee'), credit: place.account, amount: 1n }))
    await ledger.restrict(place, { outgoing: true, ...why })
    expect([await out(), await into()]).toEqual([['ledger.frozen'], ['done']])
    await ledger.restrict(place, { outgoing: false, incoming: true, ...why })
    expect([await out(), await into()]).toEqual([['done'], ['ledger.frozen']])
    await ledger.restrict(place, { incoming: false, by: 'per_2', reason: 'the order was lifted' })
    expect([await out(), await into()]).toEqual([['done'], ['done']])
    const events = await ledger.restrictions(place)
    expect(events.map((one) => [one.outgoingFrozen, one.incomingFrozen, one.by])).toEqual([
      [true, false, 'per_1'],
      [false, true, 'per_1'],
      [false, false, 'per_2'],
    ])
    const nowhere = ledger.restrict({ shard: 0, account: account('org_nobody') }, { outgoing: true, ...why })
    await expect(nowhere).rejects.toThrow('ledger.no-account')
  })

  test('holds no more than its limit, what is promised to it included', async () => {
    const { account, move, ledger, uuid } = lab
    const [id] = await lab.fund('org_small', 100n)
    const place = { shard: 0, account: id as bigint }
    await ledger.restrict(place, { maxBalance: 150n, ...why })
    const legs = { debit: account(NETWORK, 'supply'), credit: place.account }
    const holdId = uuid()
    requireBooked(await ledger.submit([{ ...legs, id: holdId, amount: 30n, code: 'hold', step: 'hold' }]))
    const [refused] = await ledger.submit([move({ ...legs, amount: 21n })])
    expect(refused).toMatchObject({ status: 'refused', error: { code: 'ledger.balance-limit' } })
    expect((refused as { error: { facts: object } }).error.facts).toMatchObject({ shortfall: '0.01', asset: 'CNY' })
    expect(await submit(move({ ...legs, amount: 20n }))).toEqual(['done'])
    await ledger.restrict(place, { maxBalance: null, ...why })
    expect(await submit(move({ ...legs, amount: 1000n }))).toEqual(['done'])
  })

  test('of kind custody stands in debit and takes back no more than it gave; only the network has one', async () => {
    const { account, move, ledger } = lab
    await ledger.ensureAccounts(NETWORK, 'CNY', 'custody')
    await ledger.ensureAccounts(NETWORK, 'CNY', 'quality-pool')
    const [custody, holder] = [account(NETWORK, 'custody'), (await lab.fund('org_in', 1n))[0] as bigint]
    expect(await submit(move({ debit: custody, credit: holder, amount: 70n, code: 'deposit' }))).toEqual(['done'])
    expect(await submit(move({ debit: holder, credit: custody, amount: 71n }))).toEqual(['ledger.credit-limit'])
    expect(await submit(move({ debit: holder, credit: custody, amount: 70n }))).toEqual(['done'])
    await expect(ledger.ensureAccounts('org_sly', 'CNY', 'custody')).rejects.toThrow('do not fit')
  })
})
