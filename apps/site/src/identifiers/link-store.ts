import type { Tx } from '@bithive/kernel/database'

export type LinkRow = {
  readonly accountHash: Uint8Array
  readonly personSealed: Uint8Array
  readonly createdAtMs: number
}
export type InvitationRow = {
  readonly invitationId: string
  readonly personId: string
  readonly createdBy: string
  readonly expiresAtMs: number
}

const linkColumns = (tx: Tx) => tx`
  account_hash AS "accountHash", person_sealed AS "personSealed", created_at_ms::float8 AS "createdAtMs"`
const invitationColumns = (tx: Tx) => tx`
  invitation_id AS "invitationId", person_id AS "personId", created_by AS "createdBy",
  expires_at_ms::float8 AS "expiresAtMs"`

export async function findLinkOfAccount(tx: Tx, accountHash: Uint8Array): Promise<LinkRow | undefined> {
  const [row] = await tx<LinkRow[]>`
    SELECT ${linkColumns(tx)} FROM identifiers.link WHERE account_hash = ${accountHash}`
  return row
}

export async function findLinkOfPerson(tx: Tx, personHash: Uint8Array): Promise<LinkRow | undefined> {
  const [row] = await tx<LinkRow[]>`SELECT ${linkColumns(tx)} FROM identifiers.link WHERE person_hash = ${personHash}`
  return row
}

/** @returns false when the account or the person is linked already */
export async function insertLink(
  tx: Tx,
  row: {
    readonly orgId: string
    readonly accountHash: Uint8Array
    readonly personHash: Uint8Array
    readonly personSealed: Uint8Array
    readonly invitedBy: string
    readonly nowMs: number
  },
): Promise<boolean> {
  const made = await tx`
    INSERT INTO identifiers.link (org_id, account_hash, person_hash, person_sealed, invited_by, created_at_ms)
    VALUES (${row.orgId}, ${row.accountHash}, ${row.personHash}, ${row.personSealed}, ${row.invitedBy}, ${row.nowMs})
    ON CONFLICT DO NOTHING RETURNING 1`
  return made.length === 1
}

/** @returns false when there was none */
export async function removeLinkOfPerson(tx: Tx, personHash: Uint8Array): Promise<boolean> {
  const gone = await tx`DELETE FROM identifiers.link WHERE person_hash = ${personHash} RETURNING 1`
  return gone.length === 1
}

/** A new code makes the one before it worthless. */
export async function replaceInvitation(
  tx: Tx,
  row: InvitationRow & { readonly orgId: string; readonly codeHash: Uint8Array; readonly nowMs: number },
): Promise<void> {
  await tx`
    UPDATE identifiers.invitation SET ended = 'replaced' WHERE person_id = ${row.personId} AND ended IS NULL`
  await tx`
    INSERT INTO identifiers.invitation (invitation_id, org_id, code_hash, person_id, created_by, created_at_ms,
      expires_at_ms)
    VALUES (${row.invitationId}, ${row.orgId}, ${row.codeHash}, ${row.personId}, ${row.createdBy}, ${row.nowMs},
      ${row.expiresAtMs})`
}

export async function findOpenInvitation(tx: Tx, personId: string, nowMs: number): Promise<InvitationRow | undefined> {
  const [row] = await tx<InvitationRow[]>`
    SELECT ${invitationColumns(tx)} FROM identifiers.invitation
    WHERE person_id = ${personId} AND ended IS NULL AND expires_at_ms > ${nowMs}`
  return row
}

/** Takes one of the invitation's tries. @returns undefined when the code opens nothing, or nothing any more */
export async function tryInvitation(
  tx: Tx,
  given: { readonly codeHash: Uint8Array; readonly nowMs: number; readonly maxTries: number },
): Promise<InvitationRow | undefined> {
  const [row] = await tx<InvitationRow[]>`
    UPDATE identifiers.invitation SET tries = tries + 1
    WHERE code_hash = ${given.codeHash} AND ended IS NULL AND expires_at_ms > ${given.nowMs}
      AND tries < ${given.maxTries}
    RETURNING ${invitationColumns(tx)}`
  return row
}

export async function endTriedOut(tx: Tx, invitationId: string, maxTries: number): Promise<void> {
  await tx`
    UPDATE identifiers.invitation SET ended = 'tried-too-often'
    WHERE invitation_id = ${invitationId} AND ended IS NULL AND tries >= ${maxTries}`
}

/** @returns false when another claim used it first */
export async function useInvitation(tx: Tx, invitationId: string): Promise<boolean> {
  const used = await tx`
    UPDATE identifiers.invitation SET ended = 'used' WHERE invitation_id = ${invitationId} AND ended IS NULL
    RETURNING 1`
  return used.length === 1
}

export async function withdrawInvitations(tx: Tx, personId: string): Promise<void> {
  await tx`UPDATE identifiers.invitation SET ended = 'withdrawn' WHERE person_id = ${personId} AND ended IS NULL`
}

/** Counts a try of this account. @returns how many it made since when; a window that is over begins anew */
export async function countTry(
  tx: Tx,
  row: { readonly orgId: string; readonly accountHash: Uint8Array; readonly nowMs: number; readonly windowMs: number },
): Promise<{ readonly tries: number; readonly sinceMs: number }> {
  const over = row.nowMs - row.windowMs
  const [counted] = await tx<{ tries: number; sinceMs: number }[]>`
    INSERT INTO identifiers.claim_try AS t (org_id, account_hash, since_ms, tries)
    VALUES (${row.orgId}, ${row.accountHash}, ${row.nowMs}, 1)
    ON CONFLICT (org_id, account_hash) DO UPDATE SET
      tries = CASE WHEN t.since_ms <= ${over} THEN 1 ELSE t.tries + 1 END,
      since_ms = CASE WHEN t.since_ms <= ${over} THEN ${row.nowMs} ELSE t.since_ms END
    RETURNING tries, since_ms::float8 AS "sinceMs"`
  return counted as { tries: number; sinceMs: number }
}

export async function forgetTries(tx: Tx, accountHash: Uint8Array): Promise<void> {
  await tx`DELETE FROM identifiers.claim_try WHERE account_hash = ${accountHash}`
}
