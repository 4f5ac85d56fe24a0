import { useNavigate } from '@tanstack/react-router'
import { Button } from 'antd'
import { Empty } from '../shared/empty.tsx'
import { shortId } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { useModelTitle } from '../shared/use-model-title.ts'
import { useWhose } from '../shared/use-whose.ts'
import { homeTexts } from './texts.ts'
import type { useWaiting, Waiting } from './use-waiting.ts'

const TONES: Readonly<Record<Waiting['kind'], Tone>> = {
  review: 'todo',
  delivery: 'bad',
  refused: 'bad',
  failed: 'bad',
  unknown: 'unknown',
}
const SHOWN = 8

/** Whose study a line is about: two results of one kind are told apart by it. */
export function WhoseLine(props: { readonly studyId: string; readonly personId: string | undefined }) {
  const { name, day, about } = useWhose(props)
  const facts = [about || shortId(props.studyId), day].filter(Boolean).join(' · ')
  return (
    <div dir="auto">
      {name && `${name} · `}
      {facts}
    </div>
  )
}

export function WaitingPanel({ waiting }: { readonly waiting: ReturnType<typeof useWaiting> }) {
  const t = useTexts(homeTexts)
  const said = useLocalText()
  const navigate = useNavigate()
  const { items, loading, error } = waiting
  const modelTitle = useModelTitle()
  const titleOf = ({ order, workload }: Waiting) => (order ? said(order.title) : modelTitle(workload))
  const openOf = ({ kind, studyId, orderId, reportId }: Waiting) =>
    kind === 'review'
      ? { to: `/radiology/${studyId}`, search: { report: reportId } as never }
      : { to: `/jobs/${orderId}` }
  return (
    <Panel title={t('waiting')} extra={t('newestFirst')}>
      {error ? <Problem error={error} /> : null}
      {loading ? (
        <Loading />
      ) : items.length === 0 ? (
        <Empty>{t('nothing')}</Empty>
      ) : (
        <>
          <ul className="home-list">
            {items.slice(0, SHOWN).map((item) => (
              <li key={item.key}>
                <StatusTag tone={TONES[item.kind]}>
                  <Time at={item.at} />
                </StatusTag>
                <div>
                  <strong>
                    {t(item.kind)} · {titleOf(item)}
                  </strong>
                  <WhoseLine studyId={item.studyId} personId={item.order?.personId} />
                  <div className="bh-small">
                    {item.order?.problemText
                      ? `${said(item.order.problemText.title)} · ${said(item.order.problemText.notDone)}`
                      : item.kind === 'review'
                        ? t('reviewFact')
                        : shortId(item.reportId ?? item.key)}
                  </div>
                </div>
                <Button
                  onClick={() => void navigate(openOf(item))}
                  aria-label={`${t('open')} ${t(item.kind)} ${shortId(item.reportId ?? item.key)}`}
                >
                  {t('open')}
                </Button>
              </li>
            ))}
          </ul>
          {items.length > SHOWN && (
            <Button type="link" onClick={() => void navigate({ to: '/jobs', search: { show: 'attention' } as never })}>
              {t('all')} ({items.length})
            </Button>
          )}
        </>
      )}
    </Panel>
  )
}
