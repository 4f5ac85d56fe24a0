import type { JobView } from '@bithive/api/compute'
import type { OrderCancel, OrderDetail, OrderProvenance, OrderWhy } from '@bithive/api/orders'
import { placementWords, REASON_TEXT } from '@bithive/api/placement-words'
import type { LocalText } from '@bithive/api/workload'
import { hasEnded, mayFollow } from './lifecycle.ts'
import { orderStages } from './order-stages.ts'
import { toOrderView } from './order-view.ts'
import type { OrderStep } from './schema.ts'
import type { OrderRow } from './store.ts'

const MOST_NODES = 100

/** Why this node: the chosen one's sentence, and every other node by what kept it away, largest group first. */
export function explainPlacement(job: JobView): OrderWhy {
  const chosen = job.placement.find(({ code }) => code === 'chosen')
  const groups = new Map<string, OrderWhy['groups'][number]>()
  for (const reason of job.placement) {
    const { code, nodeName, ownerKind } = reason
    if (code === 'chosen') continue
    const group = groups.get(code) ?? { code, text: REASON_TEXT[code], count: 0, nodes: [] }
    const nodes = [...group.nodes, { nodeName, ownerKind, text: placementWords(reason) }].slice(0, MOST_NODES)
    groups.set(code, { ...group, count: group.count + 1, nodes })
  }
  return {
    ...(chosen ? { chosen: { nodeName: chosen.nodeName, text: placementWords(chosen) } } : {}),
    looked: job.placement.length,
    groups: [...groups.values()].sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
  }
}

function signatureOf(order: OrderRow, steps: readonly OrderStep[]): OrderProvenance['signature'] {
  const verified = steps.findLast(({ stage }) => stage === 'verified' || stage === 'result-refused')
  if (!verified) return 'not-yet'
  if (verified.stage === 'result-refused') return order.resultEpoch === null ? 'refused' : 'not-yet'
  return verified.facts.signature === 'valid' ? 'valid' : 'not-given'
}

function provenanceOf(order: OrderRow, steps: readonly OrderStep[]): OrderProvenance {
  const { inputSha256, inputBytes, resultSha256, jobView } = order
  const staged = steps.findLast(({ stage }) => stage === 'staged')?.facts.sealedSha256
  const { envelope, sealedSha256 } = jobView?.result ?? {}
  return {
    workloadDigest: order.workloadDigest,
    ...(order.input ? { images: order.input.images.length } : {}),
    ...(inputSha256 === null ? {} : { inputSha256 }),
    ...(inputBytes === null ? {} : { inputBytes }),
    ...(typeof staged === 'string' ? { sealedInputSha256: staged } : {}),
    ...(resultSha256 === null ? {} : { resultSha256 }),
    ...(sealedSha256 === undefined ? {} : { sealedResultSha256: sealedSha256 }),
    signature: signatureOf(order, steps),
    ...(envelope ? { envelope } : {}),
    ...(jobView?.lease ? { signKey: jobView.lease.signKey } : {}),
  }
}

const CANCEL = {
  unsent: {
    zh: '分析还没有发出，取消不产生任何费用。',
    en: 'The analysis has not been sent; cancelling costs nothing.',
  },
  filed: { zh: '结果已经返回或归档，不能再取消。', en: 'A result is back or filed; it is too late to cancel.' },
  over: { zh: '分析已结束，没有可取消的内容。', en: 'The analysis has ended; there is nothing left to cancel.' },
} as const satisfies Record<string, LocalText>

/** What cancelling now would do and give back; the hub decides in the end whether it was in time. */
function cancelOf(order: OrderRow): OrderCancel {
  const { jobView } = order
  const asset = jobView?.cancel?.asset
  const unit = asset === undefined ? {} : { asset }
  if (hasEnded(order.state))
    return { possible: false, refund: '0', ...unit, text: jobView?.cancel?.text ?? CANCEL.over }
  const here = mayFollow(order.state, 'cancelled') && order.resultEpoch === null
  if (!here) return { possible: false, refund: '0', ...unit, text: CANCEL.filed }
  if (!jobView) return { possible: true, refund: '0', text: CANCEL.unsent }
  const { possible = true, refund = '0', text = CANCEL.unsent } = jobView.cancel ?? {}
  return { possible, refund, ...unit, text }
}

/** One order with everything its page shows. Pure: the same row and steps give the same answer. */
export function explainOrder(order: OrderRow, steps: readonly OrderStep[], title: LocalText): OrderDetail {
  const { jobView } = order
  return {
    order: toOrderView(order, title),
    steps: steps.map((step) => ({ ...step, facts: { ...step.facts }, sinceOrderedMs: step.at - order.createdAtMs })),
    stages: orderStages(order, steps),
    attempts: order.leaseEpoch,
    ...(jobView?.lease ? { node: jobView.lease } : {}),
    moneyParts: jobView?.money ?? [],
    ...(jobView?.rate ? { rate: jobView.rate } : {}),
    ...(jobView && jobView.placement.length > 0 ? { why: explainPlacement(jobView) } : {}),
    provenance: provenanceOf(order, steps),
    cancel: cancelOf(order),
    ...(jobView ? { heardAt: jobView.updatedAt } : {}),
  }
}
