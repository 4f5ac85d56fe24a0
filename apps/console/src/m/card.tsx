import { type ReactNode, useId } from 'react'

export type CardProps = {
  readonly title?: ReactNode
  readonly extra?: ReactNode
  /** Something waits for the person. */
  readonly tone?: 'todo'
  readonly children: ReactNode
}

/** One matter, with its heading. */
export function Card({ title, extra, tone, children }: CardProps) {
  const id = useId()
  return (
    <section className="m-card" data-tone={tone} aria-labelledby={title === undefined ? undefined : id}>
      {title !== undefined && (
        <header>
          <h2 id={id}>{title}</h2>
          {extra}
        </header>
      )}
      {children}
    </section>
  )
}
