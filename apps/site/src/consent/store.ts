import type { Tx } from '@bithive/kernel/database'
import type { Consent, NewConsent } from './schema.ts'

type Row = Omit<Consent, 'from' | 'to' | 'recordedAt' | 'revokedAt' | 'recipientOrgId'> & {
  recipientOrgId: string | null
  fromMs: bigint
  toMs: bigint
  recordedAtMs: bigint
  revokedAtMs: bigint | null
}

const columns = (tx: Tx) => tx`
  consent_id AS "consentId", person_id AS "personId", purpose, data_class AS "dataClass",
  recipient_kinds AS "recipientKinds", recipient_org_id AS "recipientOrgId", regions, jurisdictions,
  from_ms AS "fromMs", to_ms AS "toMs", evidence_sha256 AS "evidenceSha256", recorded_by AS "recordedBy",
  recorded_at_ms AS "recordedAtMs", revoked_at_ms AS "revokedAtMs", revoked_by AS "revokedBy",
  revoked_reason AS "revokedReason"`

function toConsent(row: Row): Consent {
  const { fromMs, toMs, recordedAtMs, revokedAtMs, recipientOrgId, ...rest } = row
  return {
    ...rest,
    ...(recipientOrgId === null ? {} : { recipientOrgId }),
    from: Number(fromMs),
    to: Number(toMs),
    recordedAt: Number(recordedAtMs),
    revokedAt: revokedAtMs === null ? null : Number(revokedAtMs),
  }
}

export async function insertConsent(
  tx: Tx,
  row: NewConsent & { consentId: string; orgId: string; recordedBy: string; nowMs: number },
): Promise<Consent> {
  const [made] = await tx<Row[]>`
    INSERT INTO consent.consent (consent_id, org_id, person_id, purpose, data_class, recipient_kinds,
      recipient_org_id, regions, jurisdictions, from_ms, to_ms, evidence_sha256, recorded_by, recorded_at_ms)
    VALUES (${row.consentId}, ${row.orgId}, ${row.personId}, ${row.purpose}, ${row.dataClass}, ${row.recipientKinds},
      ${row.recipientOrgId ?? null}, ${row.regions}, ${row.jurisdictions}, ${row.from}, ${row.to},
      ${row.evidenceSha256}, ${row.recordedBy}, ${row.nowMs})
    RETURNING ${columns(tx)}`
  return toConsent(made as Row)
}

export async function listOfPerson(tx: Tx, personId: string): Promise<Consent[]> {
  const rows = await tx<Row[]>`
    SELECT ${columns(tx)} FROM consent.consent WHERE person_id = ${personId}
    ORDER BY recorded_at_ms DESC, consent_id DESC LIMIT 1000`
  return rows.map(toConsent)
}

export async function findConsent(tx: Tx, consentId: string): Promise<Consent | undefined> {
  const [row] = await tx<Row[]>`SELECT ${columns(tx)} FROM consent.consent WHERE consent_id = ${consentId}`
  return row && toConsent(row)
}

/** The first withdrawal counts: one that comes later changes nothing. */
export async function revoke(
  tx: Tx,
  row: { consentId: string; by: string; reason: string; nowMs: number },
): Promise<void> {
  await tx`
    UPDATE consent.consent
    SET revoked_at_ms = ${row.nowMs}, revoked_by = ${row.by}, revoked_reason = ${row.reason}
    WHERE consent_id = ${row.consentId} AND revoked_at_ms IS NULL`
}

export async function revokeAll(
  tx: Tx,
  row: { personId: string; by: string; reason: string; nowMs: number },
): Promise<void> {
  await tx`
    UPDATE consent.consent
    SET revoked_at_ms = ${row.nowMs}, revoked_by = ${row.by}, revoked_reason = ${row.reason}
    WHERE person_id = ${row.personId} AND revoked_at_ms IS NULL`
}

/** Holds the row until the transaction ends, so that two answers about one consent come one after the other. */
export async function lockConsent(tx: Tx, consentId: string): Promise<Consent | undefined> {
  const [row] = await tx<Row[]>`SELECT ${columns(tx)} FROM consent.consent WHERE consent_id = ${consentId} FOR UPDATE`
  return row && toConsent(row)
}

/** People with consents or requests, those with the newest change first. */
export async function listPeople(
  tx: Tx,
  page: {
    readonly before: { readonly at: number; readonly personId: string } | null
    readonly limit: number
    readonly nowMs: number
  },
): Promise<{ personId: string; active: number; open: number; lastAt: number }[]> {
  const { before, nowMs } = page
  return [
    ...(await tx<{ personId: string; active: number; open: number; lastAt: number }[]>`
      SELECT person_id AS "personId", sum(active)::int AS active, sum(open)::int AS open,
        max(last_at)::float8 AS "lastAt"
      FROM (
        SELECT person_id, count(*) FILTER (WHERE revoked_at_ms IS NULL AND to_ms > ${nowMs}) AS active, 0 AS open,
          max(greatest(recorded_at_ms, coalesce(revoked_at_ms, 0))) AS last_at
        FROM consent.consent GROUP BY person_id
        UNION ALL
        SELECT person_id, 0, count(*) FILTER (WHERE state = 'requested' AND answer_by_ms > ${nowMs}),
          max(greatest(requested_at_ms, coalesce(answered_at_ms, 0)))
        FROM consent.request GROUP BY person_id
      ) AS each
      GROUP BY person_id
      HAVING ${before === null} OR (max(last_at), person_id) < (${before?.at ?? 0}, ${before?.personId ?? ''})
      ORDER BY max(last_at) DESC, person_id DESC LIMIT ${page.limit}`),
  ]
}
