import { z } from 'zod'
import { DecimalAmount, Jurisdiction, NodeView, OwnerKind, PlacementReason, Region, Urgency } from './compute.ts'
import { LocalText } from './workload.ts'

/** An IANA time zone: what the caller means by a day or a month. */
export const TimeZone = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9_+\-/]+$/)

/** GET /hub/v1/nodes/options: what the caller's organisation may join with. */
export const NodeOptions = z.strictObject({
  /** Where nodes reach the hub; absent when the hub does not know its own address. */
  hubUrl: z.string().optional(),
  ownerKinds: z.array(OwnerKind),
  /** The network holds the organisation to be a trusted institution: its nodes may ask for tier 2 work. */
  mayBeTrusted: z.boolean(),
  jurisdiction: Jurisdiction.optional(),
  /** Regions in which nodes stand already, most nodes first: a choice offered, not a limit. */
  regions: z.array(Region),
  /** Why there is nothing to choose, when there is not. */
  reason: LocalText.optional(),
})
export type NodeOptions = z.infer<typeof NodeOptions>

export const CheckState = z.enum(['done', 'waiting', 'warning', 'failed'])

/** One step on the way from a token to the first payment. */
export const JoinCheck = z.strictObject({
  key: z.enum(['joined', 'keys', 'sandbox', 'benchmark', 'clock', 'offer', 'job', 'payment']),
  state: CheckState,
  title: LocalText,
  /** What was found, measured or is waited for. */
  fact: LocalText,
  /** What to do when it failed or is worse than it could be. */
  cure: LocalText.optional(),
  at: z.int().optional(),
})
export type JoinCheck = z.infer<typeof JoinCheck>

/** A token as its organisation sees it; the secret itself is shown once, when it is made. */
export const JoinTokenView = z.strictObject({
  tokenId: z.string(),
  state: z.enum(['open', 'used', 'expired', 'revoked']),
  ownerKind: OwnerKind,
  region: Region,
  jurisdiction: Jurisdiction,
  trusted: z.boolean(),
  createdAt: z.int(),
  expiresAt: z.int(),
  nodeId: z.string().optional(),
  nodeName: z.string().optional(),
})
export type JoinTokenView = z.infer<typeof JoinTokenView>

/** Query of GET /hub/v1/nodes/overview: one node, or all of the organisation's; whose days are meant. */
export const NodeOverviewQuery = z.object({ nodeId: z.string().max(64).optional(), zone: TimeZone.default('UTC') })
export const LeaseRecordQuery = z.object({
  after: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

/** GET /hub/v1/nodes/tokens, newest first, at most 100. */
export const JoinTokenList = z.strictObject({ tokens: z.array(JoinTokenView) })

/** GET /hub/v1/nodes/tokens/:tokenId: the token and how far its node has come. */
export const JoinProgress = z.strictObject({ token: JoinTokenView, checks: z.array(JoinCheck) })
export type JoinProgress = z.infer<typeof JoinProgress>

/** An amount with the asset that it is of. */
export const AssetAmount = z.strictObject({ asset: z.string(), amount: DecimalAmount })
export type AssetAmount = z.infer<typeof AssetAmount>

export const NodeDay = z.strictObject({
  /** The day in the zone of the query: `2026-11-23`. */
  day: z.string(),
  earned: z.array(AssetAmount),
  paidJobs: z.int(),
  onlineMs: z.int(),
  busyMs: z.int(),
})
export type NodeDay = z.infer<typeof NodeDay>

/** Jobs that considered a node and went elsewhere, for one reason. */
export const NoWorkReason = z.strictObject({
  code: PlacementReason.shape.code,
  count: z.int(),
  text: LocalText,
  /** What was asked and what the node has, of the latest of them. */
  fact: LocalText.optional(),
  /** What the owner can do about it; absent when nothing helps. */
  cure: LocalText.optional(),
})
export type NoWorkReason = z.infer<typeof NoWorkReason>

export const Reliability = z.strictObject({
  /** Leases that the node took. */
  taken: z.int(),
  returned: z.int(),
  accepted: z.int(),
  /** Returned and not paid: the site or the hub refused the result. */
  refused: z.int(),
  /** Taken and never returned: the node fell silent, stopped or was too slow. */
  lost: z.int(),
  /** Failed on the node, whatever the cause. */
  failed: z.int(),
  declined: z.int(),
  /** Ended for a reason that is not the node's: the order was cancelled, the input never came or was unusable. */
  notItsFault: z.int(),
})
export type Reliability = z.infer<typeof Reliability>

export const LeaseRecord = z.strictObject({
  jobId: z.string(),
  epoch: z.int(),
  nodeId: z.string(),
  nodeName: z.string(),
  workload: z.string(),
  version: z.string(),
  title: LocalText.optional(),
  urgency: Urgency,
  state: z.enum(['offered', 'held', 'staged', 'running', 'returned', 'accepted', 'ended']),
  stateText: LocalText,
  /** Code and words of the end when the lease ended without pay. */
  endReason: z.string().optional(),
  endText: LocalText.optional(),
  offeredAt: z.int(),
  /** By the hub's clock, from taking the job to returning or losing it. */
  heldAt: z.int().optional(),
  returnedAt: z.int().optional(),
  endedAt: z.int().optional(),
  busyMs: z.int().optional(),
  /** Processor time that the node signed for. */
  cpuMs: z.int().optional(),
  /** What the ledger booked; absent while nothing is. */
  earned: AssetAmount.optional(),
  paidAt: z.int().optional(),
  /** What it will earn once the result is accepted. */
  expected: AssetAmount.optional(),
})
export type LeaseRecord = z.infer<typeof LeaseRecord>

/** GET /hub/v1/nodes/:nodeId/history?after=&limit=, newest first. */
export const LeaseRecordPage = z.strictObject({ jobs: z.array(LeaseRecord), next: z.string().optional() })
export type LeaseRecordPage = z.infer<typeof LeaseRecordPage>

/** GET /hub/v1/nodes/overview?nodeId=&zone=: what the organisation's nodes, or one of them, did and earned. */
export const NodeOverview = z.strictObject({
  at: z.int(),
  zone: z.string(),
  nodes: z.strictObject({ known: z.int(), online: z.int(), slots: z.int(), running: z.int() }),
  /** Base pay that the ledger booked: today and the last 30 days, in the zone of the query. */
  earnedToday: z.array(AssetAmount),
  earned30Days: z.array(AssetAmount),
  /** Returned and not yet accepted and paid. */
  pending: z.array(AssetAmount),
  pendingJobs: z.int(),
  /** Oldest first, today last: 30 days. */
  days: z.array(NodeDay),
  onlineMs: z.int(),
  busyMs: z.int(),
  /** Busy time over online time times slots, in basis points; absent when the nodes were never online. */
  utilisationBps: z.int().optional(),
  jobsNow: z.array(LeaseRecord),
  reliability: Reliability,
  noWork: z.strictObject({
    /** The window that was looked at, in milliseconds back from `at`. */
    windowMs: z.int(),
    /** Jobs that considered these nodes in the window. */
    considered: z.int(),
    chosen: z.int(),
    reasons: z.array(NoWorkReason),
  }),
})
export type NodeOverview = z.infer<typeof NodeOverview>

/** Answer of POST /hub/v1/nodes/:nodeId/remove. */
export const NodeRemoved = z.strictObject({ nodeId: z.string() })

/** GET /hub/v1/nodes/:nodeId/detail: everything about one node that its organisation may know. */
export const NodeDetail = z.strictObject({
  node: NodeView,
  checks: z.array(JoinCheck),
  /** The node's clock against the hub's at its last hello; the truth lies within `withinMs` of it. */
  clock: z.strictObject({ aheadMs: z.int(), withinMs: z.int() }).optional(),
  workloads: z.array(z.strictObject({ id: z.string(), version: z.string(), title: LocalText.optional() })),
  /** Times of day at which the node takes work. There is no schedule yet: it always does. */
  windows: z.literal('always'),
  /** What draining and removing it would do now. */
  working: z.int(),
  awaitingAnswer: z.int(),
})
export type NodeDetail = z.infer<typeof NodeDetail>
