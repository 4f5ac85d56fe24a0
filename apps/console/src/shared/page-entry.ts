import type { ComponentType } from 'react'
import type { LocalText } from './locale.ts'
import type { Session } from './session.tsx'

/** Where a page stands in the navigation. */
export type NavPlace = {
  /** Lower stands higher. Tens, so that a room can put one between. */
  readonly order: number
  readonly group?: 'work' | 'network' | 'money' | 'operations'
  /** Counts work that waits for this person; renders nothing when there is none. */
  readonly badge?: ComponentType
}

/** One page of a room, as the shell mounts it. */
export type Page = {
  /** `/jobs/$jobId`: a part that begins with $ is read by `useParams({ strict: false })`. */
  readonly path: string
  readonly title: LocalText
  readonly icon?: ComponentType
  /** Who sees it. The server decides again about everything that the page asks for. */
  readonly for: (session: Session) => boolean
  /** In the navigation and the palette; without it the page is reached from another. */
  readonly nav?: NavPlace
  /** Fills the whole window, without header and navigation: the viewer. */
  readonly bare?: boolean
  readonly load: () => Promise<{ readonly Page: ComponentType }>
}

/** An act in the command palette that is more than opening a page. */
export type PaletteAct = {
  readonly key: string
  readonly title: LocalText
  readonly for: (session: Session) => boolean
  readonly to: string
}
