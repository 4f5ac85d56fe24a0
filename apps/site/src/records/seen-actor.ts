import type { SeenActor } from '@bithive/api/patient'
import type { RecordsDeps } from './deps.ts'

/**
 * Turns actor ids into what a patient reads: a name and a role. Ids of accounts do not leave.
 * @param selfId the account that asks
 */
export function createSeen(deps: Pick<RecordsDeps, 'accountOf'>, selfId: string) {
  const known = new Map<string, Promise<SeenActor>>()
  const look = async (actorId: string): Promise<SeenActor> => {
    if (actorId === selfId) return { kind: 'self', name: '', roles: [] }
    if (actorId === 'system') return { kind: 'system', name: '', roles: [] }
    if (!actorId.startsWith('usr_')) return { kind: 'machine', name: '', roles: [] }
    const account = await deps.accountOf(actorId)
    return { kind: 'staff', name: account?.name ?? '', roles: [...(account?.roles ?? [])] }
  }
  return (actorId: string): Promise<SeenActor> => {
    const seen = known.get(actorId) ?? look(actorId)
    known.set(actorId, seen)
    return seen
  }
}

export type Seen = ReturnType<typeof createSeen>
