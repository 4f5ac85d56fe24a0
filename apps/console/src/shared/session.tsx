import { createContext, type ReactNode, useContext } from 'react'
import type { Service } from './call.ts'
import type { LocalText } from './locale.ts'

export type OrganisationFacts = {
  readonly orgId: string
  readonly name: LocalText
  readonly kind: string
  readonly sample: boolean
  readonly jurisdiction?: string
  readonly trusted?: boolean
}

/** An organisation that the person can act for, at the hospital's part or at the network's. */
export type Choice = {
  readonly service: Service
  readonly organisation: OrganisationFacts
  readonly roles: readonly string[]
}

/** Who is signed in, and for whom they act now. */
export type Session = {
  readonly service: Service
  readonly actorId: string
  readonly name: string
  readonly login: string
  readonly roles: readonly string[]
  readonly organisation: OrganisationFacts
  /** Where money, nodes, models and jobs are read. */
  readonly networkBase: '/site/v1/network' | '/hub/v1'
  /** Everything that can be switched to, this choice included. */
  readonly memberships: readonly Choice[]
}

export type SessionActs = {
  readonly switchTo: (service: Service, orgId: string) => void
  /** Ends the session at one service, or at every one. */
  readonly signOut: (service?: Service) => Promise<void>
  /** Opens the sign-in page for the other service; what is open stays open. */
  readonly addAccount: () => void
}

export type SessionContextValue = Session & SessionActs

const SessionContext = createContext<SessionContextValue | undefined>(undefined)

export function SessionProvider(props: { readonly value: SessionContextValue; readonly children: ReactNode }) {
  return <SessionContext value={props.value}>{props.children}</SessionContext>
}

/** The session of a page behind sign-in. */
export function useSession(): SessionContextValue {
  const session = useContext(SessionContext)
  if (!session) throw new Error('useSession is for pages behind sign-in')
  return session
}

/** True when the person has one of these roles where they act now. */
export const hasRole = (session: Pick<Session, 'roles'>, ...wanted: readonly string[]): boolean =>
  wanted.some((role) => session.roles.includes(role))
