import type { JobExplanation, PlacementReason } from '@bithive/api/compute'
import { REASON_TEXT } from '@bithive/api/placement-words'
import type { LocalText } from '@bithive/api/workload'
import type { Actor } from '@bithive/kernel/actor'
import { computeErrors } from './errors.ts'
import { placementOf } from './job-store.ts'
import { JOB_STATES } from './lifecycle.ts'
import { ownJob } from './own-job.ts'
import type { Room } from './ports.ts'

const MOST_NODES = 100

function problemText(code: string): LocalText | undefined {
  const key = code.replace(/^compute\./, '') as keyof typeof computeErrors.entries
  const entry = code.startsWith('compute.') ? computeErrors.entries[key] : undefined
  return entry && { zh: entry.zh.title, en: entry.en.title }
}

/** Groups the reasons of the allocator's last look, the largest group first. */
export function groupReasons(reasons: readonly PlacementReason[]): JobExplanation['groups'] {
  const groups = new Map<PlacementReason['code'], PlacementReason[]>()
  for (const reason of reasons) groups.set(reason.code, [...(groups.get(reason.code) ?? []), reason])
  return [...groups]
    .map(([code, nodes]) => ({
      code,
      text: REASON_TEXT[code],
      count: nodes.length,
      nodes: nodes.slice(0, MOST_NODES),
    }))
    .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1))
}

/** Why a job lies where it lies, or waits: a reason for every node. @throws http.not-found */
export async function explainJob(room: Room, actor: Actor, jobId: string): Promise<JobExplanation> {
  const job = await ownJob(room, actor, jobId)
  const placement = (await placementOf(room.db.worker, [jobId])).get(jobId)
  const text = job.problem === null ? undefined : problemText(job.problem)
  return {
    jobId,
    state: job.state,
    stateText: JOB_STATES[job.state].text,
    ...(placement ? { lookedAt: Number(placement.lookedAt) } : {}),
    groups: groupReasons(placement?.reasons ?? []),
    ...(job.problem === null ? {} : { problem: job.problem }),
    ...(text ? { problemText: text } : {}),
  }
}
