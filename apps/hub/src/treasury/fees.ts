import type { CaptureShares } from '@bithive/api/workload'
import type { Room, Runner } from './ports.ts'

type FeeDefinition = {
  readonly initial: bigint
  readonly min: bigint
  readonly max: bigint
  readonly zh: string
  readonly en: string
}

/** The fee schedule: every fee in basis points, with bounds. A new version counts from its own time on. */
export const FEES = {
  'compute.fee': { initial: 500n, min: 0n, max: 2_000n, zh: '算力网络服务费', en: 'Network fee on computing' },
  'compute.royalty-cap': {
    initial: 2_000n,
    min: 0n,
    max: 5_000n,
    zh: '模型分成上限',
    en: 'Most that an author may take',
  },
  'compute.pool': { initial: 0n, min: 0n, max: 2_000n, zh: '质量奖池提留', en: 'Share for the quality pool' },
  'conversion.fee': { initial: 20n, min: 0n, max: 500n, zh: '兑换手续费', en: 'Conversion fee' },
} as const satisfies Record<string, FeeDefinition>

export type FeeName = keyof typeof FEES
export const FEE_NAMES = Object.keys(FEES) as [FeeName, ...FeeName[]]

export type FeeVersion = {
  readonly name: FeeName
  readonly version: number
  readonly value: bigint
  readonly effectiveFromMs: number
  readonly proposedBy: string
  readonly approvedBy: string
  readonly reason: string
  readonly atMs: number
}

type Row = {
  name: FeeName
  version: number
  value: bigint
  effective_from: bigint
  proposed_by: string
  approved_by: string
  reason: string
  at: bigint
}

/** Every version of a fee, oldest first; what stood before the first is the definition's own value. */
export async function feeHistory(sql: Runner, name: FeeName): Promise<FeeVersion[]> {
  const rows = await sql<Row[]>`SELECT * FROM treasury.fee_versions WHERE name = ${name} ORDER BY version`
  return rows.map((row) => ({
    name: row.name,
    version: row.version,
    value: row.value,
    effectiveFromMs: Number(row.effective_from),
    proposedBy: row.proposed_by,
    approvedBy: row.approved_by,
    reason: row.reason,
    atMs: Number(row.at),
  }))
}

/** What counts at a moment: the newest version whose time has come. */
export function feeAt(name: FeeName, versions: readonly FeeVersion[], atMs: number): bigint {
  return versions.findLast((one) => one.effectiveFromMs <= atMs)?.value ?? FEES[name].initial
}

export async function readFee(room: Pick<Room, 'db' | 'clock'>, name: FeeName): Promise<bigint> {
  return feeAt(name, await feeHistory(room.db.worker, name), room.clock.now())
}

/** Adds a version, once for each proposal. */
export async function addFeeVersion(
  sql: Runner,
  fee: Omit<FeeVersion, 'version' | 'atMs'> & { readonly atMs: number },
): Promise<void> {
  await sql`
    INSERT INTO treasury.fee_versions
      (name, version, value, effective_from, proposed_by, approved_by, reason, at)
    SELECT ${fee.name}, coalesce(max(version), 0) + 1, ${fee.value}, ${fee.effectiveFromMs}, ${fee.proposedBy},
      ${fee.approvedBy}, ${fee.reason}, ${fee.atMs}
    FROM treasury.fee_versions WHERE name = ${fee.name}`
}

/**
 * How a job's price splits under the schedule: the author takes what the card asks, at most the cap; fee and pool are
 * the network's; whoever computes gets all the rest. The shares are whole basis points and add up to the whole.
 */
export function sharesUnder(
  card: CaptureShares,
  fees: { readonly fee: bigint; readonly royaltyCap: bigint; readonly pool: bigint },
): CaptureShares {
  const royaltyBps = Math.min(card.royaltyBps, Number(fees.royaltyCap))
  const feeBps = Number(fees.fee)
  const poolBps = Number(fees.pool)
  return { ...card, royaltyBps, feeBps, poolBps, basePayBps: 10_000 - royaltyBps - feeBps - poolBps }
}

/** The shares of a job that is ordered now; a job that runs keeps those it was ordered with. */
export async function sharesForNewJob(room: Pick<Room, 'db' | 'clock'>, card: CaptureShares): Promise<CaptureShares> {
  const [fee, royaltyCap, pool] = await Promise.all([
    readFee(room, 'compute.fee'),
    readFee(room, 'compute.royalty-cap'),
    readFee(room, 'compute.pool'),
  ])
  return sharesUnder(card, { fee, royaltyCap, pool })
}
