import type { JobView } from '@bithive/api/compute'
import type { LocalText } from '@bithive/api/workload'
import type { Actor } from '@bithive/kernel/actor'
import { mustAllow } from '@bithive/kernel/http'
import { formatAmount } from '@bithive/kernel/money'
import { endJob } from './end-job.ts'
import { computeErrors } from './errors.ts'
import { type JobRow, jobById } from './job-store.ts'
import { hasEnded, statesBefore } from './lifecycle.ts'
import { ownJob } from './own-job.ts'
import { placeHold } from './place-hold.ts'
import { mayOrderJobs } from './policy.ts'
import type { Room } from './ports.ts'

const CANCELLABLE = statesBefore('cancelled')

const TEXT = {
  none: { zh: '还没有冻结任何金额；取消后不会扣款。', en: 'Nothing is held yet; cancelling costs nothing.' },
  held: {
    zh: '全部冻结金额立即退回；节点尚未交付，不收取任何费用。',
    en: 'The whole hold comes back at once; no result was delivered, so nothing is charged.',
  },
  'on-its-way': {
    zh: '退款已提交，账本确认后即到账。',
    en: 'The refund was submitted; it lands once the ledger confirms it.',
  },
  back: { zh: '冻结金额已全部退回。', en: 'The whole hold is back.' },
  late: {
    zh: '结果已经返回，需要核对后接受或拒绝；拒绝的结果不付款。',
    en: 'A result is back and must be checked: it is accepted or rejected, and a rejected one is not paid.',
  },
  over: { zh: '任务已结束，没有可取消的内容。', en: 'The job has ended; there is nothing left to cancel.' },
} as const satisfies Record<string, LocalText>

function cancelText({ state, holdState }: Pick<JobRow, 'state' | 'holdState'>): LocalText {
  if (CANCELLABLE.includes(state)) return holdState === 'held' ? TEXT.held : TEXT.none
  if (state === 'cancelled' || state === 'failed') return holdState === 'held' ? TEXT['on-its-way'] : TEXT.back
  return hasEnded(state) ? TEXT.over : TEXT.late
}

/** What cancelling now would give back, before anybody presses the button. */
export function cancelFacts(job: JobRow): NonNullable<JobView['cancel']> {
  const possible = CANCELLABLE.includes(job.state)
  const refund = possible && job.holdState === 'held' ? job.holdAmount : 0n
  return { possible, refund: formatAmount(refund, job.scale), asset: job.asset, text: cancelText(job) }
}

/**
 * Cancels a job that has not returned a result, and gives the money back. Cancelling twice is cancelling once.
 * @throws compute.wrong-state once a result lies here: it must be accepted or rejected
 */
export async function cancelJob(room: Room, actor: Actor, jobId: string): Promise<JobRow> {
  mustAllow(mayOrderJobs(actor))
  const job = await ownJob(room, actor, jobId)
  if (job.state === 'cancelled') return job
  await room.audit.record({ orgId: actor.orgId, actorId: actor.id, action: 'compute.cancel-job', resource: jobId })
  // A hold that is still on its way must land first: a refund that overtook it would leave it standing for ever.
  const settled = await placeHold(room, job)
  if (settled.state === 'ordered') throw computeErrors.error('wrong-state', { state: settled.state })
  const from = statesBefore('cancelled').filter((state) => state !== 'ordered')
  const cancelled = await endJob(room, jobId, 'cancelled', { from, problem: null })
  const now = await jobById(room.db.worker, jobId)
  if (!cancelled && now?.state !== 'cancelled')
    throw computeErrors.error('wrong-state', { state: now?.state ?? 'unknown' })
  return now as JobRow
}
