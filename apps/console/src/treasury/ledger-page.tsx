import { ActsAnswer, DeskAnswer, type DeskTransfer } from '@bithive/api/treasury-desk'
import { Button, Input, Select } from 'antd'
import { type FormEvent, useId, useState } from 'react'
import { DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { Facts } from '../shared/facts.tsx'
import { Loading } from '../shared/loading.tsx'
import { Money } from '../shared/money.tsx'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { useUrlState } from '../shared/use-url-state.ts'
import { ChecksPanel } from './checks-panel.tsx'
import { deskTexts } from './desk-texts.ts'

/** Where a transfer came from: the act that its reference names, with the two people behind it. */
function ActFacts({ reference }: { readonly reference: string }) {
  const t = useTexts(deskTexts)
  const path = `/hub/v1/treasury/acts?reference=${encodeURIComponent(reference)}`
  const { data, error } = useLive(['treasury', 'act', reference], ActsAnswer, path)
  if (error && !data) return <Problem error={error} />
  if (!data) return <Loading rows={2} />
  const [act] = data.acts
  if (!act) return <p>{t('noAct')}</p>
  return (
    <Facts
      items={[
        { key: 'kind', label: t('kind'), value: act.kind },
        { key: 'state', label: t('state'), value: act.problem ? `${act.state} · ${act.problem}` : act.state },
        { key: 'by', label: t('actor'), value: <span className="bh-mono">{act.actorId}</span> },
        { key: 'approved', label: t('approvedBy'), value: <span className="bh-mono">{act.approvedBy ?? '—'}</span> },
        { key: 'at', label: t('when'), value: <Time at={act.createdAt} /> },
        { key: 'proposal', label: t('proposals'), value: <span className="bh-mono">{act.proposalId ?? '—'}</span> },
      ]}
    />
  )
}

function SearchForm({ codes }: { readonly codes: DeskAnswer['codes'] }) {
  const t = useTexts(deskTexts)
  const said = useLocalText()
  const ids = { id: useId(), reference: useId(), account: useId() }
  const [id, setId] = useUrlState('id')
  const [reference, setReference] = useUrlState('reference')
  const [account, setAccount] = useUrlState('account')
  const [code, setCode] = useUrlState('code')
  const [typed, setTyped] = useState({ id, reference, account })
  const search = (event: FormEvent) => {
    event.preventDefault()
    setId(typed.id.trim())
    setReference(typed.reference.trim())
    setAccount(typed.account.trim())
  }
  const field = (key: keyof typeof ids, label: string) => (
    <div style={{ flex: '1 1 220px' }}>
      <label htmlFor={ids[key]}>{label}</label>
      <Input id={ids[key]} value={typed[key]} onChange={(event) => setTyped({ ...typed, [key]: event.target.value })} />
    </div>
  )
  const options = [{ value: '', label: t('all') }, ...codes.map((one) => ({ value: one.code, label: said(one.text) }))]
  return (
    <form className="bh-row" style={{ alignItems: 'flex-end' }} onSubmit={search}>
      {field('id', t('transferId'))}
      {field('reference', t('reference'))}
      {field('account', t('account'))}
      <Select aria-label={t('code')} style={{ minWidth: 180 }} value={code} onChange={setCode} options={options} />
      <Button type="primary" htmlType="submit">
        {t('search')}
      </Button>
    </form>
  )
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function useFound() {
  const [id] = useUrlState('id')
  const [reference] = useUrlState('reference')
  const [account] = useUrlState('account')
  const [code] = useUrlState('code')
  const query = new URLSearchParams()
  if (UUID.test(id)) query.set('id', id)
  if (reference) query.set('reference', reference)
  if (/^[1-9]\d{0,18}$/.test(account)) query.set('account', account)
  if (code) query.set('code', code)
  const path = `/hub/v1/treasury/desk/transfers?${query}`
  return useLive(['ledger', 'desk', `${query}`], DeskAnswer, path)
}

function Side({ side }: { readonly side: DeskTransfer['debit'] }) {
  const [, setAccount] = useUrlState('account')
  return (
    <div style={{ maxWidth: 260, overflowWrap: 'anywhere' }}>
      <div>{`${side.owner} · ${side.kind}`}</div>
      <Button type="link" size="small" style={{ paddingInline: 0 }} onClick={() => setAccount(side.account)}>
        <span className="bh-mono">{side.account}</span>
      </Button>
    </div>
  )
}

/** The operator's search through the ledger, from any difference down to the act behind a transfer. */
export function LedgerPage() {
  const t = useTexts(deskTexts)
  const said = useLocalText()
  const [shown, setShown] = useState<DeskTransfer | undefined>(undefined)
  const { data, error, refetch } = useFound()
  return (
    <Page title={t('ledger')} about={t('ledgerAbout')} docs="treasury">
      <ChecksPanel />
      <Panel title={t('search')}>
        <div className="bh-stack">
          <SearchForm codes={data?.codes ?? []} />
          <DataTable
            id="transfers"
            label={t('ledger')}
            rows={data?.transfers}
            rowKey={({ id }) => id}
            error={error}
            onRetry={() => void refetch()}
            empty={<Empty>{t('none')}</Empty>}
            columns={[
              { key: 'at', title: t('when'), value: ({ at }) => at, render: ({ at }) => <Time at={at} />, sort: true },
              {
                key: 'code',
                title: t('code'),
                value: (one) => said(one.text),
                render: (one) => (
                  <div>
                    <div>{said(one.text)}</div>
                    <div className="bh-small">{`${one.step} · ${one.shard}/${one.seq}`}</div>
                  </div>
                ),
              },
              {
                key: 'amount',
                title: t('amount'),
                align: 'right',
                value: ({ amount }) => amount,
                render: (one) => <Money amount={one.amount} asset={one.asset} exact />,
              },
              {
                key: 'from',
                title: t('from'),
                value: (one) => one.debit.owner,
                render: (one) => <Side side={one.debit} />,
              },
              {
                key: 'to',
                title: t('to'),
                value: (one) => one.credit.owner,
                render: (one) => <Side side={one.credit} />,
              },
              {
                key: 'reference',
                title: t('reference'),
                value: ({ reference }) => reference ?? '',
                render: (one) => (
                  <div style={{ maxWidth: 240, overflowWrap: 'anywhere' }}>
                    <div className="bh-mono">{one.reference ?? '—'}</div>
                    {one.reference !== null && (
                      <Button size="small" onClick={() => setShown(one)}>
                        {t('showAct')}
                      </Button>
                    )}
                  </div>
                ),
              },
              { key: 'id', title: t('transferId'), value: ({ id }) => id, csvOnly: true },
            ]}
          />
        </div>
      </Panel>
      {shown?.reference && (
        <Panel title={t('act')} extra={<span className="bh-mono">{shown.reference}</span>}>
          <ActFacts reference={shown.reference} />
        </Panel>
      )}
    </Page>
  )
}
