import { EyeOutlined } from '@ant-design/icons'
import type { Page } from '../shared/page-entry.ts'
import { hasRole, type Session } from '../shared/session.tsx'

const readsImages = (session: Session) => session.service === 'site' && hasRole(session, 'clinician', 'privacy-officer')

export const pages: readonly Page[] = [
  {
    path: '/radiology',
    title: { zh: '阅片', en: 'Reading list' },
    icon: EyeOutlined,
    for: readsImages,
    nav: { order: 15, group: 'work' },
    load: async () => ({ Page: (await import('./worklist-page.tsx')).WorklistPage }),
  },
  {
    path: '/radiology/$studyId',
    title: { zh: '看片', en: 'Viewer' },
    for: readsImages,
    bare: true,
    load: async () => ({ Page: (await import('./viewer-page.tsx')).ViewerPage }),
  },
]
