import type { Runner } from './ports.ts'

export type QuoteRow = {
  readonly id: string
  readonly orgId: string
  readonly pair: string
  readonly side: 'sell-base' | 'sell-quote'
  readonly sell: bigint
  readonly fee: bigint
  readonly buy: bigint
  readonly counted: bigint
  readonly num: bigint
  readonly den: bigint
  readonly rateVersion: number
  readonly spreadBps: bigint
  readonly feeBps: bigint
  readonly sample: boolean
  readonly askedBy: string
  readonly createdAt: bigint
  readonly expiresAt: bigint
  readonly state: 'quoted' | 'accepted' | 'converted' | 'refused'
  readonly acceptedBy: string | null
  readonly acceptedAt: bigint | null
  readonly endedAt: bigint | null
  readonly problem: string | null
}

const columns = (sql: Runner) => sql`
  id, org_id AS "orgId", pair, side, sell, fee, buy, counted, num, den, rate_version AS "rateVersion",
  spread_bps AS "spreadBps", fee_bps AS "feeBps", sample, asked_by AS "askedBy", created_at AS "createdAt",
  expires_at AS "expiresAt", state, accepted_by AS "acceptedBy", accepted_at AS "acceptedAt", ended_at AS "endedAt",
  problem`

export async function insertQuote(sql: Runner, quote: QuoteRow): Promise<void> {
  await sql`
    INSERT INTO treasury.quotes (id, org_id, pair, side, sell, fee, buy, counted, num, den, rate_version, spread_bps,
      fee_bps, sample, asked_by, created_at, expires_at, state)
    VALUES (${quote.id}, ${quote.orgId}, ${quote.pair}, ${quote.side}, ${quote.sell}, ${quote.fee}, ${quote.buy},
      ${quote.counted}, ${quote.num}, ${quote.den}, ${quote.rateVersion}, ${quote.spreadBps}, ${quote.feeBps},
      ${quote.sample}, ${quote.askedBy}, ${quote.createdAt}, ${quote.expiresAt}, 'quoted')`
}

/** One quote as its organisation sees it: in a transaction of that organisation, row-level security shows no other. */
export async function quoteById(sql: Runner, id: string): Promise<QuoteRow | undefined> {
  const [row] = await sql<QuoteRow[]>`SELECT ${columns(sql)} FROM treasury.quotes WHERE id = ${id}`
  return row
}

export async function newestQuotes(sql: Runner, limit: number): Promise<QuoteRow[]> {
  return sql<QuoteRow[]>`
    SELECT ${columns(sql)} FROM treasury.quotes WHERE state <> 'quoted' ORDER BY created_at DESC, id DESC LIMIT ${limit}`
}

export async function acceptedLongAgo(sql: Runner, beforeMs: number, limit: number): Promise<QuoteRow[]> {
  return sql<QuoteRow[]>`
    SELECT ${columns(sql)} FROM treasury.quotes
    WHERE state = 'accepted' AND accepted_at <= ${beforeMs} ORDER BY accepted_at LIMIT ${limit}`
}

/** What was converted, or is being converted, since a moment: by one organisation and by all. */
export async function countedSince(sql: Runner, orgId: string, sinceMs: number): Promise<{ own: bigint; all: bigint }> {
  const [row] = await sql<{ own: string; every: string }[]>`
    SELECT coalesce(sum(counted) FILTER (WHERE org_id = ${orgId}), 0)::text AS own,
      coalesce(sum(counted), 0)::text AS every
    FROM treasury.quotes WHERE accepted_at > ${sinceMs} AND state IN ('accepted', 'converted')`
  return { own: BigInt(row?.own ?? 0), all: BigInt(row?.every ?? 0) }
}

export async function markAccepted(sql: Runner, id: string, actorId: string, nowMs: number): Promise<boolean> {
  const done = await sql`
    UPDATE treasury.quotes SET state = 'accepted', accepted_by = ${actorId}, accepted_at = ${nowMs}
    WHERE id = ${id} AND state = 'quoted' AND expires_at > ${nowMs}`
  return done.count === 1
}

export async function endQuote(
  sql: Runner,
  end: { id: string; state: 'converted' | 'refused'; problem: string | undefined; atMs: number },
): Promise<void> {
  await sql`
    UPDATE treasury.quotes SET state = ${end.state}, problem = ${end.problem ?? null}, ended_at = ${end.atMs}
    WHERE id = ${end.id} AND state = 'accepted'`
}
