import type { MemberPolicy } from '@bithive/identity'
import { type Actor, allow, deny } from '@bithive/kernel/actor'

/** Who may do what with the people and tokens of the hospital. Another organisation's people have no standing here. */
export function createAccessPolicy(siteOrgId: string): MemberPolicy {
  const has = (actor: Actor, role: string) => actor.orgId === siteOrgId && actor.roles.includes(role)
  const isAdmin = (actor: Actor) => actor.kind === 'person' && has(actor, 'admin')
  return {
    maySeeOrganisation: (actor, orgId) =>
      actor.orgId === siteOrgId && orgId === siteOrgId ? allow : deny('access.another-organisation'),

    maySeeMembers: (actor) => (isAdmin(actor) || has(actor, 'auditor') ? allow : deny('access.needs-admin-role')),

    mayManageMember: (actor, { orgId, personId }) => {
      if (!isAdmin(actor)) return deny('access.needs-admin-role')
      if (orgId !== siteOrgId) return deny('access.another-organisation')
      // Law 11: what a person may do is always decided by another person.
      return personId === actor.id ? deny('access.own-roles') : allow
    },

    mayConfirmMember: (actor, { orgId, personId }) => {
      if (!isAdmin(actor)) return deny('access.needs-admin-role')
      if (orgId !== siteOrgId) return deny('access.another-organisation')
      return personId === actor.id ? deny('access.own-roles') : allow
    },

    mayManageTokens: (actor) => (isAdmin(actor) ? allow : deny('access.needs-admin-role')),

    mayForget: (actor, personId) =>
      (actor.kind === 'person' && actor.id === personId) || has(actor, 'admin')
        ? allow
        : deny('access.needs-admin-role'),
  }
}
