import { ProposalsAnswer, type ProposalView } from '@bithive/api/treasury'
import { Button } from 'antd'
import { useState } from 'react'
import { Confirm } from '../shared/confirm.tsx'
import { DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { shortId } from '../shared/format.ts'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { useLive } from '../shared/queries.ts'
import { StatusTag, type Tone } from '../shared/status-tag.tsx'
import { useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { deskTexts } from './desk-texts.ts'
import { Field } from './field.tsx'
import { describeProposal, useKindWords } from './proposal-words.ts'
import { useDecide } from './use-decide.ts'

const TONES: Readonly<Record<ProposalView['state'], Tone>> = {
  open: 'todo',
  approved: 'run',
  done: 'ok',
  refused: 'bad',
  rejected: 'off',
}

type Wanted = { readonly approve: boolean; readonly proposal: ProposalView }

/** What one person proposed and another decides. */
export function ProposalsPage() {
  const t = useTexts(deskTexts)
  const kindOf = useKindWords()
  const [wanted, setWanted] = useState<Wanted | undefined>(undefined)
  const [reason, setReason] = useState('')
  const decide = useDecide()
  const asksWhy = wanted?.approve === false && wanted.proposal.kind === 'statement'
  const send = async () => {
    if (!wanted) return
    const { approve, proposal } = wanted
    await decide.mutateAsync({ approve, proposalId: proposal.proposalId, ...(asksWhy ? { reason } : {}) })
    setReason('')
  }
  const { data, error, refetch } = useLive(['treasury', 'proposals'], ProposalsAnswer, '/hub/v1/treasury/proposals')
  return (
    <Page title={t('proposals')} about={t('proposalsAbout')} docs="treasury">
      <Panel>
        <DataTable
          id="proposals"
          label={t('proposals')}
          rows={data?.proposals}
          rowKey={({ proposalId }) => proposalId}
          error={error}
          onRetry={() => void refetch()}
          empty={<Empty>{t('noProposals')}</Empty>}
          search={(one) => `${one.proposalId} ${one.kind} ${one.reason} ${JSON.stringify(one.proposal)}`}
          columns={[
            { key: 'kind', title: t('kind'), value: ({ kind }) => kindOf(kind) },
            {
              key: 'what',
              title: t('what'),
              value: (one) => describeProposal(one.proposal),
              render: (one) => (
                <div style={{ maxWidth: 360, overflowWrap: 'anywhere' }}>
                  <div>{describeProposal(one.proposal)}</div>
                  <div className="bh-small" dir="auto">
                    {one.reason}
                  </div>
                </div>
              ),
            },
            {
              key: 'by',
              title: t('by'),
              value: (one) => one.proposedBy,
              render: (one) => (
                <span>
                  <span className="bh-mono">{shortId(one.proposedBy)}</span> <Time at={one.proposedAt} />
                </span>
              ),
            },
            {
              key: 'decided',
              title: t('decided'),
              value: (one) => one.decidedBy ?? '',
              render: (one) =>
                one.decidedBy === null ? (
                  '—'
                ) : (
                  <span>
                    <span className="bh-mono">{shortId(one.decidedBy)}</span> <Time at={one.decidedAt ?? undefined} />
                  </span>
                ),
            },
            {
              key: 'state',
              title: t('state'),
              value: (one) => t(one.state),
              render: (one) => (
                <div>
                  <StatusTag tone={TONES[one.state]}>{t(one.state)}</StatusTag>
                  {one.problem && <div className="bh-small bh-mono">{one.problem}</div>}
                </div>
              ),
            },
            {
              key: 'acts',
              title: t('approve'),
              value: () => '',
              render: (proposal) =>
                proposal.mayDecide ? (
                  <div className="bh-row">
                    <Button size="small" type="primary" onClick={() => setWanted({ approve: true, proposal })}>
                      {t('approve')}
                    </Button>
                    <Button size="small" onClick={() => setWanted({ approve: false, proposal })}>
                      {t('reject')}
                    </Button>
                  </div>
                ) : (
                  <span className="bh-small">{proposal.state === 'open' ? t('ownProposal') : '—'}</span>
                ),
            },
          ]}
        />
      </Panel>
      <Confirm
        open={wanted !== undefined}
        title={wanted?.approve ? t('approveTitle') : t('rejectTitle')}
        act={wanted?.approve ? t('approve') : t('reject')}
        danger={wanted?.approve === false}
        onClose={() => setWanted(undefined)}
        onConfirm={send}
      >
        {wanted && (
          <>
            <p>
              {kindOf(wanted.proposal.kind)}: {describeProposal(wanted.proposal.proposal)}
            </p>
            <p dir="auto">{wanted.proposal.reason}</p>
            {asksWhy && <Field label={t('reason')} value={reason} onChange={setReason} />}
          </>
        )}
      </Confirm>
    </Page>
  )
}
