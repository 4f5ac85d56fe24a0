import { Link } from '@tanstack/react-router'
import { type ReactNode, useEffect } from 'react'
import { useTexts } from '../shared/texts.ts'
import { shellTexts } from './texts.ts'

export type SaidPageProps = {
  readonly title: string
  /** Sentences: what happened, what was not done, what to do. */
  readonly lines: readonly string[]
  readonly children?: ReactNode
  readonly home?: boolean
}

/** A page that only says something: not found, no permission, no organisation. */
export function SaidPage({ title, lines, children, home = true }: SaidPageProps) {
  const t = useTexts(shellTexts)
  useEffect(() => {
    document.title = `${title} · BitHive`
  }, [title])
  return (
    <div className="bh-said">
      <h1>{title}</h1>
      {lines.map((line) => (
        <p key={line} dir="auto">
          {line}
        </p>
      ))}
      <div className="bh-row">
        {home && <Link to="/">{t('home')}</Link>}
        {children}
      </div>
    </div>
  )
}
