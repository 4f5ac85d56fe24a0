import type { ReactNode } from 'react'
import { Mark } from '../shared/mark.tsx'
import { LanguageSwitch } from './language-switch.tsx'
import { Marks } from './marks.tsx'

/** A page before there is a session: the mark, the language, and what is to be said. */
export function SaidAlone({ children }: { readonly children: ReactNode }) {
  return (
    <div className="bh-door">
      <Marks />
      <header className="bh-door-head">
        <Mark size={32} />
        <strong className="bh-word">BitHive</strong>
        <LanguageSwitch />
      </header>
      <main id="content" className="bh-door-main">
        {children}
      </main>
    </div>
  )
}
