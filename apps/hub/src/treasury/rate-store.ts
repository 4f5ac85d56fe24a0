import type { Observation } from './decide-rate.ts'
import type { Runner } from './ports.ts'
import type { Ratio } from './ratio.ts'

export type RateVersion = {
  readonly pair: string
  readonly version: number
  readonly ratio: Ratio
  readonly observedAtMs: number
  readonly setAtMs: number
  readonly sources: readonly string[]
  readonly leftOut: readonly string[]
}

type VersionRow = {
  pair: string
  version: number
  num: bigint
  den: bigint
  observed_at: bigint
  set_at: bigint
  sources: string[]
  left_out: string[]
}

const asVersion = (row: VersionRow): RateVersion => ({
  pair: row.pair,
  version: row.version,
  ratio: { num: row.num, den: row.den },
  observedAtMs: Number(row.observed_at),
  setAtMs: Number(row.set_at),
  sources: row.sources,
  leftOut: row.left_out,
})

type ObservationRow = {
  source: string
  num: bigint
  den: bigint
  observed_at: bigint
  received_at: bigint
  valid_until: bigint | null
}

/** A source's newest word replaces the one before; an older word that comes late changes nothing. */
export async function keepObservation(sql: Runner, pair: string, one: Observation): Promise<void> {
  await sql`
    INSERT INTO treasury.observations AS o (pair, source, num, den, observed_at, received_at, valid_until)
    VALUES (${pair}, ${one.source}, ${one.ratio.num}, ${one.ratio.den}, ${one.observedAtMs}, ${one.receivedAtMs},
      ${one.validUntilMs ?? null})
    ON CONFLICT (pair, source) DO UPDATE SET num = excluded.num, den = excluded.den,
      observed_at = excluded.observed_at, received_at = excluded.received_at, valid_until = excluded.valid_until
    WHERE o.observed_at <= excluded.observed_at`
}

export async function observationsOf(sql: Runner, pair: string, sources: readonly string[]): Promise<Observation[]> {
  const rows = await sql<ObservationRow[]>`
    SELECT source, num, den, observed_at, received_at, valid_until FROM treasury.observations
    WHERE pair = ${pair} AND source = ANY(${sources as string[]}) ORDER BY source`
  return rows.map((row) => ({
    source: row.source,
    ratio: { num: row.num, den: row.den },
    observedAtMs: Number(row.observed_at),
    receivedAtMs: Number(row.received_at),
    ...(row.valid_until === null ? {} : { validUntilMs: Number(row.valid_until) }),
  }))
}

export async function lastRate(sql: Runner, pair: string): Promise<RateVersion | undefined> {
  const [row] = await sql<VersionRow[]>`
    SELECT * FROM treasury.rates WHERE pair = ${pair} ORDER BY version DESC LIMIT 1`
  return row && asVersion(row)
}

/** Newest first. */
export async function rateHistory(sql: Runner, pair: string, limit: number): Promise<RateVersion[]> {
  const rows = await sql<VersionRow[]>`
    SELECT * FROM treasury.rates WHERE pair = ${pair} ORDER BY version DESC LIMIT ${limit}`
  return rows.map(asVersion)
}

/** Adds a version; of two hubs that add the same one, the first is kept. */
export async function addRate(sql: Runner, rate: RateVersion): Promise<void> {
  await sql`
    INSERT INTO treasury.rates (pair, version, num, den, observed_at, set_at, sources, left_out)
    VALUES (${rate.pair}, ${rate.version}, ${rate.ratio.num}, ${rate.ratio.den}, ${rate.observedAtMs},
      ${rate.setAtMs}, ${rate.sources as string[]}, ${rate.leftOut as string[]})
    ON CONFLICT (pair, version) DO NOTHING`
}

/** The ratio that two people let pass after the last rate, if they did. */
export async function jumpLetPass(sql: Runner, pair: string, afterMs: number): Promise<Ratio | undefined> {
  const [row] = await sql<{ num: bigint; den: bigint }[]>`
    SELECT num, den FROM treasury.jumps_let_pass WHERE pair = ${pair} AND at >= ${afterMs}`
  return row && { num: row.num, den: row.den }
}

/** Forgets what was heard while this machine's clock stood in the future. */
export async function forgetFuture(sql: Runner, pair: string, nowMs: number): Promise<void> {
  await sql`DELETE FROM treasury.observations WHERE pair = ${pair} AND received_at > ${nowMs}`
}

export async function letJumpPass(sql: Runner, pair: string, ratio: Ratio, atMs: number): Promise<void> {
  await sql`
    INSERT INTO treasury.jumps_let_pass (pair, num, den, at) VALUES (${pair}, ${ratio.num}, ${ratio.den}, ${atMs})
    ON CONFLICT (pair) DO UPDATE SET num = excluded.num, den = excluded.den, at = excluded.at`
}
