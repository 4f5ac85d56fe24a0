import { MenuOutlined } from '@ant-design/icons'
import { Outlet, useRouterState } from '@tanstack/react-router'
import { Drawer } from 'antd'
import { useEffect, useRef, useState } from 'react'
import { Mark } from '../shared/mark.tsx'
import type { Page } from '../shared/page-entry.ts'
import { useTexts } from '../shared/texts.ts'
import { useNarrow } from '../shared/use-media.ts'
import { ConnectionStrip } from './connection-strip.tsx'
import { LanguageSwitch } from './language-switch.tsx'
import { Marks } from './marks.tsx'
import { OrganisationSwitch } from './organisation-switch.tsx'
import { PaletteOpener } from './palette-opener.tsx'
import { PersonMenu } from './person-menu.tsx'
import { Rail } from './rail.tsx'
import { shellTexts } from './texts.ts'

/** The frame of every page: marks, header, navigation, content. A bare page gets the marks and the window. */
export function Frame() {
  const t = useTexts(shellTexts)
  const narrow = useNarrow()
  const [menu, setMenu] = useState(false)
  const path = useRouterState({ select: ({ location }) => location.pathname })
  const bare = useRouterState({
    select: ({ matches }) => ((matches.at(-1)?.staticData ?? {}) as { page?: Page }).page?.bare === true,
  })
  const content = useRef<HTMLElement>(null)
  const last = useRef(path)
  useEffect(() => {
    if (last.current === path) return
    last.current = path
    setMenu(false)
    // Who uses a screen reader hears the new page instead of staying on a link that is gone.
    content.current?.focus({ preventScroll: true })
  }, [path])
  const strips = (
    <>
      <Marks />
      <ConnectionStrip />
    </>
  )
  const main = (
    <main id="content" ref={content} tabIndex={-1} className={bare ? 'bh-bare' : 'bh-main'}>
      <Outlet />
    </main>
  )
  if (bare) {
    return (
      <div className="bh-bare-frame">
        {strips}
        {main}
        <PaletteOpener hidden />
      </div>
    )
  }
  return (
    <div className="bh-frame">
      <a className="bh-skip" href="#content">
        {t('skip')}
      </a>
      {strips}
      <header className="bh-header">
        {narrow && (
          <button
            type="button"
            className="bh-quiet"
            aria-label={t('menu')}
            aria-expanded={menu}
            onClick={() => setMenu(true)}
          >
            <MenuOutlined />
          </button>
        )}
        <span className="bh-brand">
          <Mark size={26} />
          <strong className="bh-word">BitHive</strong>
        </span>
        <OrganisationSwitch />
        <PaletteOpener />
        <span className="bh-header-end">
          <LanguageSwitch />
          <PersonMenu />
        </span>
      </header>
      <div className="bh-body">
        {!narrow && <Rail />}
        {main}
      </div>
      {narrow && (
        <Drawer
          open={menu}
          onClose={() => setMenu(false)}
          placement="left"
          size={280}
          title={t('navigation')}
          closable={{ 'aria-label': t('closeMenu') }}
        >
          <Rail wide />
        </Drawer>
      )}
    </div>
  )
}
