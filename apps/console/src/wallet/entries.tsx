import { type WalletEntry, WalletPage } from '@bithive/api/wallet'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { Button } from 'antd'
import { useState } from 'react'
import { call } from '../shared/call.ts'
import { type Column, DataTable } from '../shared/data-table.tsx'
import { Empty } from '../shared/empty.tsx'
import { formatExactTime, formatMoney } from '../shared/format.ts'
import { Money } from '../shared/money.tsx'
import { Panel } from '../shared/panel.tsx'
import { useLive } from '../shared/queries.ts'
import { useSession } from '../shared/session.tsx'
import { useLocale, useLocalText, useTexts } from '../shared/texts.ts'
import { Time } from '../shared/time.tsx'
import { EntryFilters, useEntryFilter } from './entry-filters.tsx'
import { Effect, EntryDrawer } from './entry-story.tsx'
import { walletTexts } from './texts.ts'

const PAGE = 100

const keyOf = (entry: WalletEntry) => `${entry.id}/${entry.direction}`

function useEntries(query: string) {
  const { networkBase } = useSession()
  const path = (limit: number, after = '') =>
    `${networkBase}/wallet/entries?limit=${limit}${query === '' ? '' : `&${query}`}${after && `&after=${after}`}`
  // Not keyed by a live topic on purpose: nothing moves under the cursor. The newest entry is watched beside it, and
  // new rows wait until the reader asks for them.
  const list = useInfiniteQuery({
    queryKey: ['wallet', 'entries', networkBase, query],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => call(WalletPage, path(PAGE, pageParam), { signal }),
    getNextPageParam: ({ next }) => next,
  })
  const newest = useLive(['ledger', 'newest', networkBase, query], WalletPage, path(1))
  const entries = list.data?.pages.flatMap((page) => page.entries)
  const [first] = newest.data?.entries ?? []
  const [shown] = entries ?? []
  const isNewer = first !== undefined && shown !== undefined && keyOf(first) !== keyOf(shown) && first.at >= shown.at
  const isFirst = first !== undefined && entries?.length === 0
  return { list, entries, newer: isNewer || isFirst }
}

function useColumns(onExplain: (entry: WalletEntry) => void): readonly Column<WalletEntry>[] {
  const t = useTexts(walletTexts)
  const said = useLocalText()
  const locale = useLocale()
  const exact = (amount: string, asset: string) => formatMoney(amount, asset, locale, { exact: true })
  return [
    { key: 'time', title: t('time'), value: ({ at }) => formatExactTime(at), render: ({ at }) => <Time at={at} /> },
    {
      key: 'what',
      title: t('what'),
      value: ({ title }) => said(title),
      render: (entry) => (
        <div>
          <Button type="link" className="bh-entry" onClick={() => onExplain(entry)} aria-haspopup="dialog">
            {said(entry.title)}
          </Button>
          {entry.story && (
            <div className="bh-small">{entry.story.title ? said(entry.story.title) : entry.story.workload}</div>
          )}
        </div>
      ),
    },
    {
      key: 'with',
      title: t('counterparty'),
      value: ({ counterparty }) => (counterparty ? said(counterparty.name ?? counterparty.kind) : undefined),
      render: ({ counterparty }) => (
        <span dir="auto">{counterparty ? said(counterparty.name ?? counterparty.kind) : '—'}</span>
      ),
    },
    {
      key: 'effect',
      title: t('effect'),
      align: 'right',
      value: ({ effect, asset }) => exact(effect, asset),
      render: (entry) => <Effect entry={entry} />,
    },
    {
      key: 'balance',
      title: t('balance'),
      align: 'right',
      value: ({ balanceAfter, asset }) => exact(balanceAfter, asset),
      render: ({ balanceAfter, asset }) => <Money amount={balanceAfter} asset={asset} exact />,
    },
    { key: 'reference', title: t('reference'), value: ({ reference }) => reference, csvOnly: true },
    { key: 'transfer', title: t('transfer'), value: ({ id }) => id, csvOnly: true },
  ]
}

/** The entries of the whole owner, newest first: filtered at the server, read on by its cursor. */
export function Entries({ assets }: { readonly assets: readonly string[] }) {
  const t = useTexts(walletTexts)
  const navigate = useNavigate()
  const filter = useEntryFilter()
  const { list, entries, newer } = useEntries(filter.query)
  const [explained, setExplained] = useState<WalletEntry | undefined>(undefined)
  const columns = useColumns(setExplained)
  const last = list.data?.pages.at(-1)
  const clear = () => void navigate({ to: '/wallet' as string, search: {} as never, replace: true })
  const empty = filter.filtered ? (
    <Empty action={<Button onClick={clear}>{t('clear')}</Button>}>{t('noneFit')}</Empty>
  ) : (
    <Empty>{t('noEntries')}</Empty>
  )
  return (
    <Panel title={t('entries')}>
      <EntryFilters filter={filter} assets={assets} codes={list.data?.pages[0]?.codes ?? []} onClear={clear} />
      {newer && (
        <div className="bh-row" role="status">
          <Button onClick={() => void list.refetch()}>{t('newer')}</Button>
        </div>
      )}
      <DataTable<WalletEntry>
        id="entries"
        label={t('entries')}
        rows={entries}
        rowKey={keyOf}
        columns={columns}
        error={list.error}
        onRetry={() => void list.refetch()}
        empty={empty}
        onMore={list.hasNextPage ? () => void list.fetchNextPage() : undefined}
        loadingMore={list.isFetchingNextPage}
      />
      {last?.lookedBackTo !== undefined && entries?.length === 0 && list.hasNextPage && (
        <div className="bh-row">
          <span className="bh-small">{t('lookedBackTo', { time: formatExactTime(last.lookedBackTo) })}</span>
          <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t('lookOn')}
          </Button>
        </div>
      )}
      <EntryDrawer entry={explained} onClose={() => setExplained(undefined)} />
    </Panel>
  )
}
