import { PlusSquareOutlined } from '@ant-design/icons'
import type { Page } from '../shared/page-entry.ts'
import { hasRole } from '../shared/session.tsx'

export const pages: readonly Page[] = [
  {
    path: '/analysis/new',
    title: { zh: '新建分析', en: 'New analysis' },
    icon: PlusSquareOutlined,
    for: (session) => session.service === 'site' && hasRole(session, 'clinician'),
    nav: { order: 20, group: 'work' },
    load: async () => ({ Page: (await import('./new-analysis-page.tsx')).NewAnalysisPage }),
  },
]
