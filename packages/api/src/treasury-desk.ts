import { z } from 'zod'

const Amount = z.string().regex(/^\d{1,13}(\.\d{1,6})?$/)
const AssetCode = z.string().regex(/^[A-Z]{2,12}$/)
const Ms = z.number().int()
const Text = z.object({ zh: z.string(), en: z.string() })
const Whole = z.string().regex(/^\d{1,19}$/)

export const CheckView = z.object({
  name: z.enum(['supply', 'bank']),
  asset: z.string(),
  ok: z.boolean(),
  since: Ms.nullable(),
  expected: z.string(),
  stored: z.string(),
  transfers: z.array(z.string()),
})
export const ChecksAnswer = z.object({ checkedAt: Ms.nullable(), checks: z.array(CheckView) })
export type ChecksAnswer = z.infer<typeof ChecksAnswer>

/** Why money moved: the act that a transfer's reference names. */
export const ActView = z.object({
  reference: z.string(),
  kind: z.string(),
  orgId: z.string(),
  actorId: z.string(),
  approvedBy: z.string().nullable(),
  state: z.enum(['open', 'booked', 'refused']),
  problem: z.string().nullable(),
  createdAt: Ms,
  endedAt: Ms.nullable(),
  proposalId: z.string().nullable(),
})
export type ActView = z.infer<typeof ActView>
export const ActsAnswer = z.object({ acts: z.array(ActView) })
export type ActsAnswer = z.infer<typeof ActsAnswer>

/** What the ledger desk searches by; everything that is given must fit. */
export const DeskQuery = z.strictObject({
  id: z.uuid().optional(),
  reference: z.string().min(1).max(200).optional(),
  account: z
    .string()
    .regex(/^[1-9]\d{0,18}$/)
    .optional(),
  code: z
    .string()
    .regex(/^[a-z][a-z-]{1,40}$/)
    .optional(),
  lang: z.string().max(20).optional(),
})
export const DeskTransfer = z.object({
  id: z.string(),
  shard: z.number().int(),
  seq: Whole,
  asset: AssetCode,
  amount: Amount,
  step: z.string(),
  code: z.string(),
  text: Text,
  reference: z.string().nullable(),
  at: Ms,
  debit: z.object({ account: z.string(), owner: z.string(), kind: z.string() }),
  credit: z.object({ account: z.string(), owner: z.string(), kind: z.string() }),
})
export type DeskTransfer = z.infer<typeof DeskTransfer>
export const DeskAnswer = z.object({
  transfers: z.array(DeskTransfer),
  codes: z.array(z.object({ code: z.string(), text: Text })),
})
export type DeskAnswer = z.infer<typeof DeskAnswer>
