import type { ReportDetail } from '@bithive/api/reports'
import { z } from 'zod'
import { type Fact, Facts } from '../shared/facts.tsx'
import { Hash } from '../shared/hash.tsx'
import { TodoIcon } from '../shared/icons.tsx'
import { useLive } from '../shared/queries.ts'
import { useSession } from '../shared/session.tsx'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { useModelTitle } from '../shared/use-model-title.ts'
import { ReviewTag } from './review-tag.tsx'
import { radiologyTexts } from './texts.ts'

/** What the card takes from the order that the result answers. */
const OrderFacts = z.object({
  order: z.object({ nodeName: z.string().optional(), inputSha256: z.string().nullable() }),
})

const DELIVERY_TONES: Readonly<Record<string, Tone>> = {
  queued: 'run',
  sent: 'ok',
  refused: 'bad',
  unreachable: 'unknown',
  unknown: 'unknown',
  withdrawn: 'off',
}

export function NotForDiagnosis() {
  const t = useTexts(radiologyTexts)
  return (
    <p className="rad-not-for-diagnosis">
      <TodoIcon />
      {t('notForDiagnosis')}
    </p>
  )
}

/** Where a result comes from: by whom it was computed, from what, and where its documents are. */
export function Provenance({ detail }: { readonly detail: ReportDetail }) {
  const t = useTexts(radiologyTexts)
  const say = useLocalText()
  const { data } = useLive(['orders', detail.orderId, 'facts'], OrderFacts, `/site/v1/orders/${detail.orderId}`)
  const titleOf = useModelTitle()
  const hashOf = (kind: string) => detail.documents.find((one) => one.kind === kind)?.sha256
  const items: Fact[] = [
    {
      key: 'model',
      label: t('model'),
      value: (
        <>
          {titleOf(detail.workload)} <code className="bh-small">{`${detail.workload} ${detail.version}`}</code>
        </>
      ),
    },
    { key: 'node', label: t('node'), value: <span dir="auto">{data?.order.nodeName ?? '—'}</span> },
    { key: 'input', label: t('inputHash'), value: <Hash value={data?.order.inputSha256 ?? undefined} /> },
    { key: 'result', label: t('resultHash'), value: <Hash value={detail.resultSha256} /> },
    { key: 'sr', label: t('srHash'), value: <Hash value={hashOf('sr')} /> },
    { key: 'seg', label: t('segHash'), value: <Hash value={hashOf('seg')} /> },
    {
      key: 'delivery',
      label: t('delivery'),
      value:
        detail.deliveries.length === 0
          ? t('notSent')
          : detail.deliveries.map(({ kind, state, stateText }) => (
              <StatusTag key={kind} tone={DELIVERY_TONES[state] ?? 'unknown'}>
                {`${kind.toUpperCase()} ${say(stateText)}`}
              </StatusTag>
            )),
    },
  ]
  return (
    <section aria-label={t('provenance')} className="rad-provenance">
      <h2>{t('provenance')}</h2>
      <Facts items={items} />
    </section>
  )
}

/** Who judged the result, how and why; the newest last. */
export function ReviewHistory({ detail }: { readonly detail: ReportDetail }) {
  const t = useTexts(radiologyTexts)
  const { actorId } = useSession()
  return (
    <section aria-label={t('judged')} className="rad-history">
      <h2>
        {t('judged')} <ReviewTag state={detail.review.state} />
      </h2>
      {detail.review.history.length > 0 && (
        <ul>
          {detail.review.history.map((review) => (
            <li key={review.reviewId} data-past={!review.inForce || undefined}>
              <span className="bh-row">
                {(!review.inForce || review.verdict !== detail.review.state) && <ReviewTag state={review.verdict} />}
                {!review.inForce && <span className="bh-small">{t('withdrawn')}</span>}
                <span className="bh-small">
                  {review.reviewerId === actorId ? t('byYou') : review.reviewerId.slice(-8)} · <Time at={review.at} />
                </span>
              </span>
              {review.reason && <span>{t(review.reason)}</span>}
              {review.text && <span dir="auto">{review.text}</span>}
            </li>
          ))}
        </ul>
      )}
      <p className="bh-small">{t('unsigned')}</p>
      <p className="bh-small">{t('moneyStays')}</p>
    </section>
  )
}
