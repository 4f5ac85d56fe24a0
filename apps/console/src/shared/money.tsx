import { moneyParts, NONE, spokenMoney } from './format.ts'
import { useLocale } from './texts.ts'

export type MoneyProps = {
  /** Decimal string as the ledger gives it. */
  readonly amount: string | undefined
  readonly asset: string
  /** Shows + before what came in. */
  readonly sign?: boolean
  /** Every decimal: ledgers and receipts. */
  readonly exact?: boolean
  /** The one key figure of a page. */
  readonly large?: boolean
}

/** An amount by the design's rules; unknown is a dash, never a 0. */
export function Money({ amount, asset, sign, exact, large }: MoneyProps) {
  const locale = useLocale()
  const options = { ...(sign ? { sign } : {}), ...(exact ? { exact } : {}) }
  const parts = amount === undefined ? undefined : moneyParts(amount, asset, locale, options)
  if (amount === undefined || !parts) return <span>{NONE}</span>
  return (
    <span className={large ? 'bh-money bh-money-large' : 'bh-money'}>
      <span aria-hidden="true">
        {parts.sign}
        {parts.prefix}
        {parts.whole}
        <span className="bh-money-decimals">{parts.decimals}</span>
        {parts.unit && <span className="bh-money-unit"> {parts.unit}</span>}
      </span>
      <span className="bh-sr">{spokenMoney(amount, asset, locale)}</span>
    </span>
  )
}
