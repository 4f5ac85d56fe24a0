import type { JobExplanation, PlacementReason } from '@bithive/api/compute'
import type { LocalText } from '@bithive/api/workload'
import type { Actor } from '@bithive/kernel/actor'
import { computeErrors } from './errors.ts'
import { placementOf } from './job-store.ts'
import { JOB_STATES } from './lifecycle.ts'
import { ownJob } from './own-job.ts'
import type { Room } from './ports.ts'

/** What a person reads for each reason. */
export const REASON_TEXT: Readonly<Record<PlacementReason['code'], LocalText>> = {
  chosen: { zh: '已选中', en: 'Chosen' },
  tier: { zh: '数据不能交给这类节点', en: 'The data may not go to this kind of node' },
  'same-owner-only': { zh: '数据只能留在本院节点', en: 'The data may only stay on the hospital’s own node' },
  jurisdiction: { zh: '节点不在允许的法域', en: 'The node stands outside the allowed jurisdictions' },
  sandbox: { zh: '节点的沙箱不能运行此程序', en: 'The node’s sandbox may not run this workload' },
  runtime: { zh: '节点没有所需的程序或运行环境', en: 'The node lacks the workload or its runtime' },
  memory: { zh: '节点内存不足', en: 'The node has too little memory' },
  gpu: { zh: '节点显卡不足', en: 'The node has too few GPUs' },
  price: { zh: '节点报价高于上限', en: 'The node costs more than the order allows' },
  'tried-before': { zh: '该节点曾未能完成此任务', en: 'The node had this job and did not finish it' },
  offline: { zh: '节点离线', en: 'The node is offline' },
  draining: { zh: '节点正在退出', en: 'The node is draining' },
  busy: { zh: '节点正忙', en: 'The node is busy' },
  dearer: { zh: '合适，但另有更优节点', en: 'It fits, but another is cheaper or better' },
}

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
