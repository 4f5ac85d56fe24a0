import { createManualClock } from '@bithive/kernel/clock'
import type { LiveChange } from '@bithive/kernel/live'
import { silentLog } from '@bithive/kernel/log'
import { startWorkers } from '@bithive/kernel/worker'
import { afterEach, expect, test, vi } from 'vitest'
import { publishChanges } from './publish-changes.ts'
import { requireBooked } from './read-result.ts'
import { openLab } from './test-ledger.ts'

const undo: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one()
})

test('owners on both sides hear that their money moved, once a look and only after the commit; nobody else does', async () => {
  const clock = createManualClock(1_800_000_000_000)
  const lab = await openLab({ clock })
  undo.push(() => lab.db.drop())
  const [from] = await lab.fund('org_a', 1_000n)
  const [to] = await lab.ledger.ensureAccounts('org_b', 'CNY', 'holder')
  const said: [string, LiveChange][] = []
  const live = { publish: (orgId: string, change: LiveChange) => void said.push([orgId, change]) }
  const looked = async () => {
    await clock.advance(500)
    // The look has ended once a query of ours that came after it is answered.
    for (let turn = 0; turn < 6; turn++) await lab.db.worker`SELECT 1`
  }
  const workers = startWorkers([publishChanges({ db: lab.db, live, clock, log: silentLog })])
  undo.push(workers.stop)
  await looked()
  // What was booked before is read by a page when it opens.
  expect(said).toEqual([])
  for (let turn = 0; turn < 3; turn++) {
    requireBooked(await lab.ledger.submit([lab.move({ debit: from as bigint, credit: to as bigint, amount: 1n })]))
  }
  expect(said).toEqual([])
  // A look that was still busy at one turn of the clock comes at the next.
  await vi.waitFor(
    async () => {
      await looked()
      expect(said.toSorted(([a], [b]) => (a < b ? -1 : 1))).toEqual([
        ['org_a', { topic: 'ledger' }],
        ['org_b', { topic: 'ledger' }],
      ])
    },
    { timeout: 10_000 },
  )
  await looked()
  expect(said).toHaveLength(2)
  // Issued by the network: its own side is nobody's page.
  await lab.fund('org_c', 5n)
  await vi.waitFor(
    async () => {
      await looked()
      expect(said.length).toBeGreaterThan(2)
    },
    { timeout: 10_000 },
  )
  expect(said.slice(2).map(([orgId]) => orgId)).toEqual(['org_c', 'org_c'].slice(0, said.length - 2))
})
