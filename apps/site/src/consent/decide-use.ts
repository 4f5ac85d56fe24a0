import type { PrivacyTier } from '@bithive/api/workload'
import type { Consent, Recipient, UseDecision, UseReason, UseRequest } from './schema.ts'

/** `imaging` covers `imaging.ct`; `imaging.c` does not. */
const covers = (wide: string, narrow: string) => narrow === wide || narrow.startsWith(`${wide}.`)

/** `CN` covers `CN-44`. */
const covers3166 = (wide: string, narrow: string) => narrow === wide || narrow.startsWith(`${wide}-`)

/**
 * Whether a node of this kind may see data of this tier: 3 the originating hospital only, 2 institutions only,
 * 1 and 0 any kind of node.
 */
function tierAllows(tier: PrivacyTier, recipient: Recipient, originOrgId: string): boolean {
  if (tier === 3) return recipient.orgId === originOrgId && recipient.ownerKind === 'hospital'
  if (tier === 2) return recipient.ownerKind !== 'home'
  return true
}

/** The tests of one consent, in the order in which a person would ask them. */
function fault(consent: Consent, request: UseRequest): UseReason | undefined {
  const { at, recipient } = request
  if (consent.purpose !== request.purpose) return 'consent.purpose'
  if (!covers(consent.dataClass, request.dataClass)) return 'consent.data-class'
  if (at < consent.from) return 'consent.not-yet'
  // Effective at once: a withdrawal in the same millisecond already counts.
  if (consent.revokedAt !== null && at >= consent.revokedAt) return 'consent.revoked'
  if (at >= consent.to) return 'consent.expired'
  if (!recipient) return undefined
  if (!consent.recipientKinds.includes(recipient.ownerKind)) return 'consent.recipient-kind'
  if (consent.recipientOrgId && consent.recipientOrgId !== recipient.orgId) return 'consent.recipient'
  if (!consent.jurisdictions.some((wide) => covers3166(wide, recipient.jurisdiction))) return 'consent.jurisdiction'
  if (consent.regions.length > 0 && !consent.regions.includes(recipient.region)) return 'consent.region'
  return undefined
}

/** How near a refused consent came: the nearest one's reason is the one worth telling. */
const NEARNESS: readonly UseReason[] = [
  'consent.none',
  'consent.purpose',
  'consent.data-class',
  'consent.not-yet',
  'consent.expired',
  'consent.revoked',
  'consent.recipient-kind',
  'consent.recipient',
  'consent.jurisdiction',
  'consent.region',
]

/**
 * Decides one use from the person's consents. Deny by default: without a consent that passes every test, no.
 * Pure: same consents and request, same answer.
 */
export function decideUse(consents: readonly Consent[], request: UseRequest, originOrgId: string): UseDecision {
  if (request.recipient && !tierAllows(request.tier, request.recipient, originOrgId)) {
    return { ok: false, reason: 'consent.tier' }
  }
  const carrying: Consent[] = []
  let nearest: UseReason = 'consent.none'
  for (const consent of consents) {
    if (consent.personId !== request.personId) continue
    const reason = fault(consent, request)
    if (!reason) carrying.push(consent)
    else if (NEARNESS.indexOf(reason) > NEARNESS.indexOf(nearest)) nearest = reason
  }
  if (carrying.length === 0) return { ok: false, reason: nearest }
  return {
    ok: true,
    consentIds: carrying.map((consent) => consent.consentId).sort(),
    jurisdictions: [...new Set(carrying.flatMap((consent) => consent.jurisdictions))].sort(),
  }
}
