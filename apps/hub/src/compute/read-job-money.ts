import type { JobState, MoneyPart } from '@bithive/api/compute'
import type { LocalText } from '@bithive/api/workload'
import { JOB_STATES } from './lifecycle.ts'
import type { Room } from './ports.ts'

/** What the market knows of a job that money moved for, whoever asks: the caller decides who is shown what. */
export type JobMoney = {
  readonly jobId: string
  readonly workload: string
  readonly version: string
  readonly title?: LocalText
  readonly state: JobState
  readonly stateText: LocalText
  readonly payerOrgId: string
  readonly orderedAt: number
  readonly nodeOwnerOrgId?: string
  readonly nodeName?: string
  readonly authorOrgId: string
  readonly parts: readonly {
    readonly part: 'base-pay' | 'royalty' | 'fee' | 'pool'
    readonly orgId: string
    readonly amount: string
  }[]
}

type Row = {
  readonly jobId: string
  readonly workload: string
  readonly version: string
  readonly state: JobState
  readonly payerOrgId: string
  readonly orderedAt: bigint
  readonly authorOrgId: string
  readonly money: MoneyPart[]
  readonly nodeOwnerOrgId: string | null
  readonly nodeName: string | null
}

type Paid = MoneyPart & { readonly part: JobMoney['parts'][number]['part']; readonly toOrgId: string }

/** A part of a capture, not what is held or given back. */
const isPaid = (one: MoneyPart): one is Paid =>
  one.part !== 'hold' && one.part !== 'refund' && one.toOrgId !== undefined

/** The jobs of these ids that exist, by id. For rooms above the market, never for a route as it is. */
export async function readJobMoney(room: Room, jobIds: readonly string[]): Promise<Map<string, JobMoney>> {
  if (jobIds.length === 0) return new Map()
  const rows = await room.db.worker<Row[]>`
    SELECT j.id AS "jobId", j.workload, j.version, j.state, j.org_id AS "payerOrgId", j.created_at AS "orderedAt",
      j.author_org_id AS "authorOrgId", j.money, l.owner_org_id AS "nodeOwnerOrgId", n.name AS "nodeName"
    FROM compute.jobs j
    LEFT JOIN compute.leases l ON l.job_id = j.id AND l.epoch = coalesce(j.accepted_epoch, j.epoch)
    LEFT JOIN compute.nodes n ON n.id = l.node_id
    WHERE j.id = ANY(${[...jobIds]})`
  const found = rows.map(async ({ money, orderedAt, nodeOwnerOrgId, nodeName, ...row }) => {
    const listed = await room.workloadOf(row.workload, row.version)
    const facts: JobMoney = {
      ...row,
      ...(listed ? { title: listed.card.title } : {}),
      stateText: JOB_STATES[row.state].text,
      orderedAt: Number(orderedAt),
      ...(nodeOwnerOrgId === null ? {} : { nodeOwnerOrgId }),
      ...(nodeName === null ? {} : { nodeName }),
      parts: money.filter(isPaid).map(({ part, toOrgId, amount }) => ({ part, orgId: toOrgId, amount })),
    }
    return [row.jobId, facts] as const
  })
  return new Map(await Promise.all(found))
}
