import type { Locale } from '@bithive/kernel/errors'
import { z } from 'zod'
import { problemWords } from './command/problem-words.ts'
import { padTo } from './command/table.ts'
import { sizeOf, wordOf } from './command/words.ts'

/** The lineage of an order as the site tells it. Facts are codes, ids, hashes and counts; which, the step says. */
export const OrderSteps = z.array(
  z.object({
    stage: z.string(),
    at: z.number(),
    sinceOrderedMs: z.number(),
    facts: z.record(z.string(), z.unknown()),
  }),
)
export type OrderStep = z.infer<typeof OrderSteps>[number]

const STAGES: Readonly<Record<string, Readonly<Record<Locale, string>>>> = {
  draft: { zh: '登记订单', en: 'order drafted' },
  allowed: { zh: '授权已核对', en: 'consent checked' },
  prepared: { zh: '已去标识并打包', en: 'de-identified and packed' },
  ordered: { zh: '向枢纽下单，款项已冻结', en: 'ordered at the hub, money held' },
  leased: { zh: '派给节点', en: 'given to a node' },
  staged: { zh: '再次核对后加密交给节点', en: 'checked again, sealed and sent' },
  running: { zh: '节点正在计算', en: 'the node computes' },
  returned: { zh: '收到结果', en: 'result received' },
  verified: { zh: '结果已核对', en: 'result checked' },
  filed: { zh: '报告已归档', en: 'report filed' },
  accepted: { zh: '结果已接受', en: 'result accepted' },
  settled: { zh: '已结算', en: 'settled' },
  refused: { zh: '已拒绝', en: 'refused' },
  failed: { zh: '失败，已退款', en: 'failed, refunded' },
  cancelled: { zh: '已取消', en: 'cancelled' },
  withdrawn: { zh: '已撤回', en: 'withdrawn' },
  unknown: { zh: '结果未知，正在查询', en: 'outcome unknown, being asked for' },
  'result-refused': { zh: '结果不采用，改派其他节点', en: 'result refused, another node is sought' },
}

const Money = z.array(
  z.object({ part: z.string(), asset: z.string(), amount: z.string(), toName: z.string().optional() }),
)

/** What of a step's facts a person wants to read, in this order. Hashes and ids are in `--json`. */
const SHOWN: Readonly<Record<string, (value: unknown, locale: Locale) => string>> = {
  workload: (value) => String(value),
  tier: (value, locale) => (locale === 'zh' ? `隐私等级 ${value}` : `privacy tier ${value}`),
  dataClass: (value, locale) => wordOf(String(value), locale),
  jurisdictions: (value, locale) =>
    `${locale === 'zh' ? '可去往 ' : 'may go to '}${(Array.isArray(value) ? value : [value]).join(', ')}`,
  images: (value, locale) => (locale === 'zh' ? `${value} 幅` : `${value} ${value === 1 ? 'image' : 'images'}`),
  inputBytes: (value) => sizeOf(Number(value)),
  urgency: (value, locale) => wordOf(String(value), locale),
  nodeName: (value) => String(value),
  ownerKind: (value, locale) => wordOf(String(value), locale),
  region: (value) => String(value),
  priceQuoted: (value, locale) => (locale === 'zh' ? `报价 ${value} CNY` : `quoted ${value} CNY`),
  sealedBytes: (value) => sizeOf(Number(value)),
  epoch: (value, locale) => (Number(value) > 1 ? (locale === 'zh' ? `第 ${value} 轮` : `attempt ${value}`) : ''),
  signed: (value, locale) => {
    if (value === true) return locale === 'zh' ? '签名有效' : 'signature valid'
    return locale === 'zh' ? '签名无效' : 'signature not valid'
  },
  reportId: (value) => String(value),
  by: (value, locale) => (locale === 'zh' ? `由 ${value}` : `by ${value}`),
  problem: (value, locale) => `${locale === 'zh' ? '原因：' : 'because: '}${problemWords(String(value), locale)}`,
  reason: (value, locale) => `${locale === 'zh' ? '原因：' : 'because: '}${problemWords(String(value), locale)}`,
}

function moneyLines(value: unknown, locale: Locale): string[] {
  const parts = Money.safeParse(value)
  if (!parts.success) return []
  return parts.data.map(({ part, amount, asset, toName }) => {
    const to = toName === undefined ? '' : ` → ${toName}`
    return `${' '.repeat(14)}${padTo(wordOf(part, locale), 14)}${amount.padStart(14)} ${asset}${to}`
  })
}

/** One step in words: what happened, and the facts that say something. */
export function stepText({ stage, facts }: Pick<OrderStep, 'stage' | 'facts'>, locale: Locale, width = 0): string {
  const name = Object.hasOwn(STAGES, stage) ? STAGES[stage]?.[locale] : undefined
  const said = Object.entries(SHOWN)
    .flatMap(([key, show]) => (facts[key] === undefined || facts[key] === null ? [] : [show(facts[key], locale)]))
    .filter((text) => text !== '')
  const joined = said.join(locale === 'zh' ? '，' : ', ')
  const between = width === 0 && joined !== '' ? (locale === 'zh' ? '：' : ': ') : ''
  return `${padTo(name ?? stage, width)}${between}${joined}`.trimEnd()
}

/** One step for a person: when, what, and the facts that say something; money below it, one line a part. */
export function stepLines(step: OrderStep, locale: Locale): string {
  const { facts, sinceOrderedMs } = step
  const when = `${(sinceOrderedMs / 1000).toFixed(2).padStart(8)} ${locale === 'zh' ? '秒' : 's '}`
  return [`${when}  ${stepText(step, locale, 32)}`, ...moneyLines(facts.money, locale)].join('\n')
}
