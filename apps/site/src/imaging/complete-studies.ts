import { isDomainError } from '@bithive/kernel/errors'
import type { ImagingDeps, StudyCompleteListener } from './deps.ts'
import * as store from './store.ts'

/** How many studies one round announces. */
const ROUND = 100

/**
 * Closes studies to which no image came for a while and tells the rooms above. A listener that fails is told again in
 * the next round, and so is one that was told when a kill came: listeners bear repetition.
 */
export const completeStudies =
  (
    deps: Pick<ImagingDeps, 'db' | 'orgId' | 'clock' | 'log' | 'settings' | 'live'>,
    listeners: () => readonly StudyCompleteListener[],
  ) =>
  async (signal?: AbortSignal): Promise<void> => {
    const nowMs = deps.clock.now()
    const waiting = await deps.db.asOrg(deps.orgId, async (tx) => {
      await store.completeQuietStudies(tx, nowMs - deps.settings.quietMs, nowMs)
      return await store.unannouncedStudies(tx, ROUND)
    })
    for (const study of waiting) {
      if (signal?.aborted) return
      try {
        for (const tell of listeners()) await tell({ studyId: study.studyId, personId: study.personId })
        await deps.db.asOrg(deps.orgId, (tx) => store.markAnnounced(tx, study, deps.clock.now()))
        deps.live?.publish(deps.orgId, { topic: 'studies', id: study.studyId })
      } catch (error) {
        const code = isDomainError(error) ? error.code : 'unexpected'
        deps.log.warn({ studyId: study.studyId, code, err: error }, 'a complete study was not taken on yet')
      }
    }
  }
