import { z } from 'zod'
import { CodedConcept, LocalText } from './workload.ts'

/** Why a person does not take a result over. */
export const REJECT_REASONS = [
  'wrong-region',
  'implausible-value',
  'poor-image-quality',
  'wrong-study',
  'not-useful',
  'other',
] as const
export const RejectReason = z.enum(REJECT_REASONS)
export type RejectReason = z.infer<typeof RejectReason>

export const Verdict = z.enum(['accepted', 'rejected'])
export type Verdict = z.infer<typeof Verdict>

const FindingKey = z.string().regex(/^(series|s\d{1,3})$/)

/** A person's judgement of a result, whole or finding by finding. */
export const ReviewRequest = z
  .strictObject({
    verdict: Verdict,
    reason: RejectReason.optional(),
    /** In the person's own words; kept under the patient's key. */
    text: z.string().trim().max(500).optional(),
    findings: z
      .array(z.strictObject({ key: FindingKey, verdict: Verdict }))
      .max(256)
      .optional(),
  })
  .refine(({ verdict, reason }) => (verdict === 'rejected') === (reason !== undefined), {
    path: ['reason'],
    message: 'a rejection has a reason, and nothing else has',
  })
  .refine(({ reason, text }) => reason !== 'other' || (text ?? '') !== '', {
    path: ['text'],
    message: 'another reason is written out',
  })
export type ReviewRequest = z.infer<typeof ReviewRequest>

/** Whether people took the result over: nobody yet, all who judged it, none, or some. */
export const ReviewState = z.enum(['pending', 'accepted', 'rejected', 'disputed'])
export type ReviewState = z.infer<typeof ReviewState>

export const Review = z.strictObject({
  reviewId: z.string(),
  reviewerId: z.string(),
  verdict: Verdict,
  reason: RejectReason.nullable(),
  text: z.string(),
  findings: z.array(z.strictObject({ key: z.string(), verdict: Verdict })),
  at: z.number(),
  /** False once the same person judged again. */
  inForce: z.boolean(),
})
export type Review = z.infer<typeof Review>

export const ReportMeasurement = z.strictObject({
  concept: CodedConcept,
  value: z.number(),
  unit: CodedConcept,
})
export type ReportMeasurement = z.infer<typeof ReportMeasurement>

/** What a result says of one region, or of the series as a whole, and on which images it lies. */
export const Finding = z.strictObject({
  key: FindingKey,
  /** The segment in the segmentation; null for the series as a whole. */
  segment: z.number().nullable(),
  label: z.string(),
  /** What the region is: a coded body structure. */
  site: CodedConcept.nullable(),
  measurements: z.array(ReportMeasurement),
  /** Original images on which the region lies, with how many pixels of each. */
  images: z.array(z.strictObject({ sopInstanceUid: z.string(), pixels: z.number() })),
})
export type Finding = z.infer<typeof Finding>

const Delivery = z.object({
  kind: z.enum(['seg', 'sr']),
  state: z.enum(['queued', 'sent', 'refused', 'unreachable', 'unknown', 'withdrawn']),
  stateText: LocalText,
  reason: z.string().nullable(),
  attempts: z.number(),
  stateAt: z.number(),
})

/** Everything that the screen of a result shows. */
export const ReportDetail = z.strictObject({
  reportId: z.string(),
  orderId: z.string(),
  personId: z.string(),
  studyId: z.string(),
  seriesId: z.string(),
  /** The series that was measured, and that the images of the findings are of. */
  studyInstanceUid: z.string(),
  seriesInstanceUid: z.string(),
  workload: z.string(),
  version: z.string(),
  state: z.enum(['filing', 'preliminary', 'erased']),
  stateText: LocalText,
  createdAt: z.number(),
  /** Of the result as it was filed, with the images' own UIDs. */
  resultSha256: z.string(),
  notForDiagnosis: LocalText,
  /** Nobody signs here: the document stays unverified, whatever the review says. */
  verification: z.literal('UNVERIFIED'),
  documents: z.array(z.strictObject({ kind: z.enum(['seg', 'sr', 'fhir']), sha256: z.string(), bytes: z.number() })),
  deliveries: z.array(Delivery),
  findings: z.array(Finding),
  review: z.strictObject({ state: ReviewState, history: z.array(Review) }),
})
export type ReportDetail = z.infer<typeof ReportDetail>

/** The segmentation as masks on the original images: run lengths, row by row, beginning with background. */
export const ReportOverlay = z.strictObject({
  rows: z.number(),
  columns: z.number(),
  segments: z.array(
    z.strictObject({
      number: z.number(),
      label: z.string(),
      frames: z.array(z.strictObject({ sopInstanceUid: z.string(), runs: z.array(z.number()) })),
    }),
  ),
})
export type ReportOverlay = z.infer<typeof ReportOverlay>

export const WorklistReport = z.strictObject({
  reportId: z.string(),
  orderId: z.string(),
  seriesId: z.string(),
  workload: z.string(),
  createdAt: z.number(),
  review: ReviewState,
})

export const WorklistRow = z.strictObject({
  studyId: z.string(),
  studyInstanceUid: z.string(),
  personId: z.string(),
  pseudonym: z.string(),
  /** Null for people who may not learn who a patient is. */
  patient: z
    .strictObject({ name: z.string(), patientId: z.string(), birthDate: z.string(), sex: z.string() })
    .nullable(),
  /** YYYYMMDD, or empty. */
  studyDate: z.string(),
  description: z.string(),
  accessionNumber: z.string(),
  modalities: z.array(z.string()),
  bodyParts: z.array(z.string()),
  images: z.number(),
  state: z.enum(['receiving', 'complete']),
  receivedAt: z.number(),
  reports: z.array(WorklistReport),
})
export type WorklistRow = z.infer<typeof WorklistRow>

/** A page of the worklist, newest first; `next` is where the following page begins. */
export const Worklist = z.strictObject({ rows: z.array(WorklistRow), next: z.string().nullable() })
export type Worklist = z.infer<typeof Worklist>
