import { StatementsAnswer, type StatementView } from '@bithive/api/treasury-statements'
import { useState } from 'react'
import { Act } from '../shared/act.tsx'
import { Confirm } from '../shared/confirm.tsx'
import { DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { Facts } from '../shared/facts.tsx'
import { Hash } from '../shared/hash.tsx'
import { Money } from '../shared/money.tsx'
import { Panel } from '../shared/panel.tsx'
import { useLive } from '../shared/queries.ts'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { Field } from './field.tsx'
import { statementTexts } from './statement-texts.ts'
import { useDecide } from './use-decide.ts'

const TONES: Readonly<Record<StatementView['state'], Tone>> = {
  taken: 'todo',
  booking: 'run',
  booked: 'ok',
  refused: 'off',
}

type Wanted = { readonly approve: boolean; readonly statement: StatementView }

/** What the second person compares with the bank's own file before anything is booked. */
function StatementFacts({ statement }: { readonly statement: StatementView }) {
  const t = useTexts(statementTexts)
  const { currency, preview } = statement
  const money = (amount: string) => <Money amount={amount} asset={currency} exact />
  return (
    <Facts
      items={[
        { key: 'id', label: t('statement'), value: statement.bankId },
        { key: 'account', label: t('accountNo'), value: statement.account },
        {
          ...{ key: 'hash', label: t('hash') },
          // Whole: its ends alone could be made to agree.
          value: (
            <span className="bh-mono" style={{ overflowWrap: 'anywhere' }}>
              {statement.fileSha256 ?? '—'}
            </span>
          ),
        },
        { key: 'opening', label: t('opening'), value: money(statement.opening) },
        { key: 'closing', label: t('closing'), value: money(statement.closing) },
        ...(preview
          ? [
              { key: 'in', label: t('incoming'), value: money(preview.incomingAmount) },
              { key: 'out', label: t('outgoing'), value: money(preview.outgoingAmount) },
              {
                ...{ key: 'counts', label: t('wouldBook') },
                value: t('counts', {
                  ...{ matched: preview.matched, unmatched: preview.unmatched, outgoing: preview.outgoing },
                }),
              },
            ]
          : []),
      ]}
    />
  )
}

function DecideStatement({ wanted, onClose }: { readonly wanted: Wanted | undefined; readonly onClose: () => void }) {
  const t = useTexts(statementTexts)
  const [reason, setReason] = useState('')
  const decide = useDecide()
  const send = async () => {
    if (!wanted) return
    const { approve, statement } = wanted
    await decide.mutateAsync({ approve, proposalId: statement.proposalId, ...(approve ? {} : { reason }) })
    setReason('')
  }
  return (
    <Confirm
      open={wanted !== undefined}
      title={wanted?.approve ? t('approveTitle') : t('refuseTitle')}
      act={wanted?.approve ? t('approve') : t('refuse')}
      danger={wanted?.approve === false}
      onClose={onClose}
      onConfirm={send}
    >
      {wanted && <StatementFacts statement={wanted.statement} />}
      {wanted?.approve === false && <Field label={t('reason')} value={reason} onChange={setReason} />}
    </Confirm>
  )
}

/** Every statement, those that wait for a second person first. */
export function Statements() {
  const t = useTexts(statementTexts)
  const [wanted, setWanted] = useState<Wanted | undefined>(undefined)
  const { data, error, refetch } = useLive(['treasury', 'statements'], StatementsAnswer, '/hub/v1/treasury/statements')
  return (
    <Panel title={t('statements')}>
      <DataTable
        id="statements"
        label={t('statements')}
        rows={data?.statements}
        rowKey={({ statementId }) => statementId}
        error={error}
        onRetry={() => void refetch()}
        empty={<Empty>{t('noStatements')}</Empty>}
        columns={[
          { key: 'id', title: t('statement'), value: ({ bankId }) => bankId },
          { key: 'account', title: t('accountNo'), value: ({ account }) => account },
          {
            key: 'hash',
            title: t('hash'),
            value: ({ fileSha256 }) => fileSha256 ?? '—',
            render: ({ fileSha256 }) => (fileSha256 === null ? '—' : <Hash value={fileSha256} />),
          },
          { key: 'opening', title: t('opening'), align: 'right', value: ({ opening }) => opening },
          { key: 'closing', title: t('closing'), align: 'right', value: ({ closing }) => closing },
          { key: 'entries', title: t('entries'), align: 'right', value: ({ entries }) => entries },
          { key: 'at', title: t('uploaded'), value: (s) => s.uploadedAt, render: (s) => <Time at={s.uploadedAt} /> },
          {
            key: 'state',
            title: t('state'),
            value: ({ state }) => t(state),
            render: ({ state, refusal }) => (
              <div>
                <StatusTag tone={TONES[state]}>{t(state)}</StatusTag>
                {refusal !== null && (
                  <div className="bh-small" dir="auto">
                    {refusal}
                  </div>
                )}
              </div>
            ),
          },
          {
            key: 'acts',
            title: t('decide'),
            value: () => '',
            render: (statement) =>
              statement.state === 'taken' ? (
                <div className="bh-row">
                  <Act
                    size="small"
                    onlyOnline
                    reason={statement.mayDecide ? undefined : t('ownStatement')}
                    onClick={() => setWanted({ approve: true, statement })}
                  >
                    {t('approve')}
                  </Act>
                  {statement.mayDecide && (
                    <Act size="small" onlyOnline onClick={() => setWanted({ approve: false, statement })}>
                      {t('refuse')}
                    </Act>
                  )}
                </div>
              ) : (
                '—'
              ),
          },
        ]}
      />
      <DecideStatement wanted={wanted} onClose={() => setWanted(undefined)} />
    </Panel>
  )
}
