import { type Actor, allow, type Decision, deny } from '@bithive/kernel/actor'

const holds = (actor: Actor, siteOrgId: string, ...roles: string[]) =>
  actor.kind === 'person' && actor.orgId === siteOrgId && roles.some((role) => actor.roles.includes(role))

/** How the hospital's part is: for whoever administers it, and for its auditor. */
export const maySeeHealth = (actor: Actor, siteOrgId: string): Decision =>
  holds(actor, siteOrgId, 'admin', 'auditor') ? allow : deny('operations.needs-admin')

/** Who saw what: for the privacy officer, the auditor and the administrator, and each reading is recorded. */
export function mayReadAudit(actor: Actor, orgId: string, siteOrgId: string): Decision {
  if (orgId !== siteOrgId) return deny('operations.another-organisation')
  return holds(actor, siteOrgId, 'privacy-officer', 'auditor', 'admin') ? allow : deny('operations.needs-auditor')
}
