import type { JobOffer, JobQuote } from '@bithive/api/job-quote'
import { tierText } from '@bithive/api/placement-words'
import { Button, InputNumber, Segmented } from 'antd'
import { useId } from 'react'
import { Facts } from '../shared/facts.tsx'
import { formatDuration, formatMoney, formatPercent } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import { Money } from '../shared/money.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { useLocale, useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { trimAmount } from '../shared/trim-amount.ts'
import { useNow } from '../shared/use-now.ts'
import { Why } from '../shared/why.tsx'
import { PreviewProblems } from './preview-problems.tsx'
import type { StepProps } from './step-props.ts'
import { analysisTexts } from './texts.ts'

const PART_KEYS = { 'base-pay': 'base-pay', fee: 'feePart', royalty: 'royaltyPart', pool: 'poolPart' } as const

function Offer({
  offer,
  quote,
  first,
}: {
  readonly offer: JobOffer
  readonly quote: JobQuote
  readonly first: boolean
}) {
  const t = useTexts(analysisTexts)
  const said = useLocalText()
  return (
    <li data-chosen={first}>
      <div className="analysis-offer">
        <div>
          <strong dir="auto">{offer.nodeName}</strong> {first && <StatusTag tone="ok">{t('first')}</StatusTag>}{' '}
          {offer.own && <StatusTag tone="off">{t('own')}</StatusTag>}
          <div className="bh-small" dir="auto">
            {[offer.ownerName, offer.region, offer.jurisdiction].filter(Boolean).join(' · ')} ·{' '}
            {said(tierText(offer.tierGranted))}
          </div>
          <div>{said(offer.text)}</div>
        </div>
        <div className="analysis-price">
          <Money amount={trimAmount(offer.price.settlement)} asset={quote.asset} exact />
          <div className="bh-small">
            <Money amount={offer.price.accounting} asset={quote.currency} />
          </div>
        </div>
      </div>
      <div className="bh-small">
        {offer.parts.map(({ part, shareBps, amount }, index) => (
          <span key={part}>
            {index > 0 && ' · '}
            {t(PART_KEYS[part], { share: formatPercent(shareBps / 10_000) })}{' '}
            <Money amount={trimAmount(amount)} asset={quote.asset} exact />
          </span>
        ))}
      </div>
    </li>
  )
}

function Limit({ draft, change, quote }: Pick<StepProps, 'draft' | 'change'> & { readonly quote: JobQuote }) {
  const t = useTexts(analysisTexts)
  const locale = useLocale()
  const id = useId()
  const [first] = quote.offers
  const value = draft.maxPrice ?? quote.hold?.accounting ?? ''
  const set = (maxPrice: string | null) =>
    change({ maxPrice: maxPrice && /^\d{1,9}(\.\d{1,2})?$/.test(maxPrice) ? maxPrice : undefined })
  return (
    <Panel title={<label htmlFor={id}>{t('limit')}</label>}>
      <div className="bh-stack">
        <InputNumber
          id={id}
          stringMode
          min="0.01"
          step="0.50"
          precision={2}
          value={value}
          changeOnBlur
          onChange={set}
          className="analysis-limit"
        />
        <p className="bh-small">{t('limitNote')}</p>
        {first && (
          <Button onClick={() => set(first.price.accounting)}>
            {t('useFirst', { price: formatMoney(first.price.accounting, quote.currency, locale) })}
          </Button>
        )}
        {draft.maxPrice !== undefined && (
          <Button onClick={() => change({ maxPrice: undefined })}>{t('refresh')}</Button>
        )}
        {quote.hold && (
          <Facts
            items={[
              {
                key: 'hold',
                label: t('hold'),
                value: <Money amount={trimAmount(quote.hold.settlement)} asset={quote.asset} exact />,
              },
              {
                key: 'available',
                label: t('available'),
                value: <Money amount={trimAmount(quote.available)} asset={quote.asset} exact />,
              },
            ]}
          />
        )}
      </div>
    </Panel>
  )
}

function Wait({ quote, onRefresh }: { readonly quote: JobQuote; readonly onRefresh: () => void }) {
  const t = useTexts(analysisTexts)
  const said = useLocalText()
  const locale = useLocale()
  const old = useNow() > quote.validUntil
  const { ran } = quote.wait
  const duration = ran
    ? t('ran', { jobs: ran.jobs, low: formatDuration(ran.lowMs, locale), high: formatDuration(ran.highMs, locale) })
    : t('unmeasured')
  return (
    <Panel title={t('wait')}>
      <div className="bh-stack">
        <p>{said(quote.wait.text)}</p>
        <Facts
          items={[
            { key: 'ran', label: t('measured'), value: duration },
            { key: 'valid', label: t('validUntil'), value: old ? t('old') : <Time at={quote.validUntil} relative /> },
          ]}
        />
        <p className="bh-small">{said(quote.promise)}</p>
        <div>
          <Button onClick={onRefresh}>{t('refresh')}</Button>
        </div>
      </div>
    </Panel>
  )
}

const URGENCIES = ['routine', 'urgent', 'stat'] as const

/** What the market asks now, in the order in which it would choose, each node with the reason of its place. */
export function ChooseOffer({ draft, change, preview }: StepProps) {
  const t = useTexts(analysisTexts)
  const said = useLocalText()
  const { data, error, refetch } = preview
  const again = () => void refetch()
  if (!data) {
    return error ? <Problem error={error} onRetry={again} /> : <Loading rows={6} whom={t('askingHub')} />
  }
  const { quote } = data
  const urgency = (
    <Panel title={t('urgency')} extra={quote && t('factor', { factor: quote.urgencyFactorBps / 10_000 })}>
      <Segmented
        aria-label={t('urgency')}
        className="analysis-choice"
        value={draft.urgency}
        onChange={(value) => change({ urgency: value, maxPrice: undefined })}
        options={URGENCIES.map((value) => ({ value, label: t(value) }))}
      />
    </Panel>
  )
  return (
    <div className="bh-columns">
      <div>
        <PreviewProblems preview={data} studyId={draft.studyId} />
        {!quote && <Button onClick={again}>{t('refresh')}</Button>}
        {quote && (
          <Panel title={t('offersTitle')} extra={quote.offers.length}>
            {quote.offers.length === 0 && <p role="status">{t('noOffer')}</p>}
            <ol className="analysis-offers">
              {quote.offers.map((offer, index) => (
                <Offer key={offer.nodeId} offer={offer} quote={quote} first={index === 0} />
              ))}
            </ol>
          </Panel>
        )}
        {quote && quote.excluded.length > 0 && (
          <Why
            title={t('excluded')}
            counted={(count) => t('nodes', { count })}
            reasons={quote.excluded.map(({ code, text, count, nodes }) => ({
              key: code,
              count,
              text: said(text),
              fix: (
                <span dir="auto">
                  {nodes
                    .slice(0, 8)
                    .map(({ nodeName }) => nodeName)
                    .join(', ')}
                </span>
              ),
            }))}
          />
        )}
      </div>
      <div>
        {urgency}
        {quote && <Limit draft={draft} change={change} quote={quote} />}
        {quote && <Wait quote={quote} onRefresh={again} />}
      </div>
    </div>
  )
}
