import type { WorklistRow } from '@bithive/api/reports'
import { useNavigate } from '@tanstack/react-router'
import { Button, Input, Select } from 'antd'
import { memo, useEffect, useMemo, useRef, useState } from 'react'
import { Empty } from '../shared/empty.tsx'
import { Loading } from '../shared/loading.tsx'
import { Page } from '../shared/page.tsx'
import { Problem } from '../shared/problem.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { useLocale, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { useNarrow } from '../shared/use-media.ts'
import { useUrlState } from '../shared/use-url-state.ts'
import { displayName, personFacts, studyDay } from './person-line.ts'
import { ReviewTag } from './review-tag.tsx'
import './radiology.css'
import { radiologyTexts } from './texts.ts'
import { useViewerKeys } from './use-viewer-keys.ts'
import { MOST_ROWS, type Urgency, useWorklist, type WorklistEntry } from './use-worklist.ts'

const URGENCY_TONES = { stat: 'bad', urgent: 'todo', routine: 'off' } as const

function UrgencyTag({ urgency }: { readonly urgency: Urgency | undefined }) {
  const t = useTexts(radiologyTexts)
  return urgency ? <StatusTag tone={URGENCY_TONES[urgency]}>{t(urgency)}</StatusTag> : <span>{t('noUrgency')}</span>
}

function Ai({ row }: { readonly row: WorklistRow }) {
  const t = useTexts(radiologyTexts)
  const [newest] = row.reports
  return newest ? <ReviewTag state={newest.review} /> : <span className="bh-small">{t('noAi')}</span>
}

function Who({ row }: { readonly row: WorklistRow }) {
  const t = useTexts(radiologyTexts)
  const locale = useLocale()
  const facts = personFacts(row, t)
  return (
    <>
      <strong dir="auto">{displayName(row, locale)}</strong>
      <span className="bh-small">
        {row.patient?.patientId ?? row.pseudonym}
        {facts && ` · ${facts}`}
      </span>
    </>
  )
}

function What({ row }: { readonly row: WorklistRow }) {
  const t = useTexts(radiologyTexts)
  return (
    <>
      <span dir="auto">{row.description || row.bodyParts.join(' ') || row.studyId.slice(-8)}</span>
      <span className="bh-small">
        {[studyDay(row.studyDate), row.accessionNumber, t('images', { count: row.images })].filter(Boolean).join(' · ')}
      </span>
    </>
  )
}

type RowProps = {
  readonly entry: WorklistEntry
  readonly chosen: boolean
  readonly onChoose: (studyId: string) => void
  readonly onOpen: (studyId: string) => void
}

/** A row is drawn again only when it changes: walking through a thousand of them by key draws two at a step. */
const Row = memo(function Row({ entry, chosen, onChoose, onOpen }: RowProps) {
  const t = useTexts(radiologyTexts)
  const { row, urgency } = entry
  const line = useRef<HTMLTableRowElement>(null)
  useEffect(() => {
    if (chosen) line.current?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  return (
    <tr ref={line} data-chosen={chosen || undefined} onClick={() => onChoose(row.studyId)}>
      <td>
        <button
          type="button"
          className="rad-open"
          aria-current={chosen}
          onFocus={() => onChoose(row.studyId)}
          onClick={() => onOpen(row.studyId)}
        >
          <Who row={row} />
        </button>
      </td>
      <td>
        <What row={row} />
      </td>
      <td>{row.modalities.join(' ') || '—'}</td>
      <td>
        <Ai row={row} />
      </td>
      <td>
        <UrgencyTag urgency={urgency} />
      </td>
      <td>
        <Time at={row.receivedAt} />
      </td>
      <td>
        <StatusTag tone={row.state === 'complete' ? 'ok' : 'run'}>{t(row.state)}</StatusTag>
      </td>
    </tr>
  )
})

function useFilters(entries: readonly WorklistEntry[]) {
  const [asked, setAsked] = useUrlState('q')
  const [modality, setModality] = useUrlState('modality')
  const [ai, setAi] = useUrlState('ai')
  const [urgency, setUrgency] = useUrlState('urgency')
  const shown = useMemo(() => {
    const words = asked.toLowerCase().split(/\s+/).filter(Boolean)
    return entries.filter(({ row, urgency: at, text }) => {
      const state = row.reports[0]?.review ?? 'none'
      const fits = (wanted: string, is: string) => wanted === '' || wanted === is
      const kind = modality === '' || row.modalities.includes(modality)
      return kind && fits(ai, state) && fits(urgency, at ?? 'none') && words.every((word) => text.includes(word))
    })
  }, [entries, asked, modality, ai, urgency])
  return { asked, setAsked, modality, setModality, ai, setAi, urgency, setUrgency, shown }
}

type Filters = ReturnType<typeof useFilters>

function FilterBar({ filters, entries }: { readonly filters: Filters; readonly entries: readonly WorklistEntry[] }) {
  const t = useTexts(radiologyTexts)
  const modalities = useMemo(() => [...new Set(entries.flatMap(({ row }) => row.modalities))].sort(), [entries])
  const all = (label: string) => ({ value: '', label: `${label} · ${t('all')}` })
  const states = ['pending', 'accepted', 'rejected', 'disputed'] as const
  const levels = ['stat', 'urgent', 'routine'] as const
  return (
    <div className="bh-row rad-filters">
      <Input
        allowClear
        className="rad-filter-text"
        aria-label={t('filterText')}
        placeholder={t('filterText')}
        value={filters.asked}
        onChange={(event) => filters.setAsked(event.target.value)}
      />
      <Select
        aria-label={t('modality')}
        value={filters.modality}
        onChange={filters.setModality}
        options={[all(t('modality')), ...modalities.map((value) => ({ value, label: value }))]}
      />
      <Select
        aria-label={t('ai')}
        value={filters.ai}
        onChange={filters.setAi}
        options={[
          all(t('ai')),
          ...states.map((value) => ({ value, label: t(value) })),
          { value: 'none', label: t('noAi') },
        ]}
      />
      <Select
        aria-label={t('urgency')}
        value={filters.urgency}
        onChange={filters.setUrgency}
        options={[all(t('urgency')), ...levels.map((value) => ({ value, label: t(value) }))]}
      />
      <span role="status">
        {filters.shown.length === entries.length
          ? t('count', { count: entries.length })
          : t('some', { count: filters.shown.length, all: entries.length })}
      </span>
    </div>
  )
}

function Cards({
  entries,
  onOpen,
}: {
  readonly entries: readonly WorklistEntry[]
  readonly onOpen: (id: string) => void
}) {
  const t = useTexts(radiologyTexts)
  const locale = useLocale()
  return (
    <ul className="rad-cards">
      {entries.map(({ row, urgency }) => (
        <li key={row.studyId}>
          <div>
            <Who row={row} />
          </div>
          <div>
            <What row={row} />
          </div>
          <div className="bh-row">
            <span>{row.modalities.join(' ') || '—'}</span>
            <Ai row={row} />
            <UrgencyTag urgency={urgency} />
            <StatusTag tone={row.state === 'complete' ? 'ok' : 'run'}>{t(row.state)}</StatusTag>
            <Time at={row.receivedAt} />
          </div>
          <Button onClick={() => onOpen(row.studyId)}>{t('open', { name: displayName(row, locale) })}</Button>
        </li>
      ))}
    </ul>
  )
}

/** Studies that wait to be read. New ones wait behind a button, so that nothing moves under the cursor. */
export function WorklistPage() {
  const t = useTexts(radiologyTexts)
  const navigate = useNavigate()
  const narrow = useNarrow()
  const { entries, fresh, takeFresh, error, refetch, truncated } = useWorklist()
  const filters = useFilters(entries ?? [])
  const [chosen, setChosen] = useState<string>()
  const { shown } = filters
  const open = useMemo(() => (studyId: string) => void navigate({ to: `/radiology/${studyId}` as never }), [navigate])
  const at = shown.findIndex(({ row }) => row.studyId === chosen)
  const step = (by: number) => setChosen(shown[Math.min(shown.length - 1, Math.max(0, at + by))]?.row.studyId)
  useViewerKeys({
    j: () => step(1),
    k: () => step(-1),
    Enter: chosen === undefined ? undefined : () => open(chosen),
  })
  return (
    <Page title={t('worklist')} about={t('about')} docs="imaging">
      {error && !entries ? <Problem error={error} onRetry={refetch} /> : null}
      {!entries && !error ? <Loading rows={6} /> : null}
      {entries && (
        <div className="bh-stack">
          <FilterBar filters={filters} entries={entries} />
          {fresh > 0 && <Button onClick={takeFresh}>{t('fresh', { count: fresh })}</Button>}
          {entries.length === 0 && <Empty>{t('empty')}</Empty>}
          {entries.length > 0 && shown.length === 0 && <Empty>{t('none')}</Empty>}
          {shown.length > 0 && narrow && <Cards entries={shown} onOpen={open} />}
          {shown.length > 0 && !narrow && (
            <>
              <p className="bh-small">{t('keysList')}</p>
              <div className="rad-table">
                <table aria-label={t('worklist')}>
                  <thead>
                    <tr>
                      {(['patient', 'study', 'modality', 'ai', 'urgency', 'age', 'state'] as const).map((key) => (
                        <th key={key} scope="col">
                          {t(key)}
                        </th>
                      ))}
                    </tr>
                  </thead>
                  <tbody>
                    {shown.map((entry) => (
                      <Row
                        key={entry.row.studyId}
                        entry={entry}
                        chosen={entry.row.studyId === chosen}
                        onChoose={setChosen}
                        onOpen={open}
                      />
                    ))}
                  </tbody>
                </table>
              </div>
            </>
          )}
          {truncated && <p className="bh-small">{t('truncated', { count: MOST_ROWS })}</p>}
        </div>
      )}
    </Page>
  )
}
