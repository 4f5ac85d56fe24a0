import type { LeaseRecord, NodeOverview } from '@bithive/api/nodes'
import { Facts } from '../shared/facts.tsx'
import { formatDuration, formatMoney, formatPercent } from '../shared/format.ts'
import { Panel } from '../shared/panel.tsx'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { useLocale, useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { Why } from '../shared/why.tsx'
import { Amounts } from './amounts.tsx'
import { nodeTexts } from './texts.ts'

/** The four figures that an owner looks for first. */
export function Figures({ overview }: { readonly overview: NodeOverview }) {
  const t = useTexts(nodeTexts)
  const locale = useLocale()
  const { utilisationBps, busyMs, onlineMs, nodes } = overview
  return (
    <dl className="bh-figures">
      <div>
        <dt>{t('earnedToday')}</dt>
        <dd data-figure="today">
          <Amounts amounts={overview.earnedToday} large />
        </dd>
      </div>
      <div>
        <dt>{t('earned30')}</dt>
        <dd data-figure="month">
          <Amounts amounts={overview.earned30Days} />
        </dd>
      </div>
      <div>
        <dt>{t('pending')}</dt>
        <dd>
          <Amounts amounts={overview.pending} />
          <div className="bh-small">{t('pendingJobs', { count: overview.pendingJobs })}</div>
        </dd>
      </div>
      <div>
        <dt>{t('utilisation')}</dt>
        <dd>
          <div className="bh-figure">
            {utilisationBps === undefined ? '—' : formatPercent(utilisationBps / 10_000, 1)}
          </div>
          <div className="bh-small">
            {utilisationBps === undefined
              ? t('neverOnline')
              : t('utilisationAbout', {
                  busy: formatDuration(busyMs, locale),
                  online: formatDuration(onlineMs, locale),
                })}
          </div>
          <div className="bh-small">{t('nodesOnline', nodes)}</div>
        </dd>
      </div>
    </dl>
  )
}

export function WhyNoWork({ overview }: { readonly overview: NodeOverview }) {
  const t = useTexts(nodeTexts)
  const said = useLocalText()
  const { considered, chosen, reasons } = overview.noWork
  const note =
    considered === 0
      ? t('whyNone')
      : reasons.length === 0
        ? t('whyAll', { considered })
        : t('whyNote', { considered, chosen })
  return (
    <Why
      title={t('why')}
      note={note}
      reasons={reasons.map(({ code, count, text, fact, cure }) => ({
        key: code,
        count,
        text: (
          <>
            <strong>{said(text)}</strong>
            {fact && <div className="bh-small">{said(fact)}</div>}
          </>
        ),
        ...(cure ? { fix: said(cure) } : {}),
      }))}
    />
  )
}

const RELIABILITY = ['taken', 'returned', 'accepted', 'refused', 'lost', 'failed', 'declined', 'notItsFault'] as const

export function ReliabilityPanel({ overview }: { readonly overview: NodeOverview }) {
  const t = useTexts(nodeTexts)
  return (
    <Panel title={t('reliability')}>
      <Facts items={RELIABILITY.map((key) => ({ key, label: t(key), value: String(overview.reliability[key]) }))} />
    </Panel>
  )
}

export function toneOf(record: LeaseRecord): Tone {
  if (record.earned) return 'ok'
  if (record.state === 'ended')
    return record.endReason === 'cancelled' || record.endReason === 'declined' ? 'off' : 'bad'
  return record.state === 'offered' ? 'off' : 'run'
}

/** What a job paid, or will pay; a job that ended unpaid paid nothing. */
export function Pay({ record }: { readonly record: LeaseRecord }) {
  const t = useTexts(nodeTexts)
  const locale = useLocale()
  if (record.earned) return <Amounts amounts={[record.earned]} exact />
  if (!record.expected) return <span>{t('none')}</span>
  const { amount, asset } = record.expected
  return <span className="bh-small">{t('expected', { amount: formatMoney(amount, asset, locale) })}</span>
}

export function JobState({ record }: { readonly record: LeaseRecord }) {
  const said = useLocalText()
  return (
    <StatusTag tone={toneOf(record)} waiting={record.state === 'offered'}>
      {said(record.endText ?? record.stateText)}
    </StatusTag>
  )
}

/** Jobs that are on a node now, or wait for their answer: no word about who ordered them or for whom. */
export function JobsNow({ overview }: { readonly overview: NodeOverview }) {
  const t = useTexts(nodeTexts)
  const said = useLocalText()
  return (
    <Panel title={t('now')}>
      {overview.jobsNow.length === 0 ? (
        <p className="bh-small">{t('nowNone')}</p>
      ) : (
        <ul className="bh-lines">
          {overview.jobsNow.slice(0, 10).map((record) => (
            <li key={`${record.jobId}/${record.epoch}`}>
              <div className="bh-spread">
                <span>{record.title ? said(record.title) : record.workload}</span>
                <Pay record={record} />
              </div>
              <div className="bh-spread bh-small">
                <span>
                  <Time at={record.offeredAt} /> · <span dir="auto">{record.nodeName}</span>
                </span>
                <JobState record={record} />
              </div>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
