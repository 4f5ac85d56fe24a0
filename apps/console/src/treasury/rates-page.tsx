import { RateHistory, RatesAnswer, type RateView } from '@bithive/api/treasury'
import { DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { Facts } from '../shared/facts.tsx'
import { Loading } from '../shared/loading.tsx'
import { Page } from '../shared/page.tsx'
import { Panel } from '../shared/panel.tsx'
import { Problem } from '../shared/problem.tsx'
import { useLive } from '../shared/queries.ts'
import { useSession } from '../shared/session.tsx'
import { StatusTag } from '../shared/status-tag.tsx'
import { useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { ConversionDesk } from './conversion-desk.tsx'
import { ConversionList } from './conversion-list.tsx'
import { Plot } from './plot.tsx'
import { RateState } from './rate-state.tsx'
import { treasuryTexts } from './texts.ts'

const percent = (bps: string) => `${Number(bps) / 100}%`

function SourceList({ rate }: { readonly rate: RateView }) {
  const t = useTexts(treasuryTexts)
  const reasons = { stale: t('staleSource'), outlier: t('outlier'), future: t('future') }
  return (
    <ul style={{ margin: 0, paddingInlineStart: 18 }}>
      {rate.sources.map(({ source, price, observedAt }) => {
        const out = rate.leftOut.find((one) => one.source === source)
        return (
          <li key={source}>
            <span className="bh-mono">{source}</span> {price}{' '}
            <span className="bh-small">
              <Time at={observedAt} /> · {out ? `${t('leftOut')}: ${reasons[out.reason]}` : t('used')}
            </span>
          </li>
        )
      })}
    </ul>
  )
}

function RatePanel({ rate }: { readonly rate: RateView }) {
  const t = useTexts(treasuryTexts)
  return (
    <Panel title={`${rate.base} / ${rate.quote}`} extra={<RateState state={rate.state} />}>
      <div className="bh-stack">
        <p className="bh-money bh-money-large">
          {t('oneCosts', { base: rate.base, price: rate.price ?? '—', quote: rate.quote })}
        </p>
        {rate.sample && <StatusTag tone="todo">{t('sampleRate')}</StatusTag>}
        {rate.waitingPrice && (
          <p>
            {t('jump')}: {rate.waitingPrice}
          </p>
        )}
        <Facts
          items={[
            { key: 'at', label: t('observed'), value: <Time at={rate.observedAt ?? undefined} relative /> },
            { key: 'until', label: t('expires'), value: <Time at={rate.expiresAt ?? undefined} /> },
            { key: 'spread', label: t('spread'), value: percent(rate.spreadBps) },
            { key: 'fee', label: t('fee'), value: percent(rate.feeBps) },
            { key: 'quorum', label: t('quorum'), value: rate.quorum },
            { key: 'sources', label: t('sources'), value: <SourceList rate={rate} /> },
            { key: 'because', label: t('because'), value: rate.because },
          ]}
        />
      </div>
    </Panel>
  )
}

function History({ pair, base }: { readonly pair: string; readonly base: string }) {
  const t = useTexts(treasuryTexts)
  const path = `${base}/treasury/rates/${pair}/history`
  const { data, error, refetch } = useLive(['treasury', 'rate-history', pair], RateHistory, path)
  const versions = data?.versions ?? []
  const prices = versions.map(({ price }) => Number(price))
  const facts = { pair, count: versions.length, low: `${Math.min(...prices)}`, high: `${Math.max(...prices)}` }
  return (
    <Panel title={t('history')}>
      <div className="bh-stack">
        {versions.length > 1 && (
          <Plot
            points={versions.map(({ setAt, price }) => ({ at: setAt, value: Number(price) })).reverse()}
            sentence={t('plotRates', facts)}
          />
        )}
        <DataTable
          id={`rates-${pair}`}
          label={`${t('history')} ${pair}`}
          rows={data?.versions}
          rowKey={({ version }) => String(version)}
          error={error}
          onRetry={() => void refetch()}
          columns={[
            { key: 'version', title: t('version'), value: ({ version }) => version },
            { key: 'price', title: t('price'), value: ({ price }) => price, align: 'right' },
            { key: 'at', title: t('setAt'), value: ({ setAt }) => setAt, render: ({ setAt }) => <Time at={setAt} /> },
            { key: 'sources', title: t('sources'), value: ({ sources }) => sources.join(' ') },
            { key: 'out', title: t('leftOut'), value: ({ leftOut }) => leftOut.join(' ') || '—' },
          ]}
        />
      </div>
    </Panel>
  )
}

/** What things cost, who says so, how old it is; and the desk where an organisation converts. */
export function RatesPage() {
  const t = useTexts(treasuryTexts)
  const { networkBase } = useSession()
  const path = `${networkBase}/treasury/rates`
  const { data, error, refetch } = useLive(['treasury', 'rates'], RatesAnswer, path, { everyMs: 30_000 })
  return (
    <Page title={t('rates')} about={t('ratesAbout')} docs="treasury">
      {error && !data ? <Problem error={error} onRetry={() => void refetch()} /> : undefined}
      {!data && !error && <Loading />}
      {data && !data.conversionOpen && <Empty>{t('noPairs')}</Empty>}
      {data?.rates.map((rate) => (
        <div className="bh-stack" key={rate.pair}>
          <div className="bh-columns">
            <RatePanel rate={rate} />
            <ConversionDesk rate={rate} caps={data.caps} />
          </div>
          <History pair={rate.pair} base={networkBase} />
        </div>
      ))}
      {data?.conversionOpen && <ConversionList />}
    </Page>
  )
}
