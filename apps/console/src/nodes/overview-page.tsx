import { PlusOutlined } from '@ant-design/icons'
import { NodeOverview } from '@bithive/api/nodes'
import { useNavigate } from '@tanstack/react-router'
import { Act } from '../shared/act.tsx'
import { Loading } from '../shared/loading.tsx'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { zoneQuery } from '../shared/reader-zone.ts'
import { useSession } from '../shared/session.tsx'
import { useTexts } from '../shared/texts.ts'
import { DayChart } from './day-chart.tsx'
import { NodeTable } from './node-list.tsx'
import { Figures, JobsNow, ReliabilityPanel, WhyNoWork } from './overview-parts.tsx'
import { nodeTexts } from './texts.ts'
import { TokenList } from './token-list.tsx'
import { runsNodes } from './who.ts'
import './nodes.css'

/** What the organisation's nodes earned, how busy they were, and why no more work came. */
export function OverviewPage() {
  const t = useTexts(nodeTexts)
  const session = useSession()
  const { networkBase } = session
  const navigate = useNavigate()
  const query = zoneQuery()
  const overview = useLive(
    ['nodes', 'overview', networkBase, query],
    NodeOverview,
    `${networkBase}/nodes/overview?${query}`,
    { everyMs: 60_000 },
  )
  const join = (
    <Act
      type="primary"
      icon={<PlusOutlined />}
      reason={runsNodes(session) ? undefined : t('yourPart')}
      onClick={() => void navigate({ to: '/nodes/join' as string })}
    >
      {t('join')}
    </Act>
  )
  return (
    <Page title={t('nodes')} docs="compute" actions={join}>
      {overview.data ? (
        <div className="bh-stack">
          <Figures overview={overview.data} />
          <div className="bh-columns">
            <div>
              <Panel title={t('chart')}>
                <DayChart overview={overview.data} />
              </Panel>
              <WhyNoWork overview={overview.data} />
            </div>
            <div>
              <JobsNow overview={overview.data} />
              <ReliabilityPanel overview={overview.data} />
            </div>
          </div>
        </div>
      ) : overview.error ? (
        <Problem error={overview.error} onRetry={() => void overview.refetch()} />
      ) : (
        <Loading rows={6} />
      )}
      <div className="bh-stack">
        <Panel title={t('yourNodes')}>
          <NodeTable action={join} />
        </Panel>
        <TokenList />
      </div>
    </Page>
  )
}
