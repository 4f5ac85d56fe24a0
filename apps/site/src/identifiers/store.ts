import type { Tx } from '@bithive/kernel/database'
import type { Resolution } from './schema.ts'

export type PersonRow = {
  readonly personId: string
  readonly pseudonym: string
  readonly fields: Uint8Array | null
  readonly forgettingAtMs: bigint | null
  readonly forgottenAtMs: bigint | null
}

export type ConflictRow = {
  readonly conflictId: string
  readonly personId: string
  readonly differs: string[]
  readonly createdAtMs: bigint
  readonly resolution: Resolution | null
  readonly resolvedBy: string | null
  readonly resolvedAtMs: bigint | null
}

const personColumns = (tx: Tx) => tx`
  person_id AS "personId", pseudonym, fields, forgetting_at_ms AS "forgettingAtMs", forgotten_at_ms AS "forgottenAtMs"`

const conflictColumns = (tx: Tx) => tx`
  conflict_id AS "conflictId", person_id AS "personId", differs, created_at_ms AS "createdAtMs",
  resolution, resolved_by AS "resolvedBy", resolved_at_ms AS "resolvedAtMs"`

export async function findByHash(tx: Tx, hash: Uint8Array): Promise<PersonRow | undefined> {
  const [row] = await tx<PersonRow[]>`
    SELECT ${personColumns(tx)} FROM identifiers.person JOIN identifiers.lookup USING (person_id)
    WHERE patient_hash = ${hash}`
  return row
}

export async function findPerson(tx: Tx, personId: string): Promise<PersonRow | undefined> {
  const [row] = await tx<PersonRow[]>`
    SELECT ${personColumns(tx)} FROM identifiers.person WHERE person_id = ${personId}`
  return row
}

export async function findPeople(tx: Tx, personIds: readonly string[]): Promise<PersonRow[]> {
  return [
    ...(await tx<PersonRow[]>`
      SELECT ${personColumns(tx)} FROM identifiers.person WHERE person_id = ANY(${[...personIds]}::text[])`),
  ]
}

/** Inserts the person and its lookup row together. @returns false when another arrival was first. */
export async function insertPerson(
  tx: Tx,
  row: {
    personId: string
    orgId: string
    pseudonym: string
    hash: Uint8Array
    fields: Uint8Array
    nowMs: number
  },
): Promise<boolean> {
  const taken = await tx`
    INSERT INTO identifiers.lookup (org_id, patient_hash, person_id)
    VALUES (${row.orgId}, ${row.hash}, ${row.personId})
    ON CONFLICT DO NOTHING RETURNING person_id`
  if (taken.length === 0) return false
  await tx`
    INSERT INTO identifiers.person (person_id, org_id, pseudonym, fields, created_at_ms)
    VALUES (${row.personId}, ${row.orgId}, ${row.pseudonym}, ${row.fields}, ${row.nowMs})`
  return true
}

export async function updateFields(tx: Tx, personId: string, fields: Uint8Array): Promise<void> {
  await tx`
    UPDATE identifiers.person SET fields = ${fields}
    WHERE person_id = ${personId} AND forgetting_at_ms IS NULL`
}

export async function findOffer(tx: Tx, personId: string, hash: Uint8Array): Promise<ConflictRow | undefined> {
  const [row] = await tx<ConflictRow[]>`
    SELECT ${conflictColumns(tx)} FROM identifiers.conflict
    WHERE person_id = ${personId} AND offered_hash = ${hash}`
  return row
}

export async function insertConflict(
  tx: Tx,
  row: {
    conflictId: string
    orgId: string
    personId: string
    differs: readonly string[]
    hash: Uint8Array
    offered: Uint8Array
    nowMs: number
  },
): Promise<boolean> {
  const made = await tx`
    INSERT INTO identifiers.conflict
      (conflict_id, org_id, person_id, differs, offered_hash, offered, created_at_ms)
    VALUES (${row.conflictId}, ${row.orgId}, ${row.personId}, ${[...row.differs]}, ${row.hash}, ${row.offered},
      ${row.nowMs})
    ON CONFLICT (person_id, offered_hash) DO NOTHING RETURNING conflict_id`
  return made.length === 1
}

export async function listConflicts(tx: Tx, limit: number): Promise<ConflictRow[]> {
  return [
    ...(await tx<ConflictRow[]>`
      SELECT ${conflictColumns(tx)} FROM identifiers.conflict
      ORDER BY resolution IS NOT NULL, created_at_ms DESC LIMIT ${limit}`),
  ]
}

export async function findConflict(tx: Tx, conflictId: string): Promise<ConflictRow | undefined> {
  const [row] = await tx<ConflictRow[]>`
    SELECT ${conflictColumns(tx)} FROM identifiers.conflict WHERE conflict_id = ${conflictId}`
  return row
}

export async function resolveConflict(
  tx: Tx,
  row: { conflictId: string; resolution: Resolution; by: string; nowMs: number },
): Promise<boolean> {
  const done = await tx`
    UPDATE identifiers.conflict
    SET resolution = ${row.resolution}, resolved_by = ${row.by}, resolved_at_ms = ${row.nowMs}
    WHERE conflict_id = ${row.conflictId} AND resolution IS NULL RETURNING conflict_id`
  return done.length === 1
}

export async function markForgetting(tx: Tx, personId: string, nowMs: number): Promise<void> {
  await tx`
    UPDATE identifiers.person SET forgetting_at_ms = ${nowMs}
    WHERE person_id = ${personId} AND forgetting_at_ms IS NULL`
}

/** Leaves the tombstone: the id and its pseudonym, with nothing that leads to a patient. */
export async function eraseIdentity(tx: Tx, personId: string, nowMs: number): Promise<void> {
  await tx`DELETE FROM identifiers.lookup WHERE person_id = ${personId}`
  await tx`UPDATE identifiers.conflict SET offered = NULL, offered_hash = sha256(convert_to(conflict_id, 'UTF8'))
           WHERE person_id = ${personId}`
  await tx`
    UPDATE identifiers.person SET fields = NULL, forgotten_at_ms = ${nowMs}
    WHERE person_id = ${personId} AND forgotten_at_ms IS NULL`
}

export async function listForgetting(tx: Tx): Promise<string[]> {
  const rows = await tx<{ personId: string }[]>`
    SELECT person_id AS "personId" FROM identifiers.person
    WHERE forgetting_at_ms IS NOT NULL AND forgotten_at_ms IS NULL ORDER BY forgetting_at_ms`
  return rows.map((row) => row.personId)
}
