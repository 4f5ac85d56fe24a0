import type { Runner } from './ports.ts'
import type { GrantTerms } from './vesting.ts'

export type GrantRow = {
  readonly id: string
  readonly orgId: string
  readonly source: string
  readonly asset: string
  readonly amount: bigint
  readonly shard: number
  readonly startAt: bigint
  readonly cliffMs: bigint
  readonly durationMs: bigint
  readonly stepMs: bigint
  readonly revocable: boolean
  readonly state: 'locking' | 'running' | 'revoked' | 'ended' | 'refused'
  readonly writtenStep: number
  readonly revokedStep: number | null
  readonly revokedAt: bigint | null
  readonly proposalId: string
  readonly createdAt: bigint
}

export type ReleaseRow = {
  readonly grantId: string
  readonly fromStep: number
  readonly toStep: number
  readonly amount: bigint
  readonly writtenAt: bigint
  readonly bookedAt: bigint | null
}

const columns = (sql: Runner) => sql`
  id, org_id AS "orgId", source, asset, amount, shard, start_at AS "startAt", cliff_ms AS "cliffMs",
  duration_ms AS "durationMs", step_ms AS "stepMs", revocable, state, written_step AS "writtenStep",
  revoked_step AS "revokedStep", revoked_at AS "revokedAt", proposal_id AS "proposalId", created_at AS "createdAt"`

const releaseColumns = (sql: Runner) => sql`
  grant_id AS "grantId", from_step AS "fromStep", to_step AS "toStep", amount, written_at AS "writtenAt",
  booked_at AS "bookedAt"`

export const termsOf = (grant: GrantRow): GrantTerms => ({
  amount: grant.amount,
  startAtMs: Number(grant.startAt),
  cliffMs: Number(grant.cliffMs),
  durationMs: Number(grant.durationMs),
  stepMs: Number(grant.stepMs),
})

export async function insertGrant(sql: Runner, grant: GrantRow): Promise<void> {
  await sql`
    INSERT INTO treasury.grants (id, org_id, source, asset, amount, shard, start_at, cliff_ms, duration_ms, step_ms,
      revocable, state, proposal_id, created_at)
    VALUES (${grant.id}, ${grant.orgId}, ${grant.source}, ${grant.asset}, ${grant.amount}, ${grant.shard},
      ${grant.startAt}, ${grant.cliffMs}, ${grant.durationMs}, ${grant.stepMs}, ${grant.revocable}, 'locking',
      ${grant.proposalId}, ${grant.createdAt})
    ON CONFLICT (id) DO NOTHING`
}

export async function grantById(sql: Runner, id: string): Promise<GrantRow | undefined> {
  const [row] = await sql<GrantRow[]>`SELECT ${columns(sql)} FROM treasury.grants WHERE id = ${id}`
  return row
}

/** In a transaction of an organisation its own; as a worker all. */
export async function listGrants(sql: Runner, limit: number): Promise<GrantRow[]> {
  return sql<GrantRow[]>`SELECT ${columns(sql)} FROM treasury.grants ORDER BY created_at DESC, id DESC LIMIT ${limit}`
}

/** Grants that may have something to release, after a given one; a page at a time. */
export async function runningGrants(sql: Runner, afterId: string, limit: number): Promise<GrantRow[]> {
  return sql<GrantRow[]>`
    SELECT ${columns(sql)} FROM treasury.grants WHERE state IN ('running', 'revoked') AND id > ${afterId}
    ORDER BY id LIMIT ${limit}`
}

export async function releasesOf(sql: Runner, grantId: string): Promise<ReleaseRow[]> {
  return sql<ReleaseRow[]>`
    SELECT ${releaseColumns(sql)} FROM treasury.grant_releases WHERE grant_id = ${grantId} ORDER BY from_step`
}

/** Releases that were written and are not in the books yet. */
export async function unbookedReleases(sql: Runner, limit: number): Promise<ReleaseRow[]> {
  return sql<ReleaseRow[]>`
    SELECT ${releaseColumns(sql)} FROM treasury.grant_releases WHERE booked_at IS NULL
    ORDER BY written_at, grant_id, from_step LIMIT ${limit}`
}

export async function setGrantState(
  sql: Runner,
  change: { id: string; to: GrantRow['state']; from: readonly GrantRow['state'][] },
): Promise<void> {
  await sql`
    UPDATE treasury.grants SET state = ${change.to} WHERE id = ${change.id} AND state = ANY(${change.from as string[]})`
}
