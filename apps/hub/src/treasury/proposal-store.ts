import { ProposalBody } from '@bithive/api/treasury'
import { canonicalJson, type Json } from '@bithive/kernel/canonical-json'
import type { Runner } from './ports.ts'

export type ProposalRow = {
  readonly id: string
  readonly body: ProposalBody
  readonly reason: string
  readonly state: 'open' | 'approved' | 'done' | 'refused' | 'rejected'
  readonly proposedBy: string
  readonly proposedAt: number
  readonly decidedBy: string | null
  readonly decidedAt: number | null
  readonly problem: string | null
}

type Stored = {
  id: string
  payload: string
  reason: string
  state: ProposalRow['state']
  proposed_by: string
  proposed_at: bigint
  decided_by: string | null
  decided_at: bigint | null
  problem: string | null
}

const asRow = (stored: Stored): ProposalRow => ({
  id: stored.id,
  body: ProposalBody.parse(JSON.parse(stored.payload)),
  reason: stored.reason,
  state: stored.state,
  proposedBy: stored.proposed_by,
  proposedAt: Number(stored.proposed_at),
  decidedBy: stored.decided_by,
  decidedAt: stored.decided_at === null ? null : Number(stored.decided_at),
  problem: stored.problem,
})

export async function insertProposal(
  sql: Runner,
  made: { id: string; body: ProposalBody; reason: string; proposedBy: string; atMs: number },
): Promise<void> {
  const payload = canonicalJson(made.body as unknown as Json)
  await sql`
    INSERT INTO treasury.proposals (id, kind, payload, reason, state, proposed_by, proposed_at)
    VALUES (${made.id}, ${made.body.kind}, ${payload}, ${made.reason}, 'open', ${made.proposedBy}, ${made.atMs})
    ON CONFLICT (id) DO NOTHING`
}

export async function proposalById(sql: Runner, id: string): Promise<ProposalRow | undefined> {
  const [row] = await sql<Stored[]>`SELECT * FROM treasury.proposals WHERE id = ${id}`
  return row && asRow(row)
}

/** Open ones first, then the newest. */
export async function listProposals(sql: Runner, limit: number): Promise<ProposalRow[]> {
  const rows = await sql<Stored[]>`
    SELECT * FROM treasury.proposals ORDER BY (state = 'open') DESC, proposed_at DESC, id DESC LIMIT ${limit}`
  return rows.map(asRow)
}

/** Approved, and not carried out to the end by whoever approved it. */
export async function approvedLongAgo(sql: Runner, beforeMs: number): Promise<ProposalRow[]> {
  const rows = await sql<Stored[]>`
    SELECT * FROM treasury.proposals WHERE state = 'approved' AND decided_at <= ${beforeMs}
    ORDER BY decided_at LIMIT 50`
  return rows.map(asRow)
}

/** False when it was decided before. The table itself refuses the proposer. */
export async function decideProposal(
  sql: Runner,
  decision: { id: string; state: 'approved' | 'rejected'; by: string; atMs: number },
): Promise<boolean> {
  const done = await sql`
    UPDATE treasury.proposals SET state = ${decision.state}, decided_by = ${decision.by}, decided_at = ${decision.atMs}
    WHERE id = ${decision.id} AND state = 'open' AND proposed_by <> ${decision.by}`
  return done.count === 1
}

export async function endProposal(
  sql: Runner,
  end: { id: string; state: 'done' | 'refused'; problem?: string },
): Promise<void> {
  await sql`
    UPDATE treasury.proposals SET state = ${end.state}, problem = ${end.problem ?? null}
    WHERE id = ${end.id} AND state = 'approved'`
}
