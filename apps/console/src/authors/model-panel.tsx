import type { OwnModel } from '@bithive/api/models'
import { Facts } from '../shared/facts.tsx'
import { formatPercent } from '../shared/format.ts'
import { Hash } from '../shared/hash.tsx'
import { Money } from '../shared/money.tsx'
import { Panel } from '../shared/panel.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { authorTexts } from './texts.ts'

const USES = ['ordered', 'returned', 'accepted', 'rejected', 'inputRefused', 'failed', 'open'] as const

function Sums({ earned, large = false }: { readonly earned: OwnModel['earned']; readonly large?: boolean }) {
  if (earned.length === 0) return <span className={large ? 'bh-money bh-money-large' : 'bh-money'}>0</span>
  return (
    <>
      {earned.map(({ asset, amount }) => (
        <div key={asset}>
          <Money amount={amount} asset={asset} large={large} exact={!large} />
        </div>
      ))}
    </>
  )
}

function Shares({ model }: { readonly model: OwnModel }) {
  const t = useTexts(authorTexts)
  if (!model.card) return null
  const { basePayBps, royaltyBps, feeBps, poolBps } = model.card.shares
  const shares = { basePay: basePayBps, royalty: royaltyBps, fee: feeBps, pool: poolBps }
  return (
    <section aria-label={t('shares')}>
      <h3>{t('shares')}</h3>
      <Facts
        items={(Object.keys(shares) as (keyof typeof shares)[]).map((key) => ({
          key,
          label: t(key),
          value: formatPercent(shares[key] / 10_000, 2),
        }))}
      />
    </section>
  )
}

function Months({ model }: { readonly model: OwnModel }) {
  const t = useTexts(authorTexts)
  return (
    <section aria-label={t('months')}>
      <h3>{t('months')}</h3>
      {model.months.length === 0 ? (
        <p className="bh-small">{t('monthsNone')}</p>
      ) : (
        <table className="bh-plain">
          <thead>
            <tr>
              <th scope="col">{t('month')}</th>
              <th scope="col" className="bh-num">
                {t('jobs')}
              </th>
              <th scope="col" className="bh-num">
                {t('earned')}
              </th>
            </tr>
          </thead>
          <tbody>
            {model.months.map(({ month, earned, jobs }) => (
              <tr key={month}>
                <td>{month}</td>
                <td className="bh-num">{jobs}</td>
                <td className="bh-num">
                  <Sums earned={earned} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

function LastUses({ model }: { readonly model: OwnModel }) {
  const t = useTexts(authorTexts)
  const said = useLocalText()
  return (
    <section aria-label={t('last')}>
      <h3>{t('last')}</h3>
      <p className="bh-small">{model.lastUses.length === 0 ? t('lastNone') : t('lastNote')}</p>
      <ul className="bh-lines">
        {model.lastUses.map(({ jobId, at, state, stateText, royalty }) => (
          <li key={jobId} className="bh-spread">
            <span>
              <Time at={at} />{' '}
              <StatusTag
                tone={state === 'settled' ? 'ok' : state === 'failed' ? 'bad' : state === 'cancelled' ? 'off' : 'run'}
              >
                {said(stateText)}
              </StatusTag>
            </span>
            {royalty ? <Money amount={royalty.amount} asset={royalty.asset} exact sign /> : <span>—</span>}
          </li>
        ))}
      </ul>
    </section>
  )
}

/** One version of one model: what it earned, how it was used, what hospitals made of its results. */
export function ModelPanel({ model }: { readonly model: OwnModel }) {
  const t = useTexts(authorTexts)
  const said = useLocalText()
  const { use } = model
  const checked = use.accepted + use.rejected
  return (
    <Panel
      title={
        <span dir="auto">
          {model.title ? said(model.title) : model.workload} · {t('version')} {model.version}
        </span>
      }
      extra={model.card ? t('notApproved') : t('notCarried')}
    >
      <div className="bh-columns" data-model={`${model.workload}@${model.version}`}>
        <div>
          <div>
            <div className="bh-small">{t('earned')}</div>
            <Sums earned={model.earned} large />
          </div>
          <Months model={model} />
          <LastUses model={model} />
        </div>
        <div>
          <section aria-label={t('uses')}>
            <h3>{t('uses')}</h3>
            <Facts items={USES.map((key) => ({ key, label: t(key), value: String(use[key]) }))} />
          </section>
          <section aria-label={t('quality')}>
            <h3>{t('quality')}</h3>
            <p>
              {checked === 0
                ? t('qualityNone')
                : t('qualitySays', { checked, share: formatPercent(use.accepted / checked, 1) })}
            </p>
          </section>
          <Shares model={model} />
          {model.digest !== undefined && (
            <p className="bh-small">
              {t('digest')}: <Hash value={model.digest} />
            </p>
          )}
        </div>
      </div>
    </Panel>
  )
}
