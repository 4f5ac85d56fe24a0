/** Roles of people at a site. */
export const SITE_ROLES = [
  'clinician',
  'radiologist',
  'technician',
  'registrar',
  'privacy-officer',
  'admin',
  'auditor',
  'finance',
  'node-operator',
  'patient',
] as const
export type SiteRole = (typeof SITE_ROLES)[number]

/** Roles that come with another. */
export const SITE_IMPLIES: Readonly<Partial<Record<SiteRole, readonly SiteRole[]>>> = { radiologist: ['clinician'] }

/** Whoever took over the sign-in of such a member could see or change what they may: two agree to a reset. */
export const SITE_POWERFUL: readonly SiteRole[] = ['admin', 'privacy-officer', 'finance']

/** Given by two: an administrator decides what everybody else at the hospital may. */
export const SITE_BY_TWO: readonly SiteRole[] = ['admin']

/** What the hospital's own machines may be: a scanner or PACS files images, an information system registers. */
export const SITE_TOKEN_SCOPES = ['technician', 'registrar', 'auditor'] as const
