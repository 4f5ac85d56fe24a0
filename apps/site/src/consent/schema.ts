import { Jurisdiction, OwnerKind, Region, Sha256Hex } from '@bithive/api/compute'
import type { PrivacyTier } from '@bithive/api/workload'
import { z } from 'zod'

const Purpose = z.enum(['care', 'research', 'training', 'quality'])
type Purpose = z.infer<typeof Purpose>

/** Dotted, from wide to narrow: `imaging`, `imaging.ct`, `imaging.head`. */
const DataClass = z
  .string()
  .regex(/^[a-z]+(\.[a-z-]+)*$/)
  .max(64)

/** POST /site/v1/consents */
export const NewConsent = z.strictObject({
  personId: z.string().regex(/^per_[0-9a-z]{26}$/),
  purpose: Purpose,
  dataClass: DataClass,
  recipientKinds: z.array(OwnerKind).min(1).max(4),
  recipientOrgId: z.string().min(1).max(64).optional(),
  /** Empty means every region inside the jurisdictions. */
  regions: z.array(Region).max(64).default([]),
  jurisdictions: z.array(Jurisdiction).min(1).max(32),
  /** Milliseconds since the epoch; `to` is not included. */
  from: z.int().min(0),
  to: z.int().min(0),
  evidenceSha256: Sha256Hex,
})
export type NewConsent = z.output<typeof NewConsent>
export type NewConsentInput = z.input<typeof NewConsent>

export const Withdrawal = z.strictObject({ reason: z.string().trim().min(3).max(200) })

export type Consent = NewConsent & {
  readonly consentId: string
  readonly recordedBy: string
  readonly recordedAt: number
  readonly revokedAt: number | null
  readonly revokedBy: string | null
  readonly revokedReason: string | null
}

/** Who would receive the data, where it stands, and whose it is. */
export type Recipient = {
  readonly orgId: string
  readonly ownerKind: OwnerKind
  readonly region: string
  readonly jurisdiction: string
}

export type UseRequest = {
  readonly personId: string
  readonly purpose: Purpose
  readonly dataClass: string
  readonly tier: PrivacyTier
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Absent while an order is placed: then the answer says where it may go at all. */
  readonly recipient?: Recipient
}

export type UseReason =
  | 'consent.none'
  | 'consent.purpose'
  | 'consent.data-class'
  | 'consent.not-yet'
  | 'consent.expired'
  | 'consent.revoked'
  | 'consent.recipient-kind'
  | 'consent.recipient'
  | 'consent.jurisdiction'
  | 'consent.region'
  | 'consent.tier'

export type UseDecision =
  | {
      readonly ok: true
      /** The consents that carry it. */
      readonly consentIds: readonly string[]
      /** Where it may be processed under them. */
      readonly jurisdictions: readonly string[]
    }
  | { readonly ok: false; readonly reason: UseReason }
