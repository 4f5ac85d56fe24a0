import type { ReportDetail, Verdict, WorklistRow } from '@bithive/api/reports'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { Act } from '../shared/act.tsx'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLocale, useTexts } from '../shared/texts.ts'
import { conceptWord, findingName } from './concept-words.ts'
import { formatFigure } from './findings-panel.tsx'
import { displayName, personFacts, studyDay } from './person-line.ts'
import { Picture } from './picture.tsx'
import { NotForDiagnosis, Provenance, ReviewHistory } from './result-card.tsx'
import { ReviewDialog } from './review-dialog.tsx'
import { radiologyTexts } from './texts.ts'
import { DICOM_WEB, type Series } from './use-study.ts'
import { useWhyNotJudge } from './use-why-not-judge.ts'

type Props = {
  readonly row: WorklistRow
  readonly series: readonly Series[]
  readonly detail: ReportDetail | undefined
  readonly detailError: unknown
}

/** The address of the picture that shows most of what was found, or of the first series. */
function keyPicture({ row, series, detail }: Props): string | undefined {
  const images = detail?.findings.flatMap((finding) => finding.images) ?? []
  const [best] = [...images].sort((a, b) => b.pixels - a.pixels)
  if (!detail || !best) return series[0] && `${series[0].path}/thumbnail?viewport=720,720`
  const window = row.modalities.includes('CT') ? '&window=-600,1500' : ''
  const at = `${DICOM_WEB}/studies/${detail.studyInstanceUid}/series/${detail.seriesInstanceUid}`
  return `${at}/instances/${best.sopInstanceUid}/rendered?viewport=720,720${window}`
}

/** On a small screen: what was found, the key image, and the judgement. The viewer itself needs more room. */
export function NarrowReview(props: Props) {
  const { row, detail } = props
  const t = useTexts(radiologyTexts)
  const locale = useLocale()
  const [judging, setJudging] = useState<Verdict>()
  const reason = useWhyNotJudge()
  const picture = keyPicture(props)
  const name = displayName(row, locale)
  return (
    <div className="rad-narrow">
      <Page
        title={name}
        about={[personFacts(row, t), row.description, studyDay(row.studyDate)].filter(Boolean).join(' · ')}
        actions={<Link to={'/radiology' as never}>{t('back')}</Link>}
      >
        <p className="rad-needs-wide">{t('needsWide')}</p>
        {detail && <NotForDiagnosis />}
        {picture && (
          <Panel title={t('keyImage')}>
            <div className="rad-key-image">
              <Picture path={picture} alt={t('keyImage')} />
            </div>
          </Panel>
        )}
        {props.detailError && !detail ? <Problem error={props.detailError} /> : null}
        {!detail && row.reports.length === 0 && <p>{t('noReport')}</p>}
        {detail && (
          <>
            <Panel title={t('findings', { count: detail.findings.length })}>
              <ol className="rad-cards">
                {detail.findings.map((finding) => (
                  <li key={finding.key}>
                    <strong>{findingName(finding, locale) ?? t('whole')}</strong>
                    <dl>
                      {finding.measurements.map((one) => (
                        <div key={`${one.concept.value} ${one.concept.meaning}`}>
                          <dt>{conceptWord(one.concept, locale)}</dt>
                          <dd>{formatFigure(one)}</dd>
                        </div>
                      ))}
                    </dl>
                  </li>
                ))}
              </ol>
            </Panel>
            <div className="bh-row">
              <Act
                type={detail.review.state === 'pending' ? 'primary' : 'default'}
                size="large"
                reason={reason}
                onClick={() => setJudging('accepted')}
              >
                {t('acceptAct')}
              </Act>
              <Act size="large" reason={reason} onClick={() => setJudging('rejected')}>
                {t('rejectAct')}
              </Act>
            </div>
            <Panel>
              <ReviewHistory detail={detail} />
            </Panel>
            <Panel>
              <Provenance detail={detail} />
            </Panel>
            <ReviewDialog
              reportId={detail.reportId}
              verdict={judging}
              findings={undefined}
              onClose={() => setJudging(undefined)}
            />
          </>
        )}
      </Page>
    </div>
  )
}
