import type { OrderCost } from '@bithive/api/orders'
import { Money } from './money.tsx'
import { defineTexts, useTexts } from './texts.ts'

const texts = defineTexts({
  zh: {
    held: '冻结',
    paid: '已付',
    returned: '已退回',
    returning: '退回中',
    unknown: '去向未知',
    none: '未冻结',
  },
  en: {
    held: 'held',
    paid: 'paid',
    returned: 'given back',
    returning: 'on its way back',
    unknown: 'not known',
    none: 'nothing held',
  },
})

/** The one amount that counts now, with its word: held, paid and given back are different things. */
export function CostLine({ cost }: { readonly cost: OrderCost }) {
  const t = useTexts(texts)
  const amount = cost.state === 'paid' ? cost.paid : cost.state === 'returned' ? cost.refunded : cost.held
  return (
    <span>
      {cost.asset !== undefined && cost.state !== 'none' && (
        <>
          <Money amount={amount} asset={cost.asset} />{' '}
        </>
      )}
      <span className="bh-small">{t(cost.state)}</span>
    </span>
  )
}
