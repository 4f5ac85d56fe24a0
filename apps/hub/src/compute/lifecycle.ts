import type { JobState } from '@bithive/api/compute'
import type { LocalText } from '@bithive/api/workload'

/** What is done when a job has been too long in one state. */
export type TimeoutAct =
  | 'hold-again' // the hold or its confirmation was lost on the way
  | 'give-up' // nothing was computed: fail and refund
  | 'release-lease' // take it from the node and offer it to another
  | 'leave-open' // the outcome is unknown: nobody is paid or refunded until somebody knows
  | 'capture-again'

type StateRow = {
  readonly mayFollow: readonly JobState[]
  readonly timeout?: { readonly afterMs: number; readonly act: TimeoutAct }
  readonly text: LocalText
}

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** Every state of a job: what may follow, how long it may last, what a person reads. */
export const JOB_STATES: Readonly<Record<JobState, StateRow>> = {
  ordered: {
    mayFollow: ['queued', 'failed', 'cancelled'],
    timeout: { afterMs: 5 * SECOND, act: 'hold-again' },
    text: { zh: '已下单，正在冻结金额', en: 'Ordered, placing the hold' },
  },
  queued: {
    mayFollow: ['leased', 'failed', 'cancelled'],
    timeout: { afterMs: 24 * HOUR, act: 'give-up' },
    text: { zh: '排队等待节点', en: 'Waiting for a node' },
  },
  leased: {
    mayFollow: ['staged', 'queued', 'failed', 'cancelled'],
    timeout: { afterMs: 10 * MINUTE, act: 'release-lease' },
    text: { zh: '已选定节点，等待医院发送加密数据', en: 'A node is chosen; waiting for the sealed input' },
  },
  staged: {
    mayFollow: ['running', 'returned', 'queued', 'failed', 'cancelled'],
    timeout: { afterMs: 2 * MINUTE, act: 'release-lease' },
    text: { zh: '加密数据已就绪', en: 'The sealed input is ready for the node' },
  },
  running: {
    mayFollow: ['returned', 'queued', 'failed', 'cancelled'],
    timeout: { afterMs: HOUR, act: 'release-lease' },
    text: { zh: '正在计算', en: 'Computing' },
  },
  returned: {
    mayFollow: ['accepted', 'queued', 'failed', 'unresolved'],
    timeout: { afterMs: HOUR, act: 'leave-open' },
    text: { zh: '结果已返回，等待医院核对', en: 'Returned; waiting for the site to check it' },
  },
  accepted: {
    mayFollow: ['settled'],
    timeout: { afterMs: 5 * SECOND, act: 'capture-again' },
    text: { zh: '医院已确认，正在结算', en: 'Accepted, settling' },
  },
  settled: { mayFollow: [], text: { zh: '已结算', en: 'Settled' } },
  failed: { mayFollow: [], text: { zh: '未完成，金额退回', en: 'Failed, money given back' } },
  cancelled: { mayFollow: [], text: { zh: '已取消，金额退回', en: 'Cancelled, money given back' } },
  unresolved: {
    // Knowledge that arrives late may still decide it; time alone never does.
    mayFollow: ['accepted', 'queued', 'failed'],
    text: { zh: '结果未确认，金额仍冻结', en: 'Not answered yet; the money stays on hold' },
  },
}

export const mayFollow = (from: JobState, to: JobState): boolean => JOB_STATES[from].mayFollow.includes(to)

export const hasEnded = (state: JobState): boolean => JOB_STATES[state].mayFollow.length === 0

/** States from which `to` can be reached in one step: the guard of every change of state. */
export function statesBefore(to: JobState): JobState[] {
  return (Object.keys(JOB_STATES) as JobState[]).filter((from) => mayFollow(from, to))
}

/** States in which a job still counts against its organisation's limit. */
export const OPEN_STATES: readonly JobState[] = ['ordered', 'queued', 'leased', 'staged', 'running', 'returned']

/** Lease states in which the node is at work, or about to be, and its lease can run out. */
export const WORKING_LEASES = ['offered', 'held', 'staged', 'running'] as const
