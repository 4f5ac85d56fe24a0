import { z } from 'zod'
import { ConsentTerms, ConsentView, RequestState } from './consent.ts'
import { LocalText } from './workload.ts'

const Ms = z.number()

/** Somebody of the hospital as the patient reads it: a name and what this person is here, never an id. */
export const SeenActor = z.strictObject({
  kind: z.enum(['self', 'staff', 'machine', 'system']),
  /** Empty when the account is gone. */
  name: z.string(),
  roles: z.array(z.string()),
})
export type SeenActor = z.infer<typeof SeenActor>

/** POST /site/v1/me/link */
export const ClaimLink = z.strictObject({
  code: z.string().min(1).max(40),
  /** `YYYY-MM-DD`, the second fact that the patient knows. */
  birthDate: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
})

/** GET /site/v1/me/link: whether this account stands for a registered person. */
export const MyLink = z.strictObject({ state: z.enum(['none', 'linked']), since: Ms.nullable() })
export type MyLink = z.infer<typeof MyLink>

/** POST /site/v1/people/:personId/invitation: the code is in this answer and never again. */
export const Invitation = z.strictObject({ code: z.string(), expiresAt: Ms })

/** GET /site/v1/people/:personId/link, for staff. */
export const PersonLink = z.strictObject({
  state: z.enum(['none', 'invited', 'linked']),
  /** Of a link. */
  since: Ms.nullable(),
  /** Of an open invitation. */
  expiresAt: Ms.nullable(),
})
export type PersonLink = z.infer<typeof PersonLink>

/** What happens to analyses under way when a consent ends. */
export const WithdrawalEffect = z.strictObject({
  /** Not yet handed to a node: refused, nothing leaves, what was set aside for them goes back. */
  stops: z.int(),
  /** Already with a node: that cannot be called back, it ends and its result is filed. */
  goesOn: z.int(),
  /** Under way, and another consent that stands allows them too. */
  otherwiseAllowed: z.int(),
  /** Reports that are filed; they stay in the record. */
  filed: z.int(),
})
export type WithdrawalEffect = z.infer<typeof WithdrawalEffect>

export const MyConsent = ConsentView.omit({ personId: true, recordedBy: true, revokedBy: true }).extend({
  state: z.enum(['active', 'not-yet', 'withdrawn', 'expired']),
  givenBy: SeenActor,
  withdrawnBy: SeenActor.nullable(),
  /** Which analyses it carried so far. */
  outcome: z.array(z.strictObject({ workload: z.string(), title: LocalText, analyses: z.int(), reports: z.int() })),
})
export type MyConsent = z.infer<typeof MyConsent>

export const MyConsentRequest = ConsentTerms.extend({
  requestId: z.string(),
  state: RequestState,
  days: z.int(),
  why: z.string(),
  answerBy: Ms,
  requestedAt: Ms,
  answeredAt: Ms.nullable(),
  requestedBy: SeenActor,
})
export type MyConsentRequest = z.infer<typeof MyConsentRequest>

/** GET /site/v1/me/consents */
export const MyConsents = z.strictObject({
  consents: z.array(MyConsent),
  requests: z.array(MyConsentRequest),
  /** Who asks and holds the data: the hospital. */
  hospital: LocalText,
})
export type MyConsents = z.infer<typeof MyConsents>

/** POST /site/v1/me/consent-requests/:requestId/answer */
export const AnswerRequest = z.strictObject({ answer: z.enum(['agree', 'decline']) })

/** POST /site/v1/me/consents/:consentId/withdraw */
export const MyWithdrawal = z.strictObject({ consent: MyConsent, effect: WithdrawalEffect })

const item = { id: z.string(), at: Ms }

/** One line of a person's own records. */
export const TimelineItem = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('study'),
    ...item,
    modalities: z.array(z.string()),
    bodyParts: z.array(z.string()),
    images: z.int(),
    complete: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('analysis'),
    ...item,
    title: LocalText,
    state: z.string(),
    stateText: LocalText,
    /** The machine that the images, without name, went to. */
    sentTo: z.strictObject({ name: z.string(), ownerKind: z.string(), jurisdiction: z.string() }).nullable(),
  }),
  z.strictObject({
    kind: z.literal('report'),
    ...item,
    title: LocalText,
    state: z.string(),
    stateText: LocalText,
    readable: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('consent'),
    ...item,
    act: z.enum(['given', 'withdrawn', 'requested', 'declined']),
    terms: ConsentTerms,
    by: SeenActor,
  }),
  z.strictObject({
    kind: z.literal('look'),
    ...item,
    what: z.enum(['images', 'prepared', 'report', 'identity']),
    by: SeenActor,
    /** How often within one hour, of one thing. */
    times: z.int(),
    /** In the looker's own words, when the act asks for a reason. */
    reason: z.string().nullable(),
  }),
])
export type TimelineItem = z.infer<typeof TimelineItem>

/** GET /site/v1/me/timeline?before=&limit= : newest first. */
export const Timeline = z.strictObject({ items: z.array(TimelineItem), next: z.string().optional() })
export type Timeline = z.infer<typeof Timeline>

/** GET /site/v1/me/reports/:reportId: the figures of a report in plain words. */
export const MyReport = z.strictObject({
  reportId: z.string(),
  at: Ms,
  title: LocalText,
  state: z.string(),
  stateText: LocalText,
  notForDiagnosis: LocalText,
  figures: z.array(
    z.strictObject({
      name: LocalText,
      /** What the figure says, in one sentence; absent for a quantity that has no plain words yet. */
      meaning: LocalText.nullable(),
      value: z.number(),
      unit: LocalText,
    }),
  ),
})
export type MyReport = z.infer<typeof MyReport>

export const WalletBalance = z.strictObject({
  asset: z.string(),
  /** Decimal strings in the asset's own scale. */
  available: z.string(),
  held: z.string(),
})
export const WalletEntry = z.strictObject({
  id: z.string(),
  at: Ms,
  asset: z.string(),
  direction: z.enum(['in', 'out']),
  step: z.enum(['move', 'hold', 'post', 'void']),
  amount: z.string(),
  text: LocalText.nullable(),
})
export type WalletBalance = z.infer<typeof WalletBalance>
export type WalletEntry = z.infer<typeof WalletEntry>

/** GET /site/v1/me/wallet. `unreachable` carries what was last read and when; unknown is never zero. */
export const MyWallet = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('not-connected') }),
  z.strictObject({
    state: z.enum(['connected', 'unreachable', 'refused']),
    /** When the network was read, or null when it never was. */
    readAt: Ms.nullable(),
    balances: z.array(WalletBalance).nullable(),
    entries: z.array(WalletEntry).nullable(),
  }),
])
export type MyWallet = z.infer<typeof MyWallet>

/** PUT /site/v1/me/wallet */
export const ConnectWallet = z.strictObject({ code: z.string().trim().min(8).max(200) })
