import { UnorderedListOutlined } from '@ant-design/icons'
import type { Page } from '../shared/page-entry.ts'
import { hasRole, type Session } from '../shared/session.tsx'
import { OpenJobsBadge } from './open-jobs-badge.tsx'

const seesJobs = (session: Session) =>
  session.service === 'site' && hasRole(session, 'clinician', 'admin', 'auditor', 'finance')

export const pages: readonly Page[] = [
  {
    path: '/jobs',
    title: { zh: '作业', en: 'Jobs' },
    icon: UnorderedListOutlined,
    for: seesJobs,
    nav: { order: 30, group: 'work', badge: OpenJobsBadge },
    load: async () => ({ Page: (await import('./jobs-page.tsx')).JobsPage }),
  },
  {
    path: '/jobs/$jobId',
    title: { zh: '作业', en: 'Job' },
    for: seesJobs,
    load: async () => ({ Page: (await import('./job-page.tsx')).JobPage }),
  },
]
