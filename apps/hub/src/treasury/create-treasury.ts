import type { CaptureShares } from '@bithive/api/workload'
import type { HttpEnv } from '@bithive/kernel/http'
import type { Worker } from '@bithive/kernel/worker'
import type { Hono } from 'hono'
import { conversionEnded } from './accept-quote.ts'
import { depositAssigned, depositBooked, depositReturning, returnSeen } from './book-deposits.ts'
import { type Checks, createChecks, freeLateHolds } from './checks.ts'
import { explainBooks } from './explain-books.ts'
import { sharesForNewJob } from './fees.ts'
import { fundSample, prepareSampleMoney } from './fund-sample.ts'
import { grantLocked, grantReleased, grantRevoked } from './grants.ts'
import type { Effects } from './money-act.ts'
import { defineTreasuryParameters } from './parameters.ts'
import type { Room, TreasuryDeps } from './ports.ts'
import { createFixedRateSource } from './rate-source.ts'
import { createTreasuryRoutes } from './routes.ts'
import { readSettlement, SAMPLE_RATE, type Settlement, samplePrice } from './settlement.ts'
import { treasuryWorkers } from './worker.ts'

export type Treasury = {
  /** Mount under `/hub/v1`. */
  readonly routes: Hono<HttpEnv>
  readonly workers: readonly Worker[]
  readonly settlement: Settlement
  /**
   * Gives a sample organisation its starting money, once: the same owner again changes nothing.
   * @param fenPerShard CNY cents on each ledger shard
   * @throws rules.shut, ledger.outcome-unknown
   */
  readonly fundSample: (owner: string, fenPerShard: bigint) => Promise<void>
  /** How the price of a job that is ordered now splits, under the fee schedule. */
  readonly sharesForNewJob: (card: CaptureShares) => Promise<CaptureShares>
  readonly checks: Checks
}

/** What an act's end means to the tables, by its kind. */
const EFFECTS: Effects = {
  conversion: conversionEnded,
  deposit: depositBooked,
  'assign-deposit': depositAssigned,
  'return-deposit': depositReturning,
  'return-seen': returnSeen,
  grant: grantLocked,
  'grant-release': grantReleased,
  'grant-revoke': grantRevoked,
}

/** The room as its use cases see it; for tests too. */
export function createRoom(deps: TreasuryDeps, settlement: Settlement): Room {
  const sample = createFixedRateSource({
    name: 'sample',
    now: deps.clock.now,
    prices: async () => {
      const price = settlement.asset === 'BTT' ? samplePrice(await deps.parameters.get(SAMPLE_RATE)) : undefined
      return price === undefined ? {} : { 'BTT-CNY': price }
    },
  })
  const rateSources = deps.rules.sample ? [sample, ...(deps.rateSources ?? [])] : (deps.rateSources ?? [])
  const log = deps.log.child({ room: 'treasury' })
  return { ...deps, log, rateSources, effects: EFFECTS, asset: settlement.asset, scale: settlement.scale }
}

/**
 * The treasury: rates and the conversion desk, the supply, money from the bank, fees and grants. Where the rules open
 * none of it, it says so, and jobs settle in the accounting currency.
 */
export async function createTreasury(deps: TreasuryDeps): Promise<Treasury> {
  const { ledger, rules, clock, parameters } = deps
  const settlement = await readSettlement(deps)
  await defineTreasuryParameters(parameters)
  await ledger.defineAsset({ code: settlement.asset, scale: settlement.scale, closed: false })
  await ledger.defineAsset({ code: 'CNY', scale: 2, closed: false })
  if (rules.allows('closed-credits', clock.now()).ok) {
    await ledger.defineAsset({ code: 'CREDIT', scale: 2, closed: true })
  }
  const room = createRoom(deps, settlement)
  await prepareSampleMoney(room)
  explainBooks(room, freeLateHolds(room))
  const checks = createChecks(room)
  return {
    routes: createTreasuryRoutes(room, checks),
    workers: treasuryWorkers(room, checks),
    settlement,
    fundSample: (owner, fenPerShard) => fundSample(room, settlement, owner, fenPerShard),
    sharesForNewJob: (card) => sharesForNewJob(room, card),
    checks,
  }
}
