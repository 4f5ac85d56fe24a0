import type { Page } from '../shared/page-entry.ts'
import { ConsentIcon, HomeIcon, MeIcon, RecordsIcon } from './icons.tsx'

const everyone = () => true

/** The patient's pages. Payments and health tasks have no tab, because there is nothing behind one yet. */
export const pages: readonly Page[] = [
  {
    path: '/m',
    title: { zh: '首页', en: 'Home' },
    icon: HomeIcon,
    for: everyone,
    nav: { order: 10 },
    load: async () => ({ Page: (await import('./home-page.tsx')).HomePage }),
  },
  {
    path: '/m/consents',
    title: { zh: '我的同意', en: 'Consents' },
    icon: ConsentIcon,
    for: everyone,
    nav: { order: 20 },
    load: async () => ({ Page: (await import('./consents-page.tsx')).ConsentsPage }),
  },
  {
    path: '/m/consents/$consentId',
    title: { zh: '一份同意', en: 'A consent' },
    for: everyone,
    load: async () => ({ Page: (await import('./consent-page.tsx')).ConsentPage }),
  },
  {
    path: '/m/requests/$requestId',
    title: { zh: '请您决定', en: 'Your decision' },
    for: everyone,
    load: async () => ({ Page: (await import('./request-page.tsx')).RequestPage }),
  },
  {
    path: '/m/records',
    title: { zh: '我的记录', en: 'Records' },
    icon: RecordsIcon,
    for: everyone,
    nav: { order: 30 },
    load: async () => ({ Page: (await import('./records-page.tsx')).RecordsPage }),
  },
  {
    path: '/m/reports/$reportId',
    title: { zh: '一份报告', en: 'A report' },
    for: everyone,
    load: async () => ({ Page: (await import('./report-page.tsx')).ReportPage }),
  },
  {
    path: '/m/wallet',
    title: { zh: '我的钱包', en: 'My wallet' },
    for: everyone,
    load: async () => ({ Page: (await import('./wallet-page.tsx')).WalletPage }),
  },
  {
    path: '/m/me',
    title: { zh: '我的', en: 'Me' },
    icon: MeIcon,
    for: everyone,
    nav: { order: 40 },
    load: async () => ({ Page: (await import('./me-page.tsx')).MePage }),
  },
]
