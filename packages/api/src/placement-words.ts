import type { PlacementReason } from './compute.ts'
import type { LocalText } from './workload.ts'

/** What a person reads for each reason when several nodes share it. */
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
  dearer: { zh: '合适，但排在选中的节点之后', en: 'It fits, but comes behind the chosen node' },
}

const TIERS: readonly LocalText[] = [
  { zh: '0 级（公开数据）', en: 'tier 0 (public data)' },
  { zh: '1 级（去标识数据）', en: 'tier 1 (de-identified data)' },
  { zh: '2 级（受信任机构）', en: 'tier 2 (trusted institutions)' },
  { zh: '3 级（仅本院）', en: 'tier 3 (this hospital only)' },
]

/** The tier in words; unknown numbers are shown as they are. */
export const tierText = (tier: number): LocalText =>
  TIERS[tier] ?? { zh: `${String(tier)} 级`, en: `tier ${String(tier)}` }

/** Cents as the accounting currency writes them, from a decimal string of whole cents. */
function yuan(cents: string | number | undefined): string {
  const text = String(cents ?? '0')
  const negative = text.startsWith('-')
  const digits = text.replace('-', '').padStart(3, '0')
  return `${negative ? '−' : ''}¥${digits.slice(0, -2)}.${digits.slice(-2)}`
}

type Facts = PlacementReason['facts']

function leadOf(facts: Facts): LocalText {
  const { by, before } = facts
  const name = String(before ?? '')
  if (by === 'only') return { zh: '它是目前唯一合适的节点。', en: 'It is the only node that fits now.' }
  if (by === 'tier') {
    return {
      zh: `它是够用的最低信任级别；${name} 级别更高，留给别处去不了的工作。`,
      en: `Its trust tier is the lowest that suffices; ${name} is kept free for work that may go nowhere else.`,
    }
  }
  if (by === 'price') {
    const difference = yuan(facts.differenceCents)
    return { zh: `比下一个（${name}）便宜 ${difference}。`, en: `It is ${difference} cheaper than the next, ${name}.` }
  }
  if (by === 'free-slots') {
    return {
      zh: `与 ${name} 同价，但它空闲的名额更多。`,
      en: `It costs the same as ${name} and has more free slots.`,
    }
  }
  return {
    zh: `与 ${name} 完全相同，按编号先后决定。`,
    en: `It equals ${name} in everything; the order of their ids decides.`,
  }
}

function behindOf(facts: Facts): LocalText {
  const { by, behind } = facts
  const name = String(behind ?? '')
  if (by === 'tier') {
    const cheaper = String(facts.differenceCents ?? '').startsWith('-')
    const [zh, en] = cheaper ? ['即使更便宜，', 'Though it is cheaper, '] : ['', '']
    return {
      zh: `${zh}它可承接 ${tierText(Number(facts.granted)).zh}的工作，先留给只能去那里的任务；${name} 已够用。`,
      en: `${en}${en ? 'it' : 'It'} may take ${tierText(Number(facts.granted)).en} and is kept free for it; ${name} suffices.`,
    }
  }
  if (by === 'price') {
    const difference = yuan(facts.differenceCents)
    return { zh: `合适，但比 ${name} 贵 ${difference}。`, en: `It fits, but costs ${difference} more than ${name}.` }
  }
  if (by === 'free-slots') {
    return {
      zh: `与 ${name} 同价，但空闲名额更少（${facts.free} 对 ${facts.than}）。`,
      en: `It costs the same as ${name}, with fewer free slots (${facts.free} against ${facts.than}).`,
    }
  }
  if (by === 'id') {
    return {
      zh: `与 ${name} 完全相同，按编号先后排在其后。`,
      en: `It equals ${name} in everything and comes later by id.`,
    }
  }
  return REASON_TEXT.dearer
}

const WORDS: Partial<Record<PlacementReason['code'], (facts: Facts) => LocalText>> = {
  chosen: leadOf,
  dearer: behindOf,
  tier: ({ needs, granted }) => ({
    zh: `这些数据需要 ${tierText(Number(needs)).zh}，该节点最高 ${tierText(Number(granted)).zh}。`,
    en: `These data need ${tierText(Number(needs)).en}; the node is granted ${tierText(Number(granted)).en} at most.`,
  }),
  jurisdiction: ({ place }) => ({
    zh: `节点位于 ${place}，不在同意书允许的法域。`,
    en: `The node stands in ${place}, outside what the consent allows.`,
  }),
  memory: ({ needsMb, hasMb }) => ({
    zh: `需要 ${needsMb} MB 内存，节点有 ${hasMb} MB。`,
    en: `It needs ${needsMb} MB of memory; the node has ${hasMb} MB.`,
  }),
  gpu: ({ needs, has }) => ({
    zh: `需要 ${needs} 块显卡，节点有 ${has} 块。`,
    en: `It needs ${needs} GPUs; the node has ${has}.`,
  }),
  price: ({ priceCents, maxCents }) => ({
    zh: `节点报价 ${yuan(priceCents)}，订单上限 ${yuan(maxCents)}。`,
    en: `The node asks ${yuan(priceCents)}; the order allows ${yuan(maxCents)}.`,
  }),
  runtime: ({ missing }) => ({
    zh: `节点缺少 ${missing}。`,
    en: `The node lacks ${missing}.`,
  }),
}

/** One reason as a sentence with its own figures: why this node, or what keeps the job from it. */
export function placementWords(reason: Pick<PlacementReason, 'code' | 'facts'>): LocalText {
  return WORDS[reason.code]?.(reason.facts) ?? REASON_TEXT[reason.code]
}
