import { useNavigate } from '@tanstack/react-router'
import { Button } from 'antd'
import { now } from '../shared/now.ts'
import { Page } from '../shared/page.tsx'
import { hasRole, useSession } from '../shared/session.tsx'
import { useTexts } from '../shared/texts.ts'
import { useOrderSummary } from '../shared/use-order-summary.ts'
import { FirstSteps } from './first-steps.tsx'
import './home.css'
import { RunningPanel } from './running-panel.tsx'
import { SpendPanel } from './spend-panel.tsx'
import { homeTexts } from './texts.ts'
import { useWaiting } from './use-waiting.ts'
import { WaitingPanel } from './waiting-panel.tsx'

/** The day at a glance: what waits for this person, what runs, what it costs, and what is left to set up. */
export function HomePage() {
  const t = useTexts(homeTexts)
  const session = useSession()
  const navigate = useNavigate()
  const { data: summary } = useOrderSummary()
  const waiting = useWaiting(now())
  const may = hasRole(session, 'clinician')
  const actions = may && (
    <>
      <Button onClick={() => void navigate({ to: '/studies/upload' })}>{t('upload')}</Button>
      <Button type="primary" onClick={() => void navigate({ to: '/analysis/new' })}>
        {t('newAnalysis')}
      </Button>
    </>
  )
  return (
    <Page
      title={t('title')}
      about={t('about', { waiting: waiting.items.length, running: summary?.open ?? 0 })}
      docs="orders"
      actions={actions}
    >
      <div className="bh-columns">
        <div>
          <WaitingPanel waiting={waiting} />
          <RunningPanel />
          <p className="home-note">{t('note')}</p>
        </div>
        <div>
          <SpendPanel />
          <FirstSteps reports={waiting.reports} />
        </div>
      </div>
    </Page>
  )
}
