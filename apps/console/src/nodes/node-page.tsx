import { type LeaseRecord, LeaseRecordPage, NodeDetail, NodeOverview } from '@bithive/api/nodes'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { call } from '../shared/call.ts'
import { type Column, DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { Facts } from '../shared/facts.tsx'
import { formatDuration, formatMoney } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { zoneQuery } from '../shared/reader-zone.ts'
import { useSession } from '../shared/session.tsx'
import { ShortId } from '../shared/short-id.tsx'
import { useLocale, useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { CheckList } from './check-list.tsx'
import { DayChart } from './day-chart.tsx'
import { formatFloor } from './format-floor.ts'
import { NodeActs } from './node-acts.tsx'
import { NodeState } from './node-list.tsx'
import { Figures, JobState, JobsNow, Pay, ReliabilityPanel, WhyNoWork } from './overview-parts.tsx'
import { nodeTexts } from './texts.ts'
import './nodes.css'

/** Two decimals; a difference that they would hide has no sign. */
const seconds = (ms: number) => (Math.round(ms / 10) / 100 + 0).toFixed(2).replace('-', '−')

function NodeFactsPanel({ detail }: { readonly detail: NodeDetail }) {
  const t = useTexts(nodeTexts)
  const said = useLocalText()
  const { node, clock, workloads } = detail
  const { facts } = node
  const { isolatesNetwork, isolatesFiles, kind } = facts.sandbox
  const isolated = (yes: boolean) => t(yes ? 'yes' : 'no')
  const items = [
    { key: 'processor', value: String(facts.cpuCores) },
    { key: 'memory', value: `${facts.memoryMb} MB` },
    { key: 'scratch', value: `${facts.scratchFreeMb} MB` },
    { key: 'gpus', value: String(facts.gpus) },
    { key: 'benchmark', value: t('benchmarkUnit', { rate: facts.benchmark.toFixed(1) }) },
    {
      key: 'sandbox',
      value: `${kind} · ${t('isolates', { network: isolated(isolatesNetwork), files: isolated(isolatesFiles) })}`,
    },
    {
      key: 'clock',
      value: clock
        ? t('clockUnit', { ahead: seconds(clock.aheadMs), within: seconds(clock.withinMs) })
        : t('notMeasured'),
    },
    { key: 'agent', value: facts.agentVersion },
    { key: 'platform', value: facts.platform },
    { key: 'runtimes', value: facts.runtimes.join(', ') },
    {
      key: 'workloads',
      value: (
        <ul>
          {workloads.map(({ id, version, title }) => (
            <li key={`${id}@${version}`}>
              {title ? said(title) : id} <span className="bh-small">{version}</span>
            </li>
          ))}
        </ul>
      ),
    },
    { key: 'windows', value: t('always') },
    { key: 'floor', value: `${formatFloor(node.floorPrice)} ${t('floorUnit')}` },
    { key: 'joinedAt', value: <Time at={node.joinedAt} /> },
    { key: 'lastSeen', value: <Time at={node.lastSeenAt} relative /> },
  ] as const
  return (
    <Panel title={t('facts')}>
      <p className="bh-small">{t('factsNote')}</p>
      <Facts items={items.map(({ key, value }) => ({ key, label: t(key), value }))} />
    </Panel>
  )
}

function History({ nodeId }: { readonly nodeId: string }) {
  const t = useTexts(nodeTexts)
  const said = useLocalText()
  const locale = useLocale()
  const { networkBase } = useSession()
  const history = useInfiniteQuery({
    queryKey: ['nodes', 'history', networkBase, nodeId],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      call(LeaseRecordPage, `${networkBase}/nodes/${nodeId}/history?limit=100${pageParam && `&after=${pageParam}`}`, {
        signal,
      }),
    getNextPageParam: ({ next }) => next,
  })
  const columns: readonly Column<LeaseRecord>[] = [
    {
      key: 'when',
      title: t('when'),
      value: ({ offeredAt }) => new Date(offeredAt).toISOString(),
      render: ({ offeredAt }) => <Time at={offeredAt} />,
    },
    { key: 'job', title: t('job'), value: ({ jobId }) => jobId, render: ({ jobId }) => <ShortId id={jobId} /> },
    { key: 'program', title: t('program'), value: ({ title, workload }) => (title ? said(title) : workload) },
    {
      key: 'end',
      title: t('end'),
      value: (record) => said(record.endText ?? record.stateText),
      render: (record) => <JobState record={record} />,
    },
    {
      key: 'took',
      title: t('took'),
      align: 'right',
      value: ({ busyMs }) => (busyMs === undefined ? undefined : formatDuration(busyMs, locale)),
    },
    {
      key: 'pay',
      title: t('pay'),
      align: 'right',
      value: ({ earned }) => (earned ? formatMoney(earned.amount, earned.asset, locale, { exact: true }) : undefined),
      render: (record) => <Pay record={record} />,
    },
  ]
  return (
    <Panel title={t('history')}>
      <DataTable<LeaseRecord>
        id="history"
        label={t('history')}
        rows={history.data?.pages.flatMap(({ jobs }) => jobs)}
        rowKey={({ jobId, epoch }) => `${jobId}/${epoch}`}
        columns={columns}
        error={history.error}
        onRetry={() => void history.refetch()}
        empty={<Empty>{t('historyNone')}</Empty>}
        onMore={history.hasNextPage ? () => void history.fetchNextPage() : undefined}
        loadingMore={history.isFetchingNextPage}
      />
    </Panel>
  )
}

/** One node: what was measured, what it earned and did, and what its owner can do with it. */
export function NodePage() {
  const t = useTexts(nodeTexts)
  const { nodeId = '' } = useParams({ strict: false }) as { nodeId?: string }
  const { networkBase } = useSession()
  const detail = useLive(
    ['nodes', 'detail', networkBase, nodeId],
    NodeDetail,
    `${networkBase}/nodes/${nodeId}/detail`,
    {
      everyMs: 30_000,
    },
  )
  const query = `nodeId=${nodeId}&${zoneQuery()}`
  const overview = useLive(
    ['nodes', 'overview', networkBase, query],
    NodeOverview,
    `${networkBase}/nodes/overview?${query}`,
  )
  if (!detail.data) {
    return (
      <Page title={t('nodes')} docs="node">
        {detail.error ? <Problem error={detail.error} onRetry={() => void detail.refetch()} /> : <Loading rows={6} />}
      </Page>
    )
  }
  const { node, checks } = detail.data
  const about = (
    <span className="bh-row">
      <NodeState state={node.state} />
      <span>
        {t('tier')} {node.tierGranted} · {t(node.ownerKind)} · {node.region}, {node.jurisdiction} · {t('slots')}{' '}
        {node.running} / {node.slots}
      </span>
      <ShortId id={node.nodeId} />
    </span>
  )
  return (
    <Page title={node.name} about={about} docs="node" actions={<NodeActs detail={detail.data} />}>
      <div className="bh-stack">
        {overview.data ? <Figures overview={overview.data} /> : <Loading rows={2} />}
        <div className="bh-columns">
          <div>
            {checks.some(({ state }) => state !== 'done') && (
              <Panel title={t('checks')}>
                <CheckList checks={checks} />
              </Panel>
            )}
            {overview.data && (
              <>
                <Panel title={t('chart')}>
                  <DayChart overview={overview.data} />
                </Panel>
                <WhyNoWork overview={overview.data} />
              </>
            )}
            <History nodeId={nodeId} />
          </div>
          <div>
            {overview.data && <JobsNow overview={overview.data} />}
            {overview.data && <ReliabilityPanel overview={overview.data} />}
            <NodeFactsPanel detail={detail.data} />
          </div>
        </div>
      </div>
    </Page>
  )
}
