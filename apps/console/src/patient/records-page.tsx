import { Timeline, type TimelineItem } from '@bithive/api/patient'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { Button } from '../m/button.tsx'
import { call } from '../shared/call.ts'
import { Loading } from '../shared/loading.tsx'
import { Problem } from '../shared/problem.tsx'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { useLocale, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { ChipIcon, ConsentIcon, ImageIcon, LookIcon, RecordsIcon } from './icons.tsx'
import { LinkedScreen } from './linked-screen.tsx'
import { sayActor, sayData, sayOwnerKind, sayPlaces, sayPurpose, sayStudy } from './say-terms.ts'
import { patientTexts } from './texts.ts'

type Of<K extends TimelineItem['kind']> = Extract<TimelineItem, { kind: K }>

const ICONS = { study: ImageIcon, analysis: ChipIcon, report: RecordsIcon, consent: ConsentIcon, look: LookIcon }

/** A picture of the study, or a word where there can be none. */
function Picture({ studyId, study }: { readonly studyId: string; readonly study: string }) {
  const t = useTexts(patientTexts)
  const [failed, setFailed] = useState(false)
  if (failed) return <span className="m-small">{t('noPicture')}</span>
  return (
    <img
      className="p-picture"
      src={`/site/v1/me/studies/${studyId}/thumbnail`}
      alt={t('pictureOf', { study })}
      loading="lazy"
      width={160}
      onError={() => setFailed(true)}
    />
  )
}

function Study({ item }: { readonly item: Of<'study'> }) {
  const t = useTexts(patientTexts)
  const study = sayStudy(item.modalities, item.bodyParts, useLocale())
  return (
    <>
      <strong>{t('study', { study, count: item.images })}</strong>
      {item.complete ? <Picture studyId={item.id} study={study} /> : <span className="m-small">{t('studyOpen')}</span>}
    </>
  )
}

/** What became of an analysis, as a patient asks: whether it was done. Who was paid for it is not theirs to follow. */
const DONE: Readonly<Record<string, readonly [Tone, 'done' | 'notDone' | 'failed' | 'stopped' | 'unknownYet']>> = {
  filed: ['ok', 'done'],
  accepted: ['ok', 'done'],
  settled: ['ok', 'done'],
  refused: ['off', 'notDone'],
  failed: ['bad', 'failed'],
  cancelled: ['off', 'stopped'],
  unknown: ['unknown', 'unknownYet'],
}

function Analysis({ item }: { readonly item: Of<'analysis'> }) {
  const t = useTexts(patientTexts)
  const locale = useLocale()
  const { sentTo } = item
  const [tone, word] = DONE[item.state] ?? (['run', 'doing'] as const)
  return (
    <>
      <strong>{t('analysis', { title: item.title[locale] })}</strong>
      <span>
        <StatusTag tone={tone}>{t(word)}</StatusTag>
      </span>
      {sentTo && (
        <span className="m-small" dir="auto">
          {t('sentTo', {
            name: sentTo.name,
            kind: sayOwnerKind(sentTo.ownerKind, locale),
            place: sayPlaces([sentTo.jurisdiction], locale),
          })}
        </span>
      )}
    </>
  )
}

function Report({ item }: { readonly item: Of<'report'> }) {
  const t = useTexts(patientTexts)
  const locale = useLocale()
  return (
    <>
      <strong>{t('report', { title: item.title[locale] })}</strong>
      <span className="m-small">{item.stateText[locale]}</span>
      <span>
        <StatusTag tone="todo">{t('notForDiagnosis')}</StatusTag>
      </span>
      {item.readable && (
        <Link className="p-link" to="/m/reports/$reportId" params={{ reportId: item.id }}>
          {t('reportOpen')}
        </Link>
      )}
    </>
  )
}

function Consent({ item }: { readonly item: Of<'consent'> }) {
  const t = useTexts(patientTexts)
  const locale = useLocale()
  const { dataClass, purpose } = item.terms
  return (
    <>
      <strong>
        {t(`act_${item.act}`, { data: sayData(dataClass, locale), purpose: sayPurpose(purpose, locale) })}
      </strong>
      <span className="m-small" dir="auto">
        {t('by', { who: sayActor(item.by, locale) })}
      </span>
    </>
  )
}

function Look({ item }: { readonly item: Of<'look'> }) {
  const t = useTexts(patientTexts)
  const locale = useLocale()
  const why = item.reason === null ? t('noReason') : t('because', { reason: item.reason })
  // What runs by itself gives no reason; that it does is said already.
  const said = [item.by.kind === 'system' ? '' : why, item.times > 1 ? t('times', { count: item.times }) : '']
  return (
    <>
      <strong dir="auto">{t(`look_${item.what}`, { who: sayActor(item.by, locale) })}</strong>
      <span className="m-small" dir="auto">
        {said.filter((one) => one !== '').join(' · ')}
      </span>
    </>
  )
}

function said(item: TimelineItem): ReactNode {
  if (item.kind === 'study') return <Study item={item} />
  if (item.kind === 'analysis') return <Analysis item={item} />
  if (item.kind === 'report') return <Report item={item} />
  return item.kind === 'consent' ? <Consent item={item} /> : <Look item={item} />
}

function Records() {
  const t = useTexts(patientTexts)
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage, isPending } = useInfiniteQuery({
    queryKey: ['reports', 'my-timeline'],
    queryFn: ({ pageParam, signal }) =>
      call(Timeline, `/site/v1/me/timeline${pageParam === '' ? '' : `?before=${pageParam}`}`, { signal }),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next,
    refetchInterval: 60_000,
  })
  const items = data?.pages.flatMap((page) => page.items) ?? []
  return (
    <>
      <p>{t('recordsAbout')}</p>
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {isPending && <Loading rows={6} />}
      {data && items.length === 0 && <p>{t('noRecords')}</p>}
      {items.length > 0 && (
        <ol className="p-list">
          {items.map((item) => {
            const Icon = ICONS[item.kind]
            return (
              <li key={`${item.kind} ${item.id}`} className="p-item">
                <Icon />
                <div>
                  {said(item)}
                  <span className="m-small">
                    <Time at={item.at} />
                  </span>
                </div>
              </li>
            )
          })}
        </ol>
      )}
      {hasNextPage ? (
        <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t('more')}
        </Button>
      ) : (
        items.length > 0 && <p className="m-small">{t('end')}</p>
      )}
    </>
  )
}

/** Everything that was done with the person's data, newest first, and who looked at them. */
export function RecordsPage() {
  const t = useTexts(patientTexts)
  return <LinkedScreen title={t('records')}>{() => <Records />}</LinkedScreen>
}
