import type { Actor } from '@bithive/kernel/actor'
import { sha256Hex } from '@bithive/kernel/ids'
import { shardOf } from '../ledger/index.ts'
import {
  type BankEntry,
  bankAccounts,
  insertEntries,
  insertStatement,
  lastStatement,
  type StatementRow,
  statementByBankId,
} from './bank-store.ts'
import { bookStatement } from './book-deposits.ts'
import { findReferences } from './creditor-reference.ts'
import { treasuryErrors } from './errors.ts'
import type { Room } from './ports.ts'
import { readCamt } from './read-camt.ts'
import { readStatementCsv } from './read-statement-csv.ts'
import { mustReconcile, type Statement } from './statement.ts'

/** Statements of one account are taken one after the other. */
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
    const words = entry.words.join(' ').replace(/\s+/g, ' ').trim()
    const references = [...new Set(entry.words.flatMap(findReferences))]
    return {
      ...{ id, statementId, account: statement.account, currency: statement.currency, n: index + 1 },
      ...{ direction: entry.direction, amount: entry.amount, bookedOn: entry.bookedOn },
      // Two references for one sum would be a guess.
      reference: references.length === 1 ? (references[0] as string) : null,
      bankRef: entry.bankRef ?? null,
      remittance: words === '' ? null : words.slice(0, MOST_WORDS),
      ...{ state: 'new' as const, orgId: null, shard: shardOf(id), returnReference: null },
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

type Taken = { readonly row: StatementRow; readonly again: boolean }

async function takeOne(room: Room, actor: Actor, statement: Statement): Promise<Taken> {
  const sha256 = fingerprint(statement)
  const { account, bankId, currency, opening, closing } = statement
  return room.db.worker.begin(async (tx): Promise<Taken> => {
    await tx`SELECT pg_advisory_xact_lock(${STATEMENT_LOCK}, hashtext(${account}))`
    const known = await statementByBankId(tx, account, bankId)
    if (known && known.sha256 !== sha256) throw treasuryErrors.error('statement-altered', { statementId: known.id })
    if (known) return { row: known, again: true }
    const last = await lastStatement(tx, account)
    if (last && last.closing !== opening) throw treasuryErrors.error('statement-gap', { after: last.bankId })
    const id = room.ids.next('stm')
    const row: StatementRow = {
      ...{ id, account, bankId, sha256, format: statement.format, currency, opening, closing },
      entries: statement.entries.length,
      place: (last?.place ?? 0) + 1,
      uploadedBy: actor.id,
      uploadedAt: BigInt(room.clock.now()),
      state: 'booking',
    }
    await insertStatement(tx, row)
    await insertEntries(tx, entryRows(room, id, statement))
    return { row, again: false }
  })
}

/**
 * Takes a bank's file in: 1 read, 2 reconcile, 3 compare with what was taken before, 4 write down, 5 book. A file that
 * was taken before changes nothing; a file with any fault is refused whole.
 * @throws treasury.statement-* with what is wrong
 */
export async function takeStatement(room: Room, actor: Actor, bytes: Uint8Array): Promise<Taken[]> {
  const statements = readStatementFile(bytes)
  for (const statement of statements) await check(room, statement)
  await room.audit.record({
    orgId: actor.orgId,
    actorId: actor.id,
    action: 'treasury.take-statement',
    resource: statements[0]?.bankId.slice(0, 100) ?? '',
    facts: { file: sha256Hex(bytes), statements: statements.length },
  })
  const taken: Taken[] = []
  for (const statement of statements) taken.push(await takeOne(room, actor, statement))
  for (const { row } of taken) await bookStatement(room, row, actor)
  room.live.publish('*', { topic: 'treasury' })
  return taken
}
