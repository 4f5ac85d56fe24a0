import type { LeaseRecord, LeaseRecordPage } from '@bithive/api/nodes'
import type { LocalText } from '@bithive/api/workload'
import type { Actor } from '@bithive/kernel/actor'
import { httpErrors, mustAllow } from '@bithive/kernel/http'
import { formatAmount } from '@bithive/kernel/money'
import { captureParts } from './job-money.ts'
import type { JobRow } from './job-store.ts'
import type { EndReason, LeaseState } from './lease-store.ts'
import { readOwnNode } from './own-nodes.ts'
import { maySeeNodes } from './policy.ts'
import type { Room } from './ports.ts'

const STATE_TEXT: Readonly<Record<LeaseState, LocalText>> = {
  offered: { zh: '已派单，等节点回应', en: 'Offered, waiting for the node' },
  held: { zh: '已接单，等加密数据', en: 'Taken, waiting for the sealed input' },
  staged: { zh: '加密数据已就绪', en: 'The sealed input is ready' },
  running: { zh: '正在计算', en: 'Computing' },
  returned: { zh: '已交回，等医院核对', en: "Returned, waiting for the hospital's check" },
  accepted: { zh: '医院已确认', en: 'Accepted' },
  ended: { zh: '已结束，未付款', en: 'Ended without pay' },
}

/** What the owner of a node reads for each way in which a lease ends without pay. */
export const END_TEXT: Readonly<Record<EndReason, LocalText>> = {
  declined: { zh: '节点没有接单', en: 'The node declined it' },
  'offer-unanswered': { zh: '节点没有及时回应派单', en: 'The node did not answer the offer in time' },
  expired: { zh: '节点失联，租约到期', en: 'The node fell silent and the lease ran out' },
  lost: { zh: '节点停止或重启，任务交还', en: 'The node stopped or started again and gave the job back' },
  'not-staged': { zh: '医院没有及时发送数据', en: 'The hospital did not send its input in time' },
  'too-slow': { zh: '计算超时', en: 'It took too long' },
  'node-failed': { zh: '在节点上运行失败', en: 'It failed on the node' },
  'input-refused': { zh: '影像不适用于该程序', en: 'The program cannot use these images' },
  garbage: { zh: '结果与签名或输入不符', en: 'The result did not fit its signature or input' },
  rejected: { zh: '医院核对后拒绝了结果', en: 'The hospital checked the result and rejected it' },
  cancelled: { zh: '下单方已取消', en: 'The order was cancelled' },
}

type Row = Pick<JobRow, 'workload' | 'version' | 'urgency' | 'asset' | 'scale' | 'holdAmount' | 'maxPriceCents'> &
  Pick<JobRow, 'shares' | 'authorOrgId'> & {
    readonly jobId: string
    readonly epoch: number
    readonly nodeId: string
    readonly nodeName: string
    readonly ownerOrgId: string
    readonly state: LeaseState
    readonly endReason: EndReason | null
    readonly priceCents: bigint
    readonly offeredAt: bigint
    readonly heldAt: bigint | null
    readonly returnedAt: bigint | null
    readonly endedAt: bigint | null
    readonly cpuMs: number | null
    readonly earned: bigint | null
    readonly paidAt: bigint | null
  }

const IN_HANDS: readonly LeaseState[] = ['offered', 'held', 'staged', 'running', 'returned', 'accepted']

/** Base pay of the lease once its result is accepted, at the rate and the shares of the order. */
export function expectedPay(room: Pick<Room, 'feeOwner'>, row: Row): bigint {
  const [base] = captureParts(row, { nodeOwner: row.ownerOrgId, feeOwner: room.feeOwner })
  return base?.part === 'base-pay' ? base.amount : 0n
}

const at = (key: string, value: bigint | null) => (value === null ? {} : { [key]: Number(value) })

async function viewRecord(room: Room, row: Row): Promise<LeaseRecord> {
  const { asset, scale, state } = row
  const listed = await room.workloadOf(row.workload, row.version)
  const until = row.returnedAt ?? row.endedAt
  const money = (amount: bigint) => ({ asset, amount: formatAmount(amount, scale) })
  const open = row.earned === null && IN_HANDS.includes(state)
  return {
    jobId: row.jobId,
    epoch: row.epoch,
    nodeId: row.nodeId,
    nodeName: row.nodeName,
    workload: row.workload,
    version: row.version,
    ...(listed ? { title: listed.card.title } : {}),
    urgency: row.urgency,
    state,
    stateText: row.earned === null ? STATE_TEXT[state] : { zh: '已到账', en: 'Paid' },
    ...(row.endReason === null ? {} : { endReason: row.endReason, endText: END_TEXT[row.endReason] }),
    offeredAt: Number(row.offeredAt),
    ...at('heldAt', row.heldAt),
    ...at('returnedAt', row.returnedAt),
    ...at('endedAt', row.endedAt),
    ...(row.heldAt === null ? {} : { busyMs: Number(until ?? BigInt(room.clock.now())) - Number(row.heldAt) }),
    ...(row.cpuMs === null ? {} : { cpuMs: row.cpuMs }),
    ...(row.earned === null ? {} : { earned: money(row.earned) }),
    ...at('paidAt', row.paidAt),
    ...(open ? { expected: money(expectedPay(room, row)) } : {}),
  }
}

export type LeaseQuery = {
  readonly orgId: string
  readonly nodeId?: string | undefined
  readonly states?: readonly LeaseState[]
  /** Leases that were accepted and are not paid yet, and those of `states`. */
  readonly unpaid?: boolean
  readonly before?: { readonly offeredAt: number; readonly jobId: string; readonly epoch: number } | undefined
  readonly limit: number
}

/**
 * Leases on nodes of one owner, newest first. By the worker's role, because a job belongs to whoever ordered it: of the
 * job only its workload, urgency and the terms of pay are read, never who ordered it or for whom.
 */
export function readLeaseRows(room: Room, query: LeaseQuery): Promise<Row[]> {
  const sql = room.db.worker
  const { before } = query
  const page = before
    ? sql`AND (l.offered_at, l.job_id, l.epoch) < (${before.offeredAt}, ${before.jobId}, ${before.epoch})`
    : sql``
  const node = query.nodeId === undefined ? sql`` : sql`AND l.node_id = ${query.nodeId}`
  const unpaid = query.unpaid ? sql`OR (l.state = 'accepted' AND p.job_id IS NULL)` : sql``
  const states = query.states ? sql`AND (l.state = ANY(${[...query.states]}) ${unpaid})` : sql``
  return sql<Row[]>`
    SELECT l.job_id AS "jobId", l.epoch, l.node_id AS "nodeId", n.name AS "nodeName", l.owner_org_id AS "ownerOrgId",
      l.state, l.end_reason AS "endReason", l.price_cents AS "priceCents", l.offered_at AS "offeredAt",
      l.held_at AS "heldAt", l.returned_at AS "returnedAt", l.ended_at AS "endedAt",
      (l.envelope ->> 'cpuMs')::float8 AS "cpuMs", j.workload, j.version, j.urgency, j.asset, j.scale,
      j.hold_amount AS "holdAmount", j.max_price_cents AS "maxPriceCents", j.shares, j.author_org_id AS "authorOrgId",
      p.amount AS earned, p.booked_at AS "paidAt"
    FROM compute.leases l JOIN compute.jobs j ON j.id = l.job_id JOIN compute.nodes n ON n.id = l.node_id
    LEFT JOIN compute.payouts p ON p.job_id = l.job_id AND p.part = 'base-pay' AND l.state = 'accepted'
    WHERE l.owner_org_id = ${query.orgId} ${node} ${states} ${page}
    ORDER BY l.offered_at DESC, l.job_id DESC, l.epoch DESC LIMIT ${query.limit}`
}

export const viewRecords = (room: Room, rows: readonly Row[]): Promise<LeaseRecord[]> =>
  Promise.all(rows.map((row) => viewRecord(room, row)))

const CURSOR = /^(\d{1,15})\.(job_[0-9a-z]{1,40})\.(\d{1,7})$/

function readCursor(cursor: string | undefined): LeaseQuery['before'] {
  if (cursor === undefined) return undefined
  const [, offeredAt, jobId, epoch] = CURSOR.exec(cursor) ?? []
  if (!offeredAt || !jobId || !epoch) throw httpErrors.error('bad-request', { path: '/after' })
  return { offeredAt: Number(offeredAt), jobId, epoch: Number(epoch) }
}

/** Jobs that one node was given, newest first. @throws http.not-found, http.bad-request for a bad cursor */
export async function readLeaseHistory(
  room: Room,
  actor: Actor,
  query: { nodeId: string; after?: string | undefined; limit: number },
): Promise<LeaseRecordPage> {
  mustAllow(maySeeNodes(actor))
  await readOwnNode(room, actor, query.nodeId)
  const before = readCursor(query.after)
  const { orgId } = actor
  const rows = await readLeaseRows(room, { orgId, nodeId: query.nodeId, before, limit: query.limit + 1 })
  const shown = rows.slice(0, query.limit)
  const last = shown.at(-1)
  const jobs = await viewRecords(room, shown)
  if (!last || rows.length <= query.limit) return { jobs }
  return { jobs, next: `${last.offeredAt}.${last.jobId}.${last.epoch}` }
}
