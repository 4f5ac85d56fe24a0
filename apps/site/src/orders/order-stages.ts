import type { OrderStage } from '@bithive/api/orders'
import type { LocalText } from '@bithive/api/workload'
import { hasEnded, ORDER_LIFECYCLE } from './lifecycle.ts'
import type { OrderStep } from './schema.ts'
import type { OrderRow } from './store.ts'

type Key = OrderStage['key']

/** The stages of an order's page, each with the step of the lineage that begins it. */
const STAGES: readonly { readonly key: Key; readonly step: string; readonly title: LocalText }[] = [
  { key: 'ordered', step: 'draft', title: { zh: '下单', en: 'Ordered' } },
  { key: 'queued', step: 'ordered', title: { zh: '排队', en: 'Queued' } },
  { key: 'leased', step: 'leased', title: { zh: '选定节点', en: 'Matched' } },
  { key: 'staged', step: 'staged', title: { zh: '数据已送出', en: 'Data sent' } },
  { key: 'running', step: 'running', title: { zh: '运行', en: 'Running' } },
  { key: 'returned', step: 'returned', title: { zh: '结果返回', en: 'Returned' } },
  { key: 'checked', step: 'verified', title: { zh: '核对', en: 'Checked' } },
  { key: 'settled', step: 'settled', title: { zh: '结算', en: 'Settled' } },
]
const QUEUED = STAGES.findIndex(({ key }) => key === 'queued')

/** The step that began a stage: of what a lost lease repeats, the last time counts. */
function beginnings(steps: readonly OrderStep[]): (OrderStep | undefined)[] {
  const lastQueued = steps.findLastIndex(({ stage }) => stage === 'ordered' || stage === 'result-refused')
  return STAGES.map(({ step }, index) => {
    if (index < QUEUED) return steps.find(({ stage }) => stage === step)
    if (index === QUEUED) return lastQueued < 0 ? undefined : steps[lastQueued]
    return steps.slice(lastQueued + 1).findLast(({ stage }) => stage === step)
  })
}

const text = (zh: string, en: string): LocalText => ({ zh, en })

type Facts = Pick<OrderRow, 'jobView'> & { readonly steps: readonly OrderStep[] }

/** One fact a stage: what its reader would ask first. */
const FACTS: Partial<Record<Key, (facts: Facts) => LocalText | undefined>> = {
  ordered: ({ steps }) => {
    const images = steps.find(({ stage }) => stage === 'prepared')?.facts.images
    return images === undefined ? undefined : text(`${images} 幅影像，已去标识`, `${images} images, de-identified`)
  },
  leased: ({ jobView }) => {
    const name = jobView?.lease?.nodeName
    return name === undefined ? undefined : text(name, name)
  },
  staged: ({ steps }) => {
    const bytes = Number(steps.findLast(({ stage }) => stage === 'staged')?.facts.sealedBytes)
    if (!Number.isFinite(bytes)) return undefined
    const mb = (bytes / 1_000_000).toFixed(2)
    return text(`${mb} MB，只有该节点能解开`, `${mb} MB, sealed to that node`)
  },
  running: ({ jobView }) => {
    const { envelope } = jobView?.result ?? {}
    if (envelope) {
      const seconds = ((envelope.endedAt - envelope.startedAt) / 1000).toFixed(1)
      return text(`节点从开始到结束 ${seconds} 秒`, `${seconds} s on the node, from start to end`)
    }
    if (jobView?.state !== 'running' || !jobView.progress) return undefined
    const percent = Math.round(jobView.progress.fraction * 100)
    return text(`${percent}%`, `${percent}%`)
  },
  checked: ({ steps }) => {
    const verified = steps.findLast(({ stage }) => stage === 'verified')
    if (!verified) return undefined
    return verified.facts.signature === 'valid'
      ? text('哈希与签名相符', 'hashes and signature match')
      : text('哈希相符', 'hashes match')
  },
}

/**
 * The timeline of an order from its lineage: what is done with its time, what is going on, what is to come. An order
 * that ended early shows where.
 */
export function orderStages(order: OrderRow, steps: readonly OrderStep[]): OrderStage[] {
  const begun = beginnings(steps)
  const reached = begun.findLastIndex((step) => step !== undefined)
  const ended = hasEnded(order.state)
  const endedAt = ended ? order.stateAtMs : undefined
  return STAGES.map(({ key, title }, index): OrderStage => {
    const at = begun[index]?.at
    // A stage ends when the next one that was seen begins: a short one between two looks may never be seen.
    const nextAt =
      begun.slice(index + 1).find((step) => step !== undefined)?.at ?? (index === reached ? endedAt : undefined)
    const fact = index <= reached ? FACTS[key]?.({ jobView: order.jobView, steps }) : undefined
    const shown = { key, title, ...(at === undefined ? {} : { at }), ...(fact ? { fact } : {}) }
    if (order.state === 'settled') return { ...shown, state: 'done', ...lasted(at, nextAt) }
    if (index < reached) return { ...shown, state: 'done', ...lasted(at, nextAt) }
    if (index > reached) return { ...shown, state: 'next' }
    if (ended) return { ...shown, state: 'bad', fact: ORDER_LIFECYCLE[order.state].text, ...lasted(at, nextAt) }
    return { ...shown, state: order.state === 'unknown' ? 'unknown' : 'now' }
  })
}

const lasted = (at: number | undefined, until: number | undefined) =>
  at === undefined || until === undefined ? {} : { ms: Math.max(0, until - at) }
