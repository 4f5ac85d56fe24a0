import { z } from 'zod'
import { DecimalAmount, JobExplanation, Jurisdiction, OwnerKind, PlacementReason, Region, Urgency } from './compute.ts'
import { LocalText, PrivacyTier } from './workload.ts'

/** POST /hub/v1/jobs/quote: the facts of an order that decide where it may go and what it costs. */
export const JobQuoteOrder = z.strictObject({
  workload: z.string().max(128),
  version: z.string().max(32),
  urgency: Urgency,
  tier: PrivacyTier,
  jurisdictions: z.array(Jurisdiction).min(1).max(32),
  dataClass: z.string().max(64),
  /** The most it may cost, in the accounting currency; without it the dearest node that fits sets the limit. */
  maxPrice: DecimalAmount.optional(),
})
export type JobQuoteOrder = z.infer<typeof JobQuoteOrder>

/** A price in both units: the accounting currency, and what the ledger would book at the rate of now. */
export const QuotedPrice = z.strictObject({ accounting: DecimalAmount, settlement: DecimalAmount })
export type QuotedPrice = z.infer<typeof QuotedPrice>

export const QuotePart = z.strictObject({
  part: z.enum(['base-pay', 'royalty', 'fee', 'pool']),
  shareBps: z.int().min(0).max(10_000),
  amount: DecimalAmount,
})

/** One node that may have the job now. */
export const JobOffer = z.strictObject({
  nodeId: z.string(),
  nodeName: z.string(),
  ownerKind: OwnerKind,
  ownerName: z.string().optional(),
  region: Region,
  jurisdiction: Jurisdiction,
  /** The highest tier of work that the node may be given. */
  tierGranted: PrivacyTier,
  /** The node is the asking organisation's own: what it earns stays in the house. */
  own: z.boolean(),
  freeSlots: z.int(),
  price: QuotedPrice,
  parts: z.array(QuotePart),
  reason: PlacementReason,
  /** Why it stands where it stands in the list. */
  text: LocalText,
})
export type JobOffer = z.infer<typeof JobOffer>

/** What an order would meet at this moment. It is a look, not a promise: nothing is reserved. */
export const JobQuote = z.strictObject({
  at: z.int(),
  /** After this the figures are old; ask again. */
  validUntil: z.int(),
  promise: LocalText,
  currency: z.string(),
  asset: z.string(),
  rate: z.strictObject({ unitsPerCent: z.string(), source: z.string(), text: LocalText }),
  urgencyFactorBps: z.int(),
  /** Best first, in the order in which the allocator would choose. */
  offers: z.array(JobOffer).max(200),
  /** Nodes that cannot have it now, largest group first. */
  excluded: JobExplanation.shape.groups,
  /** What would be set aside until the job ends: the limit of the order. Absent when no node fits and none is given. */
  hold: QuotedPrice.optional(),
  /** What the paying organisation could set aside at once, in the settlement asset. */
  available: DecimalAmount,
  wait: z.strictObject({
    /** Orders that the allocator would place before this one. */
    ahead: z.int().min(0),
    freeSlots: z.int().min(0),
    /** How long nodes took for this workload, tenth to ninetieth percentile; absent below three finished jobs. */
    ran: z.strictObject({ jobs: z.int(), lowMs: z.int(), highMs: z.int() }).optional(),
    text: LocalText,
  }),
})
export type JobQuote = z.infer<typeof JobQuote>
