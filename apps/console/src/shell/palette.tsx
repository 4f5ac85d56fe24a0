import { useNavigate } from '@tanstack/react-router'
import { Modal } from 'antd'
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react'
import { SearchIcon } from '../shared/icons.tsx'
import { useSession } from '../shared/session.tsx'
import { defineTexts, useLocale, useTexts } from '../shared/texts.ts'
import { findEntries, type PaletteEntry, paletteEntries } from './palette-entries.ts'
import { useFoundStudies } from './use-found-studies.ts'

const texts = defineTexts({
  zh: {
    title: '搜索',
    label: '搜索页面、操作、作业编号、检查',
    none: '没有找到。可以输入页面名称，或完整的作业编号 job_…',
    some: '{count} 项',
    page: '页面',
    act: '操作',
    job: '作业',
    study: '检查',
    keys: '↑↓ 选择 · Enter 打开 · Esc 关闭',
  },
  en: {
    title: 'Search',
    label: 'Search pages, acts, job ids, studies',
    none: 'Nothing found. Type the name of a page, or a whole job id job_…',
    some: '{count} {count|result|results}',
    page: 'Page',
    act: 'Act',
    job: 'Job',
    study: 'Study',
    keys: '↑↓ choose · Enter open · Esc close',
  },
})

/** Everything that can be opened, by its name. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const t = useTexts(texts)
  const locale = useLocale()
  const session = useSession()
  const navigate = useNavigate()
  const id = useId()
  const [asked, setAsked] = useState('')
  const [at, setAt] = useState(0)
  const list = useRef<HTMLDivElement>(null)
  const entries = useMemo(() => paletteEntries(session), [session])
  const studies = useFoundStudies(asked)
  const found = useMemo(() => [...findEntries(entries, asked, locale), ...studies], [entries, asked, locale, studies])
  const chosen = Math.min(at, found.length - 1)
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  const open = (entry: PaletteEntry | undefined) => {
    if (!entry) return
    onClose()
    void navigate({ to: entry.to })
  }
  const press = (event: KeyboardEvent) => {
    // An input method uses Enter and arrows for its own candidates.
    if (event.nativeEvent.isComposing) return
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (move === undefined && event.key !== 'Enter') return
    event.preventDefault()
    if (move === undefined) open(found[chosen])
    else if (found.length > 0) setAt((chosen + move + found.length) % found.length)
  }
  return (
    <Modal
      open
      title={t('title')}
      onCancel={onClose}
      closable={false}
      footer={null}
      destroyOnHidden
      width={620}
      className="bh-palette"
    >
      <div className="bh-palette-field">
        <SearchIcon />
        <input
          // biome-ignore lint/a11y/noAutofocus: the dialog was opened in order to type here.
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={chosen >= 0 ? `${id}-${chosen}` : undefined}
          aria-autocomplete="list"
          aria-label={t('label')}
          placeholder={t('label')}
          value={asked}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => {
            setAsked(event.target.value)
            setAt(0)
          }}
          onKeyDown={press}
        />
      </div>
      <div id={`${id}-list`} role="listbox" aria-label={t('title')} ref={list}>
        {found.map((entry, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field keeps the focus and takes the keys (ARIA combobox).
          <div
            key={entry.key}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === chosen}
            tabIndex={-1}
            onClick={() => open(entry)}
          >
            <span dir="auto">{entry.title[locale]}</span>
            <span className="bh-small">{t(entry.kind)}</span>
          </div>
        ))}
      </div>
      <p className="bh-small" role="status">
        {found.length === 0 ? t('none') : t('some', { count: found.length })}
      </p>
      <p className="bh-small">{t('keys')}</p>
    </Modal>
  )
}
