import { Button, Input, Select, Table } from 'antd'
import type { ColumnsType } from 'antd/es/table'
import { type ReactNode, useMemo } from 'react'
import { saveFile, toCsv } from './csv.ts'
import { Empty } from './empty.tsx'
import { formatCount } from './format.ts'
import { Loading } from './loading.tsx'
import { usePreferences } from './preferences.ts'
import { Problem } from './problem.tsx'
import { defineTexts, useTexts } from './texts.ts'
import { useNarrow } from './use-media.ts'
import { useUrlState } from './use-url-state.ts'

const texts = defineTexts({
  zh: {
    count: '共 {count} 条',
    some: '共 {all} 条，显示 {count} 条',
    csv: '导出 CSV',
    search: '筛选',
    all: '全部',
    none: '没有符合条件的记录。',
    empty: '还没有记录。',
    clear: '清除筛选',
    more: '再显示一些',
  },
  en: {
    count: '{count} {count|row|rows}',
    some: '{count} of {all} rows',
    csv: 'Export CSV',
    search: 'Filter',
    all: 'All',
    none: 'No row fits the filter.',
    empty: 'There is nothing here yet.',
    clear: 'Clear the filter',
    more: 'Show more',
  },
})

export type Column<Row> = {
  readonly key: string
  readonly title: string
  /** The plain value: for sorting, filtering and CSV. */
  readonly value: (row: Row) => string | number | undefined
  readonly render?: (row: Row) => ReactNode
  readonly align?: 'right'
  readonly sort?: boolean
  readonly width?: number
  /** Offers these values as a filter, kept in the address. */
  readonly filter?: readonly { readonly value: string; readonly label: string }[]
  /** Not in the table, only in CSV. */
  readonly csvOnly?: boolean
}

export type DataTableProps<Row extends object> = {
  /** Names its filters in the address and its CSV file. */
  readonly id: string
  readonly label: string
  readonly rows: readonly Row[] | undefined
  readonly rowKey: (row: Row) => string
  readonly columns: readonly Column<Row>[]
  readonly error?: unknown
  readonly onRetry?: () => void
  readonly empty?: ReactNode
  /** Text that the filter looks through; without it there is no filter field. */
  readonly search?: (row: Row) => string
  /** The server has more: asked for by a button below. */
  readonly onMore?: (() => void) | undefined
  readonly loadingMore?: boolean
  readonly extra?: ReactNode
}

const PAGE_ROWS = 50

function compare(a: string | number | undefined, b: string | number | undefined): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return String(a ?? '').localeCompare(String(b ?? ''), undefined, { numeric: true })
}

/** Reads the filters of a table from the address and applies them. */
function useFiltered<Row extends object>({ id, rows, columns, search }: DataTableProps<Row>) {
  const [asked, setAsked] = useUrlState(`${id}.q`)
  const [chosen, setChosen] = useUrlState(`${id}.is`)
  const choices = useMemo(
    () => new Map(chosen.split(' ').map((one) => one.split(':', 2) as [string, string])),
    [chosen],
  )
  const choose = (key: string, value: string) => {
    const next = new Map([...choices].filter(([name, one]) => name && one))
    if (value) next.set(key, value)
    else next.delete(key)
    setChosen([...next].map(([name, one]) => `${name}:${one}`).join(' '))
  }
  const shown = useMemo(() => {
    const words = asked.toLowerCase().split(/\s+/).filter(Boolean)
    return (rows ?? []).filter((row) => {
      const text = search?.(row).toLowerCase() ?? ''
      const fits = columns.every(({ key, value }) => !choices.get(key) || String(value(row) ?? '') === choices.get(key))
      return fits && words.every((word) => text.includes(word))
    })
  }, [rows, columns, search, asked, choices])
  const clear = () => {
    setAsked('')
    setChosen('')
  }
  return { asked, setAsked, choices, choose, shown, clear, filtered: asked !== '' || chosen !== '' }
}

function Cards<Row extends object>(props: DataTableProps<Row> & { readonly shown: readonly Row[] }) {
  const columns = props.columns.filter(({ csvOnly }) => !csvOnly)
  const t = useTexts(texts)
  const [pages, setPages] = useUrlState(`${props.id}.pages`)
  const count = Math.max(1, Number(pages) || 1) * PAGE_ROWS
  return (
    <>
      <ul className="bh-cards" aria-label={props.label}>
        {props.shown.slice(0, count).map((row) => (
          <li key={props.rowKey(row)}>
            <dl>
              {columns.map(({ key, title, value, render }) => (
                <div key={key}>
                  <dt>{title}</dt>
                  <dd>{render ? render(row) : (value(row) ?? '—')}</dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ul>
      {props.shown.length > count && (
        <div className="bh-row bh-table-more">
          <Button onClick={() => setPages(String(count / PAGE_ROWS + 1))}>{t('more')}</Button>
        </div>
      )}
    </>
  )
}

function Rows<Row extends object>(props: DataTableProps<Row> & { readonly shown: readonly Row[] }) {
  const { density } = usePreferences()
  const columns: ColumnsType<Row> = props.columns
    .filter(({ csvOnly }) => !csvOnly)
    .map(({ key, title, value, render, align, sort, width }) => ({
      key,
      title,
      render: (_: unknown, row: Row) => (render ? render(row) : (value(row) ?? '—')),
      ...(align ? { align } : {}),
      ...(width ? { width } : {}),
      ...(sort ? { sorter: (a: Row, b: Row) => compare(value(a), value(b)) } : {}),
    }))
  return (
    <Table<Row>
      aria-label={props.label}
      dataSource={[...props.shown]}
      rowKey={props.rowKey}
      columns={columns}
      size={density === 'dense' ? 'small' : 'middle'}
      scroll={{ x: 'max-content' }}
      pagination={
        props.shown.length > PAGE_ROWS
          ? { defaultPageSize: PAGE_ROWS, showSizeChanger: false, hideOnSinglePage: true }
          : false
      }
    />
  )
}

/** A list: count, filters in the address, CSV, density; below 900 px a column of cards with every fact. */
export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const t = useTexts(texts)
  const narrow = useNarrow()
  const filter = useFiltered(props)
  const { rows, columns, error } = props
  if (rows === undefined)
    return error ? <Problem error={error} {...(props.onRetry ? { onRetry: props.onRetry } : {})} /> : <Loading />
  if (rows.length === 0) return <>{props.empty ?? <Empty>{t('empty')}</Empty>}</>
  const save = () => {
    const cells = filter.shown.map((row) => columns.map(({ value }) => value(row)))
    saveFile(
      `${props.id}.csv`,
      'text/csv;charset=utf-8',
      toCsv(
        columns.map(({ title }) => title),
        cells,
      ),
    )
  }
  const { shown } = filter
  const count = formatCount(shown.length)
  return (
    <div className="bh-table">
      <div className="bh-row bh-table-head">
        {props.search && (
          <Input
            className="bh-table-search"
            placeholder={t('search')}
            aria-label={t('search')}
            allowClear
            value={filter.asked}
            onChange={(event) => filter.setAsked(event.target.value)}
          />
        )}
        {columns
          .filter((column) => column.filter)
          .map(({ key, title, filter: options = [] }) => (
            <Select
              key={key}
              aria-label={title}
              className="bh-table-filter"
              value={filter.choices.get(key) ?? ''}
              onChange={(value) => filter.choose(key, value)}
              options={[{ value: '', label: `${title}${t('all') === 'All' ? ': all' : '：全部'}` }, ...options]}
            />
          ))}
        {props.extra}
        <span className="bh-table-count" role="status">
          {shown.length === rows.length
            ? t('count', { count: shown.length })
            : t('some', { count, all: formatCount(rows.length) })}
        </span>
        <Button onClick={save}>{t('csv')}</Button>
      </div>
      {shown.length === 0 ? (
        <Empty action={<Button onClick={filter.clear}>{t('clear')}</Button>}>{t('none')}</Empty>
      ) : narrow ? (
        <Cards {...props} shown={shown} />
      ) : (
        <Rows {...props} shown={shown} />
      )}
      {props.onMore && (
        <div className="bh-row bh-table-more">
          <Button onClick={props.onMore} loading={props.loadingMore ?? false}>
            {t('more')}
          </Button>
        </div>
      )}
    </div>
  )
}
