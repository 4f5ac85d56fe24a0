import { MyWallet } from '@bithive/api/patient'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { Button } from '../m/button.tsx'
import { Card } from '../m/card.tsx'
import { Field } from '../m/field.tsx'
import { call, Nothing } from '../shared/call.ts'
import { Loading } from '../shared/loading.tsx'
import { Problem } from '../shared/problem.tsx'
import { useTexts } from '../shared/texts.ts'
import { AskFirst } from './ask-first.tsx'
import { BalanceCard, useHidden } from './balance-card.tsx'
import { EntryList } from './entry-list.tsx'
import { LinkedScreen } from './linked-screen.tsx'
import { patientTexts } from './texts.ts'
import { useWallet, WALLET_KEY } from './use-wallet.ts'

function Connect() {
  const t = useTexts(patientTexts)
  const queries = useQueryClient()
  const [code, setCode] = useState('')
  const connect = useMutation({
    mutationFn: () => call(MyWallet, '/site/v1/me/wallet', { method: 'PUT', body: { code: code.trim() } }),
    onSuccess: (wallet) => queries.setQueryData(WALLET_KEY, wallet),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (code.trim().length >= 8) connect.mutate()
  }
  return (
    <Card title={t('walletConnect')}>
      <p>{t('codeHelp')}</p>
      <form className="m-stack" onSubmit={submit}>
        <Field label={t('code')} value={code} onChange={setCode} password autoComplete="off" />
        {connect.error && <Problem error={connect.error} />}
        <Button type="submit" kind="primary" busy={connect.isPending} onlyOnline>
          {t('walletConnect')}
        </Button>
      </form>
    </Card>
  )
}

function Disconnect() {
  const t = useTexts(patientTexts)
  const queries = useQueryClient()
  const disconnect = async () => {
    await call(Nothing, '/site/v1/me/wallet', { method: 'DELETE' })
    queries.setQueryData(WALLET_KEY, { state: 'not-connected' })
  }
  return <AskFirst act={t('disconnect')} said={t('disconnectAsk')} onConfirm={disconnect} />
}

function Wallet() {
  const t = useTexts(patientTexts)
  const { data, error, refetch } = useWallet()
  const [hidden, setHidden] = useHidden()
  if (!data) return error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading rows={4} />
  if (data.state === 'not-connected') return <Connect />
  return (
    <>
      {data.state === 'refused' && <Connect />}
      <BalanceCard wallet={data} hidden={hidden} onHide={setHidden} onRetry={() => void refetch()} />
      {data.entries !== null && (
        <section className="p-block">
          <h2>{t('lastEntries')}</h2>
          <EntryList entries={data.entries} hidden={hidden} />
        </section>
      )}
      <p className="m-small">{t('walletAbout')}</p>
      <Disconnect />
    </>
  )
}

/** The purse at the network: shown, connected and disconnected here, never paid from here. */
export function WalletPage() {
  const t = useTexts(patientTexts)
  return (
    <LinkedScreen title={t('wallet')}>
      {() => (
        <>
          <Link className="p-link" to="/m">
            {t('back')}
          </Link>
          <Wallet />
        </>
      )}
    </LinkedScreen>
  )
}
