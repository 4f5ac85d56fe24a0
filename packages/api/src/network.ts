import { z } from 'zod'
import { WorkloadCard } from './workload.ts'

const Amount = z.string().regex(/^-?\d{1,30}(\.\d{1,18})?$/)
const parts = { posted: Amount, pendingOut: Amount, pendingIn: Amount, available: Amount }

/** GET /hub/v1/ledger/balances, also at /site/v1/network. What a newer hub adds is passed over. */
export const LedgerBalances = z.object({
  balances: z.array(
    z.object({
      asset: z.string(),
      kind: z.string(),
      ...parts,
      shards: z.array(z.object({ shard: z.int(), account: z.string(), ...parts })),
    }),
  ),
})
export type LedgerBalances = z.infer<typeof LedgerBalances>

/** GET /hub/v1/models: the card of every workload that may be ordered. */
export const ModelList = z.object({
  models: z.array(z.object({ card: WorkloadCard, digest: z.string(), authorOrgId: z.string().optional() })),
})
export type ModelList = z.infer<typeof ModelList>

export const EntriesQuery = z.strictObject({
  asset: z.string().max(32).optional(),
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).optional(),
})

/** GET /hub/v1/ledger/entries, newest first. */
export const Entries = z.object({
  entries: z.array(z.looseObject({ id: z.string(), asset: z.string(), amount: Amount, at: z.iso.datetime() })),
  next: z.string().optional(),
})
export type Entries = z.infer<typeof Entries>
