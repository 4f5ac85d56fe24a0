import { createManualClock } from '@bithive/kernel/clock'
import { silentLog } from '@bithive/kernel/log'
import { startWorkers } from '@bithive/kernel/worker'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { NETWORK } from './account-id.ts'
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
