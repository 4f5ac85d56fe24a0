import { GrantStatement } from '@bithive/api/treasury'
import { useParams } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'
import { Confirm } from '../shared/confirm.tsx'
import { DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { Facts } from '../shared/facts.tsx'
import { formatMoney, shortId } from '../shared/format.ts'
import { Loading } from '../shared/loading.tsx'
import { Money } from '../shared/money.tsx'
import { now } from '../shared/now.ts'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { hasRole, useSession } from '../shared/session.tsx'
import { useLocale, useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { Field } from './field.tsx'
import { GrantState } from './grant-state.tsx'
import { grantTexts } from './grant-texts.ts'
import { Plot, type Point } from './plot.tsx'
import { usePropose } from './use-propose.ts'

const DAY_MS = 86_400_000
type Statement = GrantStatement

function Terms({ grant }: { readonly grant: Statement['grant'] }) {
  const t = useTexts(grantTexts)
  const money = (amount: string) => <Money amount={amount} asset={grant.asset} exact />
  const days = (ms: number) => t('days', { count: Math.round((ms / DAY_MS) * 100) / 100 })
  return (
    <Panel title={t('grant')} extra={<GrantState state={grant.state} />}>
      <Facts
        items={[
          { key: 'amount', label: t('granted'), value: money(grant.amount) },
          { key: 'vested', label: t('vested'), value: money(grant.vested) },
          { key: 'released', label: t('released'), value: money(grant.released) },
          { key: 'locked', label: t('locked'), value: money(grant.locked) },
          { key: 'returned', label: t('returned'), value: money(grant.returned) },
          { key: 'next', label: t('next'), value: <Time at={grant.nextAt ?? undefined} /> },
          { key: 'start', label: t('start'), value: <Time at={grant.startAt} /> },
          { key: 'cliff', label: t('cliff'), value: days(grant.cliffMs) },
          { key: 'duration', label: t('duration'), value: days(grant.durationMs) },
          {
            key: 'step',
            label: t('step'),
            value: `${days(grant.stepMs)} · ${t('steps', { step: grant.step, steps: grant.steps })}`,
          },
          { key: 'revocable', label: t('revocable'), value: grant.revocable ? t('yes') : t('no') },
        ]}
      />
    </Panel>
  )
}

function Schedule({ statement }: { readonly statement: Statement }) {
  const t = useTexts(grantTexts)
  const locale = useLocale()
  const { grant, schedule, releases } = statement
  let sum = 0
  const released: Point[] = releases.flatMap(({ amount, bookedAt }) => {
    if (bookedAt === null) return []
    sum += Number(amount)
    return [{ at: bookedAt, value: sum }]
  })
  const text = (amount: string) => formatMoney(amount, grant.asset, locale)
  const facts = { amount: text(grant.amount), vested: text(grant.vested), released: text(grant.released) }
  const planned = schedule.map(({ at, vested }) => ({ at, value: Number(vested) }))
  return (
    <Panel title={t('schedule')}>
      <div className="bh-stack">
        <Plot
          points={[{ at: grant.startAt, value: 0 }, ...planned]}
          second={released.length > 0 ? [{ at: grant.startAt, value: 0 }, ...released] : []}
          sentence={t('plot', facts)}
          nowAt={now()}
          fromZero
        />
        <p className="bh-small">{t('lines')}</p>
        <details>
          <summary>{t('data')}</summary>
          <DataTable
            id="schedule"
            label={t('schedule')}
            rows={schedule}
            rowKey={({ at }) => String(at)}
            columns={[
              { key: 'at', title: t('at'), value: ({ at }) => at, render: ({ at }) => <Time at={at} /> },
              { key: 'vested', title: t('vested'), align: 'right', value: ({ vested }) => vested },
            ]}
          />
        </details>
      </div>
    </Panel>
  )
}

function Releases({ statement }: { readonly statement: Statement }) {
  const t = useTexts(grantTexts)
  const { grant, releases } = statement
  return (
    <Panel title={t('releases')}>
      <DataTable
        id="releases"
        label={t('releases')}
        rows={releases}
        rowKey={({ fromStep }) => String(fromStep)}
        empty={<Empty>{t('noReleases')}</Empty>}
        columns={[
          { key: 'steps', title: t('period'), value: ({ fromStep, toStep }) => `${fromStep + 1}–${toStep}` },
          {
            key: 'amount',
            title: t('amount'),
            align: 'right',
            value: ({ amount }) => amount,
            render: ({ amount }) => <Money amount={amount} asset={grant.asset} exact />,
          },
          { key: 'due', title: t('written'), value: (r) => r.writtenAt, render: (r) => <Time at={r.writtenAt} /> },
          {
            key: 'booked',
            title: t('booked'),
            value: (r) => r.bookedAt ?? '',
            render: (r) => (r.bookedAt === null ? t('waiting') : <Time at={r.bookedAt} />),
          },
        ]}
      />
    </Panel>
  )
}

function Revoke({ grant }: { readonly grant: Statement['grant'] }) {
  const t = useTexts(grantTexts)
  const [open, setOpen] = useState(false)
  const [reason, setReason] = useState('')
  const propose = usePropose()
  if (!grant.revocable || grant.state !== 'running') return undefined
  return (
    <>
      <Button danger onClick={() => setOpen(true)}>
        {t('revoke')}
      </Button>
      <Confirm
        open={open}
        title={t('revokeTitle')}
        act={t('revoke')}
        danger
        onClose={() => setOpen(false)}
        onConfirm={() => propose.mutateAsync({ proposal: { kind: 'revoke-grant', grantId: grant.grantId }, reason })}
      >
        <p>{t('revokeWhat', { source: grant.source })}</p>
        <Field label={t('reason')} value={reason} onChange={setReason} />
      </Confirm>
    </>
  )
}

/** One grant: granted, vested, released, its schedule, and every release. */
export function GrantPage() {
  const t = useTexts(grantTexts)
  const said = useLocalText()
  const session = useSession()
  const { grantId = '' } = useParams({ strict: false }) as { grantId?: string }
  const network = hasRole(session, 'operator')
  const path = `/hub/v1/treasury/${network ? 'all-grants' : 'grants'}/${encodeURIComponent(grantId)}`
  const { data, error, refetch } = useLive(['treasury', 'grant', grantId], GrantStatement, path)
  const title = data?.grant.name ? said(data.grant.name) : `${t('grant')} ${shortId(grantId)}`
  return (
    <Page title={title} docs="treasury" actions={network && data && <Revoke grant={data.grant} />}>
      {error && !data ? <Problem error={error} onRetry={() => void refetch()} /> : undefined}
      {!data && !error && <Loading />}
      {data && (
        <>
          <div className="bh-columns">
            <Terms grant={data.grant} />
            <Schedule statement={data} />
          </div>
          <Releases statement={data} />
        </>
      )}
    </Page>
  )
}
