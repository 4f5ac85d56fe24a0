import { z } from 'zod'

const LocalText = z.strictObject({ zh: z.string(), en: z.string() })
const Moment = z.int().nonnegative()

/** Powerful roles that one person gave alone: they do not count until another confirms them, or until `effectiveAt`. */
const Awaiting = z.strictObject({
  roles: z.array(z.string()),
  givenBy: z.string(),
  since: Moment,
  effectiveAt: Moment.optional(),
})

export const MemberView = z.strictObject({
  membershipId: z.string(),
  orgId: z.string(),
  personId: z.string(),
  name: z.string(),
  login: z.string(),
  roles: z.array(z.string()),
  state: z.enum(['active', 'awaits-second', 'suspended', 'disabled', 'forgotten']),
  awaiting: Awaiting.optional(),
  suspendedAt: Moment.optional(),
  sessions: z.int(),
  signedInAt: Moment.optional(),
  joinedAt: Moment,
})
export type MemberView = z.infer<typeof MemberView>

export const MembersAnswer = z.strictObject({ memberships: z.array(MemberView) })

export const InvitationView = z.strictObject({
  invitationId: z.string(),
  orgId: z.string(),
  purpose: z.enum(['join', 'reset']),
  roles: z.array(z.string()),
  personId: z.string().optional(),
  hint: z.string(),
  state: z.enum(['proposed', 'open', 'used', 'revoked', 'expired']),
  createdBy: z.string(),
  createdAt: Moment,
  expiresAt: Moment,
  usedAt: Moment.optional(),
})
export type InvitationView = z.infer<typeof InvitationView>

export const InvitationsAnswer = z.strictObject({ invitations: z.array(InvitationView) })

/** The code is here and never again. */
export const IssuedAnswer = z.strictObject({
  invitationId: z.string(),
  code: z.string(),
  expiresAt: Moment,
})
export type IssuedAnswer = z.infer<typeof IssuedAnswer>

export const ResetAnswer = z.union([
  IssuedAnswer.extend({ state: z.literal('open') }),
  z.strictObject({ state: z.literal('proposed'), invitationId: z.string() }),
])

export const OpenedInvitation = z.strictObject({
  purpose: z.enum(['join', 'reset']),
  roles: z.array(z.string()),
  organisation: z.strictObject({ orgId: z.string(), name: LocalText }),
  expiresAt: Moment,
  /** Of a reset: the login, for whoever forgot that too. */
  login: z.string().optional(),
})

export const ServiceTokenView = z.strictObject({
  tokenId: z.string(),
  orgId: z.string(),
  name: z.string(),
  scope: z.array(z.string()),
  createdAt: Moment,
  expiresAt: Moment.optional(),
  usedAt: Moment.optional(),
  revokedAt: Moment.optional(),
})
export type ServiceTokenView = z.infer<typeof ServiceTokenView>

export const ServiceTokensAnswer = z.strictObject({ tokens: z.array(ServiceTokenView), scopes: z.array(z.string()) })
export const IssuedToken = z.strictObject({ tokenId: z.string(), token: z.string() })

export const OrganisationView = z.strictObject({
  orgId: z.string(),
  slug: z.string().optional(),
  kind: z.string(),
  name: LocalText,
  jurisdiction: z.string(),
  sample: z.boolean(),
  trusted: z.boolean(),
  state: z.enum(['active', 'suspended', 'closed']),
  createdAt: Moment,
})
export type OrganisationView = z.infer<typeof OrganisationView>

export const OrganisationsAnswer = z.strictObject({ organisations: z.array(OrganisationView) })
