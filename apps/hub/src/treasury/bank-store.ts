import type { Runner } from './ports.ts'

/** `waiting`: on a statement that no second person has approved. `refused`: on one that was refused. */
export type EntryState =
  | 'waiting'
  | 'new'
  | 'matched'
  | 'unmatched'
  | 'assigned'
  | 'returning'
  | 'returned'
  | 'returned-out'
  | 'unexplained'
  | 'refused'

export type BankEntry = {
  readonly id: string
  readonly statementId: string
  readonly account: string
  readonly currency: string
  readonly n: number
  readonly direction: 'in' | 'out'
  readonly amount: bigint
  readonly bookedOn: string
  readonly reference: string | null
  readonly bankRef: string | null
  readonly serviceRef: string | null
  readonly remittance: string | null
  readonly state: EntryState
  readonly orgId: string | null
  readonly shard: number
  readonly returnReference: string | null
}

export type StatementRow = {
  readonly id: string
  readonly account: string
  readonly bankId: string
  /** Of what it says, whatever its wrapping. */
  readonly sha256: string
  /** Of the file as it came; statements of older versions have none. */
  readonly fileSha256: string | null
  readonly format: string
  readonly currency: string
  readonly opening: bigint
  readonly closing: bigint
  readonly entries: number
  /** Its place in the account's row; one that waits or was refused has none. */
  readonly place: number | null
  readonly uploadedBy: string
  readonly uploadedAt: bigint
  readonly approvedBy: string | null
  readonly refusal: string | null
  readonly state: 'taken' | 'booking' | 'booked' | 'refused'
}

export type BankAccount = {
  readonly account: string
  readonly currency: string
  readonly holder: string
  readonly bank: string
  readonly sample: boolean
}

const entryColumns = (sql: Runner) => sql`
  id, statement_id AS "statementId", account, currency, n, direction, amount, booked_on AS "bookedOn", reference,
  bank_ref AS "bankRef", service_ref AS "serviceRef", remittance,
  state, org_id AS "orgId", shard, return_reference AS "returnReference"`

const statementColumns = (sql: Runner) => sql`
  id, account, bank_id AS "bankId", sha256, file_sha256 AS "fileSha256", format, currency, opening, closing, entries,
  place, uploaded_by AS "uploadedBy", uploaded_at AS "uploadedAt", approved_by AS "approvedBy", refusal, state`

export async function bankAccounts(sql: Runner): Promise<BankAccount[]> {
  return sql<BankAccount[]>`
    SELECT account, currency, holder, bank, sample FROM treasury.bank_accounts ORDER BY registered_at, account`
}

/** The statement that counts under the bank's id, or else the refused one of this very file. */
export async function statementByBankId(sql: Runner, account: string, bankId: string, fileSha256: string) {
  const [row] = await sql<StatementRow[]>`
    SELECT ${statementColumns(sql)} FROM treasury.statements
    WHERE account = ${account} AND bank_id = ${bankId} AND (state <> 'refused' OR file_sha256 = ${fileSha256})
    ORDER BY (state = 'refused') LIMIT 1`
  return row
}

export async function statementById(sql: Runner, id: string): Promise<StatementRow | undefined> {
  const [row] = await sql<StatementRow[]>`SELECT ${statementColumns(sql)} FROM treasury.statements WHERE id = ${id}`
  return row
}

/** The last one that two people let pass. */
export async function lastStatement(sql: Runner, account: string): Promise<StatementRow | undefined> {
  const [row] = await sql<StatementRow[]>`
    SELECT ${statementColumns(sql)} FROM treasury.statements
    WHERE account = ${account} AND place IS NOT NULL ORDER BY place DESC LIMIT 1`
  return row
}

/** Those that no second person has decided yet. */
export async function waitingStatements(sql: Runner, account: string): Promise<StatementRow[]> {
  return sql<StatementRow[]>`
    SELECT ${statementColumns(sql)} FROM treasury.statements WHERE account = ${account} AND state = 'taken'`
}

export async function newestStatements(sql: Runner, limit: number): Promise<StatementRow[]> {
  return sql<StatementRow[]>`
    SELECT ${statementColumns(sql)} FROM treasury.statements
    ORDER BY (state = 'taken') DESC, uploaded_at DESC, place DESC NULLS LAST, id DESC LIMIT ${limit}`
}

export async function statementsBeingBooked(sql: Runner): Promise<StatementRow[]> {
  return sql<StatementRow[]>`
    SELECT ${statementColumns(sql)} FROM treasury.statements WHERE state = 'booking' ORDER BY uploaded_at, place`
}

export async function insertStatement(sql: Runner, row: StatementRow): Promise<void> {
  await sql`
    INSERT INTO treasury.statements (id, account, bank_id, sha256, file_sha256, format, currency, opening, closing,
      entries, uploaded_by, uploaded_at, state)
    VALUES (${row.id}, ${row.account}, ${row.bankId}, ${row.sha256}, ${row.fileSha256}, ${row.format}, ${row.currency},
      ${row.opening}, ${row.closing}, ${row.entries}, ${row.uploadedBy}, ${row.uploadedAt}, 'taken')`
}

export async function insertEntries(sql: Runner, rows: readonly BankEntry[]): Promise<void> {
  const text = (pick: (row: BankEntry) => string | number | bigint | null) =>
    rows.map((row) => {
      const value = pick(row)
      return value === null ? null : String(value)
    })
  await sql`
    INSERT INTO treasury.bank_entries (id, statement_id, account, currency, n, direction, amount, booked_on, reference,
      bank_ref, service_ref, remittance, state, shard)
    SELECT id, statement_id, account, currency, n::int, direction, amount::bigint, booked_on, reference, bank_ref,
      service_ref, remittance, 'waiting', shard::int
    FROM unnest(${text((r) => r.id)}::text[], ${text((r) => r.statementId)}::text[], ${text((r) => r.account)}::text[],
      ${text((r) => r.currency)}::text[], ${text((r) => r.n)}::text[], ${text((r) => r.direction)}::text[],
      ${text((r) => r.amount)}::text[], ${text((r) => r.bookedOn)}::text[], ${text((r) => r.reference)}::text[],
      ${text((r) => r.bankRef)}::text[], ${text((r) => r.serviceRef)}::text[],
      ${text((r) => r.remittance)}::text[], ${text((r) => r.shard)}::text[])
      AS new (id, statement_id, account, currency, n, direction, amount, booked_on, reference, bank_ref, service_ref,
        remittance, shard)`
}

/** Another statement of the same account that has booked one of these references. */
export async function sameReferenceElsewhere(
  sql: Runner,
  { account, id }: { account: string; id: string },
  references: readonly string[],
) {
  const [row] = await sql<{ serviceRef: string; bankId: string }[]>`
    SELECT e.service_ref AS "serviceRef", s.bank_id AS "bankId"
    FROM treasury.bank_entries e JOIN treasury.statements s ON s.id = e.statement_id
    WHERE e.account = ${account} AND e.service_ref = ANY(${references as string[]}) AND e.statement_id <> ${id}
      AND e.state NOT IN ('waiting', 'refused') LIMIT 1`
  return row
}

export async function admitEntries(sql: Runner, statementId: string): Promise<void> {
  await sql`
    UPDATE treasury.bank_entries SET state = 'new' WHERE statement_id = ${statementId} AND state = 'waiting'`
}

/** What is refused is nobody's: the payers' words go at once. */
export async function dropEntries(sql: Runner, statementId: string): Promise<void> {
  await sql`
    UPDATE treasury.bank_entries SET state = 'refused', remittance = NULL
    WHERE statement_id = ${statementId} AND state = 'waiting'`
}

export type EntryCounts = {
  readonly matched: number
  readonly unmatched: number
  readonly outgoing: number
  readonly incomingAmount: bigint
  readonly outgoingAmount: bigint
}

/** How the entries of a statement were booked, or would be by the references that are known now. */
export async function countEntries(sql: Runner, statementId: string): Promise<EntryCounts> {
  const [row] = await sql<Record<keyof EntryCounts, string>[]>`
    SELECT count(*) FILTER (WHERE direction = 'in' AND owned)::text AS matched,
      count(*) FILTER (WHERE direction = 'in' AND NOT owned)::text AS unmatched,
      count(*) FILTER (WHERE direction = 'out')::text AS outgoing,
      coalesce(sum(amount) FILTER (WHERE direction = 'in'), 0)::text AS "incomingAmount",
      coalesce(sum(amount) FILTER (WHERE direction = 'out'), 0)::text AS "outgoingAmount"
    FROM (
      SELECT e.direction, e.amount, CASE WHEN e.state IN ('waiting', 'new', 'refused')
        THEN f.reference IS NOT NULL ELSE e.state <> 'unmatched' END AS owned
      FROM treasury.bank_entries e
      LEFT JOIN treasury.funding_references f ON f.reference = e.reference AND f.asset = e.currency
      WHERE e.statement_id = ${statementId}) AS counted`
  const of = (key: keyof EntryCounts) => row?.[key] ?? '0'
  return {
    ...{ matched: Number(of('matched')), unmatched: Number(of('unmatched')), outgoing: Number(of('outgoing')) },
    ...{ incomingAmount: BigInt(of('incomingAmount')), outgoingAmount: BigInt(of('outgoingAmount')) },
  }
}

export async function entryById(sql: Runner, id: string): Promise<BankEntry | undefined> {
  const [row] = await sql<BankEntry[]>`SELECT ${entryColumns(sql)} FROM treasury.bank_entries WHERE id = ${id}`
  return row
}

export async function entriesOfStatement(sql: Runner, statementId: string, limit = 20_000): Promise<BankEntry[]> {
  return sql<BankEntry[]>`
    SELECT ${entryColumns(sql)} FROM treasury.bank_entries
    WHERE statement_id = ${statementId} ORDER BY n LIMIT ${limit}`
}

export async function newEntries(sql: Runner, statementId: string): Promise<BankEntry[]> {
  return sql<BankEntry[]>`
    SELECT ${entryColumns(sql)} FROM treasury.bank_entries
    WHERE statement_id = ${statementId} AND state = 'new' ORDER BY n`
}

/** The work list: money that nobody has been found for, and what the bank took without our asking. */
export async function openEntries(sql: Runner, limit: number): Promise<BankEntry[]> {
  return sql<BankEntry[]>`
    SELECT ${entryColumns(sql)} FROM treasury.bank_entries
    WHERE state IN ('unmatched', 'returning', 'unexplained') ORDER BY booked_on, id LIMIT ${limit}`
}

/** What arrived for one organisation, in a transaction of that organisation. */
export async function depositsOf(sql: Runner, limit: number): Promise<BankEntry[]> {
  return sql<BankEntry[]>`
    SELECT ${entryColumns(sql)} FROM treasury.bank_entries
    WHERE direction = 'in' AND state IN ('matched', 'assigned') ORDER BY booked_on DESC, id DESC LIMIT ${limit}`
}

/** The deposit that the bank is to send back under one of these references. */
export async function entryBeingReturned(sql: Runner, references: readonly string[], amount: bigint) {
  const [row] = await sql<BankEntry[]>`
    SELECT ${entryColumns(sql)} FROM treasury.bank_entries
    WHERE return_reference = ANY(${references as string[]}) AND state = 'returning' AND amount = ${amount}`
  return row
}

/** Moves an entry on from one of the states before; what is known of the payer's words goes when nobody needs it. */
export async function moveEntry(
  sql: Runner,
  move: { id: string; to: EntryState; from: readonly EntryState[]; orgId?: string; returnReference?: string },
): Promise<boolean> {
  const keepWords = move.to === 'unmatched' || move.to === 'unexplained'
  const done = await sql`
    UPDATE treasury.bank_entries SET state = ${move.to}, org_id = coalesce(${move.orgId ?? null}, org_id),
      return_reference = coalesce(${move.returnReference ?? null}, return_reference),
      remittance = CASE WHEN ${keepWords} THEN remittance END
    WHERE id = ${move.id} AND state = ANY(${move.from as string[]})`
  return done.count === 1
}

export async function ownersOfReferences(sql: Runner, references: readonly string[], asset: string) {
  return sql<{ reference: string; orgId: string }[]>`
    SELECT reference, org_id AS "orgId" FROM treasury.funding_references
    WHERE reference = ANY(${references as string[]}) AND asset = ${asset}`
}

/** The organisation's own reference, made at the first request and the same ever after. */
export async function keepReference(
  sql: Runner,
  made: { reference: string; orgId: string; asset: string; atMs: number },
): Promise<string> {
  await sql`
    INSERT INTO treasury.funding_references (reference, org_id, asset, created_at)
    VALUES (${made.reference}, ${made.orgId}, ${made.asset}, ${made.atMs}) ON CONFLICT (org_id, asset) DO NOTHING`
  const [row] = await sql<{ reference: string }[]>`
    SELECT reference FROM treasury.funding_references WHERE org_id = ${made.orgId} AND asset = ${made.asset}`
  return row?.reference ?? made.reference
}
