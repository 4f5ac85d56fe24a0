import { z } from 'zod'

const SignedAmount = z.string().regex(/^-?\d{1,19}(\.\d{1,6})?$/)
const AssetCode = z.string().regex(/^[A-Z]{2,12}$/)
const Id = z.string().max(80)
const Ms = z.number().int()

export const StatementView = z.object({
  statementId: Id,
  account: z.string(),
  bankId: z.string(),
  format: z.string(),
  currency: AssetCode,
  opening: SignedAmount,
  closing: SignedAmount,
  entries: z.number().int(),
  uploadedBy: z.string(),
  uploadedAt: Ms,
  /** `taken`: it waits for a second person, and nothing of it is booked. */
  state: z.enum(['taken', 'booking', 'booked', 'refused']),
  /** Of the file as it was uploaded; null for what was taken before files were hashed. */
  fileSha256: z.string().nullable(),
  approvedBy: z.string().nullable(),
  refusal: z.string().nullable(),
  proposalId: Id,
  /** Whether the one who asks may decide it: another person than the uploader. */
  mayDecide: z.boolean(),
  /** What a waiting statement would book, by what is known now. */
  preview: z
    .object({
      matched: z.number().int(),
      unmatched: z.number().int(),
      outgoing: z.number().int(),
      incomingAmount: SignedAmount,
      outgoingAmount: SignedAmount,
    })
    .nullable(),
})
export type StatementView = z.infer<typeof StatementView>
export const StatementsAnswer = z.object({ statements: z.array(StatementView) })
export type StatementsAnswer = z.infer<typeof StatementsAnswer>
/**
 * What an upload came to, counted as it would be booked: `again` when the same statement was taken before and nothing
 * changed.
 */
export const StatementTaken = z.object({
  taken: z.array(
    z.object({
      statement: StatementView,
      again: z.boolean(),
      matched: z.number().int(),
      unmatched: z.number().int(),
      outgoing: z.number().int(),
    }),
  ),
})
export type StatementTaken = z.infer<typeof StatementTaken>
