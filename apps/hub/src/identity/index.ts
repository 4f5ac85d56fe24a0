import {
  type AuditPort,
  createMemberRoutes,
  createMembers,
  createSignIn,
  type Members,
  type NewServiceToken,
  type Organisation,
  type SignIn,
  type SignInEvent,
  type SignInLimits,
} from '@bithive/identity'
import type { Actor } from '@bithive/kernel/actor'
import type { Clock } from '@bithive/kernel/clock'
import type { DataKeys } from '@bithive/kernel/data-keys'
import type { Database } from '@bithive/kernel/database'
import { createRoutes, type HttpEnv } from '@bithive/kernel/http'
import type { Ids } from '@bithive/kernel/ids'
import type { Log } from '@bithive/kernel/log'
import type { Randomness } from '@bithive/kernel/randomness'
import { every, type Worker } from '@bithive/kernel/worker'
import type { Hono } from 'hono'
import { hubMemberPolicy } from './policy.ts'
import { createOrganisationRoutes } from './routes.ts'
import { HUB_ROLES, type HubRole, type OrganisationKind, POWERFUL_ROLES, TOKEN_SCOPES } from './schema.ts'

export { identityMigrations } from '@bithive/identity'
export { HUB_ROLES, type HubRole, OrganisationKind } from './schema.ts'

/** The chain of sign-ins of people who belong to no organisation, or whom nobody knows. */
const NO_HOME = 'people'
const PURGE_EVERY_MS = 3_600_000

export type IdentityDeps = {
  readonly db: Database
  /** Address people open, for example `http://localhost:8080`: passkeys are bound to its host name. */
  readonly baseUrl: string
  /** At least 32 characters, kept over restarts. */
  readonly secret: string
  readonly trustedOrigins?: readonly string[]
  readonly rpId?: string
  readonly sessionTtlMs?: number
  readonly limits?: SignInLimits
  readonly dataKeys: Pick<DataKeys, 'encrypt' | 'decrypt' | 'destroy'>
  readonly audit: AuditPort
  readonly clock: Clock
  readonly ids: Ids
  readonly randomness: Randomness
  readonly log: Log
}

type NewHubOrganisation = {
  readonly kind: OrganisationKind
  readonly name: { readonly zh: string; readonly en: string }
  readonly jurisdiction: string
  readonly slug?: string
  readonly sample?: boolean
  readonly trusted?: boolean
}

export type Identity = {
  /** Mount under `/hub/v1`. */
  readonly routes: Hono<HttpEnv>
  /** Mount under `/hub/auth`. */
  readonly authRoutes: Hono<HttpEnv>
  /** For `createHttp`. */
  readonly authenticate: (request: Request) => Promise<Actor | undefined>
  readonly workers: readonly Worker[]
  /** @throws members.organisation-taken */
  readonly createOrganisation: (organisation: NewHubOrganisation) => Promise<Organisation>
  readonly organisation: (orgId: string) => Promise<Organisation | undefined>
  /** By the short name that a start gave it. */
  readonly findOrganisation: (slug: string) => Promise<Organisation | undefined>
  /**
   * A person with an account, not yet a member anywhere. @throws sign-in.login-taken, login-not-usable, password-too-
   * short
   */
  readonly createPerson: Members['people']['create']
  readonly addMembership: (membership: {
    orgId: string
    personId: string
    roles: readonly HubRole[]
    createdBy?: string
  }) => Promise<void>
  /** The token is given out once. */
  readonly issueServiceToken: (
    token: Omit<NewServiceToken, 'createdBy' | 'scope'> & { scope: readonly (typeof TOKEN_SCOPES)[number][] },
  ) => Promise<{ tokenId: string; token: string }>
  readonly members: Members
  readonly signIn: SignIn
}

/** People, organisations, roles and sign-in of the hub. */
export function createIdentity(deps: IdentityDeps): Identity {
  const { audit, clock, log } = deps
  const record = async (event: SignInEvent) => {
    const home = event.userId === undefined ? [] : await members.memberships.ofPerson(event.userId)
    const who = event.userId ?? 'unknown'
    const action = `identity.${event.action}`
    await audit.record({ orgId: home[0]?.orgId ?? NO_HOME, actorId: who, action, resource: who, facts: event.facts })
  }
  const signIn = createSignIn({ ...deps, cookiePrefix: 'bithive-hub', record })
  const members: Members = createMembers({ ...deps, signIn, powerful: POWERFUL_ROLES })
  const policy = hubMemberPolicy
  const routes = createRoutes()
  const offered = { roles: HUB_ROLES, scopes: TOKEN_SCOPES, powerful: POWERFUL_ROLES }
  routes.route('/', createMemberRoutes({ members, policy, audit, clock, ...offered }))
  routes.route('/', createOrganisationRoutes({ members, audit }))
  const purge = async () => void (await signIn.purgeExpired())
  return {
    routes,
    authRoutes: signIn.routes,
    authenticate: members.authenticate,
    workers: [every({ name: 'identity.purge', intervalMs: PURGE_EVERY_MS, clock, log, act: purge })],
    createOrganisation: (organisation) => members.organisations.create({ sample: false, ...organisation }),
    organisation: members.organisations.byId,
    findOrganisation: members.organisations.bySlug,
    createPerson: members.people.create,
    addMembership: async ({ createdBy = 'system', ...membership }) => {
      await members.memberships.add({ ...membership, createdBy })
    },
    issueServiceToken: (token) => members.tokens.issue({ ...token, createdBy: 'system' }),
    members,
    signIn,
  }
}
