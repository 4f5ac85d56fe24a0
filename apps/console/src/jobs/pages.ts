import { UnorderedListOutlined } from '@ant-design/icons'
import type { Page } from '../shared/page-entry.ts'
import { hasRole, type Session } from '../shared/session.tsx'
import { OpenJobsBadge } from './open-jobs-badge.tsx'

const seesJobs = (session: Session) =>
  session.service === 'site' && hasRole(session, 'clinician', 'admin', 'auditor', 'finance')

export const pages: readonly Page[] = [
  {
    path: '/jobs',
    title: { zh: '分析', en: 'Analyses' },
    icon: UnorderedListOutlined,
    for: seesJobs,
    nav: { order: 30, group: 'work', badge: OpenJobsBadge },
    load: async () => ({ Page: (await import('./jobs-page.tsx')).JobsPage }),
  },
  {
    path: '/jobs/$jobId',
    title: { zh: '分析', en: 'Analysis' },
    for: seesJobs,
    load: async () => ({ Page: (await import('./job-page.tsx')).JobPage }),
  },
]
