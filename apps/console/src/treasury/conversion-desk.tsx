import { QuoteView, type RatesAnswer, type RateView } from '@bithive/api/treasury'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Input, Segmented } from 'antd'
import { useId, useState } from 'react'
import { Act } from '../shared/act.tsx'
import { call } from '../shared/call.ts'
import { Facts } from '../shared/facts.tsx'
import { formatMoney } from '../shared/format.ts'
import { Money } from '../shared/money.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { hasRole, useSession } from '../shared/session.tsx'
import { useLocale, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { useNow } from '../shared/use-now.ts'
import { QuoteState } from './quote-state.tsx'
import { treasuryTexts } from './texts.ts'

const AMOUNT = /^\d{1,13}(\.\d{1,6})?$/
type Side = QuoteView['side']

function useDesk(pair: string) {
  const { networkBase } = useSession()
  const queries = useQueryClient()
  const renew = () => {
    void queries.invalidateQueries({ queryKey: ['treasury'] })
    void queries.invalidateQueries({ queryKey: ['ledger'] })
  }
  const ask = useMutation({
    mutationFn: (order: { side: Side; sell: string }) =>
      call(QuoteView, `${networkBase}/treasury/quotes`, { method: 'POST', body: { pair, ...order } }),
  })
  const accept = useMutation({
    mutationFn: (quoteId: string) =>
      call(QuoteView, `${networkBase}/treasury/quotes/${quoteId}/accept`, { method: 'POST', body: {} }),
    onSettled: renew,
  })
  return { ask, accept }
}

function Figures({ quote }: { readonly quote: QuoteView }) {
  const t = useTexts(treasuryTexts)
  return (
    <Facts
      items={[
        { key: 'sell', label: t('youGive'), value: <Money amount={quote.sell} asset={quote.sellAsset} exact /> },
        { key: 'fee', label: t('fee'), value: <Money amount={quote.fee} asset={quote.sellAsset} exact /> },
        { key: 'buy', label: t('get'), value: <Money amount={quote.buy} asset={quote.buyAsset} exact /> },
        { key: 'price', label: t('price'), value: quote.price },
        { key: 'until', label: t('validFor'), value: <Time at={quote.expiresAt} relative /> },
        { key: 'state', label: t('state'), value: <QuoteState state={quote.state} /> },
      ]}
    />
  )
}

/** Asks for a quote, shows rate, fee and total, and converts at it: the button names what leaves the account. */
export function ConversionDesk({ rate, caps }: { readonly rate: RateView; readonly caps: RatesAnswer['caps'] }) {
  const t = useTexts(treasuryTexts)
  const locale = useLocale()
  const id = useId()
  const session = useSession()
  const [side, setSide] = useState<Side>('sell-base')
  const [sell, setSell] = useState('')
  const { ask, accept } = useDesk(rate.pair)
  const present = useNow(1_000)
  const quote = accept.data ?? ask.data
  const asset = side === 'sell-base' ? rate.base : rate.quote
  const reason = !hasRole(session, 'finance', 'admin')
    ? t('notAllowed')
    : rate.state === 'ok'
      ? undefined
      : t(rate.state)
  const waits = quote?.state === 'quoted' && quote.expiresAt > present
  const change = (act: () => void) => {
    ask.reset()
    accept.reset()
    act()
  }
  return (
    <Panel title={t('convert')}>
      <div className="bh-stack">
        <Segmented
          aria-label={t('youGive')}
          value={side}
          onChange={(value) => change(() => setSide(value as Side))}
          options={[
            { value: 'sell-base', label: t('give', { asset: rate.base }) },
            { value: 'sell-quote', label: t('give', { asset: rate.quote }) },
          ]}
        />
        <div>
          <label htmlFor={id}>{t('amount')}</label>
          <Input
            id={id}
            inputMode="decimal"
            value={sell}
            suffix={asset}
            onChange={(event) => change(() => setSell(event.target.value.trim()))}
          />
        </div>
        {quote && <Figures quote={quote} />}
        {(ask.error ?? accept.error) && <Problem error={ask.error ?? accept.error} />}
        <div className="bh-row">
          {waits && quote ? (
            <Act type="primary" onlyOnline loading={accept.isPending} onClick={() => accept.mutate(quote.quoteId)}>
              {t('acceptAct', { amount: formatMoney(quote.sell, quote.sellAsset, locale) })}
            </Act>
          ) : (
            <Act
              type="primary"
              onlyOnline
              loading={ask.isPending}
              reason={reason}
              onClick={() => change(() => AMOUNT.test(sell) && ask.mutate({ side, sell }))}
            >
              {quote ? t('again') : t('ask')}
            </Act>
          )}
        </div>
        <p className="bh-small">{t('limits', caps)}</p>
      </div>
    </Panel>
  )
}
