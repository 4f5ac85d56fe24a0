import { WalletBalances, WalletStatement } from '@bithive/api/wallet'
import { useNavigate } from '@tanstack/react-router'
import { Button, Select } from 'antd'
import { useId, useState } from 'react'
import { callRaw } from '../shared/call.ts'
import { saveFile } from '../shared/csv.ts'
import { Empty } from '../shared/empty.tsx'
import { formatExactTime, formatTime } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import type { Locale } from '../shared/locale.ts'
import { Money } from '../shared/money.tsx'
import { now } from '../shared/now.ts'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { readerZone } from '../shared/reader-zone.ts'
import { useSession } from '../shared/session.tsx'
import { useLocale, useLocalText, useTexts } from '../shared/texts.ts'
import { useUrlState } from '../shared/use-url-state.ts'
import { walletTexts } from './texts.ts'
import './wallet.css'

const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/

/** The month of now in the reader's zone, as `2026-11`. */
function presentMonth(): string {
  const date = new Date(now())
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}`
}

/** With the year, whatever day it is read: a printed sheet has no today. */
const sheetTime = (at: number, locale: Locale) => formatTime(at, locale, 0)

function Totals({ statement }: { readonly statement: WalletStatement }) {
  const t = useTexts(walletTexts)
  const { asset, opening, closing, totals, heldNow } = statement
  const figures = [
    { key: 'opening', amount: opening },
    { key: 'totalIn', amount: totals.in },
    { key: 'totalOut', amount: totals.out },
    { key: 'closing', amount: closing },
    ...(heldNow === undefined ? [] : [{ key: 'heldNow' as const, amount: heldNow }]),
  ] as const
  return (
    <>
      <dl className="bh-sheet-totals">
        {figures.map(({ key, amount }) => (
          <div key={key}>
            <dt className="bh-small">{t(key)}</dt>
            <dd data-total={key}>
              <Money amount={amount} asset={asset} exact />
            </dd>
          </div>
        ))}
      </dl>
      <p className="bh-small">{t('adds')}</p>
    </>
  )
}

function ByCode({ statement }: { readonly statement: WalletStatement }) {
  const t = useTexts(walletTexts)
  const said = useLocalText()
  const { asset, totals } = statement
  if (totals.byCode.length === 0) return null
  return (
    <Panel title={t('byCode')}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways must be reached by the keyboard. */}
      <section className="bh-scroll" aria-label={t('byCode')} tabIndex={0}>
        <table className="bh-plain">
          <thead>
            <tr>
              <th scope="col">{t('what')}</th>
              <th scope="col" className="bh-num">
                {t('count')}
              </th>
              <th scope="col" className="bh-num">
                {t('totalIn')}
              </th>
              <th scope="col" className="bh-num">
                {t('totalOut')}
              </th>
            </tr>
          </thead>
          <tbody>
            {totals.byCode.map((one) => (
              <tr key={one.code}>
                <td>{said(one.text)}</td>
                <td className="bh-num">{one.count}</td>
                <td className="bh-num">
                  <Money amount={one.in} asset={asset} exact />
                </td>
                <td className="bh-num">
                  <Money amount={one.out} asset={asset} exact />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Panel>
  )
}

function Lines({ statement }: { readonly statement: WalletStatement }) {
  const t = useTexts(walletTexts)
  const said = useLocalText()
  const locale = useLocale()
  const { entries, asset, opening, closing } = statement
  const edge = (key: 'opening' | 'closing', amount: string) => (
    <tr>
      <td colSpan={4}>
        <strong>{t(key)}</strong>
      </td>
      <td className="bh-num">
        <Money amount={amount} asset={asset} exact />
      </td>
    </tr>
  )
  return (
    <Panel title={t('entries')}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard */}
      <section className="bh-scroll" aria-label={t('entries')} tabIndex={0}>
        <table className="bh-plain">
          <thead>
            <tr>
              {(['time', 'what', 'counterparty', 'effect', 'balance'] as const).map((key) => (
                <th key={key} scope="col" className={key === 'effect' || key === 'balance' ? 'bh-num' : undefined}>
                  {t(key)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {edge('opening', opening)}
            {entries.map((entry) => (
              <tr key={`${entry.id}/${entry.direction}`} data-entry={entry.id}>
                <td title={formatExactTime(entry.at)}>{sheetTime(entry.at, locale)}</td>
                <td>
                  {said(entry.title)}
                  {entry.reference !== undefined && <div className="bh-small bh-mono">{entry.reference}</div>}
                </td>
                <td dir="auto">
                  {entry.counterparty ? said(entry.counterparty.name ?? entry.counterparty.kind) : '—'}
                </td>
                <td className="bh-num">
                  <Money amount={entry.effect} asset={asset} exact sign />
                </td>
                <td className="bh-num">
                  <Money amount={entry.balanceAfter} asset={asset} exact />
                </td>
              </tr>
            ))}
            {entries.length === 0 && (
              <tr>
                <td colSpan={5}>{t('nothing')}</td>
              </tr>
            )}
            {edge('closing', closing)}
          </tbody>
        </table>
      </section>
    </Panel>
  )
}

function Sheet({ statement }: { readonly statement: WalletStatement }) {
  const t = useTexts(walletTexts)
  const said = useLocalText()
  const locale = useLocale()
  const { organisation, from, until, zone, madeAt } = statement
  const name = organisation.name ? said(organisation.name) : organisation.orgId
  const period = t('periodOf', { from: sheetTime(from, locale), until: sheetTime(until, locale), zone })
  return (
    <div className="bh-stack">
      <Panel>
        <p>
          <strong dir="auto">{name}</strong>
          {/* Invented organisations mostly say so in their name already. */}
          {organisation.sample && !name.toLowerCase().includes(t('sample')) && ` (${t('sample')})`}
        </p>
        <p className="bh-small">
          {t('period')}: {period}
        </p>
        <p className="bh-small">
          {t('madeAt')}: {sheetTime(madeAt, locale)}
        </p>
        <Totals statement={statement} />
      </Panel>
      <ByCode statement={statement} />
      <Lines statement={statement} />
    </div>
  )
}

/** One month of one asset, to read, to print, or to save as CSV. */
export function StatementPage() {
  const t = useTexts(walletTexts)
  const locale = useLocale()
  const { networkBase } = useSession()
  const navigate = useNavigate()
  const id = useId()
  const [chosen, setMonth] = useUrlState('month')
  const [asked, setAsset] = useUrlState('asset')
  const [error, setError] = useState<unknown>(undefined)
  const [saving, setSaving] = useState(false)
  const balances = useLive(['ledger', 'own-balances', networkBase], WalletBalances, `${networkBase}/wallet/balances`)
  const assets = balances.data?.balances.map((one) => one.asset) ?? []
  const month = MONTH.test(chosen) ? chosen : presentMonth()
  const asset = assets.includes(asked) ? asked : assets[0]
  const query = `asset=${asset ?? ''}&month=${month}&zone=${encodeURIComponent(readerZone())}`
  const statement = useLive(
    ['ledger', 'statement', networkBase, query],
    WalletStatement,
    asset === undefined ? undefined : `${networkBase}/wallet/statement?${query}`,
  )
  const download = async () => {
    setSaving(true)
    setError(undefined)
    try {
      const answer = await callRaw(`${networkBase}/wallet/statement.csv?${query}&words=${locale}`)
      // Decoding takes the mark away that a spreadsheet needs, so it is put back.
      saveFile(`statement-${asset}-${month}.csv`, 'text/csv;charset=utf-8', `\uFEFF${await answer.text()}`)
    } catch (failure) {
      setError(failure)
    } finally {
      setSaving(false)
    }
  }
  const actions = (
    <>
      <Button onClick={() => void navigate({ to: '/wallet' as string })}>{t('back')}</Button>
      <Button loading={saving} disabled={asset === undefined} onClick={() => void download()}>
        {t('download')}
      </Button>
      <Button type="primary" disabled={statement.data === undefined} onClick={() => window.print()}>
        {t('print')}
      </Button>
    </>
  )
  return (
    <Page title={t('statementOf', { asset: asset ?? '', month })} docs="wallet" actions={actions}>
      <div className="bh-stack">
        <div className="bh-filters bh-no-print">
          <div>
            <label htmlFor={`${id}month`}>{t('month')}</label>
            <input
              id={`${id}month`}
              type="month"
              className="bh-date"
              value={month}
              max={presentMonth()}
              onChange={(event) => setMonth(event.target.value)}
            />
          </div>
          {assets.length > 1 && (
            <div>
              <label htmlFor={`${id}asset`}>{t('asset')}</label>
              <Select
                id={`${id}asset`}
                value={asset ?? ''}
                onChange={setAsset}
                options={assets.map((value) => ({ value, label: value }))}
              />
            </div>
          )}
          <p className="bh-small">{t('csvNote')}</p>
        </div>
        {error !== undefined && <Problem error={error} />}
        {statement.data ? (
          <Sheet statement={statement.data} />
        ) : statement.error || balances.error ? (
          <Problem error={statement.error ?? balances.error} onRetry={() => void statement.refetch()} />
        ) : balances.data && asset === undefined ? (
          <Empty>{t('chooseAsset')}</Empty>
        ) : (
          <Loading rows={6} />
        )}
      </div>
    </Page>
  )
}
