import { roomActs, roomPages } from '../pages.ts'
import type { Locale, LocalText } from '../shared/locale.ts'
import type { Page, PaletteAct } from '../shared/page-entry.ts'
import type { Session } from '../shared/session.tsx'
import { shellPages } from './shell-pages.ts'

export type PaletteEntry = {
  readonly key: string
  readonly kind: 'page' | 'act' | 'job' | 'study'
  readonly title: LocalText
  readonly to: string
}

export type PaletteSources = { readonly pages: readonly Page[]; readonly acts: readonly PaletteAct[] }

const everything: PaletteSources = { pages: [...roomPages, ...shellPages], acts: roomActs }

export type PaletteEntries = {
  readonly entries: readonly PaletteEntry[]
  /** A page that shows one job is among those of the person. */
  readonly opensJobs: boolean
}

/** What this person can open: pages that need no id, and acts. */
export function paletteEntries(session: Session, { pages, acts } = everything): PaletteEntries {
  const own = pages.filter((page) => page.for(session))
  const plain = own.filter(({ path }) => !path.includes('$'))
  return {
    entries: [
      ...plain.map(({ path, title }) => ({ key: `page ${path}`, kind: 'page' as const, title, to: path })),
      ...acts
        .filter((act) => act.for(session))
        .map(({ key, title, to }) => ({ key: `act ${key}`, kind: 'act' as const, title, to })),
    ],
    opensJobs: own.some(({ path }) => path === '/jobs/$jobId'),
  }
}

const JOB_ID = /^job_[0-9a-z-]{8,60}$/i

/** Entries whose title, in either language, holds every word; those that begin with what was asked stand first. */
export function findEntries({ entries, opensJobs }: PaletteEntries, asked: string, locale: Locale): PaletteEntry[] {
  const text = asked.trim().toLowerCase()
  if (opensJobs && JOB_ID.test(text)) {
    const title = { zh: `打开作业 ${text}`, en: `Open job ${text}` }
    return [{ key: text, kind: 'job', title, to: `/jobs/${text}` }]
  }
  const words = text.split(/\s+/).filter(Boolean)
  const fits = ({ title }: PaletteEntry) => {
    const both = `${title.zh} ${title.en}`.toLowerCase()
    return words.every((word) => both.includes(word))
  }
  const rank = ({ title }: PaletteEntry) => (text !== '' && title[locale].toLowerCase().startsWith(text) ? 0 : 1)
  return entries.filter(fits).sort((a, b) => rank(a) - rank(b))
}
