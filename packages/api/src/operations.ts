import { z } from 'zod'

const LocalText = z.strictObject({ zh: z.string(), en: z.string() })
/** Milliseconds since the Unix epoch. */
const Moment = z.int().nonnegative()

export const HealthState = z.enum(['ok', 'warn', 'fail', 'unknown', 'off'])
export type HealthState = z.infer<typeof HealthState>

/** One thing that a house is made of, and how it is. */
export const HealthPart = z.strictObject({
  key: z.string(),
  title: LocalText,
  state: HealthState,
  fact: LocalText,
  /** Since when it is in this state, as far as this process has seen. */
  since: Moment.optional(),
  lastError: z.strictObject({ code: z.string(), at: Moment }).optional(),
})
export type HealthPart = z.infer<typeof HealthPart>

/** Something a person should look at: what it is, and what to do. */
export const HealthProblem = z.strictObject({
  key: z.string(),
  severity: z.enum(['warn', 'fail']),
  title: LocalText,
  todo: LocalText,
  since: Moment,
})
export type HealthProblem = z.infer<typeof HealthProblem>

export const HealthWorker = z.strictObject({
  name: z.string(),
  state: z.enum(['ok', 'late', 'failing', 'starting']),
  intervalMs: z.number(),
  lastSuccessAt: Moment.optional(),
  lastFailure: z.strictObject({ at: Moment, code: z.string() }).optional(),
  failures: z.int(),
})
export type HealthWorker = z.infer<typeof HealthWorker>

export const HealthQueue = z.strictObject({
  key: z.string(),
  title: LocalText,
  count: z.int().nonnegative(),
  state: HealthState,
})
export type HealthQueue = z.infer<typeof HealthQueue>

export const HealthAnswer = z.strictObject({
  at: Moment,
  state: z.enum(['ok', 'warn', 'fail']),
  version: z.string(),
  startedAt: Moment,
  problems: z.array(HealthProblem),
  parts: z.array(HealthPart),
  workers: z.array(HealthWorker),
  queues: z.array(HealthQueue),
})
export type HealthAnswer = z.infer<typeof HealthAnswer>

const Seq = z.string().regex(/^\d{1,19}$/)

export const AuditRecordView = z.strictObject({
  seq: Seq,
  id: z.string(),
  at: z.iso.datetime(),
  actorId: z.string(),
  action: z.string(),
  resource: z.string(),
  requestId: z.string().optional(),
  facts: z.record(z.string(), z.unknown()).optional(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
})
export type AuditRecordView = z.infer<typeof AuditRecordView>

export const AuditAnswer = z.strictObject({
  orgId: z.string(),
  records: z.array(AuditRecordView),
  next: Seq.optional(),
})
export type AuditAnswer = z.infer<typeof AuditAnswer>

export const AuditChainsAnswer = z.strictObject({
  chains: z.array(z.strictObject({ orgId: z.string(), records: Seq, head: z.string(), name: LocalText.optional() })),
})

export const AuditVerdictAnswer = z.strictObject({
  orgId: z.string(),
  ok: z.boolean(),
  /** How many records hold, up to the head. */
  records: Seq.optional(),
  head: z.string().optional(),
  /** The first record that does not fit, and how. */
  seq: Seq.optional(),
  problem: z.enum(['altered', 'missing', 'broken-link', 'head-differs', 'anchor-differs']).optional(),
  tookMs: z.number(),
})
export type AuditVerdictAnswer = z.infer<typeof AuditVerdictAnswer>

export const DrillView = z.strictObject({
  at: Moment,
  ok: z.boolean(),
  checks: z.array(z.string()),
  /** Why it failed. */
  code: z.string().optional(),
  check: z.string().optional(),
  elapsedMs: z.number(),
})
export type DrillView = z.infer<typeof DrillView>

export const BackupView = z.strictObject({
  name: z.string(),
  at: Moment,
  bytes: z.number(),
  tables: z.int().optional(),
  files: z.int().optional(),
  elapsedMs: z.number().optional(),
  drill: DrillView.optional(),
})
export type BackupView = z.infer<typeof BackupView>

/** What is under way, or how the last one ended. */
export const BackupRun = z.strictObject({
  kind: z.enum(['backup', 'drill']),
  name: z.string(),
  startedAt: Moment,
  stage: z.enum(['databases', 'files', 'secrets', 'sealing', 'restoring', 'done', 'failed']),
  done: z.int(),
  bytes: z.number(),
  endedAt: Moment.optional(),
  code: z.string().optional(),
})
export type BackupRun = z.infer<typeof BackupRun>

export const BackupsAnswer = z.strictObject({
  folder: z.string(),
  /** The folder lies on the disk that holds the data: lost together. */
  sameDisk: z.boolean(),
  freeBytes: z.number(),
  backups: z.array(BackupView),
  run: BackupRun.optional(),
  /** To be run on the machine, never from a browser. */
  restoreCommand: z.string(),
})
export type BackupsAnswer = z.infer<typeof BackupsAnswer>

export const PassphraseAnswer = z.strictObject({ passphrase: z.string() })

export const FeedAnswer = z.strictObject({
  transfers: z.array(
    z.strictObject({
      shard: z.int(),
      seq: Seq,
      id: z.uuid(),
      debit: Seq,
      credit: Seq,
      step: z.enum(['move', 'hold', 'post', 'void', 'reverse']),
      /** With the asset's decimals. */
      amount: z.string(),
      asset: z.string(),
      code: z.string().optional(),
      text: LocalText.optional(),
      reference: z.string().optional(),
      at: z.iso.datetime(),
    }),
  ),
  /** Of each shard: where older ones begin. */
  next: z.string().optional(),
})
export type FeedAnswer = z.infer<typeof FeedAnswer>

export const StopsAnswer = z.strictObject({
  stops: z.array(
    z.strictObject({
      shard: z.int(),
      since: Moment,
      findings: z.array(
        z.strictObject({
          kind: z.string(),
          account: z.string().optional(),
          asset: z.string().optional(),
          stored: z.string(),
          expected: z.string(),
        }),
      ),
      proposal: z.strictObject({ proposalId: z.string(), by: z.string(), at: Moment, reason: z.string() }).optional(),
    }),
  ),
})
export type StopsAnswer = z.infer<typeof StopsAnswer>

/* The first-run wizard. */

export const SiteKind = z.enum([
  'general-hospital',
  'specialist-clinic',
  'community-health-centre',
  'rehabilitation-centre',
  'laboratory',
])
export type SiteKind = z.infer<typeof SiteKind>

const AeTitle = z.string().regex(/^[A-Za-z0-9_ -]{1,16}$/)
const Host = z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/)

export const DicomSender = z.strictObject({ aeTitle: AeTitle, address: Host.optional() })
export type DicomSender = z.infer<typeof DicomSender>

export const DicomDestination = z.strictObject({ aeTitle: AeTitle, host: Host, port: z.int().min(1).max(65_535) })
export type DicomDestination = z.infer<typeof DicomDestination>

export const OrganisationInput = z.strictObject({
  name: z.strictObject({ zh: z.string().trim().min(1).max(120), en: z.string().trim().min(1).max(120) }),
  kind: SiteKind,
})
export type OrganisationInput = z.infer<typeof OrganisationInput>

export const AdministratorInput = z.strictObject({
  login: z.string().min(3).max(254),
  name: z.string().trim().min(1).max(120),
  password: z.string().min(12).max(256),
  /** What the same person also does at the hospital. */
  alsoWorksAs: z.array(z.enum(['clinician', 'radiologist', 'technician', 'registrar', 'privacy-officer', 'finance'])),
})
export type AdministratorInput = z.infer<typeof AdministratorInput>

/** Who has called at the DICOM door. */
export const DicomHeard = z.strictObject({
  at: Moment,
  act: z.enum(['echo', 'store', 'refused']),
  aeTitle: z.string(),
  address: z.string(),
})
export type DicomHeard = z.infer<typeof DicomHeard>

export const EchoOutcome = z.strictObject({
  state: z.enum(['answered', 'refused', 'unreachable', 'unknown']),
  elapsedMs: z.number(),
})
export type EchoOutcome = z.infer<typeof EchoOutcome>

export const SetupState = z.strictObject({
  /** False once somebody administers this house. */
  needed: z.boolean(),
  finishedAt: Moment.optional(),
  profile: z.string(),
  sample: z.boolean(),
  jurisdiction: z.string(),
  organisation: OrganisationInput.extend({ orgId: z.string() }).optional(),
  administrator: z.boolean(),
  dicom: z.strictObject({
    aeTitle: z.string(),
    host: z.string(),
    port: z.int(),
    senders: z.array(DicomSender),
    heard: z.array(DicomHeard),
  }),
  pacs: DicomDestination.optional(),
  backup: z.strictObject({ folder: z.string(), chosen: z.boolean(), last: BackupView.optional() }),
  funding: z.strictObject({ sample: z.boolean(), asset: z.string(), funded: z.boolean() }),
})
export type SetupState = z.infer<typeof SetupState>

/** What anybody may know: whether the house still waits for its first person. */
export const SetupNeeded = z.strictObject({ needed: z.boolean() })

export const StorageTest = z.strictObject({
  ok: z.boolean(),
  directory: z.string(),
  freeBytes: z.number(),
  totalBytes: z.number(),
  /** To write, read back and remove a file. */
  elapsedMs: z.number(),
  code: z.string().optional(),
})
export type StorageTest = z.infer<typeof StorageTest>

export const DatabaseTest = z.strictObject({
  ok: z.boolean(),
  version: z.string(),
  embedded: z.boolean(),
  bytes: z.number(),
  /** To write a record durably and to read it back. */
  elapsedMs: z.number(),
})
export type DatabaseTest = z.infer<typeof DatabaseTest>
