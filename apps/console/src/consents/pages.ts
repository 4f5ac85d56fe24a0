import { SafetyCertificateOutlined } from '@ant-design/icons'
import type { Page } from '../shared/page-entry.ts'
import { hasRole, type Session } from '../shared/session.tsx'

const seesConsents = (session: Session) =>
  session.service === 'site' && hasRole(session, 'clinician', 'registrar', 'privacy-officer', 'auditor')

export const pages: readonly Page[] = [
  {
    path: '/consents',
    title: { zh: '患者同意', en: 'Consents' },
    icon: SafetyCertificateOutlined,
    for: seesConsents,
    nav: { order: 45, group: 'work' },
    load: async () => ({ Page: (await import('./people-page.tsx')).PeoplePage }),
  },
  {
    path: '/consents/$personId',
    title: { zh: '一位患者的同意', en: 'Consents of a patient' },
    for: seesConsents,
    load: async () => ({ Page: (await import('./person-page.tsx')).PersonPage }),
  },
]
