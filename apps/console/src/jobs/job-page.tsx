import { OrderDetail } from '@bithive/api/orders'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'
import { Act } from '../shared/act.tsx'
import { formatMoney, shortId } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import { OrderStatus } from '../shared/order-status.tsx'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { hasRole, useSession } from '../shared/session.tsx'
import { ShortId } from '../shared/short-id.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { useLocale, useLocalText, useTexts } from '../shared/texts.ts'
import { useWhose } from '../shared/use-whose.ts'
import { CancelJob } from './cancel-job.tsx'
import { JobCost } from './job-cost.tsx'
import { JobNode, JobWhy } from './job-node.tsx'
import { JobProblem } from './job-problem.tsx'
import { JobData, JobProof } from './job-proof.tsx'
import { JobStages } from './job-stages.tsx'
import { JobSteps } from './job-steps.tsx'
import './jobs.css'
import { jobTexts } from './texts.ts'
import { useMemberName } from './use-member-name.ts'

function JobActs({ detail }: { readonly detail: OrderDetail }) {
  const t = useTexts(jobTexts)
  const locale = useLocale()
  const said = useLocalText()
  const session = useSession()
  const navigate = useNavigate()
  const [asking, setAsking] = useState(false)
  const { order, cancel } = detail
  const may = hasRole(session, 'clinician')
  const amount = cancel.asset === undefined ? undefined : formatMoney(cancel.refund, cancel.asset, locale)
  const again = () => void navigate({ to: '/analysis/new', search: { from: order.orderId } as never })
  return (
    <>
      {order.reportId && (
        <Button type="primary" onClick={() => void navigate({ to: `/radiology/${order.studyId}` })}>
          {t('openReport')}
        </Button>
      )}
      {may && <Button onClick={again}>{t('retry')}</Button>}
      {may && !order.ended && (
        <Act danger onlyOnline reason={cancel.possible ? undefined : said(cancel.text)} onClick={() => setAsking(true)}>
          {amount && /[1-9]/.test(cancel.refund) ? t('cancel', { amount }) : t('cancelPlain')}
        </Act>
      )}
      <CancelJob detail={detail} open={asking} onClose={() => setAsking(false)} />
    </>
  )
}

function JobBody({ detail }: { readonly detail: OrderDetail }) {
  const t = useTexts(jobTexts)
  return (
    <>
      <JobProblem detail={detail} />
      <Panel title={t('timeline')}>
        <JobStages detail={detail} />
      </Panel>
      <div className="bh-columns">
        <div>
          <JobNode detail={detail} />
          <JobWhy detail={detail} />
          <JobSteps detail={detail} />
        </div>
        <div>
          <JobCost detail={detail} />
          <JobProof detail={detail} />
          <JobData detail={detail} />
        </div>
      </div>
    </>
  )
}

/** One order with everything that is known of it, alive as it goes on. The address takes an order's or a job's id. */
export function JobPage() {
  const t = useTexts(jobTexts)
  const said = useLocalText()
  const { jobId = '' } = useParams({ strict: false }) as { jobId?: string }
  const path = `/site/v1/orders/${encodeURIComponent(jobId)}`
  const { data: detail, error, refetch } = useLive(['orders', jobId], OrderDetail, path)
  const session = useSession()
  const { name, day, about } = useWhose({ studyId: detail?.order.studyId, personId: detail?.order.personId })
  const orderedBy = useMemberName(detail?.order.requestedBy)
  if (!detail) {
    return (
      <Page title={t('analysis')} docs="orders">
        {error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading rows={6} />}
      </Page>
    )
  }
  const { order } = detail
  const line = (
    <span className="bh-row">
      <OrderStatus order={order} />
      <StatusTag tone="off">{t(order.urgency)}</StatusTag>
      <StatusTag tone="todo">{t('notDiagnosis')}</StatusTag>
      <span>
        {t('jobAbout', {
          person: name,
          purpose: t(order.purpose),
          by: order.requestedBy === session.actorId ? t('you') : (orderedBy ?? shortId(order.requestedBy)),
        })}
      </span>
      <Link to={`/studies/${order.studyId}` as string}>
        {[t('study'), about || shortId(order.studyId), day].filter(Boolean).join(' ')}
      </Link>
      <ShortId id={order.jobId ?? order.orderId} />
    </span>
  )
  return (
    <Page title={said(order.title)} about={line} docs="orders" actions={<JobActs detail={detail} />}>
      <JobBody detail={detail} />
    </Page>
  )
}
