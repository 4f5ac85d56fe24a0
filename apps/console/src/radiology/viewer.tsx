import type { Finding, ReportDetail, ReportOverlay, Verdict, WorklistRow } from '@bithive/api/reports'
import { Link } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { Act } from '../shared/act.tsx'
import { Empty } from '../shared/empty.tsx'
import { formatTime } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import { now } from '../shared/now.ts'
import { usePreferences } from '../shared/preferences.ts'
import { Problem } from '../shared/problem.tsx'
import { useLocale, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { useModelTitle } from '../shared/use-model-title.ts'
import { useUrlState } from '../shared/use-url-state.ts'
import { lengthOf, type Measure } from './draw-marks.ts'
import { FindingsPanel, type FindingVerdicts, MeasurementTable } from './findings-panel.tsx'
import { type PresetKey, presetsFor } from './presets.ts'
import type { Slice } from './read-metadata.ts'
import { NotForDiagnosis, Provenance, ReviewHistory } from './result-card.tsx'
import { ReviewDialog } from './review-dialog.tsx'
import { SeriesList } from './series-list.tsx'
import { ShortcutsDialog } from './shortcuts-dialog.tsx'
import { type StackActs, StackView, type Tool } from './stack-view.tsx'
import { radiologyTexts } from './texts.ts'
import { ToolBar } from './tool-bar.tsx'
import { type Series, useSlices } from './use-study.ts'
import { useViewerKeys } from './use-viewer-keys.ts'
import { useWhyNotJudge } from './use-why-not-judge.ts'

type Props = {
  readonly row: WorklistRow
  readonly series: readonly Series[]
  readonly detail: ReportDetail | undefined
  readonly detailError: unknown
  readonly overlay: ReportOverlay | undefined
  readonly onReport: (reportId: string) => void
}

/** The image of a finding on which most of it lies, as an index into the slices. */
function bestSlice(finding: Finding, slices: readonly Slice[]): number | undefined {
  const [best] = [...finding.images].sort((a, b) => b.pixels - a.pixels)
  const at = slices.findIndex((slice) => slice.sopInstanceUid === best?.sopInstanceUid)
  return at < 0 ? undefined : at
}

/** Which series is on view and where in it; a finding of another series brings that one. */
function usePlace({ series, detail }: Props) {
  const [named, setNamed] = useUrlState('series')
  const fallback = series.find((one) => one.seriesInstanceUid === detail?.seriesInstanceUid) ?? series[0]
  const chosen = series.find((one) => one.seriesInstanceUid === named) ?? fallback
  const { slices = [], error } = useSlices(chosen)
  const [at, setAt] = useState<{ readonly of: string; readonly index: number }>()
  const own = chosen?.seriesInstanceUid ?? ''
  const middle = Math.floor(Math.max(0, slices.length - 1) / 2)
  const index = at?.of === own ? Math.min(at.index, Math.max(0, slices.length - 1)) : middle
  const go = useCallback(
    (next: number) => setAt({ of: own, index: Math.max(0, Math.min(slices.length - 1, next)) }),
    [own, slices.length],
  )
  return { chosen, setNamed, slices, error, index, go }
}

export function Viewer(props: Props) {
  const { row, series, detail, overlay } = props
  const t = useTexts(radiologyTexts)
  const locale = useLocale()
  const { shortcuts } = usePreferences()
  const place = usePlace(props)
  const { chosen, slices, index, go } = place
  const acts = useRef<StackActs>(null)
  const [tool, setTool] = useState<Tool>('window')
  const presets = useMemo(() => presetsFor(chosen?.modality ?? '', slices[0]), [chosen, slices])
  const [asked, setAsked] = useState<PresetKey>()
  const [byHand, setByHand] = useState(false)
  const preset = presets.find((one) => one.key === asked) ?? presets[0]
  const [marks, setMarks] = useState({ on: true, opacity: 0.6 })
  const [measures, setMeasures] = useState<readonly Measure[]>([])
  const [finding, setFinding] = useState<string>()
  const [verdicts, setVerdicts] = useState<FindingVerdicts>({})
  const [judging, setJudging] = useState<Verdict>()
  const whyNot = useWhyNotJudge()
  const titleOf = useModelTitle()
  const mayJudge = detail !== undefined && whyNot === undefined
  const [help, setHelp] = useState(false)
  const [read, setRead] = useState({ of: '', count: 0 })
  const own = chosen?.seriesInstanceUid ?? ''
  const onRead = useCallback((count: number) => setRead({ of: own, count }), [own])
  const onMeasure = useCallback(
    (measure: Omit<Measure, 'id'>) => setMeasures((past) => [...past, { ...measure, id: (past.at(-1)?.id ?? 0) + 1 }]),
    [],
  )

  const findings = detail?.findings ?? []
  const shownSeries = detail && chosen?.seriesInstanceUid === detail.seriesInstanceUid
  const choose = (key: string) => {
    setFinding(key)
    const one = findings.find((candidate) => candidate.key === key)
    if (!shownSeries && detail) place.setNamed(detail.seriesInstanceUid)
    const to = one && bestSlice(one, slices)
    if (to !== undefined) go(to)
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: shown once its slices are there.
  useEffect(() => {
    const one = findings.find((candidate) => candidate.key === finding)
    const to = one && bestSlice(one, slices)
    if (to !== undefined) go(to)
  }, [slices])
  const stepFinding = (by: number) => {
    const at = findings.findIndex((one) => one.key === finding)
    const next = findings[Math.min(findings.length - 1, Math.max(0, at + by))]
    if (next) choose(next.key)
  }
  const choosePreset = (key: PresetKey | undefined) => {
    if (key === undefined) return
    setByHand(false)
    setAsked(key)
  }
  const measuring = tool === 'measure'
  const step = (columns: number, rows: number, slicesOn: number) => () =>
    measuring ? acts.current?.moveCross(columns, rows) : go(index + slicesOn)
  const setFigure = (key: string) => choosePreset(presets[Number(key) - 1]?.key)
  useViewerKeys({
    ArrowUp: step(0, -1, -1),
    ArrowDown: step(0, 1, 1),
    ArrowLeft: measuring ? step(-1, 0, 0) : undefined,
    ArrowRight: measuring ? step(1, 0, 0) : undefined,
    PageUp: () => go(index - 10),
    PageDown: () => go(index + 10),
    Home: () => go(0),
    End: () => go(slices.length - 1),
    Enter: measuring ? () => acts.current?.setPoint() : undefined,
    ' ': measuring ? () => acts.current?.setPoint() : undefined,
    Escape: () => setTool('window'),
    j: () => stepFinding(1),
    k: () => stepFinding(-1),
    y: mayJudge ? () => setJudging('accepted') : undefined,
    n: mayJudge ? () => setJudging('rejected') : undefined,
    1: () => setFigure('1'),
    2: () => setFigure('2'),
    3: () => setFigure('3'),
    a: () => setMarks((past) => ({ ...past, on: !past.on })),
    w: () => setTool('window'),
    z: () => setTool('zoom'),
    p: () => setTool('pan'),
    m: () => setTool('measure'),
    '+': () => acts.current?.zoomBy(1.2),
    '=': () => acts.current?.zoomBy(1.2),
    '-': () => acts.current?.zoomBy(1 / 1.2),
    0: () => acts.current?.reset(),
    '?': () => setHelp((past) => !past),
  })

  const here = measures.filter((measure) => slices.some((slice) => slice.imageId === measure.imageId))
  const judged = Object.entries(verdicts).flatMap(([key, verdict]) => (verdict ? [{ key, verdict }] : []))
  const last = detail?.review.history.at(-1)
  return (
    <div className="rad-viewer">
      <ToolBar
        row={row}
        tool={tool}
        onTool={setTool}
        presets={presets}
        preset={byHand ? undefined : preset?.key}
        onPreset={choosePreset}
        onReset={() => acts.current?.reset()}
        overlay={overlay ? marks : undefined}
        onOverlay={(change) => setMarks((past) => ({ ...past, ...change }))}
        onHelp={() => setHelp(true)}
      />
      <div className="rad-body">
        <SeriesList
          series={series}
          chosen={chosen?.seriesInstanceUid}
          onChoose={place.setNamed}
          read={read.of === own ? read.count : 0}
          total={slices.length}
        />
        <div className="rad-stage">
          {detail && <NotForDiagnosis />}
          {slices.length > 0 && (
            <StackView
              key={own}
              slices={slices}
              index={index}
              onIndex={go}
              preset={preset}
              onOwnWindow={() => setByHand(true)}
              tool={tool}
              overlay={marks.on && shownSeries ? overlay : undefined}
              opacity={marks.opacity}
              measures={here}
              onMeasure={onMeasure}
              onRead={onRead}
              corner={row.pseudonym}
              acts={acts}
            />
          )}
          {place.error ? (
            <div className="rad-cannot">
              <Problem error={place.error} />
            </div>
          ) : null}
          {slices.length === 0 && !place.error && (chosen ? <Loading rows={2} /> : <Empty>{t('noImages')}</Empty>)}
        </div>
        <aside className="rad-side" aria-label={t('ai')}>
          {row.reports.length > 1 && detail && (
            <label className="rad-which">
              {t('whichReport')}
              <select value={detail.reportId} onChange={(event) => props.onReport(event.target.value)}>
                {row.reports.map(({ reportId, workload, createdAt }) => (
                  <option key={reportId} value={reportId}>
                    {`${formatTime(createdAt, locale, now())} · ${titleOf(workload)} · ${reportId.slice(-6)}`}
                  </option>
                ))}
              </select>
            </label>
          )}
          {props.detailError && !detail ? <Problem error={props.detailError} /> : null}
          {row.reports.length === 0 && (
            <Empty action={<Link to={`/studies/${row.studyId}` as never}>{t('order')}</Link>}>{t('noReport')}</Empty>
          )}
          {detail && (
            <>
              <FindingsPanel
                findings={findings}
                chosen={finding}
                onChoose={choose}
                imageOf={(one) => {
                  const at = shownSeries ? bestSlice(one, slices) : undefined
                  return at === undefined ? undefined : at + 1
                }}
                verdicts={verdicts}
                onVerdict={(key, verdict) =>
                  setVerdicts((past) => ({ ...past, [key]: past[key] === verdict ? undefined : verdict }))
                }
              />
              <div className="bh-row rad-judge">
                <Act
                  type={detail.review.state === 'pending' ? 'primary' : 'default'}
                  reason={whyNot}
                  onClick={() => setJudging('accepted')}
                >
                  {t('acceptAct')} <kbd>Y</kbd>
                </Act>
                <Act reason={whyNot} onClick={() => setJudging('rejected')}>
                  {t('rejectAct')} <kbd>N</kbd>
                </Act>
              </div>
              <ReviewHistory detail={detail} />
              <MeasurementTable detail={detail} />
            </>
          )}
          <section aria-label={t('ownMeasures')} className="rad-own">
            <h2>{t('ownMeasures')}</h2>
            {here.length === 0 && <p className="bh-small">{t('ownMeasuresNone')}</p>}
            <ul>
              {here.map((measure, order) => {
                const at = slices.findIndex((slice) => slice.imageId === measure.imageId)
                const value = lengthOf(measure, slices[at]?.spacing)
                return (
                  <li key={measure.id} className="bh-row">
                    <span>{t('distance', { index: order + 1, value, at: at + 1 })}</span>
                    <button
                      type="button"
                      className="bh-button"
                      aria-label={`${t('remove')} ${order + 1}`}
                      onClick={() => setMeasures((past) => past.filter((one) => one.id !== measure.id))}
                    >
                      {t('remove')}
                    </button>
                  </li>
                )
              })}
            </ul>
          </section>
          {detail && <Provenance detail={detail} />}
        </aside>
      </div>
      <footer className="rad-foot">
        <span>
          {shortcuts ? (
            <>
              <kbd>J</kbd> <kbd>K</kbd> {t('keyFinding')} · <kbd>Y</kbd> <kbd>N</kbd> {t('keyJudge')} ·{' '}
              {presets.length > 0 && (
                <>
                  <kbd>1</kbd>
                  {presets.length > 1 && (
                    <>
                      –<kbd>{presets.length}</kbd>
                    </>
                  )}{' '}
                  {t('keyPreset')} ·{' '}
                </>
              )}
              <kbd>A</kbd> {t('keyOverlay')} · <kbd>?</kbd> {t('keys')}
            </>
          ) : (
            t('keysOff')
          )}
        </span>
        <span role="status">
          {last && (
            <>
              {t('saved', { time: '' })} <Time at={last.at} /> ·{' '}
            </>
          )}
          {t('recorded')}
        </span>
      </footer>
      {detail && (
        <ReviewDialog
          reportId={detail.reportId}
          verdict={judging}
          findings={judged}
          onClose={() => setJudging(undefined)}
        />
      )}
      <ShortcutsDialog open={help} presets={presets.length} onClose={() => setHelp(false)} />
    </div>
  )
}
