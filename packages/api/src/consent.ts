import { z } from 'zod'
import { Jurisdiction, OwnerKind, Region, Sha256Hex } from './compute.ts'

export const Purpose = z.enum(['care', 'research', 'training', 'quality'])
export type Purpose = z.infer<typeof Purpose>

/** Dotted, from wide to narrow: `imaging`, `imaging.ct`, `imaging.head`. */
export const DataClass = z
  .string()
  .regex(/^[a-z]+(\.[a-z-]+)*$/)
  .max(64)

/** The pseudonym of a person at a site. */
export const PersonId = z.string().regex(/^per_[0-9a-z]{26}$/)

/** What somebody allows: which data, for what, to whom, where. The period stands beside it. */
const terms = {
  purpose: Purpose,
  dataClass: DataClass,
  recipientKinds: z.array(OwnerKind).min(1).max(4),
  recipientOrgId: z.string().min(1).max(64).optional(),
  /** Empty means every region inside the jurisdictions. */
  regions: z.array(Region).max(64).default([]),
  jurisdictions: z.array(Jurisdiction).min(1).max(32),
} as const

export const ConsentTerms = z.strictObject(terms)
export type ConsentTerms = z.output<typeof ConsentTerms>

/** POST /site/v1/consents */
export const NewConsent = z.strictObject({
  personId: PersonId,
  ...terms,
  /** Milliseconds since the epoch; `to` is not included. */
  from: z.int().min(0),
  to: z.int().min(0),
  evidenceSha256: Sha256Hex,
})
export type NewConsent = z.output<typeof NewConsent>
export type NewConsentInput = z.input<typeof NewConsent>

/** DELETE /site/v1/consents/:consentId */
export const Withdrawal = z.strictObject({ reason: z.string().trim().min(3).max(200) })

/** A consent as the register keeps it, with its withdrawal. Times are milliseconds since the epoch. */
export const ConsentView = NewConsent.extend({
  consentId: z.string(),
  recordedBy: z.string(),
  recordedAt: z.number(),
  revokedAt: z.number().nullable(),
  revokedBy: z.string().nullable(),
  revokedReason: z.string().nullable(),
})
export type ConsentView = z.output<typeof ConsentView>

export const RequestState = z.enum(['requested', 'agreed', 'declined', 'withdrawn', 'expired'])
export type RequestState = z.infer<typeof RequestState>

/** POST /site/v1/consent-requests: staff ask a person for a consent. */
export const NewConsentRequest = z.strictObject({
  personId: PersonId,
  ...terms,
  /** How long the consent would hold once it is given, in days. */
  days: z.int().min(1).max(3650),
  /** What it is for and what the person gets, in the asker's own plain words; shown as it stands. */
  why: z.string().trim().min(10).max(600),
  /** Until when it can be answered, milliseconds since the epoch. */
  answerBy: z.int().min(0),
})
export type NewConsentRequest = z.output<typeof NewConsentRequest>
export type NewConsentRequestInput = z.input<typeof NewConsentRequest>

export const ConsentRequestView = NewConsentRequest.extend({
  requestId: z.string(),
  state: RequestState,
  requestedBy: z.string(),
  requestedAt: z.number(),
  answeredAt: z.number().nullable(),
  /** The consent that an agreement became. */
  consentId: z.string().nullable(),
})
export type ConsentRequestView = z.output<typeof ConsentRequestView>

/** GET /site/v1/consents?personId= */
export const ConsentsAnswer = z.strictObject({
  consents: z.array(ConsentView),
  requests: z.array(ConsentRequestView),
})

/** GET /site/v1/consent-people: who has given, withdrawn or been asked for a consent, newest first. */
export const ConsentPeopleAnswer = z.strictObject({
  people: z.array(
    z.strictObject({
      personId: PersonId,
      /** Consents that stand now, and questions that wait for an answer. */
      active: z.int(),
      open: z.int(),
      lastAt: z.number(),
    }),
  ),
  next: z.string().optional(),
})
