import type { AssetAmount, NodeDay, NodeOverview, Reliability } from '@bithive/api/nodes'
import type { Actor } from '@bithive/kernel/actor'
import { calendarOf, lastDays } from '@bithive/kernel/calendar'
import { httpErrors, mustAllow } from '@bithive/kernel/http'
import { formatAmount } from '@bithive/kernel/money'
import { expectedPay, readLeaseRows, viewRecords } from './lease-history.ts'
import { WORKING_LEASES } from './lifecycle.ts'
import { allNodes, type NodeRow } from './node-store.ts'
import { maySeeNodes } from './policy.ts'
import type { Room } from './ports.ts'
import { whyNoWork } from './why-no-work.ts'

const DAYS = 30
const MOST_OPEN = 500

type Span = { readonly from: number; readonly until: number }
type Scope = { readonly orgId: string; readonly nodeId: string | undefined }
type Sum = { readonly asset: string; readonly scale: number; readonly amount: bigint }

const viewSums = (sums: readonly Sum[]): AssetAmount[] => {
  const byAsset = new Map<string, Sum>()
  for (const { asset, scale, amount } of sums)
    byAsset.set(asset, { asset, scale, amount: amount + (byAsset.get(asset)?.amount ?? 0n) })
  return [...byAsset.values()].map(({ asset, scale, amount }) => ({ asset, amount: formatAmount(amount, scale) }))
}

const spansOf = (spans: readonly Span[]) => ({
  from: spans.map(({ from }) => String(from)),
  until: spans.map(({ until }) => String(until)),
})

/** Base pay booked in each span, by asset. */
function readEarned(room: Room, scope: Scope, spans: readonly Span[]) {
  const { from, until } = spansOf(spans)
  const sql = room.db.worker
  return sql<(Sum & { span: number; jobs: number })[]>`
    SELECT (s.i - 1)::int AS span, p.asset, p.scale, sum(p.amount)::bigint AS amount, count(*)::int AS jobs
    FROM unnest(${from}::text[]::bigint[], ${until}::text[]::bigint[]) WITH ORDINALITY s(from_at, until_at, i)
    JOIN compute.payouts p ON p.org_id = ${scope.orgId} AND p.part = 'base-pay'
      AND p.booked_at >= s.from_at AND p.booked_at < s.until_at
      ${scope.nodeId === undefined ? sql`` : sql`AND p.node_id = ${scope.nodeId}`}
    GROUP BY 1, 2, 3 ORDER BY 1, 2`
}

/** Milliseconds that nodes were connected in each span, and the same times their slots. */
function readOnline(room: Room, scope: Scope, spans: readonly Span[]) {
  const { from, until } = spansOf(spans)
  const sql = room.db.worker
  return sql<{ span: number; ms: bigint; slotMs: bigint }[]>`
    SELECT (s.i - 1)::int AS span, sum(o.ms)::bigint AS ms, sum(o.ms * o.slots)::bigint AS "slotMs"
    FROM unnest(${from}::text[]::bigint[], ${until}::text[]::bigint[]) WITH ORDINALITY s(from_at, until_at, i)
    CROSS JOIN LATERAL (
      SELECT least(coalesce(t.until_at, n.last_seen_at), s.until_at) - greatest(t.from_at, s.from_at) AS ms, n.slots
      FROM compute.node_times t JOIN compute.nodes n ON n.id = t.node_id
      WHERE t.org_id = ${scope.orgId} AND t.from_at < s.until_at
        AND coalesce(t.until_at, n.last_seen_at) > s.from_at
        ${scope.nodeId === undefined ? sql`` : sql`AND t.node_id = ${scope.nodeId}`}) o
    GROUP BY 1 ORDER BY 1`
}

/** Milliseconds in each span between taking a job and returning or losing it, by the hub's clock. */
function readBusy(room: Room, scope: Scope, spans: readonly Span[]) {
  const { from, until } = spansOf(spans)
  const sql = room.db.worker
  const now = room.clock.now()
  return sql<{ span: number; ms: bigint }[]>`
    SELECT (s.i - 1)::int AS span, sum(b.ms)::bigint AS ms
    FROM unnest(${from}::text[]::bigint[], ${until}::text[]::bigint[]) WITH ORDINALITY s(from_at, until_at, i)
    CROSS JOIN LATERAL (
      SELECT least(coalesce(l.returned_at, l.ended_at, ${now}), s.until_at) - greatest(l.held_at, s.from_at) AS ms
      FROM compute.leases l
      WHERE l.owner_org_id = ${scope.orgId} AND l.held_at < s.until_at
        AND coalesce(l.returned_at, l.ended_at, ${now}) > s.from_at
        ${scope.nodeId === undefined ? sql`` : sql`AND l.node_id = ${scope.nodeId}`}) b
    GROUP BY 1 ORDER BY 1`
}

async function readReliability(room: Room, scope: Scope, since: number): Promise<Reliability> {
  const sql = room.db.worker
  const [row] = await sql<Reliability[]>`
    SELECT
      count(*) FILTER (WHERE held_at IS NOT NULL OR state IN ('held', 'staged', 'running', 'returned', 'accepted'))::int
        AS taken,
      count(*) FILTER (WHERE envelope IS NOT NULL)::int AS returned,
      count(*) FILTER (WHERE state = 'accepted')::int AS accepted,
      count(*) FILTER (WHERE end_reason IN ('garbage', 'rejected'))::int AS refused,
      count(*) FILTER (WHERE end_reason IN ('expired', 'lost', 'too-slow'))::int AS lost,
      count(*) FILTER (WHERE end_reason = 'node-failed')::int AS failed,
      count(*) FILTER (WHERE end_reason IN ('declined', 'offer-unanswered'))::int AS declined,
      count(*) FILTER (WHERE end_reason IN ('cancelled', 'not-staged', 'input-refused'))::int AS "notItsFault"
    FROM compute.leases WHERE owner_org_id = ${scope.orgId} AND offered_at >= ${since}
      ${scope.nodeId === undefined ? sql`` : sql`AND node_id = ${scope.nodeId}`}`
  return row as Reliability
}

async function readWork(room: Room, scope: Scope) {
  const rows = await readLeaseRows(room, {
    ...scope,
    states: [...WORKING_LEASES, 'returned'],
    unpaid: true,
    limit: MOST_OPEN,
  })
  const pending = rows.filter(({ state }) => state === 'returned' || state === 'accepted')
  return {
    jobsNow: await viewRecords(room, rows),
    pendingJobs: pending.length,
    pending: viewSums(pending.map((row) => ({ asset: row.asset, scale: row.scale, amount: expectedPay(room, row) }))),
  }
}

const total = (rows: readonly { readonly ms: bigint }[]) => rows.reduce((sum, { ms }) => sum + ms, 0n)

async function readDays(room: Room, scope: Scope, zone: string) {
  const spans = lastDays(calendarOf(zone), room.clock.now(), DAYS)
  const [earned, online, busy] = await Promise.all([
    readEarned(room, scope, spans),
    readOnline(room, scope, spans),
    readBusy(room, scope, spans),
  ])
  const days = spans.map(({ day }, index): NodeDay => {
    const own = earned.filter(({ span }) => span === index)
    return {
      day,
      earned: viewSums(own),
      paidJobs: own.reduce((sum, { jobs }) => sum + jobs, 0),
      onlineMs: Number(online.find(({ span }) => span === index)?.ms ?? 0n),
      busyMs: Number(busy.find(({ span }) => span === index)?.ms ?? 0n),
    }
  })
  const slotMs = online.reduce((sum, row) => sum + row.slotMs, 0n)
  const busyMs = total(busy)
  return {
    since: spans[0]?.from as number,
    days,
    earnedToday: viewSums(earned.filter(({ span }) => span === DAYS - 1)),
    earned30Days: viewSums(earned),
    onlineMs: Number(total(online)),
    busyMs: Number(busyMs),
    ...(slotMs > 0n ? { utilisationBps: Math.min(10_000, Number((busyMs * 10_000n) / slotMs)) } : {}),
  }
}

function countNodes(nodes: readonly NodeRow[]): NodeOverview['nodes'] {
  return {
    known: nodes.length,
    online: nodes.filter(({ online }) => online).length,
    slots: nodes.reduce((sum, { slots }) => sum + slots, 0),
    running: nodes.reduce((sum, { running }) => sum + running, 0),
  }
}

/**
 * What the nodes of the actor's organisation, or one of them, did and earned: days and months in the zone given.
 * @throws http.not-found for a node that is not the organisation's, calendar.unknown-zone
 */
export async function readNodeOverview(
  room: Room,
  actor: Actor,
  query: { readonly nodeId?: string | undefined; readonly zone: string },
): Promise<NodeOverview> {
  mustAllow(maySeeNodes(actor))
  const { orgId } = actor
  const { nodeId, zone } = query
  const own = await room.db.asOrg(orgId, (tx) => allNodes(tx))
  const nodes = nodeId === undefined ? own : own.filter(({ id }) => id === nodeId)
  if (nodeId !== undefined && nodes.length === 0) throw httpErrors.error('not-found')
  const scope = { orgId, nodeId }
  const { since, ...time } = await readDays(room, scope, zone)
  return {
    at: room.clock.now(),
    zone,
    nodes: countNodes(nodes),
    ...time,
    ...(await readWork(room, scope)),
    reliability: await readReliability(room, scope, since),
    noWork: await whyNoWork(
      room,
      nodes.map(({ id }) => id),
    ),
  }
}
