import { type Actor, allow } from '@bithive/kernel/actor'
import { describe, expect, test } from 'vitest'
import { mayChangeState, mayCreateOrganisation, hubMemberPolicy as policy } from './policy.ts'
import { HUB_ROLES } from './schema.ts'

const person = (role: string, orgId = 'org_a', id = 'usr_1'): Actor => ({ id, kind: 'person', orgId, roles: [role] })
const machine = (role: string): Actor => ({ id: 'stk_1', kind: 'site', orgId: 'org_a', roles: [role] })

const CONFIRM = ['admin', 'finance', 'operator']
const ADMINISTERED = { orgId: 'org_b', personId: 'usr_2', administered: true }

/** Which roles are allowed an act; every other role must be refused it. */
function allowedRoles(act: (actor: Actor) => { ok: boolean }): string[] {
  return HUB_ROLES.filter((role) => act(person(role)).ok)
}

describe('who may do what with an organisation', () => {
  test.each<[string, (actor: Actor) => { ok: boolean }, string[]]>([
    ['create an organisation', mayCreateOrganisation, ['operator']],
    ['suspend another organisation', (a) => mayChangeState(a, 'org_b'), ['operator']],
    ['suspend the own organisation', (a) => mayChangeState(a, 'org_a'), []],
    ['see the own organisation', (a) => policy.maySeeOrganisation(a, 'org_a'), [...HUB_ROLES]],
    ['see another organisation', (a) => policy.maySeeOrganisation(a, 'org_b'), ['operator']],
    ['see the members', policy.maySeeMembers, ['admin', 'finance', 'auditor', 'operator']],
    ['confirm for another', (a) => policy.mayConfirmMember(a, { orgId: 'org_a', personId: 'usr_2' }), CONFIRM],
    ['confirm for oneself', (a) => policy.mayConfirmMember(a, { orgId: 'org_a', personId: 'usr_1' }), []],
    ['confirm elsewhere', (a) => policy.mayConfirmMember(a, { orgId: 'org_b', personId: 'usr_2' }), ['operator']],
    ['confirm where others administer', (a) => policy.mayConfirmMember(a, ADMINISTERED), []],
    ['issue a token', policy.mayManageTokens, ['admin']],
    ['forget another person', (a) => policy.mayForget(a, 'usr_2'), ['operator']],
    ['be forgotten', (a) => policy.mayForget(a, 'usr_1'), [...HUB_ROLES]],
  ])('to %s', (_, act, roles) => {
    expect(allowedRoles(act)).toEqual(roles)
  })
})

describe('who may give roles', () => {
  const change = (actor: Actor, orgId: string, roles: string[], personId?: string) =>
    policy.mayManageMember(actor, { orgId, roles, ...(personId === undefined ? {} : { personId }) })

  test('an administrator gives them in the own organisation, to others', () => {
    expect(change(person('admin'), 'org_a', ['orderer'], 'usr_2')).toEqual(allow)
    expect(change(person('admin'), 'org_b', ['orderer'], 'usr_2')).toMatchObject({
      reason: 'identity.another-organisation',
    })
    expect(change(person('admin'), 'org_a', ['finance'], 'usr_1')).toMatchObject({ reason: 'identity.own-roles' })
    expect(change(person('finance'), 'org_a', ['orderer'], 'usr_2')).toMatchObject({
      reason: 'identity.needs-admin-role',
    })
  })

  test('operators come from operators only, and only inside their own organisation', () => {
    expect(change(person('admin'), 'org_a', ['operator'], 'usr_2')).toMatchObject({ reason: 'identity.operator-role' })
    expect(change(person('operator'), 'org_b', ['operator'], 'usr_2')).toMatchObject({
      reason: 'identity.operator-role',
    })
    expect(change(person('operator'), 'org_a', ['operator'], 'usr_2')).toEqual(allow)
    expect(change(person('operator'), 'org_b', ['admin'], 'usr_2')).toEqual(allow)
    expect(policy.mayManageMember(person('operator'), { ...ADMINISTERED, roles: ['orderer'] })).toMatchObject({
      reason: 'identity.own-administrator',
    })
  })

  test('a machine never does, whatever its scope says', () => {
    for (const role of HUB_ROLES) {
      const actor = machine(role)
      expect(change(actor, 'org_a', ['orderer'], 'usr_2').ok).toBe(false)
      expect(policy.mayManageTokens(actor).ok).toBe(false)
      expect(mayCreateOrganisation(actor).ok).toBe(false)
      expect(policy.mayForget(actor, actor.id).ok).toBe(false)
    }
  })
})
