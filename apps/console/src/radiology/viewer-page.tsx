import { useParams } from '@tanstack/react-router'
import { ConfigProvider } from 'antd'
import { lazy, Suspense, useEffect, useMemo } from 'react'
import { Loading } from '../shared/loading.tsx'
import { applyPreferences } from '../shared/preferences.ts'
import { Problem } from '../shared/problem.tsx'
import { useTexts } from '../shared/texts.ts'
import { createTheme } from '../shared/theme.ts'
import { useNarrow } from '../shared/use-media.ts'
import { useUrlState } from '../shared/use-url-state.ts'
import { NarrowReview } from './narrow-review.tsx'
import './radiology.css'
import { radiologyTexts } from './texts.ts'
import { useReport, useStudy } from './use-study.ts'

/** Cornerstone is large and only the wide viewer needs it. */
const Viewer = lazy(async () => ({ default: (await import('./viewer.tsx')).Viewer }))

/** Images are judged in the dark, whatever colours the person chose for the rest. */
function useDark(on: boolean): void {
  useEffect(() => {
    if (!on) return
    document.documentElement.dataset.mode = 'dark'
    return applyPreferences
  }, [on])
}

export function ViewerPage() {
  const t = useTexts(radiologyTexts)
  const narrow = useNarrow()
  const { studyId = '' } = useParams({ strict: false }) as { studyId?: string }
  const [asked, setAsked] = useUrlState('report')
  const { row, series, seriesError } = useStudy(studyId)
  const reports = row.data?.reports ?? []
  const reportId = (reports.find((one) => one.reportId === asked) ?? reports[0])?.reportId
  const { detail, overlay } = useReport(reportId)
  const theme = useMemo(() => createTheme('dark'), [])
  useDark(!narrow)
  useEffect(() => {
    document.title = `${t('image', { at: 1, count: 1, name: row.data?.pseudonym ?? '' })} · BitHive`
  }, [row.data, t])
  const error = row.error ?? seriesError
  if (error && (!row.data || !series)) {
    return (
      <div className="rad-cannot">
        <Problem error={error} onRetry={() => void row.refetch()} />
      </div>
    )
  }
  if (!row.data || !series) return <Loading rows={4} />
  const shared = { row: row.data, series, detail: detail.data, detailError: detail.error }
  if (narrow) return <NarrowReview {...shared} />
  return (
    <ConfigProvider theme={theme} button={{ autoInsertSpace: false }}>
      <Suspense fallback={<Loading rows={4} />}>
        <Viewer {...shared} overlay={overlay} onReport={setAsked} />
      </Suspense>
    </ConfigProvider>
  )
}
