import { ModelList } from '@bithive/api/network'
import type { WorkloadCard } from '@bithive/api/workload'
import { Button } from 'antd'
import { Facts } from '../shared/facts.tsx'
import { formatPercent } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { useSession } from '../shared/session.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { useLocalText, useTexts } from '../shared/texts.ts'
import { useStudy } from '../shared/use-studies.ts'
import type { StepProps } from './step-props.ts'
import { analysisTexts } from './texts.ts'

function ModelCard(props: {
  readonly card: WorkloadCard
  readonly modality: string | undefined
  readonly chosen: boolean
  readonly onChoose: () => void
}) {
  const t = useTexts(analysisTexts)
  const said = useLocalText()
  const { card, modality, chosen } = props
  const fits = modality === undefined || card.modalities.includes(modality)
  return (
    <Panel title={said(card.title)} extra={<StatusTag tone="todo">{t('notDiagnosis')}</StatusTag>}>
      <div className="bh-stack">
        <Facts
          items={[
            { key: 'intended', label: t('intended'), value: said(card.intendedUse) },
            { key: 'limits', label: t('limits'), value: said(card.limits) },
            { key: 'modalities', label: t('modalities'), value: card.modalities.join(', ') },
            { key: 'source', label: t('source'), value: card.source },
            { key: 'author', label: t('author'), value: <span dir="auto">{said(card.author.name)}</span> },
            { key: 'version', label: t('version'), value: <code>{`${card.id} ${card.version}`}</code> },
            { key: 'royalty', label: t('royalty'), value: formatPercent(card.shares.royaltyBps / 10_000) },
          ]}
        />
        {chosen ? (
          <StatusTag tone="ok">{t('chosen')}</StatusTag>
        ) : fits ? (
          <div>
            <Button onClick={props.onChoose} aria-label={`${t('choose')} ${said(card.title)}`}>
              {t('choose')}
            </Button>
          </div>
        ) : (
          <p className="bh-small">{t('otherModality', { modality: modality ?? '' })}</p>
        )}
      </div>
    </Panel>
  )
}

/** Which analysis: cards with what each is for, and what it cannot do; those that fit the series first. */
export function ChooseModel({ draft, change }: StepProps) {
  const t = useTexts(analysisTexts)
  const { networkBase } = useSession()
  const { data: study } = useStudy(draft.studyId)
  const { data, error, refetch } = useLive(['jobs', 'models'], ModelList, `${networkBase}/models`)
  if (!data) {
    return error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading rows={6} whom={t('askingHub')} />
  }
  const modality = study?.series.find(({ seriesId }) => seriesId === draft.seriesId)?.modality
  const fits = ({ modalities }: WorkloadCard) => modality === undefined || modalities.includes(modality)
  const cards = data.models.map(({ card }) => card).sort((a, b) => Number(fits(b)) - Number(fits(a)))
  return (
    <div className="analysis-cards">
      {cards.map((card) => (
        <ModelCard
          key={card.id}
          card={card}
          modality={modality}
          chosen={draft.workload === card.id}
          onChoose={() => change({ workload: card.id, maxPrice: undefined })}
        />
      ))}
    </div>
  )
}
