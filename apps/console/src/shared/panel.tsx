import { type ReactNode, useId } from 'react'

export type PanelProps = {
  readonly title?: ReactNode
  /** Right of the title: a link, a count, a small act. */
  readonly extra?: ReactNode
  /** Without padding: tables and lists that go from edge to edge. */
  readonly flush?: boolean
  readonly children: ReactNode
}

/** One matter of a page, with a heading of the second rank. */
export function Panel({ title, extra, flush, children }: PanelProps) {
  const id = useId()
  return (
    <section className="bh-panel" aria-labelledby={title === undefined ? undefined : id}>
      {title !== undefined && (
        <header>
          <h2 id={id}>{title}</h2>
          {extra !== undefined && <div className="bh-panel-extra">{extra}</div>}
        </header>
      )}
      <div className={flush ? 'bh-panel-body bh-panel-flush' : 'bh-panel-body'}>{children}</div>
    </section>
  )
}
