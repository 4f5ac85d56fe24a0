import type { OwnerKind } from '@bithive/api/compute'
import type { ConsentRequestView, ConsentView, Purpose } from '@bithive/api/consent'
import type { PrivacyTier } from '@bithive/api/workload'

export {
  NewConsent,
  type NewConsentInput,
  NewConsentRequest,
  type NewConsentRequestInput,
  Withdrawal,
} from '@bithive/api/consent'

export type Consent = ConsentView
export type ConsentRequest = ConsentRequestView

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
