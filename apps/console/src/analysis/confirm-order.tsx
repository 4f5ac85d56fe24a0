import { addAmounts } from '../shared/add-amounts.ts'
import { Facts } from '../shared/facts.tsx'
import { formatMoney, shortId } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import { Money } from '../shared/money.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { useLocale, useLocalText, useTexts } from '../shared/texts.ts'
import { trimAmount } from '../shared/trim-amount.ts'
import { unitsPerYuan } from '../shared/units-per-yuan.ts'
import { useModelTitle } from '../shared/use-model-title.ts'
import { useStudy } from '../shared/use-studies.ts'
import { useWhose } from '../shared/use-whose.ts'
import { PreviewProblems } from './preview-problems.tsx'
import type { StepProps } from './step-props.ts'
import { analysisTexts } from './texts.ts'

/** The last look: what is held, what it may cost, what happens with the data. One button follows. */
export function ConfirmOrder({ draft, preview }: StepProps) {
  const t = useTexts(analysisTexts)
  const said = useLocalText()
  const locale = useLocale()
  const { data, error, refetch } = preview
  const titleOf = useModelTitle()
  const { data: study } = useStudy(draft.studyId)
  const { name, day, about } = useWhose({ studyId: draft.studyId, personId: data?.personId })
  const series = study?.series.find(({ seriesId }) => seriesId === draft.seriesId)
  if (!data) return error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading rows={5} />
  const { quote } = data
  const [first] = quote?.offers ?? []
  if (!quote?.hold) return <PreviewProblems preview={data} studyId={draft.studyId} />
  const { hold, asset, available, currency } = quote
  const scale = hold.settlement.split('.')[1]?.length ?? 0
  const left = addAmounts([available, `-${hold.settlement}`])
  const place = data.tier === 3 ? t('whatOwn') : t('whatSealed')
  return (
    <div className="bh-columns">
      <div>
        <PreviewProblems preview={data} studyId={draft.studyId} />
        <Panel title={t('what')} extra={<StatusTag tone="todo">{t('notDiagnosis')}</StatusTag>}>
          <div className="bh-stack">
            <p>
              {t('whatText', { hold: formatMoney(trimAmount(hold.settlement), asset, locale, { exact: true }), place })}
            </p>
            <Facts
              items={[
                { key: 'patient', label: t('patient'), value: <strong dir="auto">{name}</strong> },
                {
                  key: 'series',
                  label: t('studyName'),
                  value: (
                    <span dir="auto">
                      {[
                        `${data.modality} ${series?.bodyPart ?? ''}`.trim(),
                        about,
                        day,
                        series && t('images', { count: series.images }),
                      ]
                        .filter(Boolean)
                        .join(' · ')}{' '}
                      <code className="bh-small">{shortId(draft.seriesId ?? '')}</code>
                    </span>
                  ),
                },
                {
                  key: 'model',
                  label: t('analysis'),
                  value: (
                    <>
                      {titleOf(data.workload)} <code className="bh-small">{`${data.workload} ${data.version}`}</code>
                    </>
                  ),
                },
                { key: 'purpose', label: t('purpose'), value: t(draft.purpose) },
                { key: 'urgency', label: t('urgency'), value: t(draft.urgency) },
                { key: 'tier', label: t('tier'), value: said(data.tierText) },
                {
                  key: 'node',
                  label: t('likelyNode'),
                  value: first ? <span dir="auto">{first.nodeName}</span> : t('noOffer'),
                },
              ]}
            />
          </div>
        </Panel>
      </div>
      <div>
        <Panel title={t('holdMost')}>
          <div className="bh-stack">
            <Money amount={trimAmount(hold.settlement)} asset={asset} exact large />
            <Facts
              items={[
                { key: 'limit', label: t('limit'), value: <Money amount={hold.accounting} asset={currency} /> },
                ...(first
                  ? [
                      {
                        key: 'price',
                        label: t('priceNow'),
                        value: <Money amount={trimAmount(first.price.settlement)} asset={asset} exact />,
                      },
                    ]
                  : []),
                {
                  key: 'rate',
                  label: t('rate'),
                  value: t('rateFact', {
                    units: unitsPerYuan(quote.rate.unitsPerCent, scale),
                    asset,
                    source: said(quote.rate.text),
                  }),
                },
                {
                  key: 'available',
                  label: t('available'),
                  value: <Money amount={trimAmount(available)} asset={asset} exact />,
                },
                { key: 'after', label: t('after_'), value: <Money amount={trimAmount(left)} asset={asset} exact /> },
              ]}
            />
            {left.startsWith('-') && <p role="alert">{t('poor')}</p>}
            <p className="bh-small">{said(quote.promise)}</p>
          </div>
        </Panel>
      </div>
    </div>
  )
}
