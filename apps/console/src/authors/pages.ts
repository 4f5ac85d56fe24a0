import { ExperimentOutlined } from '@ant-design/icons'
import type { Page } from '../shared/page-entry.ts'
import { hasRole, type Session } from '../shared/session.tsx'

/** Whoever publishes models for their institute, and who administers or audits it. */
const seesModels = (session: Session) =>
  session.service === 'hub' &&
  (hasRole(session, 'author') ||
    (['research-institute', 'university', 'company'].includes(session.organisation.kind) &&
      hasRole(session, 'admin', 'finance', 'auditor')))

export const pages: readonly Page[] = [
  {
    path: '/models',
    title: { zh: '我的模型', en: 'My models' },
    icon: ExperimentOutlined,
    for: seesModels,
    nav: { order: 20, group: 'network' },
    load: async () => ({ Page: (await import('./models-page.tsx')).ModelsPage }),
  },
]
