import { lazy, Suspense, useEffect, useState } from 'react'
import { SearchIcon } from '../shared/icons.tsx'
import { preferences } from '../shared/preferences.ts'
import { useTexts } from '../shared/texts.ts'
import { shellTexts } from './texts.ts'

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }))

/** Letters that are typed into a field are never a command. */
function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null
}

/** The search field of the header, and the keys that open it from anywhere: `/` and Ctrl+K. */
export function PaletteOpener({ hidden = false }: { readonly hidden?: boolean }) {
  const t = useTexts(shellTexts)
  const [open, setOpen] = useState(false)
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const chord = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k'
      const slash = event.key === '/' && preferences().shortcuts && !isTyping(event.target)
      if (!chord && !(slash && !event.ctrlKey && !event.altKey && !event.metaKey)) return
      event.preventDefault()
      setOpen(true)
    }
    window.addEventListener('keydown', press)
    return () => window.removeEventListener('keydown', press)
  }, [])
  return (
    <>
      {!hidden && (
        <button type="button" className="bh-search" title={t('searchHint')} onClick={() => setOpen(true)}>
          <SearchIcon />
          <span className="bh-search-word">{t('search')}</span>
          <span className="bh-key" aria-hidden="true">
            /
          </span>
        </button>
      )}
      {open && (
        <Suspense>
          <Palette onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  )
}
