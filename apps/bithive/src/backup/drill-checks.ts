import { createAudit } from '@bithive/kernel/audit'
import type { DrillCheck } from '@bithive/kernel/backup'
import { systemClock } from '@bithive/kernel/clock'
import { createIds } from '@bithive/kernel/ids'
import { systemRandomness } from '@bithive/kernel/randomness'
import { ledgerBalances } from './ledger-balances.ts'

/** Every audit chain of one restored database holds. */
const auditChains = (name: 'hub' | 'site'): DrillCheck => ({
  name: `audit-chains-${name}`,
  run: async ({ database }) => {
    const db = database(name)
    const clock = systemClock
    const audit = createAudit({ db, clock, ids: createIds({ clock, randomness: systemRandomness }) })
    const chains = await db.worker<{ org_id: string }[]>`SELECT DISTINCT org_id FROM kernel.audit_head`
    const verdicts = await Promise.all(chains.map(({ org_id }) => audit.verify(org_id)))
    return verdicts.every(({ ok }) => ok)
  },
})

/** What a restored house must show before a backup counts as one. */
export const drillChecks: readonly DrillCheck[] = [
  { name: 'trial-balance', run: ({ database }) => ledgerBalances(database('hub')) },
  auditChains('hub'),
  auditChains('site'),
]
