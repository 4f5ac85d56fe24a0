import { roomPages } from '../pages.ts'
import type { NavPlace, Page } from '../shared/page-entry.ts'
import type { Session } from '../shared/session.tsx'

type NavPage = Page & { readonly nav: NavPlace }

export const GROUPS = ['work', 'network', 'money', 'operations'] as const
export type Group = (typeof GROUPS)[number]

const hasPlace = (page: Page): page is NavPage => page.nav !== undefined

/** The navigation of a person: pages of their roles by group, then by order. */
export function navigationOf(session: Session, pages: readonly Page[] = roomPages): readonly NavPage[] {
  const groupOf = ({ nav }: NavPage) => GROUPS.indexOf(nav.group ?? 'work')
  return pages
    .filter(hasPlace)
    .filter((page) => page.for(session))
    .sort((a, b) => groupOf(a) - groupOf(b) || a.nav.order - b.nav.order)
}

/** Paths as the rooms wrote them: `/studies/$studyId`. */
export const allRoomPaths: ReadonlySet<string> = new Set(roomPages.map(({ path }) => path))
