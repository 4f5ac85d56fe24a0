import { WalletOutlined } from '@ant-design/icons'
import type { Page } from '../shared/page-entry.ts'
import { hasRole, type Session } from '../shared/session.tsx'

/** At the hub everyone sees the money of the organisation that they act for; at the hospital its office does. */
const seesMoney = (session: Session) => session.service === 'hub' || hasRole(session, 'finance', 'admin', 'auditor')

export const pages: readonly Page[] = [
  {
    path: '/wallet',
    title: { zh: '钱包', en: 'Wallet' },
    icon: WalletOutlined,
    for: seesMoney,
    nav: { order: 10, group: 'money' },
    load: async () => ({ Page: (await import('./wallet-page.tsx')).WalletPage }),
  },
  {
    path: '/wallet/statement',
    title: { zh: '对账单', en: 'Statement' },
    for: seesMoney,
    load: async () => ({ Page: (await import('./statement-page.tsx')).StatementPage }),
  },
]
