import type { ProposalBody } from '@bithive/api/treasury'
import { canonicalJson, type Json } from '@bithive/kernel/canonical-json'
import { DomainError } from '@bithive/kernel/errors'
import { httpErrors } from '@bithive/kernel/http'
import {
  admitEntries,
  dropEntries,
  entriesOfStatement,
  lastStatement,
  type StatementRow,
  statementById,
} from './bank-store.ts'
import { bookStatement } from './book-deposits.ts'
import { treasuryErrors } from './errors.ts'
import type { ActEnd } from './money-act.ts'
import type { Room, Runner } from './ports.ts'
import { lockStatements, mustBeNew, proposalOf } from './take-statement.ts'

type StatementBody = Extract<ProposalBody, { kind: 'statement' }>

const asText = (body: ProposalBody) => canonicalJson(body as unknown as Json)

/**
 * What must be true of a waiting statement for it to be booked: it is the one that was shown, with the same hashes and
 * totals, it follows the last one that was booked, and no entry of it was booked from another.
 * @throws treasury.statement-not-waiting, statement-differs, statement-gap, statement-booked-before
 */
export async function mustBeBookable(sql: Runner, body: StatementBody): Promise<StatementRow> {
  const row = await statementById(sql, body.statementId)
  if (!row) throw httpErrors.error('not-found')
  if (row.state !== 'taken') throw treasuryErrors.error('statement-not-waiting', { state: row.state })
  const entries = await entriesOfStatement(sql, row.id)
  const same = entries.length === row.entries && asText(proposalOf(row, entries)) === asText(body)
  if (!same) throw treasuryErrors.error('statement-differs', { statementId: row.id })
  const last = await lastStatement(sql, row.account)
  if (last && last.closing !== row.opening) throw treasuryErrors.error('statement-gap', { after: last.bankId })
  await mustBeNew(sql, row, entries)
  return row
}

/** Gives an approved statement its place and opens its entries for booking, once. */
async function admit(room: Room, body: StatementBody, approvedBy: string): Promise<void> {
  await room.db.worker.begin(async (tx) => {
    await lockStatements(tx, body.account)
    const stands = await statementById(tx, body.statementId)
    // An earlier run came so far and was cut off.
    if (stands?.approvedBy === approvedBy) return
    const row = await mustBeBookable(tx, body)
    const place = ((await lastStatement(tx, row.account))?.place ?? 0) + 1
    await tx`
      UPDATE treasury.statements SET state = 'booking', place = ${place}, approved_by = ${approvedBy}
      WHERE id = ${row.id} AND state = 'taken'`
    await admitEntries(tx, row.id)
  })
}

/** Keeps a waiting statement as refused, with its reason; nothing of it is ever booked. */
export async function refuseStatement(tx: Runner, statementId: string, reason: string): Promise<void> {
  const refused = await tx`
    UPDATE treasury.statements SET state = 'refused', refusal = ${reason} WHERE id = ${statementId} AND state = 'taken'`
  if (refused.count === 1) await dropEntries(tx, statementId)
}

/** Books what two people let pass. Safe to repeat: `open` is carried on with by a worker. */
export async function bookApproved(
  room: Room,
  body: StatementBody,
  by: { readonly approvedBy: string; readonly orgId: string },
): Promise<ActEnd> {
  try {
    await admit(room, body, by.approvedBy)
  } catch (error) {
    if (!(error instanceof DomainError) || error.entry.retryable) throw error
    await room.db.worker.begin((tx) => refuseStatement(tx, body.statementId, error.code))
    return { state: 'refused', problem: error.code }
  }
  const row = await statementById(room.db.worker, body.statementId)
  if (row?.state === 'booking') await bookStatement(room, row, by.orgId)
  const after = await statementById(room.db.worker, body.statementId)
  return { state: after?.state === 'booked' ? 'booked' : 'open' }
}
