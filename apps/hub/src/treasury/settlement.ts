import type { Clock } from '@bithive/kernel/clock'
import type { Parameters } from '@bithive/kernel/parameters'
import type { Rules } from '@bithive/kernel/rules'

/** What jobs are settled in, and how a price in the accounting currency becomes an amount of it. */
export type Settlement = {
  readonly asset: string
  readonly scale: number
  /** From CNY cents to the smallest unit of the asset. */
  readonly fromAccounting: (fen: bigint) => bigint
  /** Where the rate comes from, for whoever asks what a price is made of. */
  readonly rate: () => { readonly unitsPerFen: string; readonly source: 'sample' | 'same-currency' }
}

export const SAMPLE_RATE = 'treasury.sample-rate-ubtt-per-fen'

/** The rate is read once: a changed parameter counts from the next start, so that no job is priced at two rates. */
export async function readSettlement(deps: {
  readonly parameters: Parameters
  readonly rules: Rules
  readonly clock: Clock
}): Promise<Settlement> {
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
      zh: '样例汇率：每分人民币折合多少微 BTT。不是市场价格。',
      en: 'Sample rate: micro-BTT for one CNY cent. Not a market price.',
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

/** The sample rate as a price that a source of rates can state, if it has no more than eight decimals. */
export function samplePrice(unitsPerFen: bigint): string | undefined {
  // One BTT is 10^6 units and one CNY 10^2 fen: 10^4 / unitsPerFen, written with eight decimals where that is exact.
  const scaled = 10n ** 12n
  if (scaled % unitsPerFen !== 0n) return undefined
  const digits = (scaled / unitsPerFen).toString().padStart(9, '0')
  return `${digits.slice(0, -8)}.${digits.slice(-8)}`
}
