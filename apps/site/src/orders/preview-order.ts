import type { OrderPreview, OrderPreviewRequest, OrderProblem } from '@bithive/api/orders'
import { tierText } from '@bithive/api/placement-words'
import type { LocalText } from '@bithive/api/workload'
import type { Actor } from '@bithive/kernel/actor'
import { DomainError } from '@bithive/kernel/errors'
import { mustAllow } from '@bithive/kernel/http'
import type { OrdersDeps } from './deps.ts'
import { orderErrors } from './errors.ts'
import { mayOrder } from './policy.ts'
import { problemWords } from './problem-words.ts'

/** Kinds of image of which a volume of a head can be rebuilt to a face. */
const MAY_SHOW_A_FACE = ['CT', 'MR', 'PT', 'NM']

const BODY_PART_MISSING: OrderProblem = {
  code: 'orders.body-part-missing',
  title: { zh: '影像没有写明部位', en: 'The images do not name the body part' },
  notDone: {
    zh: '部位为空时，系统认不出头部影像，不会自动限制在本院处理。',
    en: 'Without it a head is not recognised, and is not kept in this hospital by itself.',
  },
  todo: {
    zh: '如果是头部影像，请先在 PACS 补写部位再下单。',
    en: 'If this is a head, have the body part written at the PACS before ordering.',
  },
}

const CARD_TIER: LocalText = {
  zh: '分析程序的模型卡要求的最低级别。',
  en: 'The least tier that the card of the workload asks for.',
}

/**
 * Looks at an order before it is made: may these images be used so, how far may they go and why, and what would the
 * market ask now. Nothing is written, de-identified or sent; the hub hears of a workload, a tier and places only.
 * @throws http.forbidden, orders.unknown-series, orders.unknown-workload
 */
export const previewOrder =
  (deps: OrdersDeps) =>
  async (asked: OrderPreviewRequest, actor: Actor): Promise<OrderPreview> => {
    mustAllow(mayOrder(actor))
    const { studyId, seriesId, urgency, purpose, maxPrice } = asked
    const known = deps.workloads.find(({ card }) => card.id === asked.workload)
    if (!known) throw orderErrors.error('unknown-workload')
    const facts = await deps.imaging.describeSeries(studyId, seriesId)
    if (!facts) throw orderErrors.error('unknown-series')
    const { card } = known
    const { modality, personId, bodyPartWords } = facts
    const release = deps.consent.release({ dataClass: card.dataClass, modality, bodyPartWords })
    const tier = card.defaultTier > release.minTier ? card.defaultTier : release.minTier
    const { dataClass } = release
    const decision = await deps.consent.mayUse({ personId, purpose, dataClass, tier, at: deps.clock.now() })
    const problems: OrderProblem[] = []
    if (!card.modalities.includes(modality)) problems.push(problemWords(orderErrors.code('wrong-modality')))
    if (!decision.ok) problems.push(problemWords(decision.reason))
    const jurisdictions = decision.ok ? [...decision.jurisdictions] : []
    const order = { workload: card.id, version: card.version, urgency, tier, jurisdictions, dataClass }
    const quote =
      problems.length > 0
        ? undefined
        : await deps.hub.quoteJob({ ...order, ...(maxPrice === undefined ? {} : { maxPrice }) }).catch((error) => {
            if (!(error instanceof DomainError)) throw error
            const refused = error.code === orderErrors.code('hub-refused')
            const code = refused ? String(error.facts.problem) : error.code
            problems.push(problemWords(code))
            return undefined
          })
    const named = bodyPartWords.some((word) => word.trim() !== '')
    return {
      allowed: problems.length === 0,
      problems,
      warnings: !named && MAY_SHOW_A_FACE.includes(modality) ? [BODY_PART_MISSING] : [],
      personId,
      workload: card.id,
      version: card.version,
      modality,
      purpose,
      dataClass,
      tier,
      tierText: tierText(tier),
      tierReasons: [
        { code: 'card', minTier: card.defaultTier, text: CARD_TIER },
        ...release.rules.map(({ code, minTier, text }) => ({ code, minTier, text })),
      ],
      consent: decision.ok
        ? { ok: true, consentIds: [...decision.consentIds], jurisdictions }
        : { ok: false, consentIds: [], jurisdictions, reason: decision.reason },
      deidentification: `/studies/${studyId}/series/${seriesId}/deidentification`,
      ...(quote ? { quote } : {}),
    }
  }
