import type { Clock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import { deterministicUuid } from '@bithive/kernel/ids'
import { SHARDS } from './account-id.ts'
import type { Chain } from './apply-batch.ts'
import { readDueHolds } from './store.ts'
import type { TransferOutcome } from './transfer.ts'

const MOST_AT_ONCE = 1000

/**
 * Voids the holds whose time is over. The ids are made from the holds, so two processes that expire at once void
 * each hold once; a hold that was posted in the meantime answers so and stays posted.
 * @returns how many holds were voided now.
 */
export async function expireHolds(deps: {
  readonly db: Database
  readonly clock: Clock
  readonly submit: (chain: Chain) => Promise<TransferOutcome[]>
}): Promise<number> {
  let voided = 0
  for (const shard of SHARDS) {
    const due = await readDueHolds(deps.db, shard, deps.clock.now(), MOST_AT_ONCE)
    const outcomes = await Promise.all(
      due.map(({ id, debit, credit, reference }) =>
        deps.submit([
          {
            id: deterministicUuid('ledger', 'hold-expired', id),
            step: 'void',
            pendingId: id,
            debit,
            credit,
            amount: 0n,
            code: 'hold-expired',
            ...(reference === null ? {} : { reference }),
          },
        ]),
      ),
    )
    voided += outcomes.filter(([outcome]) => outcome?.status === 'done').length
  }
  return voided
}
