import type { Actor } from '@bithive/kernel/actor'
import type { Memberships } from './memberships.ts'
import type { ServiceTokens } from './service-tokens.ts'
import type { SignIn } from './sign-in.ts'

/**
 * The organisation of somebody who is signed in but acts for none: not a member anywhere, or of suspended ones only,
 * or asking for one that is not theirs. No row carries this id and no role comes with it.
 */
export const NO_ORGANISATION = 'none'

/** Names the organisation that a person of several acts for in this request. */
const CHOICE = 'x-bithive-org'

export type AuthenticateDeps = {
  readonly signIn: Pick<SignIn, 'session'>
  readonly memberships: Pick<Memberships, 'ofPerson'>
  readonly tokens: Pick<ServiceTokens, 'check'>
  /** Roles that come with another. */
  readonly implies?: Readonly<Record<string, readonly string[]>>
}

/**
 * Who a request comes from: the bearer of a service token, or a person with a session. Read from the tables each
 * time, so a revoked token, an ended session and a suspended organisation count with the very next request.
 */
export function createAuthenticate(deps: AuthenticateDeps): (request: Request) => Promise<Actor | undefined> {
  const withImplied = (roles: readonly string[]) => [
    ...new Set(roles.flatMap((role) => [role, ...(deps.implies?.[role] ?? [])])),
  ]
  return async (request) => {
    const authorization = request.headers.get('authorization')
    // A request that shows a token is judged by that token alone, never by a cookie beside it.
    if (authorization !== null) {
      const bearer = /^Bearer +(\S+)$/i.exec(authorization)?.[1]
      const token = bearer === undefined ? undefined : await deps.tokens.check(bearer)
      return token && { id: token.tokenId, kind: 'site', orgId: token.orgId, roles: withImplied(token.scope) }
    }
    const session = await deps.signIn.session(request)
    if (!session) return undefined
    const chosen = request.headers.get(CHOICE)
    const active = (await deps.memberships.ofPerson(session.userId)).filter((membership) => membership.active)
    const membership = chosen === null ? active[0] : active.find(({ orgId }) => orgId === chosen)
    return {
      id: session.userId,
      kind: 'person',
      orgId: membership?.orgId ?? NO_ORGANISATION,
      roles: withImplied(membership?.roles ?? []),
    }
  }
}
