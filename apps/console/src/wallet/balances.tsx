import type { WalletBalances } from '@bithive/api/wallet'
import { Empty } from '../shared/empty.tsx'
import { Money } from '../shared/money.tsx'
import { Panel } from '../shared/panel.tsx'
import { useLocalText, useTexts } from '../shared/texts.ts'
import { walletTexts } from './texts.ts'

type One = WalletBalances['balances'][number]
const PARTS = ['held', 'incoming', 'posted'] as const

function Accounts({ balance }: { readonly balance: One }) {
  const t = useTexts(walletTexts)
  const said = useLocalText()
  return (
    <details>
      <summary>{t('accounts')}</summary>
      <p className="bh-small">{t('accountsNote')}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard */}
      <section className="bh-scroll" aria-label={t('accounts')} tabIndex={0}>
        <table className="bh-plain">
          <thead>
            <tr>
              <th scope="col">{t('account')}</th>
              <th scope="col">{t('shard')}</th>
              {(['available', ...PARTS] as const).map((part) => (
                <th key={part} scope="col" className="bh-num">
                  {t(part)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {balance.accounts.map((one) => (
              <tr key={`${one.kind}/${one.shard}`}>
                <td>{said(one.kindText)}</td>
                <td>{one.shard}</td>
                {(['available', ...PARTS] as const).map((part) => (
                  <td key={part} className="bh-num">
                    <Money amount={one[part]} asset={balance.asset} exact />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  )
}

/** What can be spent, what is held and what is on its way, for each asset; sub-accounts on demand. */
export function Balances({ balances }: { readonly balances: WalletBalances['balances'] }) {
  const t = useTexts(walletTexts)
  if (balances.length === 0) return <Empty>{t('noMoney')}</Empty>
  return (
    <div className="bh-balances">
      {balances.map((balance) => (
        <Panel key={balance.asset} title={`${balance.asset} · ${t('available')}`}>
          <div className="bh-balance" data-asset={balance.asset}>
            <Money amount={balance.available} asset={balance.asset} large />
            <dl>
              {PARTS.map((part) => (
                <div key={part} style={{ display: 'contents' }}>
                  <dt className="bh-small">{t(part)}</dt>
                  <dd>
                    <Money amount={balance[part]} asset={balance.asset} exact />
                  </dd>
                </div>
              ))}
            </dl>
            <Accounts balance={balance} />
          </div>
        </Panel>
      ))}
    </div>
  )
}
