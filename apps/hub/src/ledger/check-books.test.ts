import { createManualClock } from '@bithive/kernel/clock'
import { silentLog } from '@bithive/kernel/log'
import { startWorkers } from '@bithive/kernel/worker'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { NETWORK } from './account-id.ts'
import { clearingOwner, legsOf } from './clearing.ts'
import { requireBooked } from './read-result.ts'
import { type Lab, openLab } from './test-ledger.ts'
import { ledgerWorkers } from './worker.ts'

const clock = createManualClock(1_800_000_000_000)
let lab: Lab
beforeEach(async () => {
  lab = await openLab({ clock })
  await lab.fund('org_a', 10_000n)
  await lab.fund('org_b', 10_000n)
})
afterEach(() => lab.db.drop())

const payout = () => {
  const legs = { debit: lab.account(NETWORK, 'treasury'), credit: lab.account('org_b') }
  return [lab.move({ ...legs, amount: 1n, code: 'base-pay' })]
}
const spend = () => [lab.move({ debit: lab.account('org_a'), credit: lab.account(NETWORK, 'treasury') })]
/** A superuser's hand in the tables, past every trigger. */
const tamper = (sql: string) =>
  lab.db.owner.begin(async (tx) => {
    await tx.unsafe(`SET LOCAL session_replication_role = replica; ${sql}`)
  })

describe('the running check', () => {
  test('finds nothing in books that are right, with holds, posts and voids in them', async () => {
    const { ledger, move, uuid, account } = lab
    const legs = { debit: account('org_a'), credit: account(NETWORK, 'escrow') }
    const [first, second, third] = [0, 1, 2].map(() => move({ ...legs, step: 'hold', code: 'hold' })) as [
      never,
      never,
      never,
    ]
    requireBooked(await ledger.submit([first, second, third]))
    expect(await ledger.checkBooks()).toEqual([])
    const end = { ...legs, id: uuid(), pendingId: (first as { id: string }).id }
    requireBooked(await ledger.submit([{ ...end, step: 'post', amount: 60n, code: 'capture' }]))
    const release = { ...legs, id: uuid(), pendingId: (second as { id: string }).id, amount: 0n }
    requireBooked(await ledger.submit([{ ...release, step: 'void', code: 'release' }]))
    expect(await ledger.checkBooks()).toEqual([])
    expect(await ledger.checkBooks({ full: true })).toEqual([])
    expect(await ledger.stops()).toEqual([])
  })

  test('catches an altered balance, names the account, and stops the payouts of its shard until two people clear it', async () => {
    const { ledger, account } = lab
    requireBooked(await ledger.submit(spend()))
    expect(await ledger.checkBooks()).toEqual([])
    const id = account('org_b').toString()
    await tamper(`UPDATE ledger.account SET credits_posted = credits_posted + 5 WHERE id = ${id}`)

    const findings = await ledger.checkBooks()
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'account-balance', shard: 0, account: id }))
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'asset-sums', shard: 0, asset: 'CNY' }))
    expect((await ledger.trialBalance()).balanced).toBe(false)
    const [refused] = await ledger.submit(payout())
    expect(refused).toMatchObject({
      status: 'refused',
      error: { code: 'ledger.payouts-stopped', facts: { accounts: id } },
    })
    // Another hub learns it from the database; what pays nobody goes on.
    expect((await lab.another().submit(payout()))[0]?.status).toBe('refused')
    expect((await ledger.submit(spend()))[0]?.status).toBe('done')
    await ledger.checkBooks()
    expect(await ledger.stops()).toHaveLength(1)

    const clear = { shard: 0, proposedBy: 'per_1', reason: 'restored from the transfers' }
    await expect(ledger.clearStop({ ...clear, approvedBy: 'per_1' })).rejects.toThrow('ledger.needs-second-person')
    await tamper(`UPDATE ledger.account SET credits_posted = credits_posted - 5 WHERE id = ${id}`)
    expect(await ledger.clearStop({ ...clear, approvedBy: 'per_2' })).toBe(true)
    expect(await ledger.clearStop({ ...clear, approvedBy: 'per_2' })).toBe(false)
    expect(await ledger.checkBooks()).toEqual([])
    expect((await ledger.submit(payout()))[0]?.status).toBe('done')
    expect(await ledger.stops()).toEqual([])
  })

  test('catches two alterations that cancel each other out in the sums', async () => {
    const { ledger, account } = lab
    await tamper(`
      UPDATE ledger.account SET credits_posted = credits_posted - 5 WHERE id = ${account('org_a')};
      UPDATE ledger.account SET credits_posted = credits_posted + 5 WHERE id = ${account('org_b')}`)
    expect((await ledger.trialBalance()).balanced).toBe(true)
    const accounts = (await ledger.checkBooks())?.map((finding) => finding.account).sort()
    expect(accounts).toEqual([account('org_a'), account('org_b')].map(String).sort())
  })

  test('catches a removed transfer, and the full check an altered one that was checked before', async () => {
    const { ledger } = lab
    const [booked] = requireBooked(await ledger.submit(spend()))
    await tamper(`DELETE FROM ledger.transfer WHERE shard = 0 AND seq = ${booked?.seq}`)
    const kinds = new Set((await ledger.checkBooks())?.map((finding) => finding.kind))
    expect(kinds).toEqual(new Set(['feed-gap', 'account-balance']))

    const other = await openLab({ clock })
    await other.fund('org_a', 500n)
    expect(await other.ledger.checkBooks()).toEqual([])
    await other.db.owner.begin(async (tx) => {
      await tx.unsafe('SET LOCAL session_replication_role = replica; UPDATE ledger.transfer SET amount = 501')
    })
    expect(await other.ledger.checkBooks()).toEqual([])
    expect((await other.ledger.checkBooks({ full: true }))?.length).toBeGreaterThan(0)
    await other.db.drop()
  })

  test('names the transfers to look at: the one that was altered, or the newest of an account that was', async () => {
    const { ledger, account } = lab
    const [first, second] = [spend(), spend()]
    requireBooked(await ledger.submit(first))
    const [newest] = requireBooked(await ledger.submit(second))
    await tamper(`UPDATE ledger.account SET credits_posted = credits_posted + 5 WHERE id = ${account('org_a')}`)
    const found = (await ledger.checkBooks())?.find((finding) => finding.account === String(account('org_a')))
    expect(found?.transfers).toEqual([newest?.id])
    await tamper(`UPDATE ledger.account SET credits_posted = credits_posted - 5 WHERE id = ${account('org_a')};
      UPDATE ledger.transfer SET debit_after = debit_after + 1 WHERE id = '${first[0]?.id}'`)
    await tamper(`UPDATE ledger.transfer SET amount = amount + 1 WHERE id = '${first[0]?.id}'`)
    const again = await ledger.checkBooks({ limits: { replayRestMs: 0 } })
    const altered = again?.find(
      (finding) => finding.kind === 'altered-transfer' && finding.account === String(account('org_a')),
    )
    expect(altered?.transfers).toContain(first[0]?.id)
  })

  test('reads a slice each time and still comes to every account and every transfer', async () => {
    const { ledger, account } = lab
    for (let round = 0; round < 3; round++) requireBooked(await ledger.submit(spend()))
    const limits = { transfers: 2, accounts: 1, replay: 2, replayRestMs: 0 }
    for (let turn = 0; turn < 12; turn++) expect(await ledger.checkBooks({ limits })).toEqual([])
    await tamper(`UPDATE ledger.account SET credits_posted = credits_posted + 5 WHERE id = ${account('org_b')};
      UPDATE ledger.transfer SET amount = amount + 1 WHERE shard = 1 AND seq = 1`)
    const kinds = new Set<string>()
    let turns = 0
    while (!(kinds.has('account-balance') && kinds.has('altered-transfer')) && turns++ < 30) {
      for (const finding of (await ledger.checkBooks({ limits })) ?? []) kinds.add(finding.kind)
    }
    expect([...kinds]).toEqual(expect.arrayContaining(['account-balance', 'altered-transfer']))
    expect(turns).toBeGreaterThan(1)
  })

  test('catches a clearing pair that does not come back to zero, and a leg that was forgotten', async () => {
    const { ledger, account } = lab
    const level = { owner: 'org_a', asset: 'CNY', toShard: 1, amount: 500n }
    expect(await ledger.level({ ...level, reference: 'job_1' })).toBe(500n)
    expect(await ledger.checkBooks()).toEqual([])
    const clearing = (shard: number) => account(clearingOwner(0, 1), 'clearing', shard)
    const lone = lab.move({ debit: clearing(1), credit: account('org_a', 'holder', 1), code: 'clearing-in' })
    requireBooked(await ledger.submit([lone]))
    const found = (await ledger.checkBooks())?.filter((finding) => finding.kind === 'clearing')
    expect(found).toMatchObject([0, 1].map((shard) => ({ shard, asset: 'CNY', stored: '-100', transfers: [lone.id] })))
    expect((await ledger.submit(payout()))[0]).toMatchObject({ status: 'refused' })
    const back = { debit: lone.credit, credit: lone.debit, code: 'reversal', step: 'reverse' } as const
    requireBooked(await ledger.submit([{ ...back, id: lab.uuid(), amount: 100n, reverses: lone.id }]))
    expect(await ledger.checkBooks()).toEqual([])

    const legs = legsOf({
      ...{ id: lab.uuid(), fromShard: 0, toShard: 1, amount: 5n },
      ...{ owner: account('org_a'), clearing: clearing(0) },
    })
    requireBooked(await ledger.submit([legs.out]))
    expect(await ledger.checkBooks()).toEqual([])
    await clock.advance(61_000)
    expect(await ledger.checkBooks()).toContainEqual(
      expect.objectContaining({ kind: 'clearing', stored: '1 overdue', transfers: [legs.out.id] }),
    )
    await ledger.finishLevels()
    expect(await ledger.checkBooks()).toEqual([])
  })

  test('catches a hold that its room does not know, and names it', async () => {
    const { ledger, account } = lab
    const legs = { debit: account('org_a'), credit: account(NETWORK, 'escrow'), step: 'hold', code: 'hold' } as const
    const [known, lost, other] = [
      lab.move({ ...legs, reference: 'job_1' }),
      lab.move({ ...legs, reference: 'job_2' }),
      lab.move({ ...legs, reference: 'elsewhere' }),
    ]
    for (const hold of [known, lost, other]) requireBooked(await ledger.submit([hold]))
    ledger.explainHolds({
      name: 'jobs',
      claims: (hold) => hold.reference?.startsWith('job_') === true,
      known: async () => new Set([known.id]),
    })
    // Young holds may be on their way into the room's own tables.
    expect(await ledger.checkBooks()).toEqual([])
    await clock.advance(61_000)
    const found = await ledger.checkBooks()
    expect(found).toMatchObject([{ kind: 'hold-unknown', shard: 0, stored: '1 holds of jobs', transfers: [lost.id] }])
    expect((await ledger.submit(payout()))[0]).toMatchObject({ error: { code: 'ledger.payouts-stopped' } })
    expect((await ledger.stops())[0]?.findings[0]?.transfers).toEqual([lost.id])
  })

  test('catches a supply that is not genesis plus emission less burned, when it differs twice alike', async () => {
    const { ledger, account } = lab
    const issued = async () => -((await ledger.balance(NETWORK, 'CNY', 'supply'))?.posted ?? 0n)
    let explained = await issued()
    ledger.explainSupply(async () => new Map([['CNY', explained]]))
    expect(await ledger.checkBooks()).toEqual([])
    const quiet = lab.move({ debit: account(NETWORK, 'supply'), credit: account('org_a'), amount: 9n, code: 'issue' })
    requireBooked(await ledger.submit([quiet]))
    expect(await ledger.checkBooks()).toEqual([])
    const found = await ledger.checkBooks()
    expect(found).toHaveLength(2)
    expect(found?.[0]).toMatchObject({ kind: 'supply', stored: `${explained + 9n}`, expected: `${explained}` })
    expect(found?.[0]?.transfers).toContain(quiet.id)
    expect(await ledger.stops()).toHaveLength(2)
    explained += 9n
    expect(await ledger.checkBooks()).toEqual([])
  })

  test('run by two processes at once counts every transfer once', async () => {
    const { ledger } = lab
    const [one, two] = [lab.another(), lab.another()]
    for (let round = 0; round < 8; round++) {
      const bookings = Array.from({ length: 20 }, () => ledger.submit(spend()))
      const checks = await Promise.all([one.checkBooks(), two.checkBooks(), ledger.checkBooks()])
      for (const findings of checks) expect(findings ?? []).toEqual([])
      await Promise.all(bookings)
    }
    expect(await ledger.checkBooks()).toEqual([])
  })

  test('runs as a worker: all of it at the start, then what is new, and expires holds on its way', async () => {
    const { ledger, account } = lab
    const legs = { debit: account('org_a'), credit: account(NETWORK, 'escrow') }
    const hold = lab.move({ ...legs, step: 'hold', code: 'hold', timeoutMs: 500 })
    requireBooked(await ledger.submit([hold]))
    await ledger.checkBooks()
    await tamper(`UPDATE ledger.transfer SET amount = amount + 1, pending_amount = pending_amount + 1
      WHERE shard = 1`)
    const workers = startWorkers(ledgerWorkers({ ledger, clock, log: silentLog }))
    await vi.waitFor(async () => expect(await ledger.stops()).toHaveLength(1), { timeout: 10_000 })
    // Time moves on at each look: a worker that was still busy at the first one sleeps from then.
    await vi.waitFor(
      async () => {
        await clock.advance(1000)
        expect((await ledger.transfer({ shard: 0, id: hold.id }))?.ended).toBe('void')
      },
      { timeout: 10_000 },
    )
    await workers.stop()
  })
})
