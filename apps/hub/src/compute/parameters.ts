import type { Urgency } from '@bithive/api/compute'
import type { ParameterDefinition, Parameters } from '@bithive/kernel/parameters'

const factor = (zh: string, en: string, initial: bigint): ParameterDefinition => ({
  initial,
  min: 10_000n,
  max: 50_000n,
  unit: 'basis points',
  description: { zh, en },
})

/** What the network may turn, with bounds; a change needs two people. */
export const COMPUTE_PARAMETERS = {
  'compute.factor-stat': factor('特急任务的价格系数', 'Price factor of stat work', 20_000n),
  'compute.factor-urgent': factor('加急任务的价格系数', 'Price factor of urgent work', 15_000n),
  'compute.factor-routine': factor('常规任务的价格系数', 'Price factor of routine work', 10_000n),
  'compute.attempts': {
    initial: 3n,
    min: 1n,
    max: 10n,
    unit: 'leases',
    description: { zh: '一个任务最多失去几次租约', en: 'Leases that a job may lose before it fails' },
  },
  'compute.lease-stat-ms': {
    initial: 30_000n,
    min: 5_000n,
    max: 600_000n,
    unit: 'ms',
    description: { zh: '特急任务的租约时长', en: 'Length of a lease for stat work' },
  },
  'compute.lease-ms': {
    initial: 120_000n,
    min: 5_000n,
    max: 3_600_000n,
    unit: 'ms',
    description: { zh: '其他任务的租约时长', en: 'Length of a lease for other work' },
  },
  'compute.open-jobs': {
    initial: 200n,
    min: 1n,
    max: 100_000n,
    unit: 'jobs',
    description: { zh: '一家机构未完成任务的上限', en: 'Open jobs that one organisation may have' },
  },
  'compute.cool-down-ms': {
    initial: 15_000n,
    min: 0n,
    max: 3_600_000n,
    unit: 'ms',
    description: { zh: '节点失联后多久可再接同一任务', en: 'How long a node that lost a job is not offered it again' },
  },
} as const satisfies Record<string, ParameterDefinition>

export type ComputeParameter = keyof typeof COMPUTE_PARAMETERS

export async function defineComputeParameters(parameters: Parameters): Promise<void> {
  for (const [name, definition] of Object.entries(COMPUTE_PARAMETERS)) await parameters.define(name, definition)
}

export const factorOf = (parameters: Parameters, urgency: Urgency): Promise<bigint> =>
  parameters.get(`compute.factor-${urgency}`)
