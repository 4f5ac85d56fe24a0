import type { OwnModel, OwnModels } from '@bithive/api/models'
import type { WorkloadCard } from '@bithive/api/workload'
import { type Calendar, calendarOf } from '@bithive/kernel/calendar'
import type { Clock } from '@bithive/kernel/clock'
import { formatAmount } from '@bithive/kernel/money'
import type { ModelUsePort } from './ports.ts'

const MONTHS = 24

type Amount = { readonly asset: string; readonly scale: number; readonly amount: bigint }
const viewAmount = ({ asset, scale, amount }: Amount) => ({ asset, amount: formatAmount(amount, scale) })

/** The last months, newest first, each with its first and last instant (exclusive). */
function lastMonths(calendar: Calendar, at: number) {
  const { year, month } = calendar.dayOf(at)
  return Array.from({ length: MONTHS }, (_, back) => {
    const first = (index: number) => calendar.startOf({ year, month: index, day: 1 })
    const name = new Date(Date.UTC(year, month - 1 - back, 1)).toISOString().slice(0, 7)
    return { name, from: first(month - back), until: first(month - back + 1) }
  })
}

type Carried = { readonly card: WorkloadCard; readonly digest: string }

const UNUSED = { ordered: 0, returned: 0, accepted: 0, rejected: 0, inputRefused: 0, failed: 0, open: 0 }

/** What the models of one organisation were used for and earned: those it publishes now, and versions used before. */
export async function readOwnModels(
  deps: { readonly clock: Clock; readonly useOf: ModelUsePort },
  own: { readonly orgId: string; readonly authorKeys: readonly string[]; readonly carried: readonly Carried[] },
  zone: string,
): Promise<OwnModels> {
  const at = deps.clock.now()
  const months = lastMonths(calendarOf(zone), at)
  const used = await deps.useOf(own.orgId, months)
  const model = (workload: string, version: string): OwnModel => {
    const found = used.find((one) => one.workload === workload && one.version === version)
    const carried = own.carried.find(({ card }) => card.id === workload && card.version === version)
    const inMonth = (span: number) => (found?.royalties ?? []).filter((one) => one.span === span)
    return {
      workload,
      version,
      ...(carried ? { title: carried.card.title, card: carried.card, digest: carried.digest } : {}),
      use: found?.use ?? UNUSED,
      earned: (found?.total ?? []).map(viewAmount),
      months: months.flatMap(({ name }, span) => {
        const rows = inMonth(span)
        if (rows.length === 0) return []
        return [{ month: name, earned: rows.map(viewAmount), jobs: rows.reduce((sum, { jobs }) => sum + jobs, 0) }]
      }),
      lastUses: (found?.lastUses ?? []).map(({ royalty, ...one }) => ({
        ...one,
        ...(royalty ? { royalty: viewAmount(royalty) } : {}),
      })),
    }
  }
  const names = new Map<string, readonly [string, string]>()
  for (const { card } of own.carried) names.set(`${card.id}@${card.version}`, [card.id, card.version])
  for (const { workload, version } of used) names.set(`${workload}@${version}`, [workload, version])
  return {
    ...{ at, zone },
    payee: { orgId: own.orgId, authorKeys: [...own.authorKeys] },
    models: [...names.values()].map(([workload, version]) => model(workload, version)),
  }
}
