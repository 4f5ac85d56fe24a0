import type { Page } from '../shared/page-entry.ts'
import { PersonIcon } from './icons.tsx'

type PatientPages = { readonly pages: readonly Page[] }

const rooms = import.meta.glob<PatientPages>('../patient/pages.ts', { eager: true })

const me: Page = {
  path: '/m/me',
  title: { zh: '我的', en: 'Me' },
  icon: PersonIcon,
  for: () => true,
  nav: { order: 90 },
  load: async () => ({ Page: (await import('./me-page.tsx')).MePage }),
}

const patient = Object.values(rooms).flatMap(({ pages }) => pages)

/** The patient's pages, whole paths below /m; those in `nav` are tabs. The room may bring its own `/m/me`. */
export const mPages: readonly Page[] = patient.some(({ path }) => path === me.path) ? patient : [...patient, me]

export const mTabs: readonly Page[] = mPages
  .filter(({ nav }) => nav !== undefined)
  .sort((a, b) => (a.nav?.order ?? 0) - (b.nav?.order ?? 0))
