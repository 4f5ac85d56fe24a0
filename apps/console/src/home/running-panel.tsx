import { OrderList } from '@bithive/api/orders'
import { Link } from '@tanstack/react-router'
import { Progress } from 'antd'
import { Empty } from '../shared/empty.tsx'
import { shortId } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import { CostLine } from '../shared/order-cost-line.tsx'
import { OrderStatus } from '../shared/order-status.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { homeTexts } from './texts.ts'
import { WhoseLine } from './waiting-panel.tsx'

/** Analyses on their way, with stage, progress and what is held. */
export function RunningPanel() {
  const t = useTexts(homeTexts)
  const said = useLocalText()
  const { data, error, refetch } = useLive(['orders', 'running'], OrderList, '/site/v1/orders?show=open&limit=20')
  return (
    <Panel title={t('running')} extra={data?.total}>
      {!data ? (
        error ? (
          <Problem error={error} onRetry={() => void refetch()} />
        ) : (
          <Loading />
        )
      ) : data.orders.length === 0 ? (
        <Empty>{t('noRunning')}</Empty>
      ) : (
        <ul className="home-list">
          {data.orders.map((order) => (
            <li key={order.orderId}>
              <div>
                <Link to={`/jobs/${order.orderId}` as string}>
                  <strong>{said(order.title)}</strong>
                </Link>
                <WhoseLine studyId={order.studyId} personId={order.personId} />
                <div className="bh-small">
                  <span className="bh-mono">{shortId(order.orderId)}</span> · <Time at={order.createdAt} relative />
                </div>
              </div>
              <div className="home-stage">
                <OrderStatus order={order} />
                {order.progress && (
                  <Progress
                    percent={Math.round(order.progress.fraction * 100)}
                    showInfo={false}
                    aria-label={said(order.stateText)}
                  />
                )}
                {order.nodeName && (
                  <div className="bh-small" dir="auto">
                    {order.nodeName}
                  </div>
                )}
              </div>
              <CostLine cost={order.cost} />
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
