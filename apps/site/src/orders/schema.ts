import { DecimalAmount, Urgency } from '@bithive/api/compute'
import { z } from 'zod'

/** POST /site/v1/orders */
export const NewOrder = z.strictObject({
  studyId: z.string().min(1).max(64),
  seriesId: z.string().min(1).max(64),
  workload: z.string().min(1).max(128),
  urgency: Urgency.default('routine'),
  purpose: z.enum(['care', 'research', 'training', 'quality']).default('care'),
  /** The most it may cost, in the hub's accounting currency (CNY, 2 decimals). */
  maxPrice: DecimalAmount,
  /** The caller's own name for this order: sending it twice is one order. */
  requestKey: z
    .string()
    .regex(/^[A-Za-z0-9._:-]{1,64}$/)
    .optional(),
})
export type NewOrder = z.output<typeof NewOrder>
export type NewOrderInput = z.input<typeof NewOrder>

/** What the de-identified input consists of: the only UIDs that a result may speak of. */
export const OrderInput = z.strictObject({
  studyInstanceUid: z.string(),
  seriesInstanceUid: z.string(),
  images: z.array(z.strictObject({ sopInstanceUid: z.string(), rows: z.int().min(1), columns: z.int().min(1) })).min(1),
})
export type OrderInput = z.infer<typeof OrderInput>

/** A fact about a step: codes, ids, hashes, counts. Never a patient field. */
export type StepFacts = Readonly<Record<string, unknown>>

/** One line of an order's lineage, and what `onProgress` tells as it happens. */
export type OrderStep = {
  readonly orderId: string
  readonly stage: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly facts: StepFacts
}
