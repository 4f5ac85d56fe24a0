import { z } from 'zod'
import { AssetAmount, TimeZone } from './nodes.ts'
import { LocalText, WorkloadCard } from './workload.ts'

const Count = z.int().min(0)

/** What became of the jobs that used a version, over all time. */
export const ModelUse = z.strictObject({
  ordered: Count,
  /** Results that a node returned. */
  returned: Count,
  /** Results that the ordering site checked and took. */
  accepted: Count,
  /** Results that the ordering site checked and refused. */
  rejected: Count,
  /** Jobs in which the program refused the images. */
  inputRefused: Count,
  /** Runs that failed on a node. */
  failed: Count,
  /** Waiting or running now. */
  open: Count,
})
export type ModelUse = z.infer<typeof ModelUse>

export const OwnModel = z.strictObject({
  workload: z.string(),
  version: z.string(),
  title: LocalText.optional(),
  /** Absent for a version that is no longer carried. */
  card: WorkloadCard.optional(),
  digest: z.string().optional(),
  use: ModelUse,
  /** Royalties that the ledger booked. */
  earned: z.array(AssetAmount),
  /** By month in the zone of the query, newest first, at most 24; months without any are left out. */
  months: z.array(z.strictObject({ month: z.string(), earned: z.array(AssetAmount), jobs: Count })),
  /** Newest first, at most 20: when, how it ended and what it paid; never who ordered it or for whom. */
  lastUses: z.array(
    z.strictObject({
      jobId: z.string(),
      at: z.int(),
      stateText: LocalText,
      state: z.string(),
      royalty: AssetAmount.optional(),
    }),
  ),
})
export type OwnModel = z.infer<typeof OwnModel>

export const OwnModelsQuery = z.object({ zone: TimeZone.default('UTC') })

/** GET /hub/v1/models/own?zone=: what the models of the caller's organisation were used for and earned. */
export const OwnModels = z.strictObject({
  at: z.int(),
  zone: z.string(),
  /** The organisation that royalties go to: the caller's. */
  payee: z.strictObject({ orgId: z.string(), authorKeys: z.array(z.string()) }),
  models: z.array(OwnModel),
})
export type OwnModels = z.infer<typeof OwnModels>
