import { FileTextOutlined } from '@ant-design/icons'
import { WalletBalances } from '@bithive/api/wallet'
import { useNavigate } from '@tanstack/react-router'
import { Button } from 'antd'
import { Loading } from '../shared/loading.tsx'
import { Page } from '../shared/page.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { useSession } from '../shared/session.tsx'
import { useTexts } from '../shared/texts.ts'
import { Balances } from './balances.tsx'
import { Entries } from './entries.tsx'
import { walletTexts } from './texts.ts'
import './wallet.css'

/** What the organisation has, and every entry of its books explained. */
export function WalletPage() {
  const t = useTexts(walletTexts)
  const { networkBase } = useSession()
  const navigate = useNavigate()
  const balances = useLive(['ledger', 'own-balances', networkBase], WalletBalances, `${networkBase}/wallet/balances`)
  const statement = (
    <Button icon={<FileTextOutlined />} onClick={() => void navigate({ to: '/wallet/statement' as string })}>
      {t('statement')}
    </Button>
  )
  return (
    <Page title={t('wallet')} docs="wallet" actions={statement}>
      <div className="bh-stack">
        {balances.data ? (
          <Balances balances={balances.data.balances} />
        ) : balances.error ? (
          <Problem error={balances.error} onRetry={() => void balances.refetch()} />
        ) : (
          <Loading rows={3} />
        )}
        <Entries assets={(balances.data?.balances ?? []).map(({ asset }) => asset)} />
      </div>
    </Page>
  )
}
