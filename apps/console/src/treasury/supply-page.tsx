import { SupplyView } from '@bithive/api/treasury'
import { ApiProblem } from '../shared/call.ts'
import { DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { Facts } from '../shared/facts.tsx'
import { formatCount, formatMoney } from '../shared/format.ts'
import { Hash } from '../shared/hash.tsx'
import { Loading } from '../shared/loading.tsx'
import { Money } from '../shared/money.tsx'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { hasRole, useSession } from '../shared/session.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { defineTexts, useLocale, useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { ChecksPanel } from './checks-panel.tsx'
import { treasuryTexts } from './texts.ts'

const texts = defineTexts({
  zh: {
    behindSample: '在样例网络中没有任何人承诺兑付 {asset}；它只是本账本的记账单位。',
    behindReal: '{asset} 是本账本的记账单位；是否有人承诺兑付，只以运营者自己的声明为准。',
  },
  en: {
    behindSample:
      'In a sample network nobody promises to redeem {asset}: it is a unit of account of this ledger and no more.',
    behindReal:
      '{asset} is a unit of account of this ledger; whether anyone redeems it is only what the operator states.',
  },
})

function Sum({ supply }: { readonly supply: SupplyView }) {
  const t = useTexts(treasuryTexts)
  const said = useTexts(texts)
  const locale = useLocale()
  const agrees = /^-?0\.0+$/.test(supply.difference)
  const money = (amount: string, sign?: boolean) => (
    <Money amount={amount} asset={supply.asset} exact {...(sign ? { sign } : {})} />
  )
  const { emissionState } = supply
  const emission =
    emissionState.state === 'running'
      ? t('running', {
          ended: Number(emissionState.endedEpochs),
          next: formatMoney(emissionState.nextAmount, supply.asset, locale),
        })
      : emissionState.state === 'none'
        ? t('noneEmission')
        : t('too-many-due')
  return (
    <Panel
      title={t('total')}
      extra={<StatusTag tone={agrees ? 'ok' : 'bad'}>{agrees ? t('inBalance') : t('notInBalance')}</StatusTag>}
    >
      <div className="bh-stack">
        <Money amount={supply.total} asset={supply.asset} large />
        <p>{said(supply.sample ? 'behindSample' : 'behindReal', { asset: supply.asset })}</p>
        {supply.sample && <StatusTag tone="todo">{t('sampleMoney')}</StatusTag>}
        <Facts
          items={[
            { key: 'genesis', label: t('genesis'), value: money(supply.genesis) },
            ...(/^0\.0+$/.test(supply.beforeGenesis)
              ? []
              : [{ key: 'before', label: t('beforeGenesis'), value: money(supply.beforeGenesis) }]),
            { key: 'emission', label: t('emission'), value: money(supply.emission, true) },
            { key: 'burned', label: t('burned'), value: money(`-${supply.burned}`) },
            { key: 'difference', label: t('difference'), value: money(supply.difference) },
            { key: 'state', label: t('emissionState'), value: emission },
          ]}
        />
      </div>
    </Panel>
  )
}

function Lines({ supply }: { readonly supply: SupplyView }) {
  const t = useTexts(treasuryTexts)
  const said = useLocalText()
  return (
    <Panel title={t('where')}>
      <DataTable
        id="supply"
        label={t('where')}
        rows={supply.lines}
        rowKey={({ owners, kind }) => `${owners} ${kind}`}
        columns={[
          {
            key: 'account',
            title: t('account'),
            value: (line) => said(line.text),
            render: (line) => (
              <div>
                <div>{said(line.text)}</div>
                <div className="bh-small bh-mono">{`${line.owners} · ${line.kind}`}</div>
              </div>
            ),
          },
          {
            key: 'accounts',
            title: t('accounts'),
            align: 'right',
            value: (line) => line.accounts,
            render: (line) => formatCount(line.accounts),
          },
          {
            key: 'held',
            title: t('held'),
            align: 'right',
            value: (line) => line.held,
            render: (line) => <Money amount={line.held} asset={supply.asset} exact />,
          },
          {
            key: 'amount',
            title: t('total'),
            align: 'right',
            value: (line) => line.amount,
            render: (line) => <Money amount={line.amount} asset={supply.asset} exact />,
          },
        ]}
      />
    </Panel>
  )
}

function Document({ supply }: { readonly supply: SupplyView }) {
  const t = useTexts(treasuryTexts)
  const said = useLocalText()
  const { document } = supply
  if (!document) return undefined
  return (
    <Panel title={t('document')}>
      <Facts
        items={[
          { key: 'title', label: t('document'), value: said(document.title) },
          { key: 'hash', label: t('hash'), value: <Hash value={document.hash} /> },
          { key: 'at', label: t('madeAt'), value: <Time at={document.at} /> },
          ...document.accounts.map((one) => ({
            key: one.purpose,
            label: said(one.text),
            value: <Money amount={one.amount} asset={supply.asset} />,
          })),
        ]}
      />
    </Panel>
  )
}

/** Every unit in existence, and the account that explains it. */
export function SupplyPage() {
  const t = useTexts(treasuryTexts)
  const session = useSession()
  const path = `${session.networkBase}/treasury/supply`
  const { data, error, refetch } = useLive(['treasury', 'supply'], SupplyView, path, { everyMs: 30_000 })
  const shut = error instanceof ApiProblem && error.problem.status === 404
  return (
    <Page title={t('supply')} about={t('supplyAbout')} docs="treasury">
      {shut && <Empty>{t('noSupply')}</Empty>}
      {error && !shut && !data ? <Problem error={error} onRetry={() => void refetch()} /> : undefined}
      {!data && !error && <Loading />}
      {data && (
        <>
          <div className="bh-columns">
            <Sum supply={data} />
            {hasRole(session, 'operator') ? <ChecksPanel /> : <Document supply={data} />}
          </div>
          <Lines supply={data} />
          {hasRole(session, 'operator') && <Document supply={data} />}
        </>
      )}
    </Page>
  )
}
