import type { OwnerKind, ResultEnvelope } from '@bithive/api/compute'
import type { JobRow, Runner } from './job-store.ts'
import { WORKING_LEASES } from './lifecycle.ts'

export type LeaseState = 'offered' | 'held' | 'staged' | 'running' | 'returned' | 'accepted' | 'ended'
export type Due = 'offer' | 'start' | 'revoke' | 'settled'

/**
 * Why a lease ended without being paid. Some keep the node from having the job again for good, some for a while:
 * a machine that was switched off may come back, one that returned garbage has shown what it is.
 */
export type EndReason =
  | 'declined'
  | 'offer-unanswered'
  | 'expired'
  | 'lost'
  | 'not-staged'
  | 'too-slow'
  | 'node-failed'
  /** The workload found the input unusable: it says something of the job, and nothing of the node. */
  | 'input-refused'
  | 'garbage'
  | 'rejected'
  | 'cancelled'

export type LeaseRow = {
  readonly jobId: string
  readonly epoch: number
  readonly orgId: string
  readonly ownerOrgId: string
  readonly nodeId: string
  readonly state: LeaseState
  readonly priceCents: bigint
  readonly leaseMs: number
  readonly due: Due | null
  readonly offeredAt: bigint
  readonly expiresAt: bigint
  readonly endReason: EndReason | null
  readonly inputSealedSha256: string | null
  readonly inputSealedBytes: bigint | null
  readonly resultPuts: number
  readonly resultSealedBytes: bigint | null
  readonly envelope: ResultEnvelope | null
  readonly signature: string | null
}

/** A lease with what the ordering site is shown of the node. */
export type LeaseWithNode = LeaseRow & {
  readonly nodeName: string
  readonly ownerKind: OwnerKind
  readonly region: string
  readonly jurisdiction: string
  readonly nodeKey: string
  readonly signKey: string
}

const leaseColumns = (sql: Runner) => sql`
  l.job_id AS "jobId", l.epoch, l.org_id AS "orgId", l.owner_org_id AS "ownerOrgId", l.node_id AS "nodeId", l.state,
  l.price_cents AS "priceCents", l.lease_ms AS "leaseMs", l.due, l.offered_at AS "offeredAt",
  l.expires_at AS "expiresAt", l.end_reason AS "endReason", l.input_sealed_sha256 AS "inputSealedSha256",
  l.input_sealed_bytes AS "inputSealedBytes", l.result_puts AS "resultPuts",
  l.result_sealed_bytes AS "resultSealedBytes", l.envelope, l.signature`

export async function insertLease(
  sql: Runner,
  job: JobRow,
  lease: { nodeId: string; ownerOrgId: string; epoch: number; priceCents: bigint; leaseMs: number; offerMs: number },
  now: number,
): Promise<void> {
  await sql`
    INSERT INTO compute.leases (job_id, epoch, org_id, owner_org_id, node_id, state, price_cents, lease_ms, due,
      offered_at, expires_at)
    VALUES (${job.id}, ${lease.epoch}, ${job.orgId}, ${lease.ownerOrgId}, ${lease.nodeId}, 'offered',
      ${lease.priceCents}, ${lease.leaseMs}, 'offer', ${now}, ${now + lease.offerMs})`
}

export async function leaseOf(sql: Runner, jobId: string, epoch: number): Promise<LeaseRow | undefined> {
  const [row] = await sql<LeaseRow[]>`
    SELECT ${leaseColumns(sql)} FROM compute.leases l WHERE job_id = ${jobId} AND epoch = ${epoch}`
  return row
}

/** The latest lease of each job, with the node's facts. Worker role only: the node belongs to another organisation. */
export async function latestLeases(sql: Runner, jobIds: readonly string[]): Promise<Map<string, LeaseWithNode>> {
  if (jobIds.length === 0) return new Map()
  const rows = await sql<LeaseWithNode[]>`
    SELECT ${leaseColumns(sql)}, n.name AS "nodeName", n.owner_kind AS "ownerKind", n.region, n.jurisdiction,
      n.encrypt_key AS "nodeKey", n.sign_key AS "signKey"
    FROM compute.leases l JOIN compute.nodes n ON n.id = l.node_id JOIN compute.jobs j ON j.id = l.job_id
    WHERE l.job_id = ANY(${[...jobIds]}) AND l.epoch = j.epoch`
  return new Map(rows.map((row) => [row.jobId, row]))
}

/** Moves a lease on from one of `from`; undefined when it is in none of them any more. */
export async function moveLease(
  sql: Runner,
  lease: { jobId: string; epoch: number },
  from: readonly LeaseState[],
  to: LeaseState,
  change: { due?: Due | null; expiresAt?: number } = {},
): Promise<LeaseRow | undefined> {
  const [row] = await sql<LeaseRow[]>`
    UPDATE compute.leases l SET state = ${to}, due = ${change.due === undefined ? sql`due` : change.due},
      expires_at = ${change.expiresAt ?? sql`expires_at`}
    WHERE job_id = ${lease.jobId} AND epoch = ${lease.epoch} AND state = ANY(${[...from]})
    RETURNING ${leaseColumns(sql)}`
  return row
}

/** Ends a lease that is not paid. The node is told unless it was the one who gave up. */
export async function endLease(
  sql: Runner,
  lease: { jobId: string; epoch: number },
  reason: EndReason,
  now: number,
  from: readonly LeaseState[] = [...WORKING_LEASES, 'returned'],
): Promise<LeaseRow | undefined> {
  const silent = ['declined', 'node-failed', 'input-refused', 'lost'].includes(reason)
  const [row] = await sql<LeaseRow[]>`
    UPDATE compute.leases l SET state = 'ended', ended_at = ${now}, end_reason = ${reason},
      due = ${silent ? null : 'revoke'}
    WHERE job_id = ${lease.jobId} AND epoch = ${lease.epoch} AND state = ANY(${[...from]})
    RETURNING ${leaseColumns(sql)}`
  return row
}

export async function stageLeaseInput(
  sql: Runner,
  lease: { jobId: string; epoch: number },
  sealed: { sha256: string; bytes: number },
  expiresAt: number,
): Promise<boolean> {
  const rows = await sql`
    UPDATE compute.leases SET state = 'staged', due = 'start', input_sealed_sha256 = ${sealed.sha256},
      input_sealed_bytes = ${sealed.bytes}, expires_at = ${expiresAt}
    WHERE job_id = ${lease.jobId} AND epoch = ${lease.epoch} AND state = 'held' RETURNING epoch`
  return rows.length > 0
}

/** Counts a sealed result that is about to be put; false when the lease takes none any more. */
export async function countResultPut(
  sql: Runner,
  lease: { jobId: string; epoch: number },
  most: number,
): Promise<boolean> {
  const rows = await sql`
    UPDATE compute.leases SET result_puts = result_puts + 1
    WHERE job_id = ${lease.jobId} AND epoch = ${lease.epoch} AND state IN ('staged', 'running')
      AND result_puts < ${most}
    RETURNING epoch`
  return rows.length > 0
}

export async function returnLease(
  sql: Runner,
  envelope: ResultEnvelope,
  signed: { signature: string; sealedBytes: number },
): Promise<LeaseRow | undefined> {
  const [row] = await sql<LeaseRow[]>`
    UPDATE compute.leases l SET state = 'returned', envelope = ${sql.json(envelope)},
      signature = ${signed.signature}, result_sealed_bytes = ${signed.sealedBytes}
    WHERE job_id = ${envelope.jobId} AND epoch = ${envelope.epoch} AND state IN ('staged', 'running')
    RETURNING ${leaseColumns(sql)}`
  return row
}

/** A result under a lease that has ended: recorded once as evidence, never paid. */
export async function noteLateResult(sql: Runner, envelope: ResultEnvelope): Promise<void> {
  await sql`
    UPDATE compute.leases SET late_envelope = ${sql.json(envelope)}
    WHERE job_id = ${envelope.jobId} AND epoch = ${envelope.epoch} AND state = 'ended' AND late_envelope IS NULL`
}

/** A heartbeat of a live connection keeps all leases of its node. An offer is not kept: it wants an answer. */
export async function extendLeases(sql: Runner, nodeId: string, now: number): Promise<void> {
  await sql`
    UPDATE compute.leases SET expires_at = ${now}::bigint + lease_ms
    WHERE node_id = ${nodeId} AND state IN ('held', 'staged', 'running')`
}

export function expiredLeases(sql: Runner, now: number, limit: number): Promise<LeaseRow[]> {
  return sql<LeaseRow[]>`
    SELECT ${leaseColumns(sql)} FROM compute.leases l
    WHERE state IN ('offered', 'held', 'staged', 'running') AND expires_at <= ${now}
    ORDER BY expires_at LIMIT ${limit}`
}

export function workingLeasesOf(sql: Runner, nodeId: string): Promise<LeaseRow[]> {
  return sql<LeaseRow[]>`
    SELECT ${leaseColumns(sql)} FROM compute.leases l
    WHERE node_id = ${nodeId} AND state IN ('offered', 'held', 'staged', 'running')`
}

export type DueLease = LeaseRow & Pick<JobRow, 'workload' | 'version' | 'digest' | 'inputSha256' | 'resultKey'>

/** Messages that wait for nodes which this hub is connected to. */
export function dueLeases(sql: Runner, nodeIds: readonly string[], limit: number): Promise<DueLease[]> {
  return sql<DueLease[]>`
    SELECT ${leaseColumns(sql)}, j.workload, j.version, j.digest, j.input_sha256 AS "inputSha256",
      j.result_key AS "resultKey"
    FROM compute.leases l JOIN compute.jobs j ON j.id = l.job_id
    WHERE l.due IS NOT NULL AND l.node_id = ANY(${[...nodeIds]}) ORDER BY l.offered_at LIMIT ${limit}`
}

/** Takes the message, so that it is sent once a connection; false when another took it or it is no longer due. */
export async function takeDue(sql: Runner, lease: { jobId: string; epoch: number; due: Due | null }): Promise<boolean> {
  const rows = await sql`
    UPDATE compute.leases SET due = NULL
    WHERE job_id = ${lease.jobId} AND epoch = ${lease.epoch} AND due = ${lease.due} RETURNING epoch`
  return rows.length > 0
}

/** After a new connection: what the node may have missed is due again. */
export async function makeDueAgain(sql: Runner, nodeId: string): Promise<void> {
  await sql`
    UPDATE compute.leases SET due = CASE state WHEN 'offered' THEN 'offer' ELSE 'start' END
    WHERE node_id = ${nodeId} AND state IN ('offered', 'staged')`
}

/** Leases whose sealed bytes nobody needs any more: the lease ended, or the job is settled. */
export function leasesWithSpentBytes(sql: Runner, limit: number): Promise<{ jobId: string; epoch: number }[]> {
  return sql<{ jobId: string; epoch: number }[]>`
    SELECT l.job_id AS "jobId", l.epoch FROM compute.leases l JOIN compute.jobs j ON j.id = l.job_id
    WHERE NOT l.blobs_gone AND (l.state = 'ended' OR j.state IN ('settled', 'failed', 'cancelled'))
    LIMIT ${limit}`
}

export async function noteBytesGone(sql: Runner, lease: { jobId: string; epoch: number }): Promise<void> {
  await sql`UPDATE compute.leases SET blobs_gone = true WHERE job_id = ${lease.jobId} AND epoch = ${lease.epoch}`
}

/**
 * Keeps what a node said of the input. @returns true when the ordering organisation's own node says so, or nodes of
 * two owners agree: then no further node would find otherwise.
 */
export async function noteInputRefusal(
  sql: Runner,
  lease: { jobId: string; epoch: number },
  code: string,
): Promise<boolean> {
  await sql`UPDATE compute.leases SET end_code = ${code} WHERE job_id = ${lease.jobId} AND epoch = ${lease.epoch}`
  const [agreed] = await sql<{ owners: number; own: boolean }[]>`
    SELECT count(DISTINCT owner_org_id)::int AS owners, bool_or(owner_org_id = org_id) AS own
    FROM compute.leases WHERE job_id = ${lease.jobId} AND end_reason = 'input-refused' AND end_code = ${code}`
  return agreed !== undefined && (agreed.owners >= 2 || agreed.own)
}
