export type { Accounts, NewUser } from './accounts.ts'
export { NO_ORGANISATION } from './authenticate.ts'
export { signInErrors } from './errors.ts'
export type { Invitation, IssuedInvitation } from './invitations.ts'
export { memberErrors } from './member-errors.ts'
export { createMemberRoutes, type MemberChange, type MemberPolicy, type MemberRoutesDeps } from './member-routes.ts'
export { type AuditPort, createMembers, type Members, type MembersDeps, type NewMember } from './members.ts'
export type { Membership, Memberships, NewMembership } from './memberships.ts'
export type { NewOrganisation, Organisation, OrganisationState, Organisations } from './organisations.ts'
export type { NewPerson, People, Person } from './people.ts'
export type { Awaiting } from './second-person.ts'
export type { NewServiceToken, ServiceToken, ServiceTokens } from './service-tokens.ts'
export {
  createSignIn,
  identityMigrations,
  type Session,
  type SignIn,
  type SignInDeps,
  type SignInEvent,
  type SignInLimits,
} from './sign-in.ts'
