import { HomeOutlined } from '@ant-design/icons'
import type { Page } from '../shared/page-entry.ts'
import { hasRole } from '../shared/session.tsx'
import { AttentionBadge } from './attention-badge.tsx'

export const pages: readonly Page[] = [
  {
    path: '/today',
    title: { zh: '今日', en: 'Today' },
    icon: HomeOutlined,
    for: (session) => session.service === 'site' && hasRole(session, 'clinician', 'admin', 'auditor', 'finance'),
    nav: { order: 10, group: 'work', badge: AttentionBadge },
    load: async () => ({ Page: (await import('./home-page.tsx')).HomePage }),
  },
]
