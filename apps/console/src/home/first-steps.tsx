import { Link } from '@tanstack/react-router'
import { z } from 'zod'
import { ClockIcon, OkIcon } from '../shared/icons.tsx'
import { Panel } from '../shared/panel.tsx'
import { useLive } from '../shared/queries.ts'
import { hasRole, useSession } from '../shared/session.tsx'
import { useTexts } from '../shared/texts.ts'
import { useOrderSummary } from '../shared/use-order-summary.ts'
import type { ReportList } from './report-list.ts'
import { homeTexts } from './texts.ts'

const Nodes = z.object({ nodes: z.array(z.object({ nodeId: z.string() })) })
const Studies = z.object({ studies: z.array(z.object({ studyId: z.string() })) })

/** What is left to do before the hospital works with the network; gone once it is all done. */
export function FirstSteps({ reports }: { readonly reports: z.infer<typeof ReportList> | undefined }) {
  const t = useTexts(homeTexts)
  const session = useSession()
  const { data: summary } = useOrderSummary()
  const runs = hasRole(session, 'node-operator', 'admin')
  const reads = hasRole(session, 'clinician', 'technician', 'privacy-officer')
  const studies = useLive(['studies', 'first'], Studies, reads ? '/site/v1/studies?limit=1' : undefined)
  const nodes = useLive(
    ['nodes', 'first', session.networkBase],
    Nodes,
    runs ? `${session.networkBase}/nodes` : undefined,
  )
  if (!summary) return null
  const steps = [
    ...(reads
      ? [{ key: 'stepStudy', done: (studies.data?.studies.length ?? 0) > 0, to: '/studies/upload' } as const]
      : []),
    { key: 'stepOrder', done: summary.total > 0, to: '/analysis/new' } as const,
    { key: 'stepSettled', done: summary.settled > 0, to: '/jobs' } as const,
    ...(reports
      ? [
          {
            key: 'stepReview',
            done: reports.reports.some(({ review }) => review !== undefined && review !== 'pending'),
            to: '/radiology',
          } as const,
        ]
      : []),
    ...(runs ? [{ key: 'stepNode', done: (nodes.data?.nodes.length ?? 0) > 0, to: '/nodes/join' } as const] : []),
  ]
  const done = steps.filter((step) => step.done).length
  if (done === steps.length) return null
  return (
    <Panel title={t('firstSteps')} extra={t('stepsDone', { done, total: steps.length })}>
      <ul className="home-list">
        {steps.map((step) => (
          <li key={step.key}>
            <span className="home-step" data-done={step.done}>
              {step.done ? <OkIcon /> : <ClockIcon />} {t(step.key)}
            </span>
            {!step.done && <Link to={step.to as string}>{t('go')}</Link>}
          </li>
        ))}
      </ul>
    </Panel>
  )
}
