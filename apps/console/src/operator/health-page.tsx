import { HealthAnswer, type HealthPart, type HealthProblem, type HealthWorker } from '@bithive/api/operations'
import { Button } from 'antd'
import type { ReactNode } from 'react'
import { type Column, DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { Facts } from '../shared/facts.tsx'
import { formatCount, formatTime } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import { now } from '../shared/now.ts'
import { useConnection } from '../shared/online.ts'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { useSession } from '../shared/session.tsx'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { defineTexts, useLocale, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { baseOf } from './base-of.ts'

const texts = defineTexts({
  zh: {
    title: '健康',
    allWell: '一切正常。',
    stale: '未知，显示的是 {time} 的状态',
    about: '{problems} 件事需要处理',
    aboutWell: '没有需要处理的事',
    updated: '更新于',
    again: '重新检查',
    todo: '需要处理',
    since: '自',
    parts: '部件',
    part: '部件',
    state: '状态',
    fact: '说明',
    sinceHead: '此状态自',
    queues: '队列',
    workers: '后台任务',
    worker: '任务',
    lastSuccess: '上次成功',
    failures: '连续失败',
    lastError: '最近的错误',
    facts: '系统',
    version: '版本',
    started: '启动于',
    ok: '正常',
    warn: '注意',
    fail: '故障',
    unknown: '未知',
    off: '未启用',
    late: '迟到',
    failing: '失败',
    starting: '启动中',
    noQueue: '没有队列。',
  },
  en: {
    title: 'Health',
    allWell: 'Everything is well.',
    stale: 'Unknown: this is the state of {time}',
    about: '{problems} {problems|thing|things} to look at',
    aboutWell: 'nothing to look at',
    updated: 'Updated',
    again: 'Check again',
    todo: 'To look at',
    since: 'since',
    parts: 'Parts',
    part: 'Part',
    state: 'State',
    fact: 'What was found',
    sinceHead: 'In this state since',
    queues: 'Queues',
    workers: 'Background workers',
    worker: 'Worker',
    lastSuccess: 'Last success',
    failures: 'Failures in a row',
    lastError: 'Latest error',
    facts: 'System',
    version: 'Version',
    started: 'Started',
    ok: 'well',
    warn: 'attention',
    fail: 'fault',
    unknown: 'unknown',
    off: 'not in use',
    late: 'late',
    failing: 'failing',
    starting: 'starting',
    noQueue: 'There is no queue.',
  },
})

const TONES: Readonly<Record<HealthPart['state'], Tone>> = {
  ok: 'ok',
  warn: 'todo',
  fail: 'bad',
  unknown: 'unknown',
  off: 'off',
}
const WORKER_TONES: Readonly<Record<HealthWorker['state'], Tone>> = {
  ok: 'ok',
  late: 'todo',
  failing: 'bad',
  starting: 'off',
}

function Problems({ problems, stale }: { readonly problems: readonly HealthProblem[]; readonly stale: ReactNode }) {
  const t = useTexts(texts)
  const locale = useLocale()
  if (problems.length === 0 && stale) return <p>{stale}</p>
  if (problems.length === 0) return <Empty>{t('allWell')}</Empty>
  return (
    <ul className="bh-stack" style={{ listStyle: 'none', margin: 0, padding: 0 }}>
      {problems.map(({ key, severity, title, todo, since }) => (
        <li key={key} data-problem={key}>
          <StatusTag tone={severity === 'fail' ? 'bad' : 'todo'}>{t(severity)}</StatusTag>{' '}
          <strong>{title[locale]}</strong>
          <p>{todo[locale]}</p>
          <p className="bh-small">
            {t('since')} <Time at={since} />
          </p>
        </li>
      ))}
    </ul>
  )
}

function Parts({ parts, lost }: { readonly parts: readonly HealthPart[]; readonly lost: boolean }) {
  const t = useTexts(texts)
  const locale = useLocale()
  const columns: Column<HealthPart>[] = [
    { key: 'part', title: t('part'), value: ({ title }) => title[locale] },
    {
      key: 'state',
      title: t('state'),
      value: ({ state }) => t(state),
      // What was well before the connection was lost is not known to be well now.
      render: ({ state }) => <StatusTag tone={lost ? 'unknown' : TONES[state]}>{t(state)}</StatusTag>,
    },
    { key: 'fact', title: t('fact'), value: ({ fact }) => fact[locale] },
    { key: 'since', title: t('sinceHead'), value: ({ since }) => since, render: ({ since }) => <Time at={since} /> },
    {
      key: 'error',
      title: t('lastError'),
      value: ({ lastError }) => lastError?.code,
      render: ({ lastError }) => (lastError ? <code>{lastError.code}</code> : '—'),
    },
  ]
  return <DataTable id="parts" label={t('parts')} rows={parts} rowKey={({ key }) => key} columns={columns} />
}

function Workers({ workers, lost }: { readonly workers: readonly HealthWorker[]; readonly lost: boolean }) {
  const t = useTexts(texts)
  const columns: Column<HealthWorker>[] = [
    { key: 'name', title: t('worker'), value: ({ name }) => name, render: ({ name }) => <code>{name}</code> },
    {
      key: 'state',
      title: t('state'),
      value: ({ state }) => t(state),
      render: ({ state }) => <StatusTag tone={lost ? 'unknown' : WORKER_TONES[state]}>{t(state)}</StatusTag>,
    },
    {
      key: 'success',
      title: t('lastSuccess'),
      value: ({ lastSuccessAt }) => lastSuccessAt,
      render: ({ lastSuccessAt }) => <Time at={lastSuccessAt} />,
    },
    { key: 'failures', title: t('failures'), value: ({ failures }) => failures, align: 'right' },
    {
      key: 'error',
      title: t('lastError'),
      value: ({ lastFailure }) => lastFailure?.code,
      render: ({ lastFailure }) =>
        lastFailure ? (
          <span>
            <code>{lastFailure.code}</code> <Time at={lastFailure.at} />
          </span>
        ) : (
          '—'
        ),
    },
  ]
  return <DataTable id="workers" label={t('workers')} rows={workers} rowKey={({ name }) => name} columns={columns} />
}

/** How the part of the house is where the person acts: what is wrong, since when, and what to do. */
export function HealthPage() {
  const t = useTexts(texts)
  const locale = useLocale()
  const session = useSession()
  const path = `${baseOf(session)}/operations/health`
  const { data, error, refetch, isFetching } = useLive(['health', path], HealthAnswer, path, { everyMs: 15_000 })
  const problems = data?.problems ?? []
  const lost = useConnection().state === 'lost' || error !== null
  const stale = data && lost && (
    <StatusTag tone="unknown">{t('stale', { time: formatTime(data.at, locale, now()) })}</StatusTag>
  )
  const about =
    stale ||
    (data && (
      <>
        {problems.length > 0 ? t('about', { problems: problems.length }) : t('aboutWell')} · {t('updated')}{' '}
        <Time at={data.at} />
      </>
    ))
  return (
    <Page
      title={t('title')}
      about={about}
      docs="operations"
      actions={
        <Button onClick={() => void refetch()} loading={isFetching}>
          {t('again')}
        </Button>
      }
    >
      {error && !data && <Problem error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading rows={6} />}
      {data && (
        <>
          <div className="bh-columns">
            <div className="bh-stack">
              <Panel title={t('todo')}>
                <Problems problems={problems} stale={stale} />
              </Panel>
              <Panel title={t('parts')} flush>
                <Parts parts={data.parts} lost={lost} />
              </Panel>
            </div>
            <div className="bh-stack">
              <Panel title={t('queues')}>
                {data.queues.length === 0 ? (
                  <p>{t('noQueue')}</p>
                ) : (
                  <Facts
                    items={data.queues.map(({ key, title, count, state }) => ({
                      ...{ key, label: title[locale] },
                      value: (
                        <span className="bh-row">
                          {state !== 'ok' && <StatusTag tone={TONES[state]}>{t(state)}</StatusTag>}
                          <span>{formatCount(count)}</span>
                        </span>
                      ),
                    }))}
                  />
                )}
              </Panel>
              <Panel title={t('facts')}>
                <Facts
                  items={[
                    { key: 'version', label: t('version'), value: data.version || '—' },
                    { key: 'started', label: t('started'), value: <Time at={data.startedAt} /> },
                  ]}
                />
              </Panel>
            </div>
          </div>
          <Panel title={t('workers')} flush>
            <Workers workers={data.workers} lost={lost} />
          </Panel>
        </>
      )}
    </Page>
  )
}
