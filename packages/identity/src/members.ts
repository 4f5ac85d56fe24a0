import type { Actor } from '@bithive/kernel/actor'
import type { Clock } from '@bithive/kernel/clock'
import type { DataKeys } from '@bithive/kernel/data-keys'
import type { Database } from '@bithive/kernel/database'
import type { Ids } from '@bithive/kernel/ids'
import type { Randomness } from '@bithive/kernel/randomness'
import { type AcceptInvitation, createAcceptInvitation } from './accept-invitation.ts'
import { createAuthenticate } from './authenticate.ts'
import { createInvitations, type Invitations } from './invitations.ts'
import { createMemberships, type Membership, type Memberships } from './memberships.ts'
import { createOrganisations, type Organisations } from './organisations.ts'
import { createPeople, type NewPerson, type People } from './people.ts'
import { createServiceTokens, type ServiceTokens } from './service-tokens.ts'
import type { SignIn } from './sign-in.ts'

/** What the audit is told; ids and codes only. */
export type AuditPort = {
  readonly record: (event: {
    readonly orgId: string
    readonly actorId: string
    readonly action: string
    readonly resource: string
    readonly facts?: { readonly [key: string]: string | number | boolean }
  }) => Promise<void>
}

export type MembersDeps = {
  readonly db: Pick<Database, 'app' | 'worker' | 'asOrg'>
  readonly signIn: Pick<SignIn, 'session' | 'createUser' | 'removeUser' | 'revokeSessions' | 'resetSignIn'>
  readonly dataKeys: Pick<DataKeys, 'encrypt' | 'decrypt' | 'destroy'>
  readonly clock: Clock
  readonly ids: Ids
  readonly randomness: Randomness
  /** Roles that come with another: a radiologist is a clinician. */
  readonly implies?: Readonly<Record<string, readonly string[]>>
  /** Roles that two people give: what one gave alone does not count until another confirms it. */
  readonly powerful: readonly string[]
  readonly audit: AuditPort
}

export type NewMember = NewPerson & {
  readonly orgId: string
  readonly roles: readonly string[]
  readonly createdBy: string
}

/** Organisations, the people in them, and the tokens of their machines. */
export type Members = {
  readonly organisations: Organisations
  readonly people: People
  readonly memberships: Memberships
  readonly tokens: ServiceTokens
  readonly invitations: Invitations
  readonly accept: AcceptInvitation
  /** Ends every session of a person, here and in other organisations. @returns how many */
  readonly endSessions: (personId: string) => Promise<number>
  /** Ids for what is spoken of before it is there. */
  readonly ids: Ids
  /** A new person who belongs to the organisation from the start: both or neither. */
  readonly createMember: (member: NewMember) => Promise<Membership>
  readonly authenticate: (request: Request) => Promise<Actor | undefined>
}

export function createMembers(deps: MembersDeps): Members {
  const people = createPeople(deps)
  const memberships = createMemberships(deps)
  const tokens = createServiceTokens(deps)
  const invitations = createInvitations(deps)
  return {
    organisations: createOrganisations(deps),
    people,
    memberships,
    tokens,
    invitations,
    accept: createAcceptInvitation({ ...deps, invitations, people, memberships }),
    endSessions: deps.signIn.revokeSessions,
    ids: deps.ids,
    createMember: async ({ orgId, roles, createdBy, ...person }) => {
      let membership: Membership | undefined
      await people.create(person, {
        orgId,
        run: async (tx, personId) => {
          membership = await memberships.addWithin(tx, { orgId, personId, roles, createdBy })
        },
      })
      return membership as Membership
    },
    authenticate: createAuthenticate({ ...deps, memberships, tokens }),
  }
}
