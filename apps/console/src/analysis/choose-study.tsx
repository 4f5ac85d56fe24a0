import { useNavigate } from '@tanstack/react-router'
import { Button, Input } from 'antd'
import { useState } from 'react'
import { Empty } from '../shared/empty.tsx'
import { shortId } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { StudyThumbnail } from '../shared/study-thumbnail.tsx'
import { useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { useStudies } from '../shared/use-studies.ts'
import type { StepProps } from './step-props.ts'
import { analysisTexts } from './texts.ts'

const SHOWN = 40

/** Which series is analysed. A study of several series offers each by itself. */
export function ChooseStudy({ draft, change }: StepProps) {
  const t = useTexts(analysisTexts)
  const navigate = useNavigate()
  const [asked, setAsked] = useState('')
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useStudies()
  if (!data) return error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading rows={5} />
  const rows = data.pages
    .flatMap(({ studies }) => studies)
    .flatMap((study) => study.series.map((series) => ({ study, series })))
    .filter(({ study, series }) =>
      `${study.studyId} ${study.personId} ${series.modality} ${series.bodyPart}`
        .toLowerCase()
        .includes(asked.toLowerCase()),
    )
    .sort((a, b) => Number(b.series.seriesId === draft.seriesId) - Number(a.series.seriesId === draft.seriesId))
  const upload = <Button onClick={() => void navigate({ to: '/studies/upload' })}>{t('upload')}</Button>
  return (
    <Panel>
      <div className="bh-stack">
        <div className="bh-row">
          <Input
            allowClear
            aria-label={t('search')}
            placeholder={t('search')}
            value={asked}
            onChange={({ target }) => setAsked(target.value)}
            className="analysis-search"
          />
          {upload}
        </div>
        {rows.length === 0 && <Empty>{t('noStudies')}</Empty>}
        <ul className="analysis-list">
          {rows.slice(0, SHOWN).map(({ study, series }) => {
            const chosen = series.seriesId === draft.seriesId
            const choose = () => change({ studyId: study.studyId, seriesId: series.seriesId, maxPrice: undefined })
            return (
              <li key={series.seriesId} data-chosen={chosen}>
                <StudyThumbnail study={study} />
                <div>
                  <strong>
                    {series.modality} {series.bodyPart}
                  </strong>
                  <div className="bh-small">
                    {shortId(study.personId)} · {shortId(study.studyId)} · {series.images} ·{' '}
                    <Time at={study.lastImageAt} />
                  </div>
                </div>
                {chosen ? (
                  <StatusTag tone="ok">{t('chosen')}</StatusTag>
                ) : (
                  <Button onClick={choose} aria-label={`${t('choose')} ${series.modality} ${shortId(series.seriesId)}`}>
                    {t('choose')}
                  </Button>
                )}
              </li>
            )
          })}
        </ul>
        {hasNextPage && (
          <Button loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t('more')}
          </Button>
        )}
      </div>
    </Panel>
  )
}
