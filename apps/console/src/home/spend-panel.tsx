import { LedgerBalances } from '@bithive/api/network'
import type { OrderSummary } from '@bithive/api/orders'
import { Link } from '@tanstack/react-router'
import type { z } from 'zod'
import { addAmounts } from '../shared/add-amounts.ts'
import { Facts } from '../shared/facts.tsx'
import { formatMoney } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import { Money } from '../shared/money.tsx'
import { now } from '../shared/now.ts'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { hasRole, useSession } from '../shared/session.tsx'
import { useLocale, useTexts } from '../shared/texts.ts'
import { useOrderSummary } from '../shared/use-order-summary.ts'
import { homeTexts } from './texts.ts'

type Spend = z.infer<typeof OrderSummary>['spend'][number]

/** Share of a whole in per cent for the width of a bar; figures beside it are exact. */
function share(part: string, whole: string): number {
  const all = Number(whole)
  return all > 0 ? (Number(part) / all) * 100 : 0
}

function SpendBar({ spend, available }: { readonly spend: Spend; readonly available: string }) {
  const t = useTexts(homeTexts)
  const locale = useLocale()
  const whole = addAmounts([spend.paid, spend.held, available])
  const said = (amount: string) => formatMoney(amount, spend.asset, locale)
  const label = t('spendChart', { paid: said(spend.paid), held: said(spend.held), free: said(available) })
  return (
    <>
      <div className="home-bar" role="img" aria-label={label}>
        <span className="home-bar-paid" style={{ width: `${share(spend.paid, whole)}%` }} />
        <span className="home-bar-held" style={{ width: `${share(spend.held, whole)}%` }} />
      </div>
      <div className="bh-row bh-small">
        <span className="home-key home-bar-paid" aria-hidden="true" /> {t('legendPaid')}
        <span className="home-key home-bar-held" aria-hidden="true" /> {t('legendHeld')}
        <span className="home-key" aria-hidden="true" /> {t('legendFree')}
      </div>
    </>
  )
}

/** This month's money: settled, held and available are three figures. */
export function SpendPanel() {
  const t = useTexts(homeTexts)
  const session = useSession()
  const { data: summary, error, refetch } = useOrderSummary()
  const sees = hasRole(session, 'finance', 'admin', 'auditor')
  const path = sees ? `${session.networkBase}/ledger/balances` : undefined
  const balances = useLive(['ledger', 'balances', session.networkBase], LedgerBalances, path)
  const month = new Date(now())
  const named = t('spend', {
    month: useLocale() === 'zh' ? month.getMonth() + 1 : month.toLocaleString('en', { month: 'long' }),
  })
  const bill = sees ? <Link to={'/wallet' as string}>{t('bill')}</Link> : undefined
  if (!summary)
    return <Panel title={named}>{error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading />}</Panel>
  const holders = (balances.data?.balances ?? []).filter(({ kind }) => kind === 'holder')
  const assets = [...new Set([...summary.spend.map(({ asset }) => asset), ...holders.map(({ asset }) => asset)])]
  return (
    <Panel title={named} extra={bill}>
      {assets.length === 0 && <p>{t('noSpend')}</p>}
      {assets.map((asset) => {
        const spend = summary.spend.find((one) => one.asset === asset) ?? {
          asset,
          paid: '0',
          orders: 0,
          held: '0',
          holding: 0,
        }
        const available = holders.find((one) => one.asset === asset)?.available
        return (
          <div key={asset} className="bh-stack">
            <Money amount={spend.paid} asset={asset} large />
            {available !== undefined && <SpendBar spend={spend} available={available} />}
            <Facts
              items={[
                {
                  key: 'paid',
                  label: t('paid', { count: spend.orders }),
                  value: <Money amount={spend.paid} asset={asset} />,
                },
                {
                  key: 'held',
                  label: t('held', { count: spend.holding }),
                  value: <Money amount={spend.held} asset={asset} />,
                },
                {
                  key: 'available',
                  label: t('available'),
                  value:
                    available === undefined ? sees ? '—' : t('notShown') : <Money amount={available} asset={asset} />,
                },
              ]}
            />
          </div>
        )
      })}
      {balances.error ? <Problem error={balances.error} onRetry={() => void balances.refetch()} /> : null}
    </Panel>
  )
}
