import type { ReactNode } from 'react'
import { useId } from 'react'
import { useOnline } from '../shared/online.ts'

export type ButtonProps = {
  readonly kind?: 'primary' | 'plain' | 'danger'
  readonly type?: 'button' | 'submit'
  readonly busy?: boolean
  /** Why it cannot be pressed now, said below it. */
  readonly reason?: string | undefined
  /** Not offered while the phone is cut off. */
  readonly onlyOnline?: boolean
  readonly onClick?: () => void
  readonly label?: string
  readonly children: ReactNode
}

/** A target of at least 56 px (64 in large type) that says why it is off. */
export function Button(props: ButtonProps) {
  const id = useId()
  const offline = useOnline().reason
  const why = props.reason ?? (props.onlyOnline ? offline : undefined)
  return (
    <span className="m-act">
      <button
        type={props.type ?? 'button'}
        className="m-button"
        data-kind={props.kind ?? 'plain'}
        disabled={why !== undefined || props.busy === true}
        aria-busy={props.busy === true}
        aria-label={props.label}
        aria-describedby={why === undefined ? undefined : id}
        onClick={props.onClick}
      >
        {props.children}
      </button>
      {why !== undefined && (
        <span id={id} className="m-small">
          {why}
        </span>
      )}
    </span>
  )
}
