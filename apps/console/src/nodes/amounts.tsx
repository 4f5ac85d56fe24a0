import type { AssetAmount } from '@bithive/api/nodes'
import { Money } from '../shared/money.tsx'

/** Amounts of several assets under one another; nothing yet is a plain 0 of no asset. */
export function Amounts(props: {
  readonly amounts: readonly AssetAmount[]
  readonly large?: boolean
  readonly exact?: boolean
}) {
  const { amounts, large = false, exact = false } = props
  if (amounts.length === 0) return <span className={large ? 'bh-money bh-money-large' : 'bh-money'}>0</span>
  return (
    <>
      {amounts.map(({ asset, amount }) => (
        <div key={asset}>
          <Money amount={amount} asset={asset} large={large} exact={exact} />
        </div>
      ))}
    </>
  )
}
