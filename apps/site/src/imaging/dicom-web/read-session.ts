import type { Actor } from '@bithive/kernel/actor'
import type { ImagingDeps } from '../deps.ts'

/**
 * How the reading of images is recorded. A viewer asks for each frame of a series alone, hundreds in a minute; a record
 * for each would bury the acts in the chain, and would say no more than that the series was looked at. So:
 *
 * - whoever looks at a series (metadata, frames, rendered) opens a session: one record, durable before the first byte
 *   leaves, that names the series whole. It says at least what was seen, never less. For ten minutes the same person's
 *   further requests of that series are covered by it; then the next one is recorded anew.
 * - a copy of files (study, series, instance, bulk data) is recorded at every request.
 */
const SESSION_MS = 600_000
/** Sessions remembered; the oldest is forgotten first, which only records a reader once more. */
const MAX_SESSIONS = 10_000

export type ReadSessions = {
  /** Resolves when the record is durable. @throws when it cannot be recorded: then nothing may leave */
  readonly looking: (actor: Actor, read: { studyId: string; seriesId: string }) => Promise<void>
  readonly copying: (actor: Actor, read: { studyId: string; resource: string; images: number }) => Promise<void>
}

export function createReadSessions(deps: Pick<ImagingDeps, 'audit' | 'clock' | 'orgId'>): ReadSessions {
  const open = new Map<string, { readonly until: number; readonly recorded: Promise<void> }>()
  const record = (actor: Actor, action: string, resource: string, facts: Record<string, string | number>) =>
    deps.audit.record({ orgId: deps.orgId, actorId: actor.id, action, resource, facts })
  return {
    looking: async (actor, { studyId, seriesId }) => {
      const key = `${actor.id} ${seriesId}`
      const now = deps.clock.now()
      const found = open.get(key)
      // Requests that come while the first is being recorded wait for the same record.
      if (found && now < found.until) return await found.recorded
      const until = now + SESSION_MS
      const recorded = record(actor, 'imaging.series-viewed', seriesId, { studyId, until })
      const session = { until, recorded }
      open.delete(key)
      open.set(key, session)
      if (open.size > MAX_SESSIONS) open.delete(open.keys().next().value as string)
      try {
        await recorded
      } catch (error) {
        if (open.get(key) === session) open.delete(key)
        throw error
      }
    },
    copying: (actor, { studyId, resource, images }) =>
      record(actor, 'imaging.images-copied', resource, { studyId, images }),
  }
}
