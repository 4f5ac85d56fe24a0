import type { StudyView } from '@bithive/api/studies'
import { Link, useNavigate } from '@tanstack/react-router'
import { Button } from 'antd'
import { type Column, DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { shortId } from '../shared/format.ts'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { hasRole, useSession } from '../shared/session.tsx'
import { StudyThumbnail } from '../shared/study-thumbnail.tsx'
import { useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { modalitiesOf, useStudies } from '../shared/use-studies.ts'
import { studyTexts } from './texts.ts'

const bodyPartsOf = ({ series }: StudyView) =>
  [...new Set(series.map(({ bodyPart }) => bodyPart).filter(Boolean))].join(' ')

function useColumns(): readonly Column<StudyView>[] {
  const t = useTexts(studyTexts)
  const said = useLocalText()
  return [
    {
      key: 'picture',
      title: t('picture'),
      value: () => undefined,
      render: (study) => <StudyThumbnail study={study} />,
      width: 80,
    },
    {
      key: 'study',
      title: t('study'),
      value: ({ studyId }) => studyId,
      render: ({ studyId }) => <Link to={`/studies/${studyId}` as string}>{shortId(studyId)}</Link>,
    },
    { key: 'patient', title: t('patient'), value: ({ personId }) => shortId(personId) },
    { key: 'modality', title: t('modality'), value: modalitiesOf, sort: true },
    {
      key: 'bodyPart',
      title: t('bodyPart'),
      value: bodyPartsOf,
      render: (study) => bodyPartsOf(study) || t('noBodyPart'),
    },
    { key: 'series', title: t('series'), value: ({ series }) => series.length, align: 'right' },
    { key: 'images', title: t('images'), value: ({ images }) => images, align: 'right', sort: true },
    { key: 'state', title: t('state'), value: ({ stateText }) => said(stateText) },
    {
      key: 'received',
      title: t('received'),
      value: ({ lastImageAt }) => lastImageAt,
      render: ({ lastImageAt }) => <Time at={lastImageAt} />,
      sort: true,
    },
  ]
}

/** Studies that the hospital received, newest first. */
export function StudiesPage() {
  const t = useTexts(studyTexts)
  const session = useSession()
  const navigate = useNavigate()
  const columns = useColumns()
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useStudies()
  const quarantined = data?.pages[0]?.quarantined ?? []
  const upload = hasRole(session, 'clinician', 'technician') && (
    <Button onClick={() => void navigate({ to: '/studies/upload' })}>{t('upload')}</Button>
  )
  return (
    <Page title={t('title')} about={t('about')} docs="imaging" actions={upload}>
      {quarantined.length > 0 && (
        <p role="alert" className="bh-small">
          {t('quarantined', { count: quarantined.length, reasons: [...new Set(quarantined)].join(', ') })}
        </p>
      )}
      <Panel>
        <DataTable
          id="studies"
          label={t('title')}
          rows={data?.pages.flatMap(({ studies }) => studies)}
          rowKey={({ studyId }) => studyId}
          columns={columns}
          search={(study) => `${study.studyId} ${study.personId} ${modalitiesOf(study)} ${bodyPartsOf(study)}`}
          error={error}
          onRetry={() => void refetch()}
          {...(hasNextPage ? { onMore: () => void fetchNextPage() } : {})}
          loadingMore={isFetchingNextPage}
          empty={<Empty action={upload}>{t('empty')}</Empty>}
        />
      </Panel>
    </Page>
  )
}
