import { sha256Hex } from '@bithive/kernel/ids'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NETWORK } from '../ledger/index.ts'
import { countEntries, openEntries, statementById } from './bank-store.ts'
import { resumeStatements } from './book-deposits.ts'
import { resumeProposals } from './carry-out-proposal.ts'
import { checkBank } from './check-bank.ts'
import { requestReference } from './funding.ts'
import { proposalById } from './proposal-store.ts'
import { decide, propose } from './propose.ts'
import { statementProposalId, takeStatement } from './take-statement.ts'
import { camt, csvStatement, type StatementOptions } from './test-statements.ts'
import { FINANCE, HOSPITAL, type Lab, OPERATOR, openTreasury, SECOND } from './test-treasury.ts'

let lab: Lab
let ours: string
beforeEach(async () => {
  lab = await openTreasury()
  const bank = { account: 'CN00SAMPLE0001', currency: 'CNY', holder: 'Sample operator', bank: 'Sample bank' }
  await lab.agree({ kind: 'bank-account', ...bank })
  ours = (await requestReference(lab.room, FINANCE)).reference as string
})
afterEach(() => lab.close())

const codeOf = async (act: Promise<unknown>) =>
  act.then(
    () => 'done',
    (error: { code?: string }) => error.code,
  )
const first = (): StatementOptions => ({
  opening: '0.00',
  entries: [{ amount: '5000000.00', reference: ours }, { amount: '70.00' }, { amount: '5.00', out: true }],
})
const take = async (file: string) => {
  const [taken] = await takeStatement(lab.room, OPERATOR, Buffer.from(file))
  if (!taken) throw new Error('a file has a statement')
  return { ...taken, id: taken.row.id, proposalId: statementProposalId(taken.row.id) }
}
const approve = (proposalId: string, actor = SECOND) => decide(lab.room, actor, { proposalId, approve: true })
const stateOf = async (id: string) => (await statementById(lab.db.worker, id))?.state
const bankHolds = async () => -(await lab.has('network:bank', 'CNY', 'custody')).posted

describe('a statement that one person brings', () => {
  test('is shown with its hash and totals, and books nothing', async () => {
    const file = csvStatement(first())
    const { id, proposalId } = await take(file)
    await lab.clock.advance(60_000)
    await resumeProposals(lab.room, NETWORK)
    await resumeStatements(lab.room, NETWORK)
    expect(await lab.has(HOSPITAL, 'CNY')).toEqual({ posted: 0n, held: 0n })
    expect(await bankHolds()).toBe(0n)
    expect(await openEntries(lab.db.worker, 10)).toEqual([])
    expect(await checkBank(lab.room)).toEqual([])
    expect((await proposalById(lab.db.worker, proposalId))?.body).toMatchObject({
      ...{ kind: 'statement', statementId: id, fileSha256: sha256Hex(Buffer.from(file)), entries: 3 },
      ...{ opening: '0.00', closing: '5000065.00', incoming: '5000070.00', outgoing: '5.00' },
    })
    expect(await countEntries(lab.db.worker, id)).toEqual({
      ...{ matched: 1, unmatched: 1, outgoing: 1, incomingAmount: 500_007_000n, outgoingAmount: 500n },
    })
  })

  test('is booked when a second person approves, and again changes nothing', async () => {
    const { id, proposalId } = await take(csvStatement(first()))
    expect((await approve(proposalId)).state).toBe('done')
    expect((await approve(proposalId)).state).toBe('done')
    expect((await take(csvStatement(first()))).again).toBe(true)
    expect(await lab.has(HOSPITAL, 'CNY')).toEqual({ posted: 500_000_000n, held: 0n })
    expect(await statementById(lab.db.worker, id)).toMatchObject({ state: 'booked', approvedBy: SECOND.id, place: 1 })
    const acts = await lab.db.worker`SELECT actor_id, approved_by FROM treasury.acts WHERE kind = 'deposit'`
    expect([...acts]).toEqual(Array(2).fill({ actor_id: OPERATOR.id, approved_by: SECOND.id }))
    expect(await checkBank(lab.room)).toEqual([])
  })

  test.each([
    ['the one who brought it', OPERATOR],
    ['a service’s token', { ...SECOND, kind: 'site' as const }],
    ['the system itself', { ...SECOND, kind: 'system' as const }],
  ])('is not approved by %s', async (_, actor) => {
    const { id, proposalId } = await take(csvStatement(first()))
    expect(await codeOf(approve(proposalId, actor))).toBe('treasury.needs-second-person')
    expect([await stateOf(id), await bankHolds()]).toEqual(['taken', 0n])
  })

  test('is not booked by a proposal that somebody writes for it', async () => {
    const { proposalId } = await take(csvStatement(first()))
    const body = (await proposalById(lab.db.worker, proposalId))?.body
    if (!body) throw new Error('a statement that waits has a proposal')
    const made = propose(lab.room, SECOND, { body, reason: 'mine now', requestKey: 'key-of-another' })
    expect(await codeOf(made)).toBe('treasury.bad-proposal')
  })

  test.each([
    ['an amount', `UPDATE treasury.bank_entries SET amount = amount + 1 WHERE n = 1`],
    ['a closing balance', `UPDATE treasury.statements SET closing = closing + 1`],
    ['the file’s hash', `UPDATE treasury.statements SET file_sha256 = repeat('0', 64)`],
  ])('is not booked when %s is not what was shown', async (_, change) => {
    const { id, proposalId } = await take(csvStatement(first()))
    await lab.db.owner.unsafe(change)
    expect(await codeOf(approve(proposalId))).toBe('treasury.statement-differs')
    expect([await stateOf(id), await bankHolds()]).toEqual(['taken', 0n])
  })

  test('is kept as refused with the reason, the same file too, while the bank’s true one may still come', async () => {
    const { id, proposalId } = await take(csvStatement(first()))
    expect(await codeOf(decide(lab.room, SECOND, { proposalId, approve: false }))).toBe('treasury.bad-proposal')
    await decide(lab.room, SECOND, { proposalId, approve: false, reason: 'the bank knows nothing of it' })
    expect(await statementById(lab.db.worker, id)).toMatchObject({
      ...{ state: 'refused', refusal: 'the bank knows nothing of it', place: null },
    })
    expect(await codeOf(approve(proposalId))).toBe('treasury.proposal-closed')
    const again = await take(csvStatement(first()))
    expect([again.again, again.row.state, again.id]).toEqual([true, 'refused', id])
    const words = await lab.db.worker`SELECT 1 FROM treasury.bank_entries WHERE remittance IS NOT NULL`
    expect([words.count, await bankHolds()]).toEqual([0, 0n])
    const real = await take(csvStatement({ opening: '0.00', entries: [{ amount: '1.00', reference: ours }] }))
    await approve(real.proposalId)
    expect(await bankHolds()).toBe(100n)
    expect(await checkBank(lab.room)).toEqual([])
  })

  test('follows the one before: the second of two that wait is not booked first', async () => {
    const one = await take(csvStatement(first()))
    const two = await take(csvStatement({ id: 'S-2', opening: '5000065.00', entries: [{ amount: '1.00' }] }))
    const other = await take(csvStatement({ id: 'S-3', opening: '9.00', entries: [] }))
    await approve(one.proposalId)
    expect(await codeOf(approve(other.proposalId))).toBe('treasury.statement-gap')
    expect((await approve(two.proposalId)).state).toBe('done')
    expect(await codeOf(take(csvStatement({ id: 'S-4', opening: '8.00', entries: [] })))).toBe('treasury.statement-gap')
    expect(await bankHolds()).toBe(500_006_600n + 500n)
  })

  test('goes on where it was cut off, between the approval and the booking', async () => {
    const { id, proposalId } = await take(csvStatement(first()))
    await lab.db.owner`
      UPDATE treasury.proposals SET state = 'approved', decided_by = ${SECOND.id}, decided_at = ${lab.clock.now()}
      WHERE id = ${proposalId}`
    await lab.clock.advance(6_000)
    await resumeProposals(lab.room, NETWORK)
    expect([await stateOf(id), await bankHolds()]).toEqual(['booked', 500_006_500n + 500n])
  })
})

describe('a reference of the bank', () => {
  test.each([
    ['camt.053', camt],
    ['CSV', csvStatement],
  ])('that was booked before is refused with the whole %s statement', async (_, write) => {
    await lab.book(write({ opening: '0.00', entries: [{ amount: '10.00', bankRef: 'BANK-77' }] }))
    const entries = [{ amount: '1.00' }, { amount: '10.00', bankRef: 'BANK-77' }]
    const next = write({ id: 'S-2', opening: '10.00', entries })
    expect(await codeOf(take(next))).toBe('treasury.statement-booked-before')
    expect((await lab.db.worker`SELECT 1 FROM treasury.statements`).count).toBe(1)
  })

  test('on two statements that wait is booked with the first of them only', async () => {
    const entries = [{ amount: '10.00', bankRef: 'BANK-77' }]
    const one = await take(csvStatement({ opening: '0.00', entries }))
    const two = await take(csvStatement({ id: 'S-2', opening: '10.00', entries }))
    await approve(one.proposalId)
    expect(await codeOf(approve(two.proposalId))).toBe('treasury.statement-booked-before')
    expect(await bankHolds()).toBe(1_000n)
  })

  test('that a bank does not give, or counts anew in each statement, tells nothing', async () => {
    const file = (id: string, opening: string) =>
      camt({
        id,
        opening,
        entries: [
          { amount: '10.00', bankRef: 'NOTPROVIDED' },
          { amount: '1.00', bankRef: 'n' },
        ],
      }).replace('<AcctSvcrRef>n</AcctSvcrRef>', '<NtryRef>1</NtryRef>')
    await lab.book(file('S-1', '0.00'))
    await lab.book(file('S-2', '11.00'))
    expect(await bankHolds()).toBe(2_200n)
  })
})
