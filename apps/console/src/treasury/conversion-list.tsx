import { QuotesAnswer } from '@bithive/api/treasury'
import { DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { Money } from '../shared/money.tsx'
import { Panel } from '../shared/panel.tsx'
import { useLive } from '../shared/queries.ts'
import { hasRole, useSession } from '../shared/session.tsx'
import { useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { QuoteState } from './quote-state.tsx'
import { treasuryTexts } from './texts.ts'

/** The organisation's own conversions, newest first. */
export function ConversionList() {
  const t = useTexts(treasuryTexts)
  const session = useSession()
  const may = hasRole(session, 'finance', 'admin')
  const path = may ? `${session.networkBase}/treasury/conversions` : undefined
  const { data, error, refetch } = useLive(['treasury', 'conversions'], QuotesAnswer, path)
  if (!may) return undefined
  return (
    <Panel title={t('conversions')}>
      <DataTable
        id="conversions"
        label={t('conversions')}
        rows={data?.conversions}
        rowKey={({ quoteId }) => quoteId}
        error={error}
        onRetry={() => void refetch()}
        empty={<Empty>{t('noConversions')}</Empty>}
        columns={[
          { key: 'at', title: t('when'), value: (q) => q.createdAt, render: (q) => <Time at={q.createdAt} /> },
          {
            key: 'sell',
            title: t('youGive'),
            align: 'right',
            value: (q) => `${q.sell} ${q.sellAsset}`,
            render: (q) => <Money amount={q.sell} asset={q.sellAsset} exact />,
          },
          {
            key: 'buy',
            title: t('get'),
            align: 'right',
            value: (q) => `${q.buy} ${q.buyAsset}`,
            render: (q) => <Money amount={q.buy} asset={q.buyAsset} exact />,
          },
          { key: 'price', title: t('price'), align: 'right', value: (q) => q.price },
          { key: 'state', title: t('state'), value: (q) => t(q.state), render: (q) => <QuoteState state={q.state} /> },
        ]}
      />
    </Panel>
  )
}
