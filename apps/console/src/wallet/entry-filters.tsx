import type { WalletPage } from '@bithive/api/wallet'
import { Button, Input, Select } from 'antd'
import { useEffect, useId, useState } from 'react'
import { after } from '../shared/now.ts'
import { useLocalText, useTexts } from '../shared/texts.ts'
import { useUrlState } from '../shared/use-url-state.ts'
import { walletTexts } from './texts.ts'

const DAY = /^\d{4}-\d{2}-\d{2}$/

/** The first instant of a day in the reader's zone. `next` days later for the end, which is exclusive. */
function startOfDay(day: string, next = 0): number | undefined {
  if (!DAY.test(day)) return undefined
  const [year, month, date] = day.split('-').map(Number) as [number, number, number]
  const at = new Date(year, month - 1, date + next).getTime()
  return Number.isFinite(at) && at >= 0 ? at : undefined
}

/** The filter of the entries, kept in the address so that it can be sent to somebody. */
export function useEntryFilter() {
  const [asset, setAsset] = useUrlState('asset')
  const [direction, setDirection] = useUrlState('direction')
  const [code, setCode] = useUrlState('code')
  const [from, setFrom] = useUrlState('from')
  const [until, setUntil] = useUrlState('until')
  const [text, setText] = useUrlState('text')
  const query = new URLSearchParams()
  const put = (name: string, value: string | number | undefined) => {
    if (value !== undefined && value !== '') query.set(name, String(value))
  }
  put('asset', asset)
  put('direction', direction)
  put('code', code)
  put('from', startOfDay(from))
  put('until', startOfDay(until, 1))
  put('text', text)
  return {
    ...{ asset, direction, code, from, until, text, setAsset, setDirection, setCode, setFrom, setUntil, setText },
    query: query.toString(),
    filtered: query.size > 0,
  }
}

export type EntryFilter = ReturnType<typeof useEntryFilter>

export function EntryFilters(props: {
  readonly filter: EntryFilter
  readonly assets: readonly string[]
  readonly codes: WalletPage['codes']
  /** Takes every condition out of the address at once. */
  readonly onClear: () => void
}) {
  const { filter, assets, codes, onClear } = props
  const t = useTexts(walletTexts)
  const said = useLocalText()
  const id = useId()
  // What is typed is asked for when the typing pauses, not at each letter.
  const [typed, setTyped] = useState(filter.text)
  const { text, setText } = filter
  useEffect(() => setTyped(text), [text])
  useEffect(() => (typed === text ? undefined : after(400, () => setText(typed.trim()))), [typed, text, setText])
  const all = { value: '', label: t('all') }
  const chooser = (key: 'asset' | 'direction' | 'code', options: { value: string; label: string }[], width: number) => (
    <div>
      <label htmlFor={`${id}${key}`}>{t(key)}</label>
      <Select
        showSearch={options.length > 8 ? { optionFilterProp: 'label' } : false}
        id={`${id}${key}`}
        style={{ minWidth: width }}
        value={filter[key]}
        options={[all, ...options]}
        onChange={{ asset: filter.setAsset, direction: filter.setDirection, code: filter.setCode }[key]}
      />
    </div>
  )
  const day = (key: 'from' | 'until', set: (value: string) => void) => (
    <div>
      <label htmlFor={`${id}${key}`}>{t(key)}</label>
      <input
        id={`${id}${key}`}
        type="date"
        className="bh-date"
        value={filter[key]}
        onChange={(event) => set(event.target.value)}
      />
    </div>
  )
  return (
    <search className="bh-filters">
      {chooser(
        'asset',
        assets.map((value) => ({ value, label: value })),
        100,
      )}
      {chooser(
        'direction',
        [
          { value: 'in', label: t('in') },
          { value: 'out', label: t('out') },
        ],
        100,
      )}
      {chooser(
        'code',
        codes.map(({ code, text: words }) => ({ value: code, label: said(words) })),
        170,
      )}
      {day('from', filter.setFrom)}
      {day('until', filter.setUntil)}
      <div>
        <label htmlFor={`${id}text`}>{t('text')}</label>
        <Input id={`${id}text`} value={typed} allowClear onChange={(event) => setTyped(event.target.value)} />
      </div>
      {filter.filtered && <Button onClick={onClear}>{t('clear')}</Button>}
    </search>
  )
}
