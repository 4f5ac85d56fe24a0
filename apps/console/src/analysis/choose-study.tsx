import type { WorklistRow } from '@bithive/api/reports'
import type { StudyView } from '@bithive/api/studies'
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
import { useNewestStudies, useWhose } from '../shared/use-whose.ts'
import type { StepProps } from './step-props.ts'
import { analysisTexts } from './texts.ts'

const SHOWN = 40

const wordsOf = (row: WorklistRow | undefined) =>
  row ? `${row.patient?.name.replaceAll('^', ' ') ?? row.pseudonym} ${row.description} ${row.studyDate}` : ''

/** One series, and whose it is: nothing here may be mistaken for the next patient's. */
function SeriesRow(props: {
  readonly study: StudyView
  readonly series: StudyView['series'][number]
  readonly row: WorklistRow | 'coming' | undefined
  readonly chosen: boolean
  readonly onChoose: () => void
}) {
  const t = useTexts(analysisTexts)
  const { study, series, chosen } = props
  const { name, day, about } = useWhose(study, props.row)
  return (
    <li data-chosen={chosen}>
      <StudyThumbnail study={study} />
      <div>
        <strong dir="auto">{name}</strong> · {series.modality} {series.bodyPart}
        <div className="bh-small" dir="auto">
          {[day && t('studyOf', { day }), about, t('images', { count: series.images })].filter(Boolean).join(' · ')}
        </div>
        <div className="bh-small">
          {t('received')} <Time at={study.lastImageAt} /> · <span className="bh-mono">{shortId(study.studyId)}</span>
        </div>
      </div>
      {chosen ? (
        <StatusTag tone="ok">{t('chosen')}</StatusTag>
      ) : (
        <Button
          onClick={props.onChoose}
          aria-label={`${t('choose')} ${series.modality} · ${name} · ${shortId(series.seriesId)}`}
        >
          {t('choose')}
        </Button>
      )}
    </li>
  )
}

/** Which series is analysed. A study of several series offers each by itself. */
export function ChooseStudy({ draft, change }: StepProps) {
  const t = useTexts(analysisTexts)
  const navigate = useNavigate()
  const [asked, setAsked] = useState('')
  const newest = useNewestStudies()
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useStudies()
  if (!data) return error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading rows={5} />
  const rows = data.pages
    .flatMap(({ studies }) => studies)
    .flatMap((study) => study.series.map((series) => ({ study, series })))
    .filter(({ study, series }) =>
      `${study.studyId} ${study.personId} ${series.modality} ${series.bodyPart} ${wordsOf(newest?.get(study.studyId))}`
        .toLowerCase()
        .includes(asked.toLowerCase()),
    )
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
          {rows.slice(0, SHOWN).map(({ study, series }) => (
            <SeriesRow
              key={series.seriesId}
              study={study}
              series={series}
              row={newest ? newest.get(study.studyId) : 'coming'}
              chosen={series.seriesId === draft.seriesId}
              onChoose={() => change({ studyId: study.studyId, seriesId: series.seriesId, maxPrice: undefined })}
            />
          ))}
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
