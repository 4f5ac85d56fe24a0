import type { OrderDetail } from '@bithive/api/orders'
import { addAmounts } from '../shared/add-amounts.ts'
import { Facts } from '../shared/facts.tsx'
import { Hash } from '../shared/hash.tsx'
import { Money } from '../shared/money.tsx'
import { Panel } from '../shared/panel.tsx'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { useTexts } from '../shared/texts.ts'
import { decimalsOf, trimAmount } from '../shared/trim-amount.ts'
import { unitsPerYuan } from '../shared/units-per-yuan.ts'
import { jobTexts } from './texts.ts'

const TONES: Readonly<Record<OrderDetail['order']['cost']['state'], Tone>> = {
  none: 'off',
  held: 'off',
  paid: 'ok',
  returning: 'run',
  returned: 'ok',
  unknown: 'unknown',
}

/** Where each part of the money is, with the transfer that booked it; the parts add up to what was held. */
function Parts({ detail }: { readonly detail: OrderDetail }) {
  const t = useTexts(jobTexts)
  const { moneyParts } = detail
  if (moneyParts.length === 0) return null
  const asset = moneyParts[0]?.asset ?? ''
  const decimals = decimalsOf(moneyParts.map(({ amount }) => amount))
  return (
    <div className="bh-scroll">
      <table className="jobs-parts">
        <caption className="bh-sr">{t('parts')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('parts')}</th>
            <th scope="col">{t('transfer')}</th>
            <th scope="col">{asset}</th>
          </tr>
        </thead>
        <tbody>
          {moneyParts.map(({ part, toName, amount, transferId }) => (
            <tr key={part}>
              <td>
                {t(part)}
                {toName !== undefined && (
                  <div className="bh-small" dir="auto">
                    {toName}
                  </div>
                )}
              </td>
              <td>
                <Hash value={transferId} />
              </td>
              <td>
                <Money amount={trimAmount(amount, decimals)} asset={asset} exact />
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={2}>
              {t('addsUp')}
            </th>
            <td>
              <Money
                amount={trimAmount(addAmounts(moneyParts.map(({ amount }) => amount)), decimals)}
                asset={asset}
                exact
              />
            </td>
          </tr>
        </tfoot>
      </table>
    </div>
  )
}

const sourceKey = (source: unknown) =>
  source === 'sample' ? 'rate-sample' : source === 'same-currency' ? 'rate-same-currency' : 'rateOther'

export function JobCost({ detail }: { readonly detail: OrderDetail }) {
  const t = useTexts(jobTexts)
  const { cost } = detail.order
  const { rate } = detail
  const scale = Math.max(...[cost.held, cost.paid, cost.refunded].map((amount) => amount.split('.')[1]?.length ?? 0))
  const main = cost.state === 'paid' ? cost.paid : cost.state === 'returned' ? cost.refunded : cost.held
  const { asset } = cost
  const flow = { held: addAmounts(detail.moneyParts.map(({ amount }) => amount)), paid: cost.paid, back: cost.refunded }
  const flows =
    asset !== undefined && cost.state === 'paid'
      ? ([
          { key: 'heldFirst', amount: flow.held },
          { key: 'paidOfIt', amount: flow.paid },
          { key: 'backOfIt', amount: flow.back },
        ] as const)
      : []
  const items = [
    ...flows.map(({ key, amount }) => ({
      key,
      label: t(key),
      value: <Money amount={trimAmount(amount)} asset={asset ?? ''} exact />,
    })),
    ...(cost.price === undefined
      ? []
      : [{ key: 'price', label: t('price'), value: <Money amount={cost.price} asset={cost.currency} /> }]),
    { key: 'limit', label: t('maxPrice'), value: <Money amount={cost.maxPrice} asset={cost.currency} /> },
    ...(rate
      ? [
          {
            key: 'rate',
            label: t('rate'),
            value: (
              <>
                {t('rateFact', {
                  units: unitsPerYuan(String(rate.unitsPerFen ?? '0'), scale),
                  asset: cost.asset ?? '',
                })}
                <div className="bh-small">{t(sourceKey(rate.source))}</div>
              </>
            ),
          },
        ]
      : []),
  ]
  return (
    <Panel
      title={t('costPanel')}
      extra={
        <StatusTag tone={TONES[cost.state]} waiting={cost.state === 'held'}>
          {t(cost.state)}
        </StatusTag>
      }
    >
      <div className="bh-stack">
        {cost.asset !== undefined && cost.state !== 'none' && (
          <div>
            <Money amount={trimAmount(main)} asset={cost.asset} exact large /> <span>{t(cost.state)}</span>
          </div>
        )}
        <p className="bh-small">{t(`${cost.state}_note`)}</p>
        <Facts items={items} />
        <Parts detail={detail} />
      </div>
    </Panel>
  )
}
