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

/** What the hospital's own machines may be: a scanner or PACS files images, an information system registers. */
export const SITE_TOKEN_SCOPES = ['technician', 'registrar', 'auditor'] as const
