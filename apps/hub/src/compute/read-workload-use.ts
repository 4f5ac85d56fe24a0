import type { JobState } from '@bithive/api/compute'
import type { ModelUse } from '@bithive/api/models'
import type { LocalText } from '@bithive/api/workload'
import { JOB_STATES } from './lifecycle.ts'
import type { Room } from './ports.ts'

const LAST_USES = 20

/** One workload's version as its author's organisation may know it: counts, royalties, never who ordered. */
export type WorkloadUse = {
  readonly workload: string
  readonly version: string
  readonly use: ModelUse
  /** Royalties in each span that was asked for. */
  readonly royalties: readonly {
    readonly span: number
    readonly asset: string
    readonly scale: number
    readonly amount: bigint
    readonly jobs: number
  }[]
  readonly total: readonly { readonly asset: string; readonly scale: number; readonly amount: bigint }[]
  readonly lastUses: readonly {
    readonly jobId: string
    readonly at: number
    readonly state: JobState
    readonly stateText: LocalText
    readonly royalty?: { readonly asset: string; readonly scale: number; readonly amount: bigint }
  }[]
}

type Version = { readonly workload: string; readonly version: string }
type Royalty = Version & { span: number; asset: string; scale: number; amount: bigint; jobs: number }

const same = (a: Version) => (b: Version) => a.workload === b.workload && a.version === b.version

function readCounts(room: Room, orgId: string) {
  return room.db.worker<(Version & ModelUse)[]>`
    SELECT j.workload, j.version, count(DISTINCT j.id)::int AS ordered,
      count(l.epoch) FILTER (WHERE l.envelope IS NOT NULL)::int AS returned,
      count(l.epoch) FILTER (WHERE l.state = 'accepted')::int AS accepted,
      count(l.epoch) FILTER (WHERE l.end_reason = 'rejected')::int AS rejected,
      count(DISTINCT j.id) FILTER (WHERE l.end_reason = 'input-refused')::int AS "inputRefused",
      count(l.epoch) FILTER (WHERE l.end_reason IN ('node-failed', 'garbage'))::int AS failed,
      count(DISTINCT j.id) FILTER (WHERE j.state IN ('ordered', 'queued', 'leased', 'staged', 'running', 'returned'))::int
        AS open
    FROM compute.jobs j LEFT JOIN compute.leases l ON l.job_id = j.id
    WHERE j.author_org_id = ${orgId} GROUP BY 1, 2 ORDER BY 1, 2`
}

function readRoyalties(room: Room, orgId: string, spans: readonly { from: number; until: number }[]) {
  const from = spans.map((span) => String(span.from))
  const until = spans.map((span) => String(span.until))
  return room.db.worker<Royalty[]>`
    SELECT p.workload, p.version, (s.i - 1)::int AS span, p.asset, p.scale, sum(p.amount)::bigint AS amount,
      count(*)::int AS jobs
    FROM unnest(${from}::text[]::bigint[], ${until}::text[]::bigint[]) WITH ORDINALITY s(from_at, until_at, i)
    JOIN compute.payouts p ON p.org_id = ${orgId} AND p.part = 'royalty'
      AND p.booked_at >= s.from_at AND p.booked_at < s.until_at
    GROUP BY 1, 2, 3, 4, 5 ORDER BY 3, 4`
}

function readTotals(room: Room, orgId: string) {
  return room.db.worker<(Version & { asset: string; scale: number; amount: bigint })[]>`
    SELECT workload, version, asset, scale, sum(amount)::bigint AS amount FROM compute.payouts
    WHERE org_id = ${orgId} AND part = 'royalty' GROUP BY 1, 2, 3, 4 ORDER BY 3`
}

type Last = Version & {
  jobId: string
  at: bigint
  state: JobState
  asset: string | null
  scale: number | null
  amount: bigint | null
}

function readLastUses(room: Room, orgId: string) {
  return room.db.worker<Last[]>`
    SELECT workload, version, "jobId", at, state, asset, scale, amount FROM (
      SELECT j.id AS "jobId", j.workload, j.version, j.state_at AS at, j.state, p.asset, p.scale, p.amount,
        row_number() OVER (PARTITION BY j.workload, j.version ORDER BY j.created_at DESC, j.id) AS n
      FROM compute.jobs j LEFT JOIN compute.payouts p ON p.job_id = j.id AND p.part = 'royalty'
      WHERE j.author_org_id = ${orgId}) numbered
    WHERE n <= ${LAST_USES} ORDER BY workload, version, n`
}

function lastUse({ jobId, at, state, asset, scale, amount }: Last): WorkloadUse['lastUses'][number] {
  const royalty = asset === null || scale === null || amount === null ? {} : { royalty: { asset, scale, amount } }
  return { jobId, at: Number(at), state, stateText: JOB_STATES[state].text, ...royalty }
}

/** What the workloads whose royalties go to an organisation were used for and earned, by version. */
export async function readWorkloadUse(
  room: Room,
  orgId: string,
  spans: readonly { readonly from: number; readonly until: number }[],
): Promise<WorkloadUse[]> {
  const [counts, royalties, totals, lasts] = await Promise.all([
    readCounts(room, orgId),
    readRoyalties(room, orgId, spans),
    readTotals(room, orgId),
    readLastUses(room, orgId),
  ])
  return counts.map(({ workload, version, ...use }) => {
    const mine = same({ workload, version })
    return {
      ...{ workload, version, use },
      royalties: royalties.filter(mine),
      total: totals.filter(mine),
      lastUses: lasts.filter(mine).map(lastUse),
    }
  })
}
