import { z } from 'zod'

/** Text that a person reads, in both languages of the product. */
export const LocalText = z.strictObject({ zh: z.string().min(1), en: z.string().min(1) })
export type LocalText = z.infer<typeof LocalText>

/** A coded concept as DICOM PS3.3 section 8.8 writes it: value, scheme designator, meaning. */
export const CodedConcept = z.strictObject({
  value: z.string().min(1).max(64),
  scheme: z.string().min(1).max(16),
  meaning: z.string().min(1).max(64),
})
export type CodedConcept = z.infer<typeof CodedConcept>

/** 0 public, 1 de-identified, 2 trusted institution, 3 only the hospital that the data come from. */
export const PrivacyTier = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)])
export type PrivacyTier = z.infer<typeof PrivacyTier>

/** How a capture is split, in basis points of the price; the four add up to 10,000. */
export const CaptureShares = z
  .strictObject({
    basePayBps: z.int().min(0).max(10_000),
    royaltyBps: z.int().min(0).max(10_000),
    feeBps: z.int().min(0).max(10_000),
    poolBps: z.int().min(0).max(10_000),
  })
  .refine((s) => s.basePayBps + s.royaltyBps + s.feeBps + s.poolBps === 10_000, 'shares must add up to 10000')
export type CaptureShares = z.infer<typeof CaptureShares>

/** What a node must have before a workload of this kind is offered to it. */
export const WorkloadNeeds = z.strictObject({
  runtime: z.enum(['ts-kernel', 'onnx']),
  memoryMb: z.int().min(1).max(1_048_576),
  gpus: z.int().min(0).max(64),
  /** Expected work on one reference core, in seconds: the unit that prices are quoted for. */
  cpuSeconds: z.number().positive().max(1_000_000),
})

export const WorkloadCard = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(\.[a-z0-9-]+)+$/),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  title: LocalText,
  intendedUse: LocalText,
  /** Where the method comes from: paper, guideline, DOI. */
  source: z.string().min(1),
  limits: LocalText,
  /** Invented institute that publishes the workload in samples; the royalty goes to its organisation. */
  author: z.strictObject({ key: z.string().min(1), name: LocalText }),
  modalities: z.array(z.string().regex(/^[A-Z]{2,4}$/)).min(1),
  dataClass: z.string().regex(/^imaging\.[a-z-]+$/),
  /** The lowest tier at which the workload's inputs may travel unless the site's rules say otherwise. */
  defaultTier: PrivacyTier,
  needs: WorkloadNeeds,
  shares: CaptureShares,
  /** True only with a recorded device registration; bundled workloads never qualify. */
  approvedForDiagnosis: z.literal(false),
})
export type WorkloadCard = z.infer<typeof WorkloadCard>

export const Measurement = z.strictObject({
  /** Short key inside the workload, for screens and tests. */
  key: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .max(64),
  concept: CodedConcept,
  value: z.number().finite(),
  /** Unit in UCUM (scheme UCUM). */
  unit: CodedConcept,
  /** Segment the quantity was measured on, when there is one. */
  segment: z.int().min(1).max(255).optional(),
})
export type Measurement = z.infer<typeof Measurement>

export const SegmentFrame = z.strictObject({
  /** SOP Instance UID of the de-identified image that the mask lies on. */
  sopInstanceUid: z.string().regex(/^[0-9.]{1,64}$/),
  /** Run lengths over the row-major mask, starting with background: [0s, 1s, 0s, ...], adding up to rows x columns. */
  runs: z.array(z.int().min(0)).max(2_000_000),
})
export type SegmentFrame = z.infer<typeof SegmentFrame>

export const Segment = z.strictObject({
  number: z.int().min(1).max(255),
  label: z.string().min(1).max(64),
  category: CodedConcept,
  type: CodedConcept,
  rows: z.int().min(1).max(65_535),
  columns: z.int().min(1).max(65_535),
  frames: z.array(SegmentFrame).max(10_000),
})
export type Segment = z.infer<typeof Segment>

/** What a workload returns. It carries no patient field and only de-identified UIDs. */
export const WorkloadResult = z.strictObject({
  workload: z.string(),
  version: z.string(),
  /** SHA-256, hex, of the plain input bundle that was computed on. */
  inputSha256: z.string().regex(/^[0-9a-f]{64}$/),
  studyInstanceUid: z.string().regex(/^[0-9.]{1,64}$/),
  seriesInstanceUid: z.string().regex(/^[0-9.]{1,64}$/),
  measurements: z.array(Measurement).min(1).max(10_000),
  segments: z.array(Segment).max(255),
  /** Plain facts about the run that explain the figures (threshold used, voxels counted). */
  facts: z.record(z.string().max(64), z.union([z.number().finite(), z.string().max(256)])),
})
export type WorkloadResult = z.infer<typeof WorkloadResult>
