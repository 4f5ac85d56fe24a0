import type { OrderCost } from '@bithive/api/orders'
import { Money } from '../shared/money.tsx'
import { useTexts } from '../shared/texts.ts'
import { jobTexts } from './texts.ts'

/** The one amount that counts now, with its word: held, paid and given back are different things. */
export function CostLine({ cost }: { readonly cost: OrderCost }) {
  const t = useTexts(jobTexts)
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
