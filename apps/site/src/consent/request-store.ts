import type { Tx } from '@bithive/kernel/database'
import type { ConsentRequest } from './schema.ts'

/** A request as it lies in the table: what it is for is sealed. */
export type RequestRow = Omit<ConsentRequest, 'why' | 'state' | 'recipientOrgId'> & {
  readonly recipientOrgId: string | null
  readonly whySealed: Uint8Array
  readonly state: Exclude<ConsentRequest['state'], 'expired'>
}

const columns = (tx: Tx) => tx`
  request_id AS "requestId", person_id AS "personId", purpose, data_class AS "dataClass",
  recipient_kinds AS "recipientKinds", recipient_org_id AS "recipientOrgId", regions, jurisdictions, days,
  why_sealed AS "whySealed", answer_by_ms::float8 AS "answerBy", requested_by AS "requestedBy",
  requested_at_ms::float8 AS "requestedAt", state, answered_at_ms::float8 AS "answeredAt", consent_id AS "consentId"`

export async function insertRequest(
  tx: Tx,
  row: Omit<RequestRow, 'state' | 'answeredAt' | 'consentId'> & { readonly orgId: string },
): Promise<RequestRow> {
  const [made] = await tx<RequestRow[]>`
    INSERT INTO consent.request (request_id, org_id, person_id, purpose, data_class, recipient_kinds,
      recipient_org_id, regions, jurisdictions, days, why_sealed, answer_by_ms, requested_by, requested_at_ms, state)
    VALUES (${row.requestId}, ${row.orgId}, ${row.personId}, ${row.purpose}, ${row.dataClass}, ${row.recipientKinds},
      ${row.recipientOrgId}, ${row.regions}, ${row.jurisdictions}, ${row.days}, ${row.whySealed}, ${row.answerBy},
      ${row.requestedBy}, ${row.requestedAt}, 'requested')
    RETURNING ${columns(tx)}`
  return made as RequestRow
}

export async function findRequest(tx: Tx, requestId: string): Promise<RequestRow | undefined> {
  const [row] = await tx<RequestRow[]>`SELECT ${columns(tx)} FROM consent.request WHERE request_id = ${requestId}`
  return row
}

export async function listRequests(tx: Tx, personId: string): Promise<RequestRow[]> {
  return [
    ...(await tx<RequestRow[]>`
      SELECT ${columns(tx)} FROM consent.request WHERE person_id = ${personId}
      ORDER BY requested_at_ms DESC, request_id DESC LIMIT 1000`),
  ]
}

/** The first answer counts. @returns undefined when there is one already, or when its time is over */
export async function answerRequest(
  tx: Tx,
  row: {
    readonly requestId: string
    readonly state: 'agreed' | 'declined' | 'withdrawn'
    readonly by: string
    readonly nowMs: number
    readonly consentId?: string
  },
): Promise<RequestRow | undefined> {
  const [answered] = await tx<RequestRow[]>`
    UPDATE consent.request
    SET state = ${row.state}, answered_by = ${row.by}, answered_at_ms = ${row.nowMs},
      consent_id = ${row.consentId ?? null}
    WHERE request_id = ${row.requestId} AND state = 'requested' AND answer_by_ms > ${row.nowMs}
    RETURNING ${columns(tx)}`
  return answered
}

export async function withdrawRequests(tx: Tx, personId: string, by: string, nowMs: number): Promise<void> {
  await tx`
    UPDATE consent.request SET state = 'withdrawn', answered_by = ${by}, answered_at_ms = ${nowMs}
    WHERE person_id = ${personId} AND state = 'requested'`
}
