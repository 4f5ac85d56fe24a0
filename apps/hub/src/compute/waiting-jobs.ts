import type { LocalText } from '@bithive/api/workload'
import type { NodeRow } from './node-store.ts'
import type { Room } from './ports.ts'

/** What a node that has had no work yet is told: whether work waits at all, and what keeps it from this node. */
export type Waiting = { readonly text: LocalText; readonly cure?: LocalText }

/** Counts jobs that wait for a node now, and those of them that this node's last look was refused for. */
async function countWaiting(room: Room, nodeId: string): Promise<{ waiting: number; refused: number }> {
  const [row] = await room.db.worker<{ waiting: number; refused: number }[]>`
    SELECT count(*)::int AS waiting,
      count(*) FILTER (WHERE p.reasons @> jsonb_build_array(jsonb_build_object('nodeId', ${nodeId}::text)))::int AS refused
    FROM compute.jobs j LEFT JOIN compute.placements p ON p.job_id = j.id WHERE j.state = 'queued'`
  return row ?? { waiting: 0, refused: 0 }
}

/** A node is given work when somebody orders some: the hub makes none up, because nobody would pay for it. */
export async function readWaitingJobs(room: Room, node: NodeRow): Promise<Waiting> {
  if (!node.online) {
    return {
      text: { zh: '节点离线，不会收到派单。', en: 'The node is offline, so it is offered nothing.' },
      cure: { zh: '请启动节点并保持联网。', en: 'Start the node and keep it connected.' },
    }
  }
  if (node.draining || node.drainReported) {
    return {
      text: { zh: '节点已暂停接单。', en: 'The node is paused and takes nothing new.' },
      cure: { zh: '请在节点页恢复接单。', en: 'Resume it on its page.' },
    }
  }
  const { waiting, refused } = await countWaiting(room, node.id)
  if (refused > 0) {
    return {
      text: {
        zh: `等待工作：${waiting} 个任务在排队，其中 ${refused} 个不能交给此节点。`,
        en: `Waiting for work: ${waiting} jobs are queued, ${refused} of them may not go to this node.`,
      },
      cure: { zh: '原因见概览的「为什么没有工作」。', en: 'The reasons are under «Why no work» in the overview.' },
    }
  }
  return {
    text: {
      zh: '等待工作：现在没有适合的任务在排队。任务由医院下单，网络不会编造任务。',
      en: 'Waiting for work: no job for it is queued now. Hospitals order jobs; the network makes none up.',
    },
  }
}
