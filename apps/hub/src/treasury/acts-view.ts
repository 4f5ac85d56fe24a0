import type { ActView } from '@bithive/api/treasury-desk'
import type { Room } from './ports.ts'

type Row = {
  reference: string
  kind: string
  org_id: string
  actor_id: string
  approved_by: string | null
  state: ActView['state']
  problem: string | null
  created_at: bigint
  ended_at: bigint | null
}

const PROPOSAL = /prop_[0-9a-f-]{36}/

/** The newest acts, or the one that a transfer's reference names, with the proposal that it came from. */
export async function findActs(room: Room, reference: string | undefined, limit: number): Promise<ActView[]> {
  const rows =
    reference === undefined
      ? await room.db.worker<Row[]>`SELECT * FROM treasury.acts ORDER BY created_at DESC, reference LIMIT ${limit}`
      : await room.db.worker<Row[]>`SELECT * FROM treasury.acts WHERE reference = ${reference}`
  return rows.map((row) => ({
    ...{ reference: row.reference, kind: row.kind, orgId: row.org_id, actorId: row.actor_id },
    ...{ approvedBy: row.approved_by, state: row.state, problem: row.problem },
    createdAt: Number(row.created_at),
    endedAt: row.ended_at === null ? null : Number(row.ended_at),
    proposalId: PROPOSAL.exec(row.reference)?.[0] ?? null,
  }))
}
