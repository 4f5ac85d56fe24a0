import type { ParameterDefinition, Parameters } from '@bithive/kernel/parameters'

const HOUR = 3_600_000n
const DAY = 24n * HOUR

const of = (
  [initial, min, max]: readonly [bigint, bigint, bigint],
  unit: string,
  zh: string,
  en: string,
): ParameterDefinition => ({ initial, min, max, unit, description: { zh, en } })

/** What the network may turn of the treasury, with bounds; a change needs two people. */
export const TREASURY_PARAMETERS = {
  'treasury.rate-max-age-ms': of([300_000n, 1_000n, DAY], 'ms', '汇率最多可以多旧', 'How old a rate may be'),
  'treasury.rate-outlier-bps': of(
    [500n, 1n, 10_000n],
    'bps',
    '来源偏离中位数多少即不计入',
    'How far a source may lie from the median',
  ),
  'treasury.rate-jump-bps': of(
    [2_000n, 1n, 10_000n],
    'bps',
    '汇率一次变动超过多少即暂停兑换',
    'How far a rate may move at once before conversion stops',
  ),
  'treasury.quote-ttl-ms': of([60_000n, 1_000n, HOUR], 'ms', '报价有效多久', 'How long a quote holds'),
  'treasury.spread-bps': of([50n, 0n, 2_000n], 'bps', '兑换台的价差', 'Spread of the desk'),
  'treasury.cap-order-fen': of(
    [5_000_000n, 1n, 100_000_000_000n],
    'fen',
    '每笔兑换上限（折合人民币分）',
    'Most that one conversion may be worth, in CNY cents',
  ),
  'treasury.cap-owner-day-fen': of(
    [20_000_000n, 1n, 1_000_000_000_000n],
    'fen',
    '每家机构 24 小时兑换上限',
    'Most that one organisation may convert in 24 hours, in CNY cents',
  ),
  'treasury.cap-day-fen': of(
    [100_000_000n, 1n, 10_000_000_000_000n],
    'fen',
    '全网 24 小时兑换上限',
    'Most that all may convert in 24 hours, in CNY cents',
  ),
  'treasury.emission-first': of(
    [10_000_000_000n, 0n, 1_000_000_000_000_000n],
    'uBTT',
    '首个阶段每期增发（微 BTT）',
    'Emission of one epoch in the first period, in micro-BTT',
  ),
  'treasury.emission-period-epochs': of(
    [365n, 1n, 1_000_000n],
    'epochs',
    '每个阶段有多少期',
    'Epochs in one period of the emission',
  ),
  'treasury.emission-keep-bps': of(
    [5_000n, 0n, 10_000n],
    'bps',
    '下一阶段保留的比例',
    'What is left of the emission in the next period',
  ),
  'treasury.emission-pool-bps': of(
    [5_000n, 0n, 10_000n],
    'bps',
    '增发中归入质量奖池的比例',
    'Share of the emission that goes to the quality pool',
  ),
  'treasury.emission-catch-up': of(
    [31n, 1n, 1_000n],
    'epochs',
    '停机后最多一次补发多少期；超过即停下等人处理',
    'Epochs that are caught up after downtime; beyond it the emission stops and people look',
  ),
} as const satisfies Record<string, ParameterDefinition>

export type TreasuryParameter = keyof typeof TREASURY_PARAMETERS

export async function defineTreasuryParameters(parameters: Parameters): Promise<void> {
  for (const [name, definition] of Object.entries(TREASURY_PARAMETERS)) await parameters.define(name, definition)
}
