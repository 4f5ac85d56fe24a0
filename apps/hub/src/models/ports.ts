import type { JobState } from '@bithive/api/compute'
import type { ModelUse } from '@bithive/api/models'
import type { LocalText } from '@bithive/api/workload'

type Amount = { readonly asset: string; readonly scale: number; readonly amount: bigint }

/** One version of a workload, as the market knows it. Nothing of it says who ordered. */
export type UsedModel = {
  readonly workload: string
  readonly version: string
  readonly use: ModelUse
  readonly royalties: readonly (Amount & { readonly span: number; readonly jobs: number })[]
  readonly total: readonly Amount[]
  readonly lastUses: readonly {
    readonly jobId: string
    readonly at: number
    readonly state: JobState
    readonly stateText: LocalText
    readonly royalty?: Amount
  }[]
}

/** Use and royalties of the workloads whose author is the organisation; wired to the market by the app. */
export type ModelUsePort = (
  authorOrgId: string,
  spans: readonly { readonly from: number; readonly until: number }[],
) => Promise<readonly UsedModel[]>
