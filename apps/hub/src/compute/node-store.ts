import type { NodeFacts, NodeTokenOrder, OwnerKind } from '@bithive/api/compute'
import type { Runner } from './job-store.ts'
import type { EndReason } from './lease-store.ts'

export type NodeRow = {
  readonly id: string
  readonly orgId: string
  readonly name: string
  readonly ownerKind: OwnerKind
  readonly region: string
  readonly jurisdiction: string
  readonly trusted: boolean
  readonly signKey: string
  readonly encryptKey: string
  readonly slots: number
  readonly floorMicro: bigint
  readonly facts: NodeFacts
  readonly online: boolean
  readonly draining: boolean
  readonly drainReported: boolean
  readonly session: string | null
  readonly joinedAt: bigint
  readonly lastSeenAt: bigint
  /** How far its clock was ahead of ours at its last hello, and how far that may be off. */
  readonly clockAheadMs: number | null
  readonly clockWithinMs: number | null
  /** Leases that the node works on. */
  readonly running: number
}

const nodeColumns = (sql: Runner) => sql`
  n.id, n.org_id AS "orgId", n.name, n.owner_kind AS "ownerKind", n.region, n.jurisdiction, n.trusted,
  n.sign_key AS "signKey", n.encrypt_key AS "encryptKey", n.slots, n.floor_micro AS "floorMicro", n.facts, n.online,
  n.draining, n.drain_reported AS "drainReported", n.session, n.joined_at AS "joinedAt", n.last_seen_at AS "lastSeenAt",
  n.clock_ahead_ms AS "clockAheadMs", n.clock_within_ms AS "clockWithinMs",
  (SELECT count(*)::int FROM compute.leases l
    WHERE l.node_id = n.id AND l.state IN ('offered', 'held', 'staged', 'running')) AS running`

export type TokenRow = NodeTokenOrder & {
  readonly orgId: string
  readonly expiresAt: bigint
  readonly usedAt: bigint | null
  readonly revokedAt: bigint | null
  readonly nodeId: string | null
}

/** @returns the id by which its organisation sees the token */
export async function insertToken(
  sql: Runner,
  token: { sha256: string; orgId: string; createdBy: string; expiresAt: number } & NodeTokenOrder,
  now: number,
): Promise<string> {
  const [row] = await sql<{ id: string }[]>`
    INSERT INTO compute.join_tokens (token_sha256, org_id, owner_kind, region, jurisdiction, trusted, created_by,
      created_at, expires_at)
    VALUES (${token.sha256}, ${token.orgId}, ${token.ownerKind}, ${token.region}, ${token.jurisdiction},
      ${token.trusted}, ${token.createdBy}, ${now}, ${token.expiresAt})
    RETURNING id`
  return row?.id as string
}

/** Locks the token's row, so that of two nodes with one token only one joins. */
export async function lockToken(sql: Runner, sha256: string): Promise<TokenRow | undefined> {
  const [row] = await sql<TokenRow[]>`
    SELECT org_id AS "orgId", owner_kind AS "ownerKind", region, jurisdiction, trusted, expires_at AS "expiresAt",
      used_at AS "usedAt", revoked_at AS "revokedAt", node_id AS "nodeId"
    FROM compute.join_tokens WHERE token_sha256 = ${sha256} FOR UPDATE`
  return row
}

export async function useToken(sql: Runner, sha256: string, nodeId: string, now: number): Promise<void> {
  await sql`
    UPDATE compute.join_tokens SET used_at = ${now}, node_id = ${nodeId} WHERE token_sha256 = ${sha256}`
}

export type NewNode = Pick<
  NodeRow,
  | 'id'
  | 'orgId'
  | 'name'
  | 'ownerKind'
  | 'region'
  | 'jurisdiction'
  | 'trusted'
  | 'signKey'
  | 'encryptKey'
  | 'slots'
  | 'floorMicro'
  | 'facts'
>

/** Keeps why a node that came with this token was refused. A token that does not exist leaves nothing. */
export async function noteTokenProblem(sql: Runner, sha256: string, code: string, now: number): Promise<void> {
  await sql`
    UPDATE compute.join_tokens SET problem = ${code}, problem_at = ${now} WHERE token_sha256 = ${sha256}`
}

/** False when the signing key belongs to a node already. */
export async function insertNode(sql: Runner, node: NewNode, now: number): Promise<boolean> {
  const rows = await sql`
    INSERT INTO compute.nodes (id, org_id, name, owner_kind, region, jurisdiction, trusted, sign_key, encrypt_key,
      slots, floor_micro, facts, joined_at, last_seen_at)
    VALUES (${node.id}, ${node.orgId}, ${node.name}, ${node.ownerKind}, ${node.region}, ${node.jurisdiction},
      ${node.trusted}, ${node.signKey}, ${node.encryptKey}, ${node.slots}, ${node.floorMicro},
      ${sql.json(node.facts)}, ${now}, ${now})
    ON CONFLICT (sign_key) DO NOTHING RETURNING id`
  return rows.length > 0
}

/** Undefined for a node that its owner has removed, as for one that never was. */
export async function nodeById(sql: Runner, nodeId: string): Promise<NodeRow | undefined> {
  const [row] = await sql<NodeRow[]>`
    SELECT ${nodeColumns(sql)} FROM compute.nodes n WHERE id = ${nodeId} AND removed_at IS NULL`
  return row
}

/** All nodes that the role may see and that have not been removed, by id. */
export function allNodes(sql: Runner): Promise<NodeRow[]> {
  return sql<NodeRow[]>`SELECT ${nodeColumns(sql)} FROM compute.nodes n WHERE removed_at IS NULL ORDER BY id`
}

/** Takes a node out for good; its connection finds at its next message that it is no longer the node's. */
export async function markRemoved(sql: Runner, nodeId: string, now: number): Promise<boolean> {
  const rows = await sql`
    UPDATE compute.nodes SET removed_at = ${now}, online = false, session = NULL
    WHERE id = ${nodeId} AND removed_at IS NULL RETURNING id`
  return rows.length > 0
}

/** A node's clock against ours: ahead by this much, and the truth lies within that of it. */
export type ClockDifference = { readonly aheadMs: number; readonly withinMs: number }

/** A connection takes the node: from now on every older one finds another session. */
export async function openSession(
  sql: Runner,
  node: { nodeId: string; session: string; facts: NodeFacts; clock: ClockDifference | undefined },
  now: number,
): Promise<void> {
  const { aheadMs = null, withinMs = null } = node.clock ?? {}
  await sql`
    UPDATE compute.nodes SET session = ${node.session}, facts = ${sql.json(node.facts)}, online = true,
      drain_reported = false, last_seen_at = ${now}, clock_ahead_ms = ${aheadMs}, clock_within_ms = ${withinMs}
    WHERE id = ${node.nodeId}`
}

/** False when a newer connection has taken the node. */
export async function noteSeen(
  sql: Runner,
  node: { nodeId: string; session: string; drainReported: boolean },
  now: number,
): Promise<boolean> {
  const rows = await sql`
    UPDATE compute.nodes SET last_seen_at = ${now}, online = true, drain_reported = ${node.drainReported}
    WHERE id = ${node.nodeId} AND session = ${node.session} RETURNING id`
  return rows.length > 0
}

export async function closeSession(sql: Runner, node: { nodeId: string; session: string }): Promise<boolean> {
  const rows = await sql`
    UPDATE compute.nodes SET online = false, session = NULL
    WHERE id = ${node.nodeId} AND session = ${node.session} RETURNING id`
  return rows.length > 0
}

/** Nodes whose hub stopped hearing them (or stopped itself) count as offline. */
export function markSilentNodes(sql: Runner, before: number): Promise<{ id: string; orgId: string }[]> {
  return sql<{ id: string; orgId: string }[]>`
    UPDATE compute.nodes SET online = false WHERE online AND last_seen_at < ${before}
    RETURNING id, org_id AS "orgId"`
}

export async function setDraining(sql: Runner, nodeId: string, draining: boolean): Promise<boolean> {
  const rows = await sql`UPDATE compute.nodes SET draining = ${draining} WHERE id = ${nodeId} RETURNING id`
  return rows.length > 0
}

export async function noteNodeEvent(
  sql: Runner,
  event: { orgId: string; nodeId: string; kind: string; facts?: Record<string, string | number> },
  now: number,
): Promise<void> {
  await sql`
    INSERT INTO compute.node_events (org_id, node_id, at, kind, facts)
    VALUES (${event.orgId}, ${event.nodeId}, ${now}, ${event.kind}, ${sql.json(event.facts ?? {})})`
}

/** Ends of earlier leases of these jobs: what keeps a node from having one of them again. */
export function earlierEnds(
  sql: Runner,
  jobIds: readonly string[],
): Promise<{ jobId: string; nodeId: string; endReason: EndReason; endedAt: bigint }[]> {
  return sql`
    SELECT job_id AS "jobId", node_id AS "nodeId", end_reason AS "endReason", ended_at AS "endedAt"
    FROM compute.leases WHERE job_id = ANY(${[...jobIds]}) AND state = 'ended'`
}
