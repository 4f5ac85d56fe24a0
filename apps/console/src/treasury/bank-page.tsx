import { BankView, DepositsAnswer, type DepositView } from '@bithive/api/treasury'
import { Alert, Button } from 'antd'
import { useState } from 'react'
import { Confirm } from '../shared/confirm.tsx'
import { DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { Facts } from '../shared/facts.tsx'
import { Loading } from '../shared/loading.tsx'
import { Money } from '../shared/money.tsx'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { useTexts } from '../shared/texts.ts'
import { deskTexts } from './desk-texts.ts'
import { Field } from './field.tsx'
import { RegisterBank } from './register-bank.tsx'
import { Statements } from './statements-panel.tsx'
import { UploadStatement } from './upload-statement.tsx'
import { usePropose } from './use-propose.ts'

const TONES: Readonly<Record<DepositView['state'], Tone>> = {
  waiting: 'todo',
  new: 'run',
  matched: 'ok',
  unmatched: 'todo',
  assigned: 'ok',
  returning: 'unknown',
  returned: 'off',
  'returned-out': 'off',
  unexplained: 'bad',
  refused: 'off',
}

function Positions() {
  const t = useTexts(deskTexts)
  const { data, error, refetch } = useLive(['treasury', 'bank'], BankView, '/hub/v1/treasury/bank')
  return (
    <Panel title={t('positions')}>
      {error && !data ? <Problem error={error} onRetry={() => void refetch()} /> : undefined}
      {!data && !error && <Loading />}
      {data?.accounts.length === 0 && <p>{t('noAccounts')}</p>}
      {data?.accounts.map(({ account, bank, holder }) => (
        <p key={account}>
          <span className="bh-mono">{account}</span> <span dir="auto">{`${holder} · ${bank}`}</span>
        </p>
      ))}
      {data?.positions.map((one) => (
        <Facts
          key={one.currency}
          items={(['statements', 'ledger', 'explained', 'unexplained'] as const).map((key) => ({
            key,
            label: {
              statements: t('statementsSay'),
              ledger: t('ledgerSays'),
              explained: t('explained'),
              unexplained: t('unexplained'),
            }[key],
            value: <Money amount={one[key]} asset={one.currency} exact />,
          }))}
        />
      ))}
    </Panel>
  )
}

type Wanted = { readonly kind: 'assign-deposit' | 'return-deposit'; readonly entry: DepositView }

function DecideDeposit({ wanted, onClose }: { readonly wanted: Wanted | undefined; readonly onClose: () => void }) {
  const t = useTexts(deskTexts)
  const [orgId, setOrgId] = useState('')
  const [reason, setReason] = useState('')
  const propose = usePropose()
  const assign = wanted?.kind === 'assign-deposit'
  const send = async () => {
    if (!wanted) return
    const { entryId } = wanted.entry
    const proposal = assign
      ? ({ kind: 'assign-deposit', entryId, orgId: orgId.trim() } as const)
      : ({ kind: 'return-deposit', entryId } as const)
    await propose.mutateAsync({ proposal, reason })
  }
  return (
    <Confirm
      open={wanted !== undefined}
      title={assign ? t('assign') : t('giveBack')}
      act={t('propose')}
      onClose={onClose}
      onConfirm={send}
    >
      {wanted && (
        <p>
          <Money amount={wanted.entry.amount} asset={wanted.entry.currency} exact />{' '}
          <span dir="auto">{wanted.entry.remittance}</span>
        </p>
      )}
      {assign && <Field label={t('orgId')} value={orgId} onChange={setOrgId} />}
      <Field label={t('reason')} value={reason} onChange={setReason} />
    </Confirm>
  )
}

function WorkList() {
  const t = useTexts(deskTexts)
  const [wanted, setWanted] = useState<Wanted | undefined>(undefined)
  const { data, error, refetch } = useLive(['treasury', 'deposits'], DepositsAnswer, '/hub/v1/treasury/deposits')
  const word = (state: DepositView['state']) => (state === 'unexplained' ? t('unexplained2') : t(state))
  return (
    <Panel title={t('work')}>
      <DataTable
        id="work"
        label={t('work')}
        rows={data?.deposits}
        rowKey={({ entryId }) => entryId}
        error={error}
        onRetry={() => void refetch()}
        empty={<Empty>{t('noWork')}</Empty>}
        search={(one) => `${one.amount} ${one.remittance ?? ''} ${one.bankRef ?? ''} ${one.reference ?? ''}`}
        columns={[
          { key: 'date', title: t('date'), value: ({ bookedOn }) => bookedOn },
          {
            key: 'amount',
            title: t('amount'),
            align: 'right',
            value: (one) => `${one.direction === 'out' ? '-' : ''}${one.amount}`,
            render: (one) => (
              <Money amount={`${one.direction === 'out' ? '-' : ''}${one.amount}`} asset={one.currency} sign exact />
            ),
          },
          {
            key: 'words',
            title: t('words'),
            value: ({ remittance }) => remittance ?? '',
            render: ({ remittance }) => <span dir="auto">{remittance ?? '—'}</span>,
          },
          {
            key: 'ref',
            title: t('reference'),
            value: (one) => one.returnReference ?? one.reference ?? one.bankRef ?? '—',
          },
          {
            key: 'state',
            title: t('state'),
            value: ({ state }) => word(state),
            render: ({ state }) => <StatusTag tone={TONES[state]}>{word(state)}</StatusTag>,
          },
          {
            key: 'acts',
            title: t('propose'),
            value: () => '',
            render: (entry) =>
              entry.state === 'unmatched' ? (
                <div className="bh-row">
                  <Button size="small" onClick={() => setWanted({ kind: 'assign-deposit', entry })}>
                    {t('assign')}
                  </Button>
                  <Button size="small" onClick={() => setWanted({ kind: 'return-deposit', entry })}>
                    {t('giveBack')}
                  </Button>
                </div>
              ) : (
                '—'
              ),
          },
        ]}
      />
      <DecideDeposit wanted={wanted} onClose={() => setWanted(undefined)} />
    </Panel>
  )
}

/** The operator's desk for money that comes through the bank. */
export function BankPage() {
  const t = useTexts(deskTexts)
  const [proposed, setProposed] = useState(false)
  return (
    <Page title={t('bank')} about={t('bankAbout')} docs="treasury">
      {proposed && <Alert type="info" title={t('proposed')} />}
      <div className="bh-columns">
        <UploadStatement />
        <Positions />
      </div>
      <WorkList />
      <Statements />
      <RegisterBank onDone={() => setProposed(true)} />
    </Page>
  )
}
