import { z } from 'zod'
import {
  DecimalAmount,
  JobView,
  MoneyPart,
  OwnerKind,
  PlacementReason,
  ResultEnvelope,
  Sha256Hex,
  Urgency,
} from './compute.ts'
import { JobQuote } from './job-quote.ts'
import { LocalText, PrivacyTier } from './workload.ts'

export const OrderPurpose = z.enum(['care', 'research', 'training', 'quality'])

/** POST /site/v1/orders */
export const NewOrder = z.strictObject({
  studyId: z.string().min(1).max(64),
  seriesId: z.string().min(1).max(64),
  workload: z.string().min(1).max(128),
  urgency: Urgency.default('routine'),
  purpose: OrderPurpose.default('care'),
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

export const OrderState = z.enum([
  'draft',
  'preparing',
  'ordered',
  'leased',
  'staged',
  'returned',
  'verified',
  'filed',
  'accepted',
  'settled',
  'refused',
  'failed',
  'cancelled',
  'unknown',
])
export type OrderState = z.infer<typeof OrderState>

/** What stands in an order's way, for the person who has to do something about it. */
export const OrderProblem = z.strictObject({
  code: z.string(),
  title: LocalText,
  notDone: LocalText,
  todo: LocalText,
})
export type OrderProblem = z.infer<typeof OrderProblem>

/** Held, paid, given back and unknown are four different things; amounts are of `asset`. */
export const OrderCost = z.strictObject({
  state: z.enum(['none', 'held', 'paid', 'returning', 'returned', 'unknown']),
  asset: z.string().optional(),
  held: DecimalAmount,
  paid: DecimalAmount,
  refunded: DecimalAmount,
  /** The price that was agreed with the node, accounting currency; absent before a node has it. */
  price: DecimalAmount.optional(),
  /** The most it may cost, accounting currency. */
  maxPrice: DecimalAmount,
  currency: z.string(),
})
export type OrderCost = z.infer<typeof OrderCost>

/** An order in a list. It names a person by `per_…` only. */
export const OrderView = z.strictObject({
  orderId: z.string(),
  jobId: z.string().nullable(),
  personId: z.string(),
  studyId: z.string(),
  seriesId: z.string(),
  workload: z.string(),
  version: z.string(),
  title: LocalText,
  urgency: Urgency,
  purpose: OrderPurpose,
  tier: PrivacyTier,
  dataClass: z.string(),
  jurisdictions: z.array(z.string()),
  maxPrice: DecimalAmount,
  requestedBy: z.string(),
  state: OrderState,
  stateText: LocalText,
  ended: z.boolean(),
  problem: z.string().nullable(),
  /** The problem in words; absent when there is none. */
  problemText: OrderProblem.optional(),
  /** Stage and fraction that the node last reported, while it computes. */
  progress: z.strictObject({ stage: z.string(), fraction: z.number() }).optional(),
  nodeName: z.string().optional(),
  cost: OrderCost,
  inputSha256: z.string().nullable(),
  reportId: z.string().nullable(),
  createdAt: z.int(),
  stateAt: z.int(),
})
export type OrderView = z.infer<typeof OrderView>

/** GET /site/v1/orders: newest first. */
export const OrderListQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** The last order of the page before. */
  before: z
    .string()
    .regex(/^ord_[0-9a-z]{26}$/)
    .optional(),
  /** `attention`: refused, failed, or without an answer for now. */
  show: z.enum(['all', 'open', 'attention', 'settled', 'ended']).default('all'),
  workload: z.string().max(128).optional(),
  urgency: Urgency.optional(),
  studyId: z.string().max(64).optional(),
  /** Part of an order's, job's, study's or person's id. */
  find: z
    .string()
    .regex(/^[0-9a-z_]{1,64}$/)
    .optional(),
})
export type OrderListQuery = z.infer<typeof OrderListQuery>

export const OrderList = z.strictObject({
  orders: z.array(OrderView),
  /** How many there are under the same filter. */
  total: z.int(),
  next: z.string().optional(),
})
export type OrderList = z.infer<typeof OrderList>

/** GET /site/v1/orders/summary?since= */
export const OrderSummaryQuery = z.strictObject({ since: z.coerce.number().int().min(0) })
export const OrderSummary = z.strictObject({
  open: z.int(),
  attention: z.int(),
  settled: z.int(),
  total: z.int(),
  /** By asset: what settled orders cost since the given time, and what open ones hold now. */
  spend: z.array(
    z.strictObject({ asset: z.string(), paid: DecimalAmount, orders: z.int(), held: DecimalAmount, holding: z.int() }),
  ),
})
export type OrderSummary = z.infer<typeof OrderSummary>

export const OrderStep = z.strictObject({
  orderId: z.string(),
  stage: z.string(),
  at: z.int(),
  facts: z.record(z.string(), z.unknown()),
  sinceOrderedMs: z.int(),
})

export const OrderStage = z.strictObject({
  key: z.enum(['ordered', 'queued', 'leased', 'staged', 'running', 'returned', 'checked', 'settled']),
  title: LocalText,
  state: z.enum(['done', 'now', 'next', 'bad', 'unknown']),
  at: z.int().optional(),
  /** How long it lasted; of the present one, since when is `at`. */
  ms: z.int().optional(),
  fact: LocalText.optional(),
})
export type OrderStage = z.infer<typeof OrderStage>

export const OrderWhy = z.strictObject({
  chosen: z.strictObject({ nodeName: z.string(), text: LocalText }).optional(),
  /** Nodes looked at, the chosen one too. */
  looked: z.int(),
  groups: z.array(
    z.strictObject({
      code: PlacementReason.shape.code,
      text: LocalText,
      count: z.int(),
      /** A sentence for each node, with its own figures. */
      nodes: z.array(z.strictObject({ nodeName: z.string(), ownerKind: OwnerKind, text: LocalText })),
    }),
  ),
})
export type OrderWhy = z.infer<typeof OrderWhy>

export const OrderProvenance = z.strictObject({
  workloadDigest: Sha256Hex,
  images: z.int().optional(),
  inputSha256: Sha256Hex.optional(),
  inputBytes: z.int().optional(),
  sealedInputSha256: Sha256Hex.optional(),
  resultSha256: Sha256Hex.optional(),
  sealedResultSha256: Sha256Hex.optional(),
  /** `valid`: this site checked the node's signature over job, input, workload and result by itself. */
  signature: z.enum(['not-yet', 'valid', 'refused', 'not-given']),
  envelope: ResultEnvelope.optional(),
  signKey: z.string().optional(),
})
export type OrderProvenance = z.infer<typeof OrderProvenance>

export const OrderCancel = z.strictObject({
  possible: z.boolean(),
  refund: DecimalAmount,
  asset: z.string().optional(),
  text: LocalText,
})
export type OrderCancel = z.infer<typeof OrderCancel>

/** GET /site/v1/orders/:orderId: one order with everything that its page shows. */
export const OrderDetail = z.strictObject({
  order: OrderView,
  steps: z.array(OrderStep),
  stages: z.array(OrderStage),
  /** Nodes that were asked one after the other; more than one when a lease was lost or a result refused. */
  attempts: z.int(),
  node: JobView.shape.lease,
  moneyParts: z.array(MoneyPart),
  rate: JobView.shape.rate,
  why: OrderWhy.optional(),
  provenance: OrderProvenance,
  cancel: OrderCancel,
  /** When the hub last said something about the job; absent before it was asked. */
  heardAt: z.int().optional(),
})
export type OrderDetail = z.infer<typeof OrderDetail>

/** POST /site/v1/orders/preview: what an order would do, before anything is written or leaves. */
export const OrderPreviewRequest = NewOrder.omit({ requestKey: true, maxPrice: true }).extend({
  maxPrice: DecimalAmount.optional(),
})
export type OrderPreviewRequest = z.output<typeof OrderPreviewRequest>

export const OrderPreview = z.strictObject({
  allowed: z.boolean(),
  /** Everything that stands in the way, the first to deal with first. */
  problems: z.array(OrderProblem),
  /** What is worth knowing before ordering, and keeps nobody from it. */
  warnings: z.array(OrderProblem),
  personId: z.string(),
  workload: z.string(),
  version: z.string(),
  modality: z.string(),
  purpose: OrderPurpose,
  dataClass: z.string(),
  tier: PrivacyTier,
  tierText: LocalText,
  /** Why that tier: the card's own, and the rules of this hospital that apply. */
  tierReasons: z.array(z.strictObject({ code: z.string(), minTier: PrivacyTier, text: LocalText })),
  consent: z.strictObject({
    ok: z.boolean(),
    consentIds: z.array(z.string()),
    jurisdictions: z.array(z.string()),
    reason: z.string().optional(),
  }),
  /** Where the tags before and after are shown, below /site/v1. */
  deidentification: z.string(),
  /** Absent when the order is not allowed or the hub cannot be asked; then `problems` says which. */
  quote: JobQuote.optional(),
})
export type OrderPreview = z.infer<typeof OrderPreview>
