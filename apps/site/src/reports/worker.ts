import { every, type Worker } from '@bithive/kernel/worker'
import type { DicomTarget } from '../imaging/index.ts'
import type { ReportsDeps } from './deps.ts'
import * as store from './store.ts'

const LOOK_MS = 1_000
const AT_MOST = 20

/** Sends what waits for the archive, one report after the other: an archive is not flooded after an outage. */
export function deliveryWorker(
  deps: ReportsDeps,
  send: (reportId: string, target: DicomTarget) => Promise<void>,
  wake: () => Promise<void>,
): readonly Worker[] {
  const { pacs, clock, log } = deps
  if (!pacs) return []
  return [
    every({
      name: 'reports.deliver',
      intervalMs: LOOK_MS,
      clock,
      log,
      wake,
      act: async (signal) => {
        const due = await deps.db.asOrg(deps.orgId, (tx) => store.listDue(tx, clock.now(), AT_MOST))
        for (const reportId of due) {
          if (signal.aborted) return
          // One report's damage is logged and never keeps the others waiting.
          await send(reportId, pacs).catch((error) => {
            log.error({ reportId, err: error }, 'a report could not be sent, it will be tried again')
          })
        }
      },
    }),
  ]
}
