import type { Database } from '@bithive/kernel/database'
import type { Ids } from '@bithive/kernel/ids'
import type { Invitation, Invitations } from './invitations.ts'
import { memberErrors } from './member-errors.ts'
import type { AuditPort } from './members.ts'
import type { Membership, Memberships } from './memberships.ts'
import { noteAct } from './note-act.ts'
import type { People } from './people.ts'
import type { SignIn } from './sign-in.ts'

export type AcceptDeps = {
  readonly db: Pick<Database, 'app'>
  readonly invitations: Invitations
  readonly people: People
  readonly memberships: Memberships
  readonly signIn: Pick<SignIn, 'resetSignIn'>
  readonly audit: AuditPort
  readonly ids: Ids
}

export type AcceptInvitation = {
  /** A new person, who becomes a member: both or neither. @throws members.invitation-*, sign-in.login-taken, … */
  readonly asNewPerson: (given: {
    code: string
    login: string
    password: string
    name: string
  }) => Promise<{ membership: Membership; login: string }>
  /** Somebody who is signed in joins one more organisation. @throws members.already-member */
  readonly asPerson: (given: { code: string; personId: string }) => Promise<Membership>
  /** A member chooses a new password; passkeys and sessions of before are gone. @returns the login */
  readonly resetSignIn: (given: { code: string; password: string }) => Promise<{ login: string }>
}

/** What becomes of an invitation when it is opened. Each act is in the audit before it counts. */
export function createAcceptInvitation(deps: AcceptDeps): AcceptInvitation {
  const { db, invitations, people, memberships, signIn, audit, ids } = deps

  const mustBe = async (code: string, purpose: Invitation['purpose']) => {
    const invitation = await invitations.byCode(code)
    if (invitation.purpose !== purpose) throw memberErrors.error('invitation-unknown')
    return invitation
  }

  const noted = <T>({ orgId, invitationId, roles, purpose }: Invitation, personId: string, run: () => Promise<T>) => {
    const action = purpose === 'join' ? 'members.joined' : 'members.sign-in-reset'
    const facts = { invitationId, roles: roles.join(' ') }
    return noteAct(audit, { orgId, actorId: personId, action, resource: personId, facts }, run)
  }

  return {
    asNewPerson: async ({ code, ...person }) => {
      const invitation = await mustBe(code, 'join')
      const { orgId, invitationId, roles, createdBy } = invitation
      const personId = ids.next('usr')
      let membership: Membership | undefined
      await noted(invitation, personId, () =>
        people.create(
          { ...person, personId },
          {
            orgId,
            run: async (tx) => {
              await invitations.use(tx, invitationId, personId)
              membership = await memberships.addWithin(tx, { orgId, personId, roles, createdBy })
            },
          },
        ),
      )
      return { membership: membership as Membership, login: person.login }
    },
    asPerson: async ({ code, personId }) => {
      const invitation = await mustBe(code, 'join')
      const { orgId, invitationId, roles, createdBy } = invitation
      const own = await memberships.ofPerson(personId)
      // An invitation gives no roles to somebody who has some already: those are changed by the administrator.
      if (own.some((one) => one.orgId === orgId)) throw memberErrors.error('already-member')
      await invitations.mustNotHaveReset({ orgId, personId, by: createdBy })
      return noted(invitation, personId, () =>
        db.app.begin(async (tx) => {
          await tx`SELECT set_config('bithive.org_id', ${orgId}, true)`
          await invitations.use(tx, invitationId, personId)
          return memberships.addWithin(tx, { orgId, personId, roles, createdBy })
        }),
      ) as Promise<Membership>
    },
    resetSignIn: async ({ code, password }) => {
      const invitation = await mustBe(code, 'reset')
      const personId = invitation.personId as string
      const person = await people.byId(personId)
      if (person?.state !== 'active') throw memberErrors.error('invitation-unknown')
      await noted(invitation, personId, () =>
        signIn.resetSignIn({ userId: personId, password }, async (tx) => {
          await tx`SELECT set_config('bithive.org_id', ${invitation.orgId}, true)`
          await invitations.use(tx, invitation.invitationId, personId)
        }),
      )
      return { login: person.login }
    },
  }
}
