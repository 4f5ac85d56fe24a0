import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openEntries } from './bank-store.ts'
import { carryOutProposal } from './carry-out-proposal.ts'
import { checkBank, readBankPositions } from './check-bank.ts'
import { requestReference, viewFunding } from './funding.ts'
import { type ProposalRow, proposalById } from './proposal-store.ts'
import { camt, csvStatement, type StatementOptions } from './test-statements.ts'
import { FINANCE, HOSPITAL, type Lab, OPERATOR, OTHER, OTHER_FINANCE, openTreasury } from './test-treasury.ts'

const ACCOUNT = 'CN00SAMPLE0001'

let lab: Lab
let ours: string
beforeEach(async () => {
  lab = await openTreasury()
  await lab.agree({
    kind: 'bank-account',
    account: ACCOUNT,
    currency: 'CNY',
    holder: 'Sample operator',
    bank: 'Sample bank',
  })
  ours = (await requestReference(lab.room, FINANCE)).reference as string
})
afterEach(() => lab.close())

const upload = (options: StatementOptions, write = camt) => lab.book(write(options))
const codeOf = async (act: Promise<unknown>) =>
  act.then(
    () => 'taken',
    (error: { code?: string }) => error.code,
  )
const suspense = () => lab.has('network:suspense', 'CNY', 'treasury')
const bankHolds = async () => -(await lab.has('network:bank', 'CNY', 'custody')).posted
const first: () => StatementOptions = () => ({
  opening: '1000.00',
  entries: [
    { amount: '250.00', reference: ours },
    { amount: '70.00', reference: 'thank you' },
  ],
})

describe('money from the bank', () => {
  test('lands with whom its reference names, and otherwise in suspense, and the bank agrees with the ledger', async () => {
    await upload(first())
    expect(await lab.has(HOSPITAL, 'CNY')).toEqual({ posted: 25_000n, held: 0n })
    expect(await suspense()).toEqual({ posted: 7_000n, held: 0n })
    expect(await bankHolds()).toBe(32_000n)
    expect((await viewFunding(lab.room, FINANCE)).deposits).toMatchObject([{ amount: '250.00', state: 'matched' }])
    expect((await viewFunding(lab.room, OTHER_FINANCE)).deposits).toEqual([])
    expect(await checkBank(lab.room)).toEqual([])
    expect(await lab.balanced()).toBe(true)
  })

  test('is booked once, however often and in whatever wrapping its statement comes', async () => {
    await upload(first())
    const again = await upload(first())
    expect(again.map((one) => one.again)).toEqual([true])
    await Promise.all([upload(first()), upload(first())])
    expect(await lab.has(HOSPITAL, 'CNY')).toEqual({ posted: 25_000n, held: 0n })
    expect(await bankHolds()).toBe(32_000n)
  })

  test('of one statement sent twice at once is booked once', async () => {
    await Promise.allSettled([upload(first()), upload(first()), upload(first())])
    await upload(first())
    expect(await bankHolds()).toBe(32_000n)
  })

  test.each([
    [
      'altered under the same id',
      () => ({ ...first(), entries: [{ amount: '320.00', reference: ours }] }),
      'statement-altered',
    ],
    ['with a wrong total', () => ({ ...first(), id: 'S-2', opening: '1320.00', closing: '1.00' }), 'statement-totals'],
    ['that leaves one out', () => ({ ...first(), id: 'S-2', opening: '2000.00' }), 'statement-gap'],
    ['of somebody else’s account', () => ({ ...first(), id: 'S-2', account: 'XX99' }), 'statement-account'],
    ['in another currency', () => ({ ...first(), id: 'S-2', currency: 'USD' }), 'statement-currency'],
  ])('on a statement %s is refused whole', async (_, options, code) => {
    await upload(first())
    expect(await codeOf(upload(options()))).toBe(`treasury.${code}`)
    expect(await bankHolds()).toBe(32_000n)
    expect((await lab.db.worker`SELECT 1 FROM treasury.statements`).count).toBe(1)
  })

  test('comes from a CSV as from camt.053', async () => {
    await upload(first(), csvStatement)
    expect(await bankHolds()).toBe(32_000n)
    expect(await lab.has(HOSPITAL, 'CNY')).toEqual({ posted: 25_000n, held: 0n })
  })
})

describe('money that nobody is found for', () => {
  const entryId = async () => (await openEntries(lab.db.worker, 10))[0]?.id as string

  test('is given to its owner by two people, once, and the payer’s words are forgotten', async () => {
    await upload(first())
    const id = await entryId()
    const propose = { kind: 'assign-deposit', entryId: id, orgId: OTHER } as const
    expect((await lab.agree(propose)).state).toBe('done')
    expect(await lab.has(OTHER, 'CNY')).toEqual({ posted: 7_000n, held: 0n })
    expect(await suspense()).toEqual({ posted: 0n, held: 0n })
    expect(await codeOf(lab.agree({ ...propose, orgId: HOSPITAL }))).toBe('treasury.deposit-not-open')
    const [row] = await lab.db.worker`SELECT remittance, state FROM treasury.bank_entries WHERE id = ${id}`
    expect(row).toEqual({ remittance: null, state: 'assigned' })
  })

  test.each([
    ...(['suspense', 'bank', 'sample-bank'] as const).map((name) => [name, { from: name, to: 'rewards' }] as const),
    ...(['suspense', 'bank', 'sample-bank'] as const).map((name) => [name, { from: 'desk', to: name }] as const),
  ])('is not moved as the network’s own: a move by way of «%s» is refused', async (_, way) => {
    await upload(first())
    expect(await codeOf(lab.agree({ kind: 'move', asset: 'CNY', ...way, amount: '1.00' }))).toBe(
      'treasury.bad-proposal',
    )
    expect(await suspense()).toEqual({ posted: 7_000n, held: 0n })
  })

  test('cannot be given away twice by two proposals that were both open', async () => {
    await upload({ opening: '0.00', entries: [{ amount: '70.00' }, { amount: '70.00' }] })
    const { propose } = await import('./propose.ts')
    const id = await entryId()
    const make = (orgId: string, requestKey: string) =>
      propose(lab.room, OPERATOR, { body: { kind: 'assign-deposit', entryId: id, orgId }, reason: 'why', requestKey })
    const both = [await make(HOSPITAL, 'key-first-one'), await make(OTHER, 'key-second-one')]
    // Both were approved before either was booked, as by two people at the same moment.
    await lab.db.owner`
      UPDATE treasury.proposals SET state = 'approved', decided_by = 'usr_third', decided_at = ${lab.clock.now()}
      WHERE id = ANY(${both.map((one) => one.id)})`
    await lab.clock.advance(6_000)
    for (const one of both) {
      const approved = (await proposalById(lab.db.worker, one.id)) as ProposalRow
      await carryOutProposal(lab.room, approved, OPERATOR.orgId)
    }
    const [a, b] = [await lab.has(HOSPITAL, 'CNY'), await lab.has(OTHER, 'CNY')]
    expect(a.posted + b.posted).toBe(7_000n)
    expect(await suspense()).toEqual({ posted: 7_000n, held: 0n })
  })

  test('is sent back: set aside until the bank’s statement shows that it went', async () => {
    await upload(first())
    const id = await entryId()
    expect((await lab.agree({ kind: 'return-deposit', entryId: id })).state).toBe('done')
    expect(await suspense()).toEqual({ posted: 7_000n, held: 7_000n })
    expect(await bankHolds()).toBe(32_000n)
    const [row] = await lab.db.worker<{ ref: string }[]>`
      SELECT return_reference AS ref FROM treasury.bank_entries WHERE id = ${id}`
    await upload({
      id: 'S-2',
      opening: '1320.00',
      entries: [{ amount: '70.00', out: true, reference: row?.ref as string }],
    })
    expect(await suspense()).toEqual({ posted: 0n, held: 0n })
    expect(await bankHolds()).toBe(25_000n)
    expect(await checkBank(lab.room)).toEqual([])
    expect(await openEntries(lab.db.worker, 10)).toEqual([])
  })

  test('and money that the bank took by itself stay on the work list and are explained', async () => {
    await upload({
      opening: '0.00',
      entries: [
        { amount: '50.00', reference: ours },
        { amount: '5.00', out: true },
      ],
    })
    expect(await readBankPositions(lab.room)).toEqual([
      { currency: 'CNY', statements: 4_500n, ledger: 5_000n, explained: -500n, unexplained: 0n },
    ])
    expect((await openEntries(lab.db.worker, 10)).map(({ state }) => state)).toEqual(['unexplained'])
  })
})

describe('the check of the bank', () => {
  test('finds a planted difference between the bank and the ledger', async () => {
    await upload(first())
    await lab.db.owner`UPDATE treasury.statements SET closing = closing + 1`
    const [finding] = await lab.checks.run()
    expect(finding).toMatchObject({ check: 'bank', asset: 'CNY', expected: '32001', stored: '32000' })
    expect((await lab.checks.view()).checks.find(({ name }) => name === 'bank')).toMatchObject({
      ok: false,
      expected: '320.01',
    })
    await lab.db.owner`UPDATE treasury.statements SET closing = closing - 1`
    expect(await lab.checks.run()).toEqual([])
  })
})
