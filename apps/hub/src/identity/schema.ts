import { Jurisdiction } from '@bithive/api/compute'
import { z } from 'zod'

/** Kinds of organisation in the network. A kind says what an organisation is, never what its people may do. */
export const OrganisationKind = z.enum([
  'operator',
  'general-hospital',
  'specialist-clinic',
  'community-health-centre',
  'rehabilitation-centre',
  'laboratory',
  'pharmacy',
  'insurer',
  'research-institute',
  'university',
  'company',
  'computing-centre',
  'data-centre',
  'individual',
])
export type OrganisationKind = z.infer<typeof OrganisationKind>

/** Roles of people at the hub, and the scopes of its service tokens. `operator` is for the network's own people. */
export const HUB_ROLES = ['admin', 'orderer', 'node-operator', 'author', 'finance', 'auditor', 'operator'] as const
export type HubRole = (typeof HUB_ROLES)[number]

/** Whoever took over the sign-in of such a member could move money or change who may: two agree to a reset. */
export const POWERFUL_ROLES: readonly HubRole[] = ['admin', 'operator', 'finance']

/** A site's token orders, runs nodes and reads; it never administers, pays out or operates. */
export const TOKEN_SCOPES = ['orderer', 'node-operator', 'author', 'auditor'] as const

export const NewOrganisationBody = z.strictObject({
  slug: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,38}$/)
    .optional(),
  kind: OrganisationKind,
  name: z.strictObject({ zh: z.string().trim().min(1).max(120), en: z.string().trim().min(1).max(120) }),
  jurisdiction: Jurisdiction,
  trusted: z.boolean().default(false),
})

/** Why an organisation is suspended or taken back is kept in the audit, as a code. */
export const StateChange = z.strictObject({
  state: z.enum(['active', 'suspended', 'closed']),
  reason: z.string().regex(/^[a-z][a-z0-9-]{2,63}$/),
})
