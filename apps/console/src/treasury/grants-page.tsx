import { GrantsAnswer, type GrantView } from '@bithive/api/treasury'
import { Link } from '@tanstack/react-router'
import { Alert } from 'antd'
import { useState } from 'react'
import { Act } from '../shared/act.tsx'
import { DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { shortId } from '../shared/format.ts'
import { Money } from '../shared/money.tsx'
import { now } from '../shared/now.ts'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { Field } from './field.tsx'
import { GrantState } from './grant-state.tsx'
import { grantTexts } from './grant-texts.ts'
import { usePropose } from './use-propose.ts'

const DAY_MS = 86_400_000

function GrantList({ path, all }: { readonly path: string; readonly all: boolean }) {
  const t = useTexts(grantTexts)
  const said = useLocalText()
  const { data, error, refetch } = useLive(['treasury', 'grants', path], GrantsAnswer, path)
  const money = (key: 'amount' | 'vested' | 'released' | 'locked', title: string) => ({
    key,
    title,
    align: 'right' as const,
    value: (grant: GrantView) => grant[key],
    render: (grant: GrantView) => <Money amount={grant[key]} asset={grant.asset} />,
  })
  return (
    <Panel>
      <DataTable
        id="grants"
        label={t('all')}
        rows={data?.grants}
        rowKey={({ grantId }) => grantId}
        error={error}
        onRetry={() => void refetch()}
        empty={<Empty>{t('none')}</Empty>}
        columns={[
          {
            key: 'grant',
            title: t('grant'),
            value: ({ grantId }) => grantId,
            render: (grant) => (
              <Link to={'/treasury/grants/$grantId' as string} params={{ grantId: grant.grantId } as never}>
                {all && grant.name ? <span dir="auto">{said(grant.name)} </span> : undefined}
                <span className="bh-mono">{shortId(grant.grantId)}</span>
              </Link>
            ),
          },
          money('amount', t('granted')),
          money('vested', t('vested')),
          money('released', t('released')),
          money('locked', t('locked')),
          {
            key: 'next',
            title: t('next'),
            value: (grant) => grant.nextAt ?? undefined,
            render: (grant) => <Time at={grant.nextAt ?? undefined} />,
          },
          { key: 'state', title: t('state'), value: (g) => t(g.state), render: (g) => <GrantState state={g.state} /> },
        ]}
      />
    </Panel>
  )
}

/** A supporter's own grants. */
export function OwnGrantsPage() {
  const t = useTexts(grantTexts)
  return (
    <Page title={t('mine')} about={t('mineAbout')} docs="treasury">
      <GrantList path="/hub/v1/treasury/grants" all={false} />
    </Page>
  )
}

const FIRST = { orgId: '', amount: '', cliff: '365', duration: '1460', step: '30', reason: '' }

function NewGrant() {
  const t = useTexts(grantTexts)
  const [form, setForm] = useState(FIRST)
  const propose = usePropose()
  const set = (key: keyof typeof FIRST) => (value: string) => setForm({ ...form, [key]: value })
  const days = (text: string) => Math.round(Number(text)) * DAY_MS
  const send = () =>
    propose.mutate({
      proposal: {
        ...{ kind: 'grant', orgId: form.orgId.trim(), source: 'supporters', amount: form.amount.trim() },
        ...{ startAt: now(), cliffMs: days(form.cliff), durationMs: days(form.duration), stepMs: days(form.step) },
        revocable: true,
      },
      reason: form.reason,
    })
  return (
    <Panel title={t('newGrant')}>
      <div className="bh-stack">
        <Field label={t('orgId')} value={form.orgId} onChange={set('orgId')} />
        <Field label={t('amountBtt')} value={form.amount} onChange={set('amount')} decimal />
        <Field label={t('cliffDays')} value={form.cliff} onChange={set('cliff')} decimal />
        <Field label={t('durationDays')} value={form.duration} onChange={set('duration')} decimal />
        <Field label={t('stepDays')} value={form.step} onChange={set('step')} decimal />
        <Field label={t('reason')} value={form.reason} onChange={set('reason')} />
        {propose.error && <Problem error={propose.error} />}
        {propose.isSuccess && <Alert type="info" title={t('proposed')} />}
        <div className="bh-row">
          <Act type="primary" onlyOnline loading={propose.isPending} onClick={send}>
            {t('propose')}
          </Act>
        </div>
      </div>
    </Panel>
  )
}

/** All grants, for the network's own people. */
export function AllGrantsPage() {
  const t = useTexts(grantTexts)
  return (
    <Page title={t('all')} about={t('allAbout')} docs="treasury">
      <GrantList path="/hub/v1/treasury/all-grants" all />
      <NewGrant />
    </Page>
  )
}
