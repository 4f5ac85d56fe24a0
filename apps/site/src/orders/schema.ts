import { z } from 'zod'

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
