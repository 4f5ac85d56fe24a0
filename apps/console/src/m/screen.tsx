import { type ReactNode, useEffect } from 'react'

export type ScreenProps = { readonly title: string; readonly extra?: ReactNode; readonly children: ReactNode }

/** The frame of one screen: its one h1, then one column. */
export function Screen({ title, extra, children }: ScreenProps) {
  useEffect(() => {
    document.title = `${title} · BitHive`
  }, [title])
  return (
    <div className="m-screen">
      <header className="m-head">
        <h1 dir="auto">{title}</h1>
        {extra}
      </header>
      {children}
    </div>
  )
}
