import { MembersAnswer } from '@bithive/api/members'
import { useLive } from '../shared/queries.ts'
import { hasRole, useSession } from '../shared/session.tsx'

/** The name of a person of the hospital, for those who may see its members; undefined for the others. */
export function useMemberName(personId: string | undefined): string | undefined {
  const session = useSession()
  const asks = personId !== undefined && personId !== session.actorId && hasRole(session, 'admin')
  const { data } = useLive(['members', 'names'], MembersAnswer, asks ? '/site/v1/memberships' : undefined)
  return data?.memberships.find((member) => member.personId === personId)?.name
}
