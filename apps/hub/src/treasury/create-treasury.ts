import type { Clock } from '@bithive/kernel/clock'
import { deterministicUuid } from '@bithive/kernel/ids'
import type { Parameters } from '@bithive/kernel/parameters'
import type { Rules } from '@bithive/kernel/rules'
import { type Ledger, NETWORK, requireBooked, SHARDS } from '../ledger/index.ts'

/** What jobs are settled in, and how a price in the accounting currency becomes an amount of it. */
export type Settlement = {
  readonly asset: string
  readonly scale: number
  /** From CNY cents to the smallest unit of the asset. */
  readonly fromAccounting: (fen: bigint) => bigint
  /** Where the rate comes from, for whoever asks what a price is made of. */
  readonly rate: () => { readonly unitsPerFen: string; readonly source: 'sample' | 'same-currency' }
}

export type Treasury = {
  readonly settlement: Settlement
  /**
   * Gives a sample organisation its starting money, once: the same owner again changes nothing.
   * @param fenPerShard CNY cents on each ledger shard
   * @throws rules.shut, ledger.outcome-unknown
   */
  readonly fundSample: (owner: string, fenPerShard: bigint) => Promise<void>
}

const SAMPLE_RATE = 'treasury.sample-rate-ubtt-per-fen'

async function readSettlement(deps: { parameters: Parameters; rules: Rules; clock: Clock }): Promise<Settlement> {
  const { parameters, rules, clock } = deps
  if (rules.settlementAsset === 'CNY') {
    const rate = { unitsPerFen: '1', source: 'same-currency' } as const
    return { asset: 'CNY', scale: 2, fromAccounting: (fen) => fen, rate: () => rate }
  }
  rules.mustAllow('settle-in-ledger-token', clock.now())
  rules.mustAllow('quote-at-sample-rate', clock.now())
  await parameters.define(SAMPLE_RATE, {
    initial: 20_000n,
    min: 1n,
    max: 1_000_000_000n,
    unit: 'uBTT/fen',
    description: {
      zh: '样例汇率：每分人民币折合多少微 BTT。不是市场价格，不可用于兑换。',
      en: 'Sample rate: micro-BTT for one CNY cent. Not a market price, and nothing converts at it.',
    },
  })
  const unitsPerFen = await parameters.get(SAMPLE_RATE)
  return {
    asset: 'BTT',
    scale: 6,
    fromAccounting: (fen) => fen * unitsPerFen,
    rate: () => ({ unitsPerFen: String(unitsPerFen), source: 'sample' }),
  }
}

/**
 * First form of the treasury: which asset jobs settle in, the sample rate, and sample money. The rate is read once:
 * a changed parameter counts from the next start, so that no running job is priced at two rates.
 */
export async function createTreasury(deps: {
  readonly ledger: Ledger
  readonly parameters: Parameters
  readonly rules: Rules
  readonly clock: Clock
}): Promise<Treasury> {
  const { ledger, rules, clock } = deps
  const settlement = await readSettlement(deps)
  await ledger.defineAsset({ code: settlement.asset, scale: settlement.scale, closed: false })
  if (rules.allows('closed-credits', clock.now()).ok) {
    await ledger.defineAsset({ code: 'CREDIT', scale: 2, closed: true })
  }
  return {
    settlement,
    fundSample: async (owner, fenPerShard) => {
      rules.mustAllow('issue-sample-funding', clock.now())
      // A currency is not issued by us: sample CNY stands for a deposit at a bank, so it comes from clearing.
      const source = settlement.asset === 'CNY' ? 'clearing' : 'supply'
      const from = await ledger.ensureAccounts(NETWORK, settlement.asset, source)
      const to = await ledger.ensureAccounts(owner, settlement.asset, 'holder')
      for (const [index, shard] of SHARDS.entries()) {
        const outcomes = await ledger.submit([
          {
            id: deterministicUuid('treasury', 'sample-funding', owner, settlement.asset, String(shard)),
            debit: from[index] as bigint,
            credit: to[index] as bigint,
            amount: settlement.fromAccounting(fenPerShard),
            code: 'sample-funding',
            reference: `sample-funding:${owner}`,
          },
        ])
        requireBooked(outcomes)
      }
    },
  }
}
