import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { NETWORK } from './account-id.ts'
import { exportTransfers } from './export-transfers.ts'
import { requireBooked } from './read-result.ts'
import { type Lab, openLab } from './test-ledger.ts'
import { verifyLedger } from './verify-ledger.ts'

let lab: Lab
const ids: Record<'move' | 'hold' | 'post' | 'back', string> = { move: '', hold: '', post: '', back: '' }
beforeEach(async () => {
  lab = await openLab()
  const { account, move, uuid, ledger } = lab
  await lab.fund('org_a', 1000n)
  const legs = { debit: account('org_a'), credit: account(NETWORK, 'escrow') }
  const moved = move({ ...legs, reference: '=cmd "x", y' })
  const [first, open] = [move({ ...legs, step: 'hold', code: 'hold' }), move({ ...legs, step: 'hold', code: 'hold' })]
  const post = { ...legs, id: uuid(), step: 'post', pendingId: first.id, amount: 60n, code: 'capture' } as const
  const swapped = { debit: legs.credit, credit: legs.debit }
  const back = { ...swapped, id: uuid(), amount: 10n, step: 'reverse', reverses: moved.id, code: 'reversal' } as const
  for (const chain of [[moved], [first], [open], [post, move({ ...legs, amount: 1n })], [back]]) {
    requireBooked(await ledger.submit(chain))
  }
  await ledger.level({ owner: 'org_a', asset: 'CNY', toShard: 1, amount: 50n, reference: 'job_1' })
  Object.assign(ids, { move: moved.id, hold: open.id, post: post.id, back: back.id })
})
afterEach(() => lab.db.drop())

const tamper = (sql: string) =>
  lab.db.owner.begin(async (tx) => {
    await tx.unsafe(`SET LOCAL session_replication_role = replica; ${sql}`)
  })

describe('verifying the ledger from its transfers', () => {
  test('finds nothing in books that are right, and says what was issued', async () => {
    const found = await verifyLedger(lab.db)
    expect(found).toMatchObject({ differenceCount: 0, differences: [], openHolds: 1 })
    expect(found.supply).toEqual([{ asset: 'CNY', issued: '20.00' }])
    const [row] = await lab.db.owner<{ n: number }[]>`SELECT count(*)::int AS n FROM ledger.transfer`
    expect(found.transfers).toBe(row?.n)
  })

  const faults: [string, string, () => string][] = [
    [
      'account',
      'a balance',
      () => `UPDATE ledger.account SET credits_posted = credits_posted + 1 WHERE owner = 'org_a'`,
    ],
    [
      'asset-sum',
      'a balance',
      () => `UPDATE ledger.account SET credits_posted = credits_posted + 1 WHERE owner = 'org_a'`,
    ],
    ['balance-after', 'a balance after', () => `UPDATE ledger.transfer SET debit_after = 5 WHERE id = '${ids.move}'`],
    ['account', 'an amount', () => `UPDATE ledger.transfer SET amount = 7 WHERE id = '${ids.move}'`],
    ['feed', 'a removed transfer', () => `DELETE FROM ledger.transfer WHERE id = '${ids.move}'`],
    ['hold', 'a post above its hold', () => `UPDATE ledger.transfer SET amount = 160 WHERE id = '${ids.post}'`],
    ['hold', 'a hold that is no longer listed', () => `DELETE FROM ledger.hold WHERE pending_id = '${ids.hold}'`],
    ['reversal', 'a larger reversal', () => `UPDATE ledger.transfer SET amount = 101 WHERE id = '${ids.back}'`],
    ['chain', 'a chain cut at its end', () => `UPDATE ledger.transfer SET flags = flags | 1 WHERE shard = 0`],
    ['rule', 'spending what was not there', () => `UPDATE ledger.transfer SET amount = 5000 WHERE id = '${ids.move}'`],
  ]
  test.each(faults)('finds as %s: %s', async (kind, _what, sql) => {
    await tamper(sql())
    const { differences } = await verifyLedger(lab.db)
    expect(new Set(differences.map((one) => one.kind))).toContain(kind)
  })
})

describe('exporting', () => {
  test('gives every transfer in order, as lines of JSON and as CSV that no spreadsheet runs', async () => {
    const collect = async (format: 'ndjson' | 'csv') => {
      const parts: string[] = []
      const count = await exportTransfers(lab.db, format, async (text) => void parts.push(text))
      return { count, text: parts.join('') }
    }
    const json = await collect('ndjson')
    const lines = json.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toHaveLength(json.count)
    expect(lines.find((line) => line.id === ids.move)).toMatchObject({
      ...{ shard: 0, step: 'move', asset: 'CNY', amount: '1.00', debitAfter: '9.00', reference: '=cmd "x", y' },
    })
    expect(lines.find((line) => line.id === ids.back)).toMatchObject({ step: 'reverse', reverses: ids.move })
    const csv = await collect('csv')
    expect(csv.count).toBe(json.count)
    const rows = csv.text.trimEnd().split('\r\n')
    expect(rows).toHaveLength(json.count + 1)
    expect(rows.find((row) => row.includes(ids.move))).toContain(`"'=cmd ""x"", y"`)
  })
})
