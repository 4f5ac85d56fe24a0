import type { Finding, ReportDetail, ReportMeasurement, Verdict } from '@bithive/api/reports'
import { useEffect, useRef } from 'react'
import { useLocale, useTexts } from '../shared/texts.ts'
import { conceptWord, findingName, unitWord } from './concept-words.ts'
import { radiologyTexts } from './texts.ts'

/** A figure as it is read: enough digits, never more than were measured. */
export function formatFigure({ value, unit }: ReportMeasurement): string {
  const size = Math.abs(value)
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2
  const sign = value < 0 ? '−' : ''
  return `${sign}${size.toFixed(digits)} ${unitWord(unit)}`.trim()
}

export type FindingVerdicts = Readonly<Record<string, Verdict | undefined>>

type Props = {
  readonly findings: readonly Finding[]
  readonly chosen: string | undefined
  readonly onChoose: (key: string) => void
  /** Number of the image, from 1, on which most of the region lies; undefined when it is of another series. */
  readonly imageOf: (finding: Finding) => number | undefined
  readonly verdicts: FindingVerdicts
  readonly onVerdict: (key: string, verdict: Verdict) => void
}

function FindingItem({ finding, at, ...props }: Props & { readonly finding: Finding; readonly at: number }) {
  const t = useTexts(radiologyTexts)
  const locale = useLocale()
  const item = useRef<HTMLLIElement>(null)
  const current = props.chosen === finding.key
  useEffect(() => {
    if (current) item.current?.scrollIntoView({ block: 'nearest' })
  }, [current])
  const image = props.imageOf(finding)
  const verdict = props.verdicts[finding.key]
  const name = findingName(finding, locale) ?? t('whole')
  return (
    <li ref={item} data-chosen={current || undefined}>
      <button type="button" className="rad-finding" aria-current={current} onClick={() => props.onChoose(finding.key)}>
        <span className="rad-number">{at + 1}</span>
        <span className="rad-finding-text">
          <strong>{name}</strong>
          <span className="bh-small">
            {[
              image === undefined ? '' : t('toImage', { at: image }),
              finding.images.length > 1 ? t('onImages', { count: finding.images.length }) : '',
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
          {finding.measurements.slice(0, 3).map((one) => (
            <span key={one.concept.value} className="rad-figure">
              <span>{conceptWord(one.concept, locale)}</span> <strong>{formatFigure(one)}</strong>
            </span>
          ))}
        </span>
      </button>
      {finding.segment !== null && (
        <span className="bh-row rad-verdict">
          {(['accepted', 'rejected'] as const).map((one) => (
            <button
              key={one}
              type="button"
              className="bh-button"
              aria-pressed={verdict === one}
              aria-label={`${t(one === 'accepted' ? 'accept' : 'reject')} · ${name}`}
              onClick={() => props.onVerdict(finding.key, one)}
            >
              {t(one === 'accepted' ? 'accept' : 'reject')}
            </button>
          ))}
        </span>
      )}
    </li>
  )
}

/** What the machine found, region by region; choosing one goes to its image. */
export function FindingsPanel(props: Props) {
  const t = useTexts(radiologyTexts)
  return (
    <section aria-label={t('findings', { count: props.findings.length })}>
      <h2>{t('findings', { count: props.findings.length })}</h2>
      <ol className="rad-findings">
        {props.findings.map((finding, index) => (
          <FindingItem key={finding.key} {...props} finding={finding} at={index} />
        ))}
      </ol>
    </section>
  )
}

/** Every figure in words, for those who do not see the image. */
export function MeasurementTable({ detail }: { readonly detail: ReportDetail }) {
  const t = useTexts(radiologyTexts)
  const locale = useLocale()
  return (
    <details className="rad-measurements">
      <summary>{t('measurements')}</summary>
      <div className="rad-table">
        <table aria-label={t('measurements')}>
          <thead>
            <tr>
              {(['region', 'quantity', 'measurements', 'code'] as const).map((key) => (
                <th key={key} scope="col">
                  {t(key)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {detail.findings.flatMap((finding) =>
              finding.measurements.map((one) => (
                <tr key={`${finding.key} ${one.concept.value} ${one.concept.meaning}`}>
                  <td>{findingName(finding, locale) ?? t('whole')}</td>
                  <td>{conceptWord(one.concept, locale)}</td>
                  <td>{formatFigure(one)}</td>
                  <td>
                    <code>{`${one.concept.scheme} ${one.concept.value}`}</code>
                  </td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      </div>
    </details>
  )
}
