import type { ProposalBody } from '@bithive/api/treasury'
import type { Actor } from '@bithive/kernel/actor'
import { deterministicUuid, sha256Hex } from '@bithive/kernel/ids'
import { formatAmount } from '@bithive/kernel/money'
import { shardOf } from '../ledger/index.ts'
import {
  type BankEntry,
  bankAccounts,
  insertEntries,
  insertStatement,
  lastStatement,
  type StatementRow,
  sameReferenceElsewhere,
  statementByBankId,
  waitingStatements,
} from './bank-store.ts'
import { onlyReference } from './creditor-reference.ts'
import { treasuryErrors } from './errors.ts'
import { type Room, type Runner, SCALES } from './ports.ts'
import { insertProposal } from './proposal-store.ts'
import { readCamt } from './read-camt.ts'
import { readStatementCsv } from './read-statement-csv.ts'
import { mustReconcile, type Statement } from './statement.ts'

/** Statements of one account are taken and approved one after the other. */
const STATEMENT_LOCK = 7102
const MOST_WORDS = 140

/** A file that begins with `<` is XML; a mark of the byte order may stand before it. */
export function readStatementFile(bytes: Uint8Array): Statement[] {
  const start = Buffer.from(bytes.subarray(0, 200))
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()
  return start.startsWith('<') ? readCamt(bytes) : readStatementCsv(bytes)
}

/**
 * What a statement says, without bank ids of entries that differ between two copies of one file: the same statement in
 * another wrapping (a second download) is still the same.
 */
function fingerprint(statement: Statement): string {
  const { account, bankId, currency, opening, closing, entries } = statement
  const lines = entries.map((one) => [one.direction, `${one.amount}`, one.bookedOn, one.bankRef ?? '', ...one.words])
  return sha256Hex(JSON.stringify([account, bankId, currency, `${opening}`, `${closing}`, lines]))
}

function entryRows(room: Room, statementId: string, statement: Statement): BankEntry[] {
  return statement.entries.map((entry, index) => {
    const id = room.ids.next('dep')
    const words = entry.words.slice(0, MOST_WORDS).join(' ').replace(/\s+/g, ' ').trim()
    return {
      ...{ id, statementId, account: statement.account, currency: statement.currency, n: index + 1 },
      ...{ direction: entry.direction, amount: entry.amount, bookedOn: entry.bookedOn },
      reference: onlyReference(entry.words) ?? null,
      bankRef: entry.bankRef ?? null,
      serviceRef: entry.serviceRef ?? null,
      remittance: words === '' ? null : words.slice(0, MOST_WORDS),
      ...{ state: 'waiting' as const, orgId: null, shard: shardOf(id), returnReference: null },
    }
  })
}

/** Everything that can be refused, before anything is written. */
async function check(room: Room, statement: Statement): Promise<void> {
  const ours = await bankAccounts(room.db.worker)
  const account = ours.find((one) => one.account === statement.account)
  // The number is not repeated: it may be a stranger's.
  if (!account) throw treasuryErrors.error('statement-account')
  if (account.currency !== statement.currency) {
    throw treasuryErrors.error('statement-currency', { currency: account.currency })
  }
  mustReconcile(statement)
}

/** One proposal for each statement, by the statement's id. */
export const statementProposalId = (statementId: string): string =>
  `prop_${deterministicUuid('treasury', 'statement', statementId)}`

export const lockStatements = async (tx: Runner, account: string): Promise<void> => {
  await tx`SELECT pg_advisory_xact_lock(${STATEMENT_LOCK}, hashtext(${account}))`
}

/** @throws treasury.statement-booked-before when another statement has booked one of these references of the bank */
export async function mustBeNew(
  tx: Runner,
  statement: { account: string; id: string },
  entries: readonly { n: number; serviceRef: string | null }[],
): Promise<void> {
  const references = entries.flatMap(({ serviceRef }) => (serviceRef === null ? [] : [serviceRef]))
  const found = await sameReferenceElsewhere(tx, statement, references)
  if (!found) return
  const entry = entries.find(({ serviceRef }) => serviceRef === found.serviceRef)
  throw treasuryErrors.error('statement-booked-before', { entry: entry?.n ?? 0, statement: found.bankId })
}

/** What the second person is asked to approve: this file and these totals, and nothing else. */
export function proposalOf(row: StatementRow, entries: readonly BankEntry[]): ProposalBody {
  const text = (amount: bigint) => formatAmount(amount, SCALES[row.currency] ?? 2)
  const sum = (direction: BankEntry['direction']) =>
    text(entries.reduce((total, one) => total + (one.direction === direction ? one.amount : 0n), 0n))
  return {
    ...{ kind: 'statement', statementId: row.id, fileSha256: row.fileSha256 ?? '', contentSha256: row.sha256 },
    ...{ account: row.account, bankId: row.bankId, currency: row.currency },
    ...{ opening: text(row.opening), closing: text(row.closing) },
    ...{ incoming: sum('in'), outgoing: sum('out'), entries: row.entries },
  }
}

export type Taken = { readonly row: StatementRow; readonly again: boolean }

async function takeOne(room: Room, actor: Actor, statement: Statement, fileSha256: string): Promise<Taken> {
  const sha256 = fingerprint(statement)
  const { account, bankId, currency, opening, closing } = statement
  return room.db.worker.begin(async (tx): Promise<Taken> => {
    await lockStatements(tx, account)
    const known = await statementByBankId(tx, account, bankId, fileSha256)
    if (known && known.sha256 !== sha256) throw treasuryErrors.error('statement-altered', { statementId: known.id })
    if (known) return { row: known, again: true }
    const last = await lastStatement(tx, account)
    // Several may wait in a row: each follows what is booked, or one that waits before it.
    const follows = !last || last.closing === opening
    if (!follows && !(await waitingStatements(tx, account)).some((one) => one.closing === opening)) {
      throw treasuryErrors.error('statement-gap', { after: last.bankId })
    }
    const id = room.ids.next('stm')
    const row: StatementRow = {
      ...{ id, account, bankId, sha256, fileSha256, format: statement.format, currency, opening, closing },
      ...{ entries: statement.entries.length, place: null, uploadedBy: actor.id, approvedBy: null, refusal: null },
      uploadedAt: BigInt(room.clock.now()),
      state: 'taken',
    }
    const entries = entryRows(room, id, statement)
    await mustBeNew(tx, row, entries)
    await insertStatement(tx, row)
    await insertEntries(tx, entries)
    const made = { id: statementProposalId(id), body: proposalOf(row, entries), reason: bankId }
    await insertProposal(tx, { ...made, proposedBy: actor.id, atMs: room.clock.now() })
    return { row, again: false }
  })
}

/**
 * Takes a bank's file in: 1 read, 2 reconcile, 3 compare with what was taken before, 4 write down together with the
 * proposal to book it. Nothing is booked before a second person approves. A file that was taken before changes
 * nothing; a file with any fault is refused whole.
 * @throws treasury.statement-* with what is wrong
 */
export async function takeStatement(room: Room, actor: Actor, bytes: Uint8Array): Promise<Taken[]> {
  const statements = readStatementFile(bytes)
  for (const statement of statements) await check(room, statement)
  const file = sha256Hex(bytes)
  await room.audit.record({
    orgId: actor.orgId,
    actorId: actor.id,
    action: 'treasury.take-statement',
    resource: statements[0]?.bankId.slice(0, 100) ?? '',
    facts: { file, statements: statements.length },
  })
  const taken: Taken[] = []
  for (const statement of statements) taken.push(await takeOne(room, actor, statement, file))
  room.live.publish('*', { topic: 'treasury' })
  return taken
}
