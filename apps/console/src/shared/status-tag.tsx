import type { ReactNode } from 'react'
import { BadIcon, ClockIcon, OffIcon, OkIcon, RunIcon, TodoIcon, UnknownIcon } from './icons.tsx'

export type Tone = 'ok' | 'run' | 'todo' | 'bad' | 'unknown' | 'off'

const ICONS = { ok: OkIcon, run: RunIcon, todo: TodoIcon, bad: BadIcon, unknown: UnknownIcon, off: OffIcon } as const

/** A status: icon, word and colour. `waiting` shows a clock with tone `off`: queued, held. */
export function StatusTag(props: { readonly tone: Tone; readonly waiting?: boolean; readonly children: ReactNode }) {
  const Icon = props.tone === 'off' && props.waiting ? ClockIcon : ICONS[props.tone]
  return (
    <span className="bh-tag" data-tone={props.tone}>
      <Icon />
      <span>{props.children}</span>
    </span>
  )
}
