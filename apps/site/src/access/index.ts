import {
  type AuditPort,
  createMemberRoutes,
  createMembers,
  createSignIn,
  type Members,
  type Membership,
  type NewPerson,
  type Organisation,
  type SignIn,
  type SignInEvent,
  type SignInLimits,
} from '@bithive/identity'
import type { Actor } from '@bithive/kernel/actor'
import type { Clock } from '@bithive/kernel/clock'
import type { DataKeys } from '@bithive/kernel/data-keys'
import type { Database } from '@bithive/kernel/database'
import type { HttpEnv } from '@bithive/kernel/http'
import type { Ids } from '@bithive/kernel/ids'
import type { Log } from '@bithive/kernel/log'
import type { Randomness } from '@bithive/kernel/randomness'
import { every, type Worker } from '@bithive/kernel/worker'
import type { Hono } from 'hono'
import { createAccessPolicy } from './policy.ts'
import { SITE_BY_TWO, SITE_IMPLIES, SITE_POWERFUL, SITE_ROLES, SITE_TOKEN_SCOPES, type SiteRole } from './roles.ts'

export { identityMigrations } from '@bithive/identity'
export { SITE_ROLES, type SiteRole } from './roles.ts'

const PURGE_EVERY_MS = 3_600_000

export type AccessDeps = {
  readonly db: Database
  /** The site's own organisation, by the id that the hub knows it by. */
  readonly organisation: {
    readonly orgId: string
    readonly kind: string
    readonly name: { readonly zh: string; readonly en: string }
    readonly jurisdiction: string
    readonly sample: boolean
  }
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

export type Access = {
  /** Mount under `/site/v1`. */
  readonly routes: Hono<HttpEnv>
  /** Mount under `/site/auth`. */
  readonly authRoutes: Hono<HttpEnv>
  /** For `createHttp`. */
  readonly authenticate: (request: Request) => Promise<Actor | undefined>
  readonly workers: readonly Worker[]
  /** Writes the site's organisation at the first start, and a changed name. Call it first; safe to repeat. */
  readonly prepare: () => Promise<Organisation>
  /** A clinician or other member of staff. @throws sign-in.login-taken, login-not-usable, password-too-short */
  readonly createMember: (person: NewPerson & { roles: readonly SiteRole[]; createdBy?: string }) => Promise<Membership>
  /** For one of the hospital's machines; the token is given out once. */
  readonly issueServiceToken: (token: {
    name: string
    scope: readonly (typeof SITE_TOKEN_SCOPES)[number][]
    expiresAt?: number
  }) => Promise<{ tokenId: string; token: string }>
  readonly members: Members
  readonly signIn: SignIn
}

/** Who signs in at the site: its clinicians and other staff, and its machines. */
export function createAccess(deps: AccessDeps): Access {
  const { audit, clock, log } = deps
  const { orgId } = deps.organisation
  const record = async (event: SignInEvent) => {
    const who = event.userId ?? 'unknown'
    await audit.record({ orgId, actorId: who, action: `access.${event.action}`, resource: who, facts: event.facts })
  }
  const signIn = createSignIn({ ...deps, cookiePrefix: 'bithive-site', record })
  const members = createMembers({ ...deps, signIn, implies: SITE_IMPLIES, powerful: SITE_BY_TWO })
  const policy = createAccessPolicy(orgId)
  const offered = { roles: SITE_ROLES, scopes: SITE_TOKEN_SCOPES, powerful: SITE_POWERFUL }
  const purge = async () => void (await signIn.purgeExpired())
  return {
    routes: createMemberRoutes({ members, policy, audit, clock, ...offered }),
    authRoutes: signIn.routes,
    authenticate: members.authenticate,
    workers: [every({ name: 'access.purge', intervalMs: PURGE_EVERY_MS, clock, log, act: purge })],
    prepare: async () => {
      const known = await members.organisations.byId(orgId)
      if (!known) return members.organisations.create({ ...deps.organisation, trusted: true })
      const { name, kind } = deps.organisation
      const same = known.kind === kind && known.name.zh === name.zh && known.name.en === name.en
      return same ? known : members.organisations.rename(orgId, { name, kind })
    },
    createMember: ({ createdBy = 'system', ...person }) => members.createMember({ ...person, orgId, createdBy }),
    issueServiceToken: (token) => members.tokens.issue({ ...token, orgId, createdBy: 'system' }),
    members,
    signIn,
  }
}
