import { AuditOutlined, BankOutlined, BookOutlined, HeartOutlined, SaveOutlined, TeamOutlined } from '@ant-design/icons'
import type { Page } from '../shared/page-entry.ts'
import { hasRole, type Session } from '../shared/session.tsx'

const operates = (session: Session) => session.service === 'hub' && hasRole(session, 'operator')
const managesPeople = (session: Session) =>
  hasRole(session, 'admin', 'auditor') || (session.service === 'hub' && hasRole(session, 'operator', 'finance'))

function readsAudit(session: Session): boolean {
  if (session.service === 'site') return hasRole(session, 'privacy-officer', 'auditor', 'admin')
  return hasRole(session, 'operator', 'auditor', 'admin')
}

const seesHealth = (session: Session) =>
  session.service === 'site' ? hasRole(session, 'admin', 'auditor') : operates(session)

export const pages: readonly Page[] = [
  {
    path: '/health',
    title: { zh: '健康', en: 'Health' },
    icon: HeartOutlined,
    for: seesHealth,
    nav: { order: 10, group: 'operations' },
    load: async () => ({ Page: (await import('./health-page.tsx')).HealthPage }),
  },
  {
    path: '/ledger',
    title: { zh: '账本', en: 'Ledger' },
    icon: BookOutlined,
    for: operates,
    nav: { order: 20, group: 'operations' },
    load: async () => ({ Page: (await import('./ledger-page.tsx')).LedgerPage }),
  },
  {
    path: '/users',
    title: { zh: '用户', en: 'Users' },
    icon: TeamOutlined,
    for: managesPeople,
    nav: { order: 30, group: 'operations' },
    load: async () => ({ Page: (await import('./users-page.tsx')).UsersPage }),
  },
  {
    path: '/organisations',
    title: { zh: '机构', en: 'Organisations' },
    icon: BankOutlined,
    for: operates,
    nav: { order: 40, group: 'operations' },
    load: async () => ({ Page: (await import('./organisations-page.tsx')).OrganisationsPage }),
  },
  {
    path: '/audit',
    title: { zh: '审计', en: 'Audit' },
    icon: AuditOutlined,
    for: readsAudit,
    nav: { order: 50, group: 'operations' },
    load: async () => ({ Page: (await import('./audit-page.tsx')).AuditPage }),
  },
  {
    path: '/backups',
    title: { zh: '备份', en: 'Backups' },
    icon: SaveOutlined,
    for: operates,
    nav: { order: 60, group: 'operations' },
    load: async () => ({ Page: (await import('./backups-page.tsx')).BackupsPage }),
  },
]
