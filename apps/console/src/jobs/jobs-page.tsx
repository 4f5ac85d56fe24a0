import { OrderList, type OrderView } from '@bithive/api/orders'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { Button, Segmented } from 'antd'
import { call } from '../shared/call.ts'
import { type Column, DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { formatMoney, shortId } from '../shared/format.ts'
import { CostLine } from '../shared/order-cost-line.tsx'
import { OrderStatus } from '../shared/order-status.tsx'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { hasRole, useSession } from '../shared/session.tsx'
import { useLocale, useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { useUrlState } from '../shared/use-url-state.ts'
import { jobTexts } from './texts.ts'

const SHOWN = ['all', 'open', 'attention', 'settled', 'ended'] as const
type Shown = (typeof SHOWN)[number]
const PAGE = 200

function useOrders(show: Shown) {
  return useInfiniteQuery({
    queryKey: ['orders', 'list', show],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      call(OrderList, `/site/v1/orders?limit=${PAGE}&show=${show}${pageParam && `&before=${pageParam}`}`, { signal }),
    getNextPageParam: ({ next }) => next,
  })
}

function useColumns(): readonly Column<OrderView>[] {
  const t = useTexts(jobTexts)
  const said = useLocalText()
  const locale = useLocale()
  const urgencies = (['stat', 'urgent', 'routine'] as const).map((value) => ({ value, label: t(value) }))
  return [
    {
      key: 'analysis',
      title: t('analysis'),
      value: (order) => said(order.title),
      render: (order) => (
        <Link to={'/jobs/$jobId' as string} params={{ jobId: order.orderId } as never}>
          {said(order.title)} <span className="bh-mono">{shortId(order.orderId)}</span>
        </Link>
      ),
    },
    {
      key: 'state',
      title: t('state'),
      value: (order) => said(order.stateText),
      render: (order) => (
        <div>
          <OrderStatus order={order} />
          {order.problemText && <div className="bh-small">{said(order.problemText.title)}</div>}
        </div>
      ),
    },
    {
      key: 'urgency',
      title: t('urgency'),
      value: ({ urgency }) => urgency,
      render: ({ urgency }) => t(urgency),
      filter: urgencies,
    },
    {
      key: 'node',
      title: t('node'),
      value: ({ nodeName }) => nodeName,
      render: ({ nodeName }) => <span dir="auto">{nodeName ?? '—'}</span>,
    },
    {
      key: 'cost',
      title: t('cost'),
      align: 'right',
      value: ({ cost }) => `${t(cost.state)} ${formatMoney(cost.paid, cost.asset ?? '', locale)}`,
      render: ({ cost }) => <CostLine cost={cost} />,
    },
    { key: 'patient', title: t('patient'), value: ({ personId }) => shortId(personId) },
    {
      key: 'ordered',
      title: t('ordered'),
      value: ({ createdAt }) => createdAt,
      render: ({ createdAt }) => <Time at={createdAt} />,
      sort: true,
    },
    { key: 'order', title: t('order'), value: ({ orderId }) => orderId, csvOnly: true },
    { key: 'job', title: t('job'), value: ({ jobId }) => jobId ?? '', csvOnly: true },
  ]
}

/** Every order of the hospital: filters in the address, a page of 200 at a time. */
export function JobsPage() {
  const t = useTexts(jobTexts)
  const session = useSession()
  const navigate = useNavigate()
  const [asked, setAsked] = useUrlState('show')
  const show = SHOWN.find((one) => one === asked) ?? 'all'
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useOrders(show)
  const columns = useColumns()
  const order = () => void navigate({ to: '/analysis/new' })
  const may = hasRole(session, 'clinician')
  return (
    <Page
      title={t('title')}
      about={t('about')}
      docs="orders"
      actions={
        may && (
          <Button type="primary" onClick={order}>
            {t('newAnalysis')}
          </Button>
        )
      }
    >
      <Panel>
        <div className="bh-stack">
          <Segmented
            className="jobs-show"
            aria-label={t('show')}
            value={show}
            onChange={(value) => setAsked(value === 'all' ? '' : value)}
            options={SHOWN.map((value) => ({ value, label: t(value) }))}
          />
          <DataTable
            id="jobs"
            label={t('title')}
            rows={data?.pages.flatMap(({ orders }) => orders)}
            rowKey={({ orderId }) => orderId}
            columns={columns}
            search={(row) =>
              `${row.orderId} ${row.jobId ?? ''} ${row.workload} ${row.title.zh} ${row.title.en} ${row.nodeName ?? ''} ${row.personId}`
            }
            error={error}
            onRetry={() => void refetch()}
            {...(hasNextPage ? { onMore: () => void fetchNextPage() } : {})}
            loadingMore={isFetchingNextPage}
            extra={data && <span className="bh-small">{t('totalOf', { total: data.pages[0]?.total ?? 0 })}</span>}
            empty={
              <Empty action={may && show === 'all' && <Button onClick={order}>{t('newAnalysis')}</Button>}>
                {t('empty')}
              </Empty>
            }
          />
        </div>
      </Panel>
    </Page>
  )
}
