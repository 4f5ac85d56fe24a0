import { expect, test, vi } from 'vitest'
import { openLab } from './test-ledger.ts'

/** Index entries read so far, by index of the two large tables. */
type Reads = Record<string, number>

const ACCOUNTS = 2000

test('a new ledger without statistics reads what a batch names, not all of its shard', async () => {
  const lab = await openLab()
  await lab.db.owner.unsafe(`ALTER TABLE ledger.transfer SET (autovacuum_enabled = false);
    ALTER TABLE ledger.account SET (autovacuum_enabled = false)`)
  const owners = Array.from({ length: ACCOUNTS }, (_, index) => `org_plan_${index}`)
  for (let at = 0; at < ACCOUNTS; at += 500) {
    await Promise.all(owners.slice(at, at + 500).map((owner) => lab.fund(owner, 1000n)))
  }
  const [rounds, crowd] = [8, 4000]
  for (let round = 0; round < rounds; round++) {
    await Promise.all(
      Array.from({ length: crowd }, (_, index) => {
        const [from, to] = [index % ACCOUNTS, (index + 1 + round) % ACCOUNTS]
        const legs = { debit: lab.account(`org_plan_${from}`), credit: lab.account(`org_plan_${to}`) }
        return lab.ledger.submit([lab.move({ ...legs, amount: 1n })])
      }),
    )
  }
  const read = async (): Promise<Reads> => {
    const rows = await lab.db.owner<{ name: string; reads: bigint }[]>`
      SELECT indexrelname AS name, idx_tup_read AS reads FROM pg_stat_all_indexes WHERE schemaname = 'ledger'
        AND relname IN ('transfer', 'account')`
    return Object.fromEntries(rows.map(({ name, reads }) => [name, Number(reads)]))
  }
  // Each session hands in its counts at most once a second, when it is idle.
  let reads: Reads = {}
  await vi.waitFor(
    async () => {
      await lab.db.app`SELECT pg_stat_force_next_flush()`
      reads = await read()
      expect(Object.values(reads).reduce((a, b) => a + b, 0)).toBeGreaterThan(2 * ACCOUNTS)
    },
    { timeout: 15_000, interval: 200 },
  )
  const { transfer_pkey = 0, transfer_debit = 0, transfer_credit = 0 } = reads
  expect(transfer_pkey + transfer_debit + transfer_credit, JSON.stringify(reads)).toBeLessThan(rounds * crowd)
  expect(reads.account_shard_owner_asset_kind_key ?? 0, JSON.stringify(reads)).toBeLessThan(rounds * crowd)
  await lab.db.drop()
}, 60_000)
