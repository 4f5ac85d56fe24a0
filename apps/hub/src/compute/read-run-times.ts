import type { JobQuote } from '@bithive/api/job-quote'
import type { Runner } from './job-store.ts'

/** Fewer finished jobs than this say nothing about the next one. */
const LEAST_JOBS = 3
const MOST_JOBS = 50

/**
 * How long nodes computed the last accepted jobs of a workload, by what they signed: tenth to ninetieth percentile
 * over every organisation, from which no single job can be read.
 */
export async function readRunTimes(
  sql: Runner,
  workload: { readonly workload: string; readonly version: string },
): Promise<JobQuote['wait']['ran']> {
  const [row] = await sql<{ jobs: number; lowMs: number | null; highMs: number | null }[]>`
    SELECT count(*)::int AS jobs,
      percentile_cont(0.1) WITHIN GROUP (ORDER BY ms) AS "lowMs",
      percentile_cont(0.9) WITHIN GROUP (ORDER BY ms) AS "highMs"
    FROM (
      SELECT (l.envelope->>'endedAt')::float8 - (l.envelope->>'startedAt')::float8 AS ms
      FROM compute.leases l JOIN compute.jobs j ON j.id = l.job_id
      WHERE l.state = 'accepted' AND j.workload = ${workload.workload} AND j.version = ${workload.version}
      ORDER BY l.offered_at DESC LIMIT ${MOST_JOBS}
    ) AS latest`
  if (!row || row.jobs < LEAST_JOBS) return undefined
  return { jobs: row.jobs, lowMs: Math.round(row.lowMs ?? 0), highMs: Math.round(row.highMs ?? 0) }
}
