import { z } from 'zod'
import { LocalText, PrivacyTier } from './workload.ts'

export const Sha256Hex = z.string().regex(/^[0-9a-f]{64}$/)
/** A raw 32-byte public key (Ed25519 or X25519), base64url without padding. */
export const PublicKey32 = z.string().regex(/^[A-Za-z0-9_-]{43}$/)
/** A raw 64-byte Ed25519 signature, base64url without padding. */
export const Signature64 = z.string().regex(/^[A-Za-z0-9_-]{86}$/)
/** A decimal string; how many decimals it may have depends on the asset. */
export const DecimalAmount = z.string().regex(/^\d{1,18}(\.\d{1,18})?$/)
/** ISO 3166-1 alpha-2 country, upper case, with an optional ISO 3166-2 part: `CN`, `CN-44`, `SG`. */
export const Jurisdiction = z.string().regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/)
/** Place where a node stands, as the market shows it: `beijing`, `shanghai`, `singapore`. */
export const Region = z.string().regex(/^[a-z][a-z0-9-]{1,31}$/)

export const Urgency = z.enum(['stat', 'urgent', 'routine'])
export type Urgency = z.infer<typeof Urgency>

export const OwnerKind = z.enum(['home', 'hospital', 'computing-centre', 'data-centre'])
export type OwnerKind = z.infer<typeof OwnerKind>

/** What a site orders. It names no patient and no original UID; the input travels later, encrypted to the node. */
export const JobOrder = z.strictObject({
  /** The site's own id of this order: ordering twice with one id is one job. */
  requestId: z.string().regex(/^ord_[0-9a-z]{26}$/),
  workload: z.string().max(128),
  version: z.string().max(32),
  urgency: Urgency,
  tier: PrivacyTier,
  /** Jurisdictions in which the input may be processed. */
  jurisdictions: z.array(Jurisdiction).min(1).max(32),
  dataClass: z.string().max(64),
  inputSha256: Sha256Hex,
  inputBytes: z.int().min(1).max(8_589_934_592),
  /** X25519 key of the site for this job: the result is sealed to it. */
  resultKey: PublicKey32,
  /** The most this job may cost, in the operator's accounting currency (CNY, 2 decimals). */
  maxPrice: DecimalAmount,
})
export type JobOrder = z.infer<typeof JobOrder>

/** States of a job at the hub; what may follow each is data in `compute/lifecycle.ts`. */
export const JobState = z.enum([
  'ordered', // intent written, hold not yet confirmed
  'queued', // hold placed, waiting for a node
  'leased', // a node has the lease; the site may now seal the input to it
  'staged', // the sealed input lies at the hub for this lease
  'running',
  'returned', // a sealed result lies at the hub, waiting for the site's check
  'accepted', // the site accepted; capture is being booked
  'settled', // capture seen in the ledger's feed
  'failed', // hold refunded
  'cancelled', // hold refunded
  'unresolved', // an outcome that the hub cannot know; the hold stays until an operator decides
])
export type JobState = z.infer<typeof JobState>

/** A reason why a node was not chosen, or why a job waits: a code with facts, texts come from the catalogue. */
export const PlacementReason = z.strictObject({
  code: z.enum([
    'chosen',
    'tier', // the data may go to fewer kinds of node than this one
    'jurisdiction',
    'runtime', // the node does not offer the runtime or the workload
    'memory',
    'gpu',
    'busy',
    'draining',
    'offline',
    'price', // the floor is above what the order may cost
    'dearer', // it fits, but another is cheaper or better
    'tried-before', // it had this job and lost or returned it unusable
    'same-owner-only',
    'sandbox', // its sandbox may not run this workload
  ]),
  nodeId: z.string(),
  nodeName: z.string(),
  ownerKind: OwnerKind,
  facts: z.record(z.string(), z.union([z.string(), z.number()])),
})
export type PlacementReason = z.infer<typeof PlacementReason>

/** What a node is told to trust and what the site checks before bytes leave. */
export const LeaseView = z.strictObject({
  leaseId: z.string(),
  /** Fencing number: only the highest epoch of a job may stage, return or be paid. */
  epoch: z.int().min(1),
  nodeId: z.string(),
  nodeName: z.string(),
  ownerOrgId: z.string(),
  ownerKind: OwnerKind,
  region: Region,
  jurisdiction: Jurisdiction,
  /** X25519 key of the node: the site seals the input to it. */
  nodeKey: PublicKey32,
  /** Ed25519 key of the node: it signs the result envelope. */
  signKey: PublicKey32,
  expiresAt: z.int(),
})
export type LeaseView = z.infer<typeof LeaseView>

export const MoneyPart = z.strictObject({
  part: z.enum(['base-pay', 'royalty', 'fee', 'pool', 'refund', 'hold']),
  toOrgId: z.string().optional(),
  toName: z.string().optional(),
  asset: z.string(),
  amount: DecimalAmount,
  /** The ledger's transfer that booked it. What comes back after a capture has no transfer of its own: its capture. */
  transferId: z.uuid().optional(),
})
export type MoneyPart = z.infer<typeof MoneyPart>

/** The signed part of a result: binds job, lease, input and output to the node's key. Keys in canonical order. */
export const ResultEnvelope = z.strictObject({
  jobId: z.string(),
  epoch: z.int().min(1),
  nodeId: z.string(),
  workload: z.string(),
  version: z.string(),
  workloadDigest: Sha256Hex,
  inputSha256: Sha256Hex,
  /** SHA-256 of the plain result JSON (UTF-8), which only the site can read. */
  resultSha256: Sha256Hex,
  /** SHA-256 of the sealed result bytes, which the hub can check. */
  sealedSha256: Sha256Hex,
  cpuMs: z.int().min(0),
  startedAt: z.int(),
  endedAt: z.int(),
})
export type ResultEnvelope = z.infer<typeof ResultEnvelope>

export const JobView = z.strictObject({
  jobId: z.string(),
  requestId: z.string(),
  orgId: z.string(),
  workload: z.string(),
  version: z.string(),
  urgency: Urgency,
  tier: PrivacyTier,
  state: JobState,
  stateText: LocalText,
  attempt: z.int(),
  createdAt: z.int(),
  updatedAt: z.int(),
  /** Stage and fraction (0 to 1) last reported by the node. */
  progress: z.strictObject({ stage: z.string(), fraction: z.number() }).optional(),
  lease: LeaseView.optional(),
  /** Facts of the returned result: the site fetches the sealed bytes and checks them. */
  result: z
    .strictObject({
      epoch: z.int(),
      sealedSha256: Sha256Hex,
      resultSha256: Sha256Hex,
      bytes: z.int(),
      /** What the node signed, so that the site checks the signature itself and need not take the hub's word. */
      envelope: ResultEnvelope.optional(),
      signature: Signature64.optional(),
    })
    .optional(),
  priceQuoted: DecimalAmount.optional(),
  /** How the accounting currency became the settlement asset, fixed when the job was ordered. */
  rate: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  money: z.array(MoneyPart),
  /** What cancelling now would do; nothing is ever charged for a job that is cancelled in time. */
  cancel: z
    .strictObject({ possible: z.boolean(), refund: DecimalAmount, asset: z.string(), text: LocalText })
    .optional(),
  placement: z.array(PlacementReason),
  /** Code of the catalogue when the job failed or waits for something. */
  problem: z.string().optional(),
})
export type JobView = z.infer<typeof JobView>

export const SandboxKind = z.enum(['bubblewrap', 'process'])

/** What a node measured about itself; declared values are never paid for, only these. */
export const NodeFacts = z.strictObject({
  agentVersion: z.string().max(32),
  platform: z.string().max(64),
  cpuCores: z.int().min(1).max(4096),
  memoryMb: z.int().min(1),
  scratchFreeMb: z.int().min(0),
  gpus: z.int().min(0).max(64),
  /** Reference-kernel runs a second, measured at start on one core. */
  benchmark: z.number().min(0),
  sandbox: z.strictObject({ kind: SandboxKind, isolatesNetwork: z.boolean(), isolatesFiles: z.boolean() }),
  runtimes: z.array(z.enum(['ts-kernel', 'onnx'])),
  /** Workloads that this agent carries, with the digest it recomputed from its own files. */
  workloads: z.array(z.strictObject({ id: z.string(), version: z.string(), digest: Sha256Hex })).max(256),
})
export type NodeFacts = z.infer<typeof NodeFacts>

/** POST /hub/v1/nodes/join: a one-time token, two fresh keys; `proof` signs `join:<token>:<encryptKey>` by signKey. */
export const NodeJoin = z.strictObject({
  token: z.string().min(16).max(128),
  name: z.string().min(1).max(64),
  signKey: PublicKey32,
  encryptKey: PublicKey32,
  proof: Signature64,
  slots: z.int().min(1).max(64),
  /** Least price for one reference-core second, accounting currency. */
  floorPrice: DecimalAmount,
  facts: NodeFacts,
})
export type NodeJoin = z.infer<typeof NodeJoin>
/** What the token carries was fixed when the owner's organisation issued it. */
export const NodeJoined = z.strictObject({
  nodeId: z.string(),
  orgId: z.string(),
  ownerKind: OwnerKind,
  region: Region,
  jurisdiction: Jurisdiction,
})
export type NodeJoined = z.infer<typeof NodeJoined>

/** Messages over the node's WebSocket `/hub/v1/nodes/connect`, one JSON document a frame, at most 64 KiB. */
export const HubToNode = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('challenge'), nonce: z.string().min(32).max(128) }),
  z.strictObject({ type: z.literal('welcome'), nodeId: z.string(), heartbeatMs: z.int() }),
  z.strictObject({
    type: z.literal('offer'),
    jobId: z.string(),
    epoch: z.int(),
    workload: z.string(),
    version: z.string(),
    workloadDigest: Sha256Hex,
    leaseMs: z.int(),
  }),
  /** The sealed input lies at the hub: GET /hub/v1/nodes/leases/:jobId/:epoch/input with the bearer token. */
  z.strictObject({
    type: z.literal('start'),
    jobId: z.string(),
    epoch: z.int(),
    inputSha256: Sha256Hex,
    sealedSha256: Sha256Hex,
    sealedBytes: z.int(),
    resultKey: PublicKey32,
    token: z.string(),
  }),
  z.strictObject({ type: z.literal('revoke'), jobId: z.string(), epoch: z.int(), reason: z.string() }),
  z.strictObject({ type: z.literal('settled'), jobId: z.string(), asset: z.string(), amount: DecimalAmount }),
  z.strictObject({ type: z.literal('refused'), code: z.string() }),
])
export type HubToNode = z.infer<typeof HubToNode>

export const NodeToHub = z.discriminatedUnion('type', [
  /** `signature` signs `connect:<nonce>:<nodeId>` with the node's Ed25519 key. */
  z.strictObject({
    type: z.literal('hello'),
    nodeId: z.string(),
    signature: Signature64,
    facts: NodeFacts,
    /** The node's clock when it says this: the hub measures how far the two differ. */
    at: z.int().min(0).optional(),
    /** Leases that the agent still holds, so that a restarted hub and agent agree. */
    holding: z.array(z.strictObject({ jobId: z.string(), epoch: z.int() })).max(64),
  }),
  z.strictObject({ type: z.literal('heartbeat'), running: z.int(), draining: z.boolean() }),
  z.strictObject({ type: z.literal('accept'), jobId: z.string(), epoch: z.int() }),
  z.strictObject({ type: z.literal('decline'), jobId: z.string(), epoch: z.int(), code: z.string().max(64) }),
  z.strictObject({
    type: z.literal('progress'),
    jobId: z.string(),
    epoch: z.int(),
    stage: z.string().max(64),
    fraction: z.number().min(0).max(1),
  }),
  /** The sealed result was put to PUT /hub/v1/nodes/leases/:jobId/:epoch/result before this is sent. */
  z.strictObject({ type: z.literal('returned'), envelope: ResultEnvelope, signature: Signature64 }),
  z.strictObject({ type: z.literal('failed'), jobId: z.string(), epoch: z.int(), code: z.string().max(64) }),
  z.strictObject({ type: z.literal('drain') }),
])
export type NodeToHub = z.infer<typeof NodeToHub>

/** POST /hub/v1/jobs/:jobId/accept and /reject, sent by the site after its own check. */
export const AcceptResult = z.strictObject({ epoch: z.int().min(1), resultSha256: Sha256Hex })
export const RejectResult = z.strictObject({
  epoch: z.int().min(1),
  code: z.enum(['wrong-input', 'wrong-study', 'unreadable', 'implausible', 'bad-signature']),
})

/** Query of GET /hub/v1/jobs: the caller's jobs that changed after `after`, waiting for one if asked. */
export const JobPageQuery = z.strictObject({
  /** `updatedAt` of the last job seen. It rises with every commit of an organisation, so nothing is missed. */
  after: z.coerce.number().int().min(0).default(0),
  /** How long to wait when nothing has changed yet, at most 25 seconds. */
  waitMs: z.coerce.number().int().min(0).max(25_000).default(0),
  limit: z.coerce.number().int().min(1).max(200).default(100),
})
export type JobPageQuery = z.infer<typeof JobPageQuery>

/** Answer of GET /hub/v1/jobs, oldest change first; `next` is the `after` of the next call. */
export const JobPage = z.strictObject({ jobs: z.array(JobView), next: z.int() })
export type JobPage = z.infer<typeof JobPage>

/** GET /hub/v1/jobs/:jobId/explain: why the job is where it is, largest group of nodes first. */
export const JobExplanation = z.strictObject({
  jobId: z.string(),
  state: JobState,
  stateText: LocalText,
  /** When the allocator last looked at the job; absent before its first cycle. */
  lookedAt: z.int().optional(),
  groups: z.array(
    z.strictObject({
      code: PlacementReason.shape.code,
      text: LocalText,
      count: z.int(),
      /** The nodes of the group, by id; at most 100 are listed. */
      nodes: z.array(PlacementReason),
    }),
  ),
  problem: z.string().optional(),
  problemText: LocalText.optional(),
})
export type JobExplanation = z.infer<typeof JobExplanation>

/** POST /hub/v1/nodes/tokens: what a node that joins with the token will be. */
export const NodeTokenOrder = z.strictObject({
  ownerKind: OwnerKind,
  region: Region,
  jurisdiction: Jurisdiction,
  /** Asks for tier 2 work; granted only to organisations that the network holds to be trusted institutions. */
  trusted: z.boolean().default(false),
  ttlMs: z.int().min(60_000).max(604_800_000).default(86_400_000),
})
export type NodeTokenOrder = z.infer<typeof NodeTokenOrder>

/** The token is shown once; the hub keeps only its hash. */
export const NodeTokenCreated = z.strictObject({ tokenId: z.string(), token: z.string(), expiresAt: z.int() })
export type NodeTokenCreated = z.infer<typeof NodeTokenCreated>

export const NodeView = z.strictObject({
  nodeId: z.string(),
  orgId: z.string(),
  name: z.string(),
  ownerKind: OwnerKind,
  region: Region,
  jurisdiction: Jurisdiction,
  trusted: z.boolean(),
  /** The highest tier of work that this node may be given (3 only from its own organisation). */
  tierGranted: PrivacyTier,
  state: z.enum(['online', 'draining', 'offline']),
  slots: z.int(),
  running: z.int(),
  floorPrice: DecimalAmount,
  facts: NodeFacts,
  joinedAt: z.int(),
  lastSeenAt: z.int(),
})
export type NodeView = z.infer<typeof NodeView>
