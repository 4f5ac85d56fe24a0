import type { Room } from './ports.ts'

export type MarketCounts = {
  readonly jobs: Record<string, number>
  readonly nodesOnline: number
  readonly nodesKnown: number
}

/** Counts over all organisations, for the operator: jobs by state, nodes known and connected. */
export async function countJobsAndNodes(room: Room): Promise<MarketCounts> {
  const states = await room.db.worker<{ state: string; n: number }[]>`
    SELECT state, count(*)::int AS n FROM compute.jobs GROUP BY state`
  const [nodes] = await room.db.worker<{ online: number; known: number }[]>`
    SELECT count(*) FILTER (WHERE online)::int AS online, count(*)::int AS known FROM compute.nodes
    WHERE removed_at IS NULL`
  return {
    jobs: Object.fromEntries(states.map(({ state, n }) => [state, n])),
    nodesOnline: nodes?.online ?? 0,
    nodesKnown: nodes?.known ?? 0,
  }
}
