import type { MemberPolicy } from '@bithive/identity'
import { type Actor, allow, type Decision, deny } from '@bithive/kernel/actor'
import { POWERFUL_ROLES } from './schema.ts'

const isOperator = (actor: Actor) => actor.kind === 'person' && actor.roles.includes('operator')
const isPowerful = (actor: Actor) =>
  actor.kind === 'person' && POWERFUL_ROLES.some((role) => actor.roles.includes(role))
const isAdmin = (actor: Actor) => actor.kind === 'person' && actor.roles.includes('admin')

/** The network's own people take organisations in. */
export function mayCreateOrganisation(actor: Actor): Decision {
  return isOperator(actor) ? allow : deny('identity.needs-operator-role')
}

/** Nobody suspends, or lets back in, the organisation that they act for. */
export function mayChangeState(actor: Actor, orgId: string): Decision {
  if (!isOperator(actor)) return deny('identity.needs-operator-role')
  return actor.orgId === orgId ? deny('identity.own-organisation') : allow
}

/** Who may do what with the people and tokens of an organisation at the hub. */
export const hubMemberPolicy: MemberPolicy = {
  maySeeOrganisation: (actor, orgId) =>
    actor.orgId === orgId || isOperator(actor) ? allow : deny('identity.another-organisation'),

  maySeeMembers: (actor) =>
    isAdmin(actor) || isOperator(actor) || isPowerful(actor) || actor.roles.includes('auditor')
      ? allow
      : deny('identity.needs-admin-role'),

  mayManageMember: (actor, { orgId, personId, roles, holds, reachesElsewhere, administered }) => {
    if (!isOperator(actor)) {
      if (!isAdmin(actor)) return deny('identity.needs-admin-role')
      if (actor.orgId !== orgId) return deny('identity.another-organisation')
      // An administrator who could suspend or reset an operator would have the operator's reach by a detour.
      if (holds?.includes('operator')) return deny('identity.operator-role')
      if (reachesElsewhere) return deny('identity.member-elsewhere')
    }
    // The operator takes an organisation in; from then on its own administrator decides who belongs to it.
    if (actor.orgId !== orgId && administered) return deny('identity.own-administrator')
    // Law 11: what a person may do is always decided by another person.
    if (personId === actor.id) return deny('identity.own-roles')
    // Operators come only from among operators, and only inside the operator's organisation.
    if (roles.includes('operator') && !(isOperator(actor) && actor.orgId === orgId)) {
      return deny('identity.operator-role')
    }
    return allow
  },

  mayConfirmMember: (actor, { orgId, personId, administered }) => {
    if (personId === actor.id) return deny('identity.own-roles')
    if (actor.orgId === orgId) return isPowerful(actor) ? allow : deny('identity.needs-powerful-role')
    // Where nobody administers yet, two operators stand for the two people.
    if (!isOperator(actor)) return deny('identity.another-organisation')
    return administered ? deny('identity.own-administrator') : allow
  },

  mayManageTokens: (actor) => (isAdmin(actor) ? allow : deny('identity.needs-admin-role')),

  mayForget: (actor, personId) =>
    (actor.kind === 'person' && actor.id === personId) || isOperator(actor)
      ? allow
      : deny('identity.needs-operator-role'),
}
