import { FeedAnswer, StopsAnswer } from '@bithive/api/operations'
import { Button, Input } from 'antd'
import { useState } from 'react'
import { z } from 'zod'
import { call } from '../shared/call.ts'
import { type Column, DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { Money } from '../shared/money.tsx'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { useSession } from '../shared/session.tsx'
import { ShortId } from '../shared/short-id.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { defineTexts, useLocale, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { useAct } from './use-act.ts'

const texts = defineTexts({
  zh: {
    title: '账本',
    balanced: '借贷相等',
    differs: '借贷不等',
    trial: '试算平衡',
    shard: '分片',
    asset: '资产',
    debits: '借方',
    credits: '贷方',
    held: '冻结中',
    difference: '差额',
    stops: '停付',
    noStops: '没有停付。每 5 秒核对一次：借贷相等，账户等于其分录之和，序号没有缺口。',
    stopped: '分片 {shard} 的付款已停止',
    found: '账户 {account}：账上 {stored}，应为 {expected}',
    propose: '申请解除',
    approve: '同意解除',
    proposedBy: '已由 {by} 申请，需要另一位运营者同意。',
    ownProposal: '您申请的，须由另一位运营者同意。',
    stillStops: '若差额仍在，5 秒内会再次停付。',
    feed: '最近的分录',
    seq: '序号',
    kind: '事由',
    step: '方式',
    amount: '金额',
    from: '借方账户',
    to: '贷方账户',
    reference: '所属',
    at: '时间',
    id: '编号',
    move: '转账',
    hold: '冻结',
    post: '入账',
    void: '解冻',
    reverse: '冲正',
    older: '更早的',
    newest: '回到最新',
    find: '按分录编号查找',
    search: '查找',
  },
  en: {
    title: 'Ledger',
    balanced: 'debits equal credits',
    differs: 'debits and credits differ',
    trial: 'Trial balance',
    shard: 'Shard',
    asset: 'Asset',
    debits: 'Debits',
    credits: 'Credits',
    held: 'Held',
    difference: 'Difference',
    stops: 'Stopped payouts',
    noStops:
      'No payout is stopped. Checked every 5 s: debits equal credits, each account equals its entries, numbers have no gap.',
    stopped: 'Payouts of shard {shard} are stopped',
    found: 'account {account}: {stored} is stored, {expected} would be right',
    propose: 'Propose to clear',
    approve: 'Agree to clear',
    proposedBy: 'Proposed by {by}; another operator has to agree.',
    ownProposal: 'You proposed it; another operator has to agree.',
    stillStops: 'If the difference still stands, payouts stop again within 5 s.',
    feed: 'Latest transfers',
    seq: 'No.',
    kind: 'For',
    step: 'How',
    amount: 'Amount',
    from: 'Debit account',
    to: 'Credit account',
    reference: 'Belongs to',
    at: 'Time',
    id: 'Id',
    move: 'move',
    hold: 'hold',
    post: 'post',
    void: 'void',
    reverse: 'reversal',
    older: 'Older',
    newest: 'Back to the latest',
    find: 'Find by transfer id',
    search: 'Find',
  },
})

const Trial = z.object({
  balanced: z.boolean(),
  lines: z.array(
    z.object({
      shard: z.int(),
      asset: z.string(),
      debitsPosted: z.string(),
      creditsPosted: z.string(),
      debitsPending: z.string(),
      difference: z.string(),
    }),
  ),
})
type Line = z.infer<typeof Trial>['lines'][number]
type Transfer = FeedAnswer['transfers'][number]
const BASE = '/hub/v1/operations/ledger'

function Stops() {
  const t = useTexts(texts)
  const { actorId } = useSession()
  const { data, error, refetch } = useLive(['ledger', 'stops'], StopsAnswer, `${BASE}/stops`, { everyMs: 5_000 })
  const { run, busy, error: actError } = useAct('ledger')
  const act = (shard: number, proposalId?: string) =>
    run(() =>
      call(z.looseObject({}), `${BASE}/stops/${shard}/${proposalId === undefined ? 'proposal' : 'approval'}`, {
        method: 'POST',
        body: proposalId === undefined ? { reason: 'difference-explained' } : { proposalId },
      }),
    )
  return (
    <Panel title={t('stops')}>
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {data?.stops.length === 0 && <Empty>{t('noStops')}</Empty>}
      {data?.stops.map(({ shard, since, findings, proposal }) => (
        <div key={shard} className="bh-stack" data-stop={shard}>
          <p>
            <StatusTag tone="bad">{t('stopped', { shard })}</StatusTag> <Time at={since} />
          </p>
          <ul>
            {findings.map((finding) => (
              <li key={`${finding.kind} ${finding.account ?? finding.asset ?? ''}`}>
                <code>{finding.kind}</code> {t('found', { ...finding, account: finding.account ?? '—' })}
              </li>
            ))}
          </ul>
          {proposal && <p>{proposal.by === actorId ? t('ownProposal') : t('proposedBy', { by: proposal.by })}</p>}
          <p className="bh-small">{t('stillStops')}</p>
          <div className="bh-row">
            {!proposal && (
              <Button loading={busy} onClick={() => void act(shard)}>
                {t('propose')}
              </Button>
            )}
            {proposal && proposal.by !== actorId && (
              <Button type="primary" loading={busy} onClick={() => void act(shard, proposal.proposalId)}>
                {t('approve')}
              </Button>
            )}
          </div>
        </div>
      ))}
      {actError !== undefined && <Problem error={actError} />}
    </Panel>
  )
}

function useTransferColumns(): Column<Transfer>[] {
  const t = useTexts(texts)
  const locale = useLocale()
  return [
    { key: 'seq', title: t('seq'), value: ({ shard, seq }) => `${shard}/${seq}` },
    {
      key: 'at',
      title: t('at'),
      value: ({ at }) => Date.parse(at),
      render: ({ at }) => <Time at={Date.parse(at)} />,
    },
    { key: 'kind', title: t('kind'), value: ({ text, code }) => text?.[locale] ?? code ?? '—' },
    { key: 'step', title: t('step'), value: ({ step }) => t(step) },
    {
      key: 'amount',
      title: t('amount'),
      align: 'right',
      value: ({ amount, asset }) => `${amount} ${asset}`,
      render: ({ amount, asset }) => <Money amount={amount} asset={asset} exact />,
    },
    { key: 'from', title: t('from'), value: ({ debit }) => debit, render: ({ debit }) => <code>{debit}</code> },
    { key: 'to', title: t('to'), value: ({ credit }) => credit, render: ({ credit }) => <code>{credit}</code> },
    {
      key: 'reference',
      title: t('reference'),
      value: ({ reference }) => reference,
      render: ({ reference }) => (reference ? <code>{reference}</code> : '—'),
    },
    { key: 'id', title: t('id'), value: ({ id }) => id, render: ({ id }) => <ShortId id={id} /> },
  ]
}

function Feed() {
  const t = useTexts(texts)
  const [before, setBefore] = useState('')
  const [typed, setTyped] = useState('')
  const [found, setFound] = useState('')
  const path = found
    ? `${BASE}/transfer?id=${encodeURIComponent(found)}`
    : `${BASE}/feed${before ? `?before=${before}` : ''}`
  const { data, error, refetch } = useLive(['ledger', path], FeedAnswer, path)
  const columns = useTransferColumns()
  return (
    <Panel
      title={t('feed')}
      flush
      extra={
        <form
          className="bh-row"
          onSubmit={(event) => {
            event.preventDefault()
            setFound(typed.trim())
          }}
        >
          <Input
            aria-label={t('find')}
            placeholder={t('find')}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            allowClear
          />
          <Button htmlType="submit">{t('search')}</Button>
        </form>
      }
    >
      <DataTable
        id="feed"
        label={t('feed')}
        rows={data?.transfers}
        rowKey={({ shard, seq }) => `${shard}/${seq}`}
        columns={columns}
        error={error}
        onRetry={() => void refetch()}
        search={({ id, reference, debit, credit, code }) => `${id} ${reference} ${debit} ${credit} ${code}`}
      />
      <div className="bh-row" style={{ padding: 16 }}>
        {(before || found) && (
          <Button
            onClick={() => {
              setBefore('')
              setFound('')
              setTyped('')
            }}
          >
            {t('newest')}
          </Button>
        )}
        {data?.next && <Button onClick={() => setBefore(data.next ?? '')}>{t('older')}</Button>}
      </div>
    </Panel>
  )
}

/** The books of the network for whoever runs it: do they balance, what was booked, is anything stopped. */
export function LedgerPage() {
  const t = useTexts(texts)
  const path = '/hub/v1/ledger/trial-balance'
  const { data, error, refetch } = useLive(['ledger', path], Trial, path)
  const amount = (
    key: 'debitsPosted' | 'creditsPosted' | 'debitsPending' | 'difference',
    title: string,
  ): Column<Line> => ({
    ...{ key, title, align: 'right', value: (line) => line[key] },
    render: (line) => <Money amount={line[key]} asset={line.asset} exact />,
  })
  const columns: Column<Line>[] = [
    { key: 'asset', title: t('asset'), value: ({ asset }) => asset },
    { key: 'shard', title: t('shard'), value: ({ shard }) => shard },
    amount('debitsPosted', t('debits')),
    amount('creditsPosted', t('credits')),
    amount('debitsPending', t('held')),
    amount('difference', t('difference')),
  ]
  return (
    <Page
      title={t('title')}
      docs="ledger"
      about={
        data && <StatusTag tone={data.balanced ? 'ok' : 'bad'}>{t(data.balanced ? 'balanced' : 'differs')}</StatusTag>
      }
    >
      <Stops />
      <Panel title={t('trial')} flush>
        <DataTable
          id="trial"
          label={t('trial')}
          rows={data?.lines}
          rowKey={({ asset, shard }) => `${asset} ${shard}`}
          columns={columns}
          error={error}
          onRetry={() => void refetch()}
        />
      </Panel>
      <Feed />
    </Page>
  )
}
