import { z } from 'zod'
import { ACCOUNT_KINDS } from './account-id.ts'

/** A whole number of the smallest unit written with the asset's decimals, for example `-12.600000`. */
const Amount = z.string().regex(/^-?\d+(\.\d+)?$/)
const Id = z.string().regex(/^\d{1,19}$/)
const AssetCode = z.string().regex(/^[A-Z][A-Z0-9.-]{1,31}$/)

const parts = { posted: Amount, pendingOut: Amount, pendingIn: Amount, available: Amount }

export const BalancesAnswer = z.strictObject({
  balances: z.array(
    z.strictObject({
      asset: AssetCode,
      kind: z.enum(ACCOUNT_KINDS),
      ...parts,
      shards: z.array(z.strictObject({ shard: z.int(), account: Id, ...parts })),
    }),
  ),
})
export type BalancesAnswer = z.infer<typeof BalancesAnswer>

export const EntriesQuery = z.strictObject({
  asset: AssetCode.optional(),
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  lang: z.enum(['zh', 'en']).optional(),
})

export const EntriesAnswer = z.strictObject({
  entries: z.array(
    z.strictObject({
      id: z.uuid(),
      shard: z.int(),
      seq: Id,
      account: Id,
      kind: z.enum(ACCOUNT_KINDS),
      asset: AssetCode,
      direction: z.enum(['in', 'out']),
      step: z.enum(['move', 'hold', 'post', 'void', 'reverse']),
      amount: Amount,
      /** Of a post or void: the hold that it ended and the amount that had been held. */
      pendingId: z.uuid().optional(),
      pendingAmount: Amount.optional(),
      code: z.string().optional(),
      text: z.strictObject({ zh: z.string(), en: z.string() }).optional(),
      reference: z.string().optional(),
      at: z.iso.datetime(),
      postedAfter: Amount,
    }),
  ),
  next: z.string().optional(),
})
export type EntriesAnswer = z.infer<typeof EntriesAnswer>

export const TrialBalanceAnswer = z.strictObject({
  balanced: z.boolean(),
  /** Shards whose payouts are stopped, with the accounts that were named. */
  stopped: z.array(z.strictObject({ shard: z.int(), since: z.iso.datetime(), accounts: z.array(Id) })),
  lines: z.array(
    z.strictObject({
      shard: z.int(),
      asset: AssetCode,
      debitsPosted: Amount,
      creditsPosted: Amount,
      debitsPending: Amount,
      creditsPending: Amount,
      difference: Amount,
    }),
  ),
})
export type TrialBalanceAnswer = z.infer<typeof TrialBalanceAnswer>
