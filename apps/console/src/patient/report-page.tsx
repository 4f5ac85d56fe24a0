import { MyReport } from '@bithive/api/patient'
import { Link, useParams } from '@tanstack/react-router'
import { Card } from '../m/card.tsx'
import { formatTime } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import { now } from '../shared/now.ts'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { useLocale, useTexts } from '../shared/texts.ts'
import { LinkedScreen } from './linked-screen.tsx'
import { sayFigure } from './say-terms.ts'
import { patientTexts } from './texts.ts'

function Report() {
  const t = useTexts(patientTexts)
  const locale = useLocale()
  const { reportId = '' } = useParams({ strict: false })
  const path = `/site/v1/me/reports/${encodeURIComponent(reportId)}`
  const { data, error, refetch } = useLive(['reports', 'my-report', reportId], MyReport, path)
  if (!data) return error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading rows={4} />
  return (
    <>
      <p>{t('reportAbout', { title: data.title[locale], time: formatTime(data.at, locale, now()) })}</p>
      <div className="p-note">
        <p>
          <strong>{data.notForDiagnosis[locale]}</strong>
        </p>
        <p>{data.stateText[locale]}</p>
      </div>
      <Card title={t('figures')}>
        {data.figures.length === 0 && <p>{t('noFigures')}</p>}
        <dl className="p-facts">
          {data.figures.map(({ name, meaning, value, unit }) => (
            <div key={`${name.en} ${unit.en}`}>
              <dt>{name[locale]}</dt>
              <dd>
                <span className="p-figure">{sayFigure(value)}</span> {unit[locale]}
                {meaning && <p className="m-small">{meaning[locale]}</p>}
              </dd>
            </div>
          ))}
        </dl>
      </Card>
      <p>{t('askDoctor')}</p>
    </>
  )
}

/** What was measured, in plain words, and that nobody has judged it yet. */
export function ReportPage() {
  const t = useTexts(patientTexts)
  return (
    <LinkedScreen title={t('reportTitle')}>
      {() => (
        <>
          <Link className="p-link" to="/m/records">
            {t('back')}
          </Link>
          <Report />
        </>
      )}
    </LinkedScreen>
  )
}
