import type { ReactNode } from 'react'
import { HexagonIcon } from './icons.tsx'

/** Nothing here: one sentence why, and the one act that changes it. */
export function Empty({ children, action }: { readonly children: ReactNode; readonly action?: ReactNode }) {
  return (
    <div className="bh-empty">
      <HexagonIcon />
      <p>{children}</p>
      {action}
    </div>
  )
}
