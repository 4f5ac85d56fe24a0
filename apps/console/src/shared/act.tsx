import { Button, type ButtonProps } from 'antd'
import { type ReactNode, useId } from 'react'
import { useOnline } from './online.ts'

export type ActProps = Omit<ButtonProps, 'disabled' | 'children'> & {
  /** Why it cannot be done now, said below the button; undefined when it can. */
  readonly reason?: string | undefined
  /** Not offered while the page is cut off: paying, ordering, signing. */
  readonly onlyOnline?: boolean
  readonly children: ReactNode
}

/** A button that says why it is off. */
export function Act({ reason, onlyOnline, children, ...button }: ActProps) {
  const id = useId()
  const offline = useOnline().reason
  const why = reason ?? (onlyOnline ? offline : undefined)
  return (
    <span className="bh-act">
      <Button {...button} disabled={why !== undefined} aria-describedby={why === undefined ? undefined : id}>
        {children}
      </Button>
      {why !== undefined && (
        <span id={id} className="bh-act-reason">
          {why}
        </span>
      )}
    </span>
  )
}
