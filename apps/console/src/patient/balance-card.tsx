import type { MyWallet } from '@bithive/api/patient'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { Button } from '../m/button.tsx'
import { Card } from '../m/card.tsx'
import { formatTime } from '../shared/format.ts'
import { Money } from '../shared/money.tsx'
import { now } from '../shared/now.ts'
import { useLocale, useTexts } from '../shared/texts.ts'
import { EyeIcon } from './icons.tsx'
import { patientTexts } from './texts.ts'

const KEY = 'bithive.patient.hide-balance'

function readHidden(): boolean {
  try {
    return localStorage.getItem(KEY) === 'yes'
  } catch {
    return false
  }
}

/** Whether figures are shown, on this device: others may look over a shoulder. */
export function useHidden(): [boolean, (hidden: boolean) => void] {
  const [hidden, setHidden] = useState(readHidden)
  const set = (next: boolean) => {
    setHidden(next)
    try {
      localStorage.setItem(KEY, next ? 'yes' : 'no')
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  }
  return [hidden, set]
}

type Read = Exclude<MyWallet, { state: 'not-connected' }>

/** CNY is what people count in; whatever else there is comes after it. */
const byAsset = (one: { asset: string }, other: { asset: string }) =>
  Number(other.asset === 'CNY') - Number(one.asset === 'CNY') || one.asset.localeCompare(other.asset)

const isZero = (amount: string) => /^-?[0.]+$/.test(amount)

function Balances({ wallet, hidden }: { readonly wallet: Read; readonly hidden: boolean }) {
  const t = useTexts(patientTexts)
  const balances = [...(wallet.balances ?? [])].sort(byAsset)
  const [first, ...others] = balances
  if (wallet.balances === null) return null
  if (hidden) return <p className="p-balance">{t('hidden')}</p>
  if (!first) return <p>{t('noBalance')}</p>
  return (
    <>
      <p className="p-balance">
        <Money amount={first.available} asset={first.asset} />
      </p>
      {balances
        .filter(({ held }) => !isZero(held))
        .map(({ asset, held }) => (
          <p key={asset}>
            {t('held')} <Money amount={held} asset={asset} />
          </p>
        ))}
      {others.map(({ asset, available }) => (
        <p key={asset}>
          <Money amount={available} asset={asset} />
        </p>
      ))}
    </>
  )
}

/** Why the figure is not the newest, in words: an unknown balance is never a 0. */
export function WalletNote({ wallet }: { readonly wallet: Read }) {
  const t = useTexts(patientTexts)
  const locale = useLocale()
  if (wallet.state === 'connected') return null
  const time = wallet.readAt === null ? undefined : formatTime(wallet.readAt, locale, now())
  const said =
    wallet.state === 'refused'
      ? time === undefined
        ? t('walletRefused')
        : t('walletRefusedSeen', { time })
      : time === undefined
        ? t('walletNever')
        : t('walletUnreachable', { time })
  return (
    <p role="status" className="p-note" data-tone={wallet.state === 'refused' ? 'todo' : 'unknown'}>
      {said}
    </p>
  )
}

export type BalanceCardProps = {
  readonly wallet: MyWallet
  readonly hidden: boolean
  readonly onHide: (hidden: boolean) => void
  readonly onRetry: () => void
}

/** What the person has, as the ledger says; hidden at one press. */
export function BalanceCard({ wallet, hidden, onHide, onRetry }: BalanceCardProps) {
  const t = useTexts(patientTexts)
  if (wallet.state === 'not-connected') {
    return (
      <Card title={t('balance')}>
        <p>{t('walletNone')}</p>
        <Link className="m-button p-button" to="/m/wallet">
          {t('walletConnect')}
        </Link>
      </Card>
    )
  }
  const hide = wallet.balances !== null && (
    <button type="button" className="p-text-button" aria-pressed={hidden} onClick={() => onHide(!hidden)}>
      <EyeIcon />
      {t(hidden ? 'show' : 'hide')}
    </button>
  )
  return (
    <Card title={t('balance')} extra={hide}>
      <WalletNote wallet={wallet} />
      <Balances wallet={wallet} hidden={hidden} />
      {wallet.state === 'unreachable' && <Button onClick={onRetry}>{t('tryAgain')}</Button>}
      {wallet.state === 'refused' && (
        <Link className="m-button p-button" to="/m/wallet">
          {t('walletConnect')}
        </Link>
      )}
    </Card>
  )
}
