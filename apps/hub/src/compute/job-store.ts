import type { JobOrder, JobState, MoneyPart, PlacementReason, Urgency } from '@bithive/api/compute'
import type { CaptureShares } from '@bithive/api/workload'
import type { Sql, Tx } from '@bithive/kernel/database'
import { invariant } from '@bithive/kernel/errors'
import { mayFollow, OPEN_STATES, statesBefore } from './lifecycle.ts'

/** Where a query runs: one of the pools, or a transaction. */
export type Runner = Sql | Tx

/** Facts of the treasury rate that turned cents into units of the settlement asset, kept with the job. */
export type RateFacts = Readonly<Record<string, string | number>>

export type JobRow = {
  readonly id: string
  readonly orgId: string
  readonly requestId: string
  readonly workload: string
  readonly version: string
  readonly digest: string
  readonly runtime: string
  readonly memoryMb: number
  readonly gpus: number
  readonly cpuMs: bigint
  readonly shares: CaptureShares
  readonly authorOrgId: string
  readonly urgency: Urgency
  readonly factorBps: bigint
  readonly tier: 0 | 1 | 2 | 3
  readonly jurisdictions: string[]
  readonly dataClass: string
  readonly inputSha256: string
  readonly inputBytes: bigint
  readonly resultKey: string
  readonly maxPriceCents: bigint
  readonly asset: string
  readonly scale: number
  readonly holdAmount: bigint
  readonly rate: RateFacts
  readonly holdState: 'none' | 'held' | 'captured' | 'released'
  readonly state: JobState
  readonly stateAt: bigint
  readonly epoch: number
  readonly lost: number
  readonly priceCents: bigint | null
  readonly acceptedEpoch: number | null
  readonly problem: string | null
  readonly stage: string | null
  readonly fraction: number | null
  readonly money: MoneyPart[]
  readonly createdAt: bigint
  readonly updatedAt: bigint
}

/** Column names are written once here and read back in camel case. */
export const jobColumns = (sql: Runner) => sql`
  id, org_id AS "orgId", request_id AS "requestId", workload, version, digest, runtime, memory_mb AS "memoryMb", gpus,
  cpu_ms AS "cpuMs", shares, author_org_id AS "authorOrgId", urgency, factor_bps AS "factorBps", tier, jurisdictions,
  data_class AS "dataClass", input_sha256 AS "inputSha256", input_bytes AS "inputBytes", result_key AS "resultKey",
  max_price_cents AS "maxPriceCents", asset, scale, hold_amount AS "holdAmount", rate, hold_state AS "holdState",
  state, state_at AS "stateAt", epoch, lost, price_cents AS "priceCents", accepted_epoch AS "acceptedEpoch", problem,
  stage, fraction, money, created_at AS "createdAt", updated_at AS "updatedAt"`

export type NewJob = Omit<
  JobRow,
  | 'holdState'
  | 'state'
  | 'stateAt'
  | 'epoch'
  | 'lost'
  | 'priceCents'
  | 'acceptedEpoch'
  | 'problem'
  | 'stage'
  | 'fraction'
  | 'money'
  | 'createdAt'
  | 'updatedAt'
>

/** Inserts the order once; a second order with the same request id changes nothing. */
export async function insertJob(sql: Runner, job: NewJob, now: number): Promise<void> {
  await sql`
    INSERT INTO compute.jobs (id, org_id, request_id, workload, version, digest, runtime, memory_mb, gpus, cpu_ms,
      shares, author_org_id, urgency, factor_bps, tier, jurisdictions, data_class, input_sha256, input_bytes,
      result_key, max_price_cents, asset, scale, hold_amount, rate, state, state_at, created_at, updated_at)
    VALUES (${job.id}, ${job.orgId}, ${job.requestId}, ${job.workload}, ${job.version}, ${job.digest}, ${job.runtime},
      ${job.memoryMb}, ${job.gpus}, ${job.cpuMs}, ${sql.json(job.shares)}, ${job.authorOrgId}, ${job.urgency},
      ${job.factorBps}, ${job.tier}, ${job.jurisdictions}, ${job.dataClass}, ${job.inputSha256}, ${job.inputBytes},
      ${job.resultKey}, ${job.maxPriceCents}, ${job.asset}, ${job.scale}, ${job.holdAmount}, ${sql.json(job.rate)},
      'ordered', ${now}, ${now}, ${now})
    ON CONFLICT DO NOTHING`
}

export async function jobById(sql: Runner, jobId: string): Promise<JobRow | undefined> {
  const [row] = await sql<JobRow[]>`SELECT ${jobColumns(sql)} FROM compute.jobs WHERE id = ${jobId}`
  return row
}

export async function jobByRequest(sql: Runner, orgId: string, requestId: string): Promise<JobRow | undefined> {
  const [row] = await sql<JobRow[]>`
    SELECT ${jobColumns(sql)} FROM compute.jobs WHERE org_id = ${orgId} AND request_id = ${requestId}`
  return row
}

/** Jobs of the organisation that RLS shows, changed after `after`, oldest change first. */
export function jobsChangedAfter(sql: Runner, orgId: string, after: number, limit: number): Promise<JobRow[]> {
  return sql<JobRow[]>`
    SELECT ${jobColumns(sql)} FROM compute.jobs WHERE org_id = ${orgId} AND updated_at > ${after}
    ORDER BY updated_at LIMIT ${limit}`
}

export async function countOpenJobs(sql: Runner, orgId: string): Promise<number> {
  const [row] = await sql<{ n: bigint }[]>`
    SELECT count(*) AS n FROM compute.jobs WHERE org_id = ${orgId} AND state = ANY(${OPEN_STATES as string[]})`
  return Number(row?.n ?? 0n)
}

export type JobChange = {
  readonly problem?: string | null
  readonly priceCents?: bigint | null
  readonly acceptedEpoch?: number
  readonly holdState?: JobRow['holdState']
  readonly lost?: number
  readonly money?: readonly MoneyPart[]
}

/**
 * Moves a job to another state, only from a state that the lifecycle lets it follow, and only while its latest lease
 * is the one the caller looked at. Undefined when the job has moved on: whoever comes second changes nothing.
 */
export async function moveJob(
  sql: Runner,
  job: Pick<JobRow, 'id' | 'epoch'>,
  to: JobState,
  now: number,
  change: JobChange = {},
  from: readonly JobState[] = statesBefore(to),
): Promise<JobRow | undefined> {
  invariant(
    from.every((state) => mayFollow(state, to)),
    'a job moves only along its lifecycle',
  )
  const clearsProgress = to === 'queued'
  const [row] = await sql<JobRow[]>`
    UPDATE compute.jobs SET state = ${to}, state_at = ${now}, updated_at = ${now},
      problem = ${change.problem === undefined ? sql`problem` : change.problem},
      price_cents = ${change.priceCents === undefined ? sql`price_cents` : change.priceCents},
      accepted_epoch = ${change.acceptedEpoch === undefined ? sql`accepted_epoch` : change.acceptedEpoch},
      hold_state = ${change.holdState === undefined ? sql`hold_state` : change.holdState},
      lost = ${change.lost === undefined ? sql`lost` : change.lost},
      money = ${change.money === undefined ? sql`money` : sql.json([...change.money])},
      stage = ${clearsProgress ? null : sql`stage`}, fraction = ${clearsProgress ? null : sql`fraction`}
    WHERE id = ${job.id} AND epoch = ${job.epoch} AND state = ANY(${[...from]})
    RETURNING ${jobColumns(sql)}`
  return row
}

/** Notes what the feed says of the hold, whatever the job's state; a hold in another state than `from` stays. */
export async function noteHold(
  sql: Runner,
  jobId: string,
  holdState: JobRow['holdState'],
  money: readonly MoneyPart[],
  now: number,
  from: JobRow['holdState'],
): Promise<void> {
  await sql`
    UPDATE compute.jobs SET hold_state = ${holdState}, money = ${sql.json([...money])}, updated_at = ${now}
    WHERE id = ${jobId} AND hold_state = ${from}`
}

/** Jobs that have been in a state since before `before`, oldest first. */
export function jobsStuckIn(sql: Runner, state: JobState, before: number, limit: number): Promise<JobRow[]> {
  return sql<JobRow[]>`
    SELECT ${jobColumns(sql)} FROM compute.jobs WHERE state = ${state} AND state_at <= ${before}
    ORDER BY state_at LIMIT ${limit}`
}

/** Ended jobs whose hold still stands. */
export function jobsToRefund(sql: Runner, before: number, limit: number): Promise<JobRow[]> {
  return sql<JobRow[]>`
    SELECT ${jobColumns(sql)} FROM compute.jobs
    WHERE state IN ('failed', 'cancelled') AND hold_state = 'held' AND state_at <= ${before}
    ORDER BY state_at LIMIT ${limit}`
}

/** Jobs that wait for a node and have no lease on the way. */
export function jobsToPlace(sql: Runner, limit: number): Promise<JobRow[]> {
  return sql<JobRow[]>`
    SELECT ${jobColumns(sql)} FROM compute.jobs j
    WHERE state = 'queued'
      AND NOT EXISTS (SELECT FROM compute.leases l WHERE l.job_id = j.id AND l.state <> 'ended')
    ORDER BY array_position(ARRAY['stat', 'urgent', 'routine'], urgency), created_at, id LIMIT ${limit}`
}

/** A new lease fences every older one off. */
export async function raiseEpoch(
  sql: Runner,
  jobId: string,
  lease: { epoch: number; priceCents: bigint },
  now: number,
): Promise<void> {
  await sql`
    UPDATE compute.jobs SET epoch = ${lease.epoch}, price_cents = ${lease.priceCents}, updated_at = ${now}
    WHERE id = ${jobId}`
}

export async function noteProgress(sql: Runner, job: JobRow, stage: string, fraction: number, now: number) {
  await sql`
    UPDATE compute.jobs SET stage = ${stage}, fraction = ${fraction}, updated_at = ${now}
    WHERE id = ${job.id} AND epoch = ${job.epoch} AND state = 'running'`
}

export type PlacementRow = {
  readonly jobId: string
  readonly lookedAt: bigint
  readonly epoch: number
  readonly reasons: PlacementReason[]
}

export async function placementOf(sql: Runner, jobIds: readonly string[]): Promise<Map<string, PlacementRow>> {
  if (jobIds.length === 0) return new Map()
  const rows = await sql<PlacementRow[]>`
    SELECT job_id AS "jobId", looked_at AS "lookedAt", epoch, reasons FROM compute.placements
    WHERE job_id = ANY(${[...jobIds]})`
  return new Map(rows.map((row) => [row.jobId, row]))
}

/** Keeps the allocator's latest answer. True when it says something new, so that a waiting site is told. */
export async function keepReasons(
  sql: Runner,
  job: JobRow,
  reasons: readonly PlacementReason[],
  now: number,
): Promise<boolean> {
  const changed = await sql`
    INSERT INTO compute.placements AS p (job_id, org_id, looked_at, epoch, reasons)
    VALUES (${job.id}, ${job.orgId}, ${now}, ${job.epoch}, ${sql.json([...reasons])})
    ON CONFLICT (job_id) DO UPDATE
      SET looked_at = EXCLUDED.looked_at, epoch = EXCLUDED.epoch, reasons = EXCLUDED.reasons
    WHERE p.reasons <> EXCLUDED.reasons
    RETURNING job_id`
  return changed.length > 0
}

/** Tells whoever waits for the organisation's jobs that there is something new about this one. */
export async function touchJob(sql: Runner, jobId: string, now: number): Promise<void> {
  await sql`UPDATE compute.jobs SET updated_at = ${now} WHERE id = ${jobId}`
}

export const sameOrder = (job: JobRow, order: JobOrder): boolean =>
  job.workload === order.workload &&
  job.version === order.version &&
  job.inputSha256 === order.inputSha256 &&
  job.resultKey === order.resultKey &&
  job.urgency === order.urgency &&
  job.tier === order.tier
