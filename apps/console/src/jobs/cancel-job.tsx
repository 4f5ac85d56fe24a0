import { type OrderDetail, OrderView } from '@bithive/api/orders'
import { useQueryClient } from '@tanstack/react-query'
import { call } from '../shared/call.ts'
import { Confirm } from '../shared/confirm.tsx'
import { Facts } from '../shared/facts.tsx'
import { shortId } from '../shared/format.ts'
import { Money } from '../shared/money.tsx'
import { useLocalText, useTexts } from '../shared/texts.ts'
import { trimAmount } from '../shared/trim-amount.ts'
import { jobTexts } from './texts.ts'

/** Asks before an order is cancelled, and says what comes back. */
export function CancelJob(props: {
  readonly detail: OrderDetail
  readonly open: boolean
  readonly onClose: () => void
}) {
  const t = useTexts(jobTexts)
  const said = useLocalText()
  const queries = useQueryClient()
  const { order, cancel } = props.detail
  const act = async () => {
    await call(OrderView, `/site/v1/orders/${order.orderId}/cancel`, { method: 'POST', body: {} })
    await queries.invalidateQueries({ queryKey: ['orders'] })
  }
  return (
    <Confirm
      open={props.open}
      title={t('cancelAsk', { id: shortId(order.jobId ?? order.orderId) })}
      act={t('cancelAct')}
      danger
      onConfirm={act}
      onClose={props.onClose}
    >
      <p>{said(cancel.text)}</p>
      {cancel.asset !== undefined && (
        <Facts
          items={[
            { key: 'analysis', label: t('analysis'), value: said(order.title) },
            {
              key: 'refund',
              label: t('refund'),
              value: <Money amount={trimAmount(cancel.refund)} asset={cancel.asset} exact />,
            },
          ]}
        />
      )}
    </Confirm>
  )
}
