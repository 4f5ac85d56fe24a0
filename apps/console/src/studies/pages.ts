import { PictureOutlined } from '@ant-design/icons'
import type { Page, PaletteAct } from '../shared/page-entry.ts'
import { hasRole, type Session } from '../shared/session.tsx'

const seesStudies = (session: Session) =>
  session.service === 'site' && hasRole(session, 'clinician', 'technician', 'privacy-officer')
const stores = (session: Session) => session.service === 'site' && hasRole(session, 'clinician', 'technician')

export const pages: readonly Page[] = [
  {
    path: '/studies',
    title: { zh: '患者与检查', en: 'Patients & studies' },
    icon: PictureOutlined,
    for: seesStudies,
    nav: { order: 40, group: 'work' },
    load: async () => ({ Page: (await import('./studies-page.tsx')).StudiesPage }),
  },
  {
    path: '/studies/upload',
    title: { zh: '上传影像', en: 'Upload images' },
    for: stores,
    load: async () => ({ Page: (await import('./upload-page.tsx')).UploadPage }),
  },
  {
    path: '/studies/$studyId',
    title: { zh: '检查', en: 'Study' },
    for: seesStudies,
    load: async () => ({ Page: (await import('./study-page.tsx')).StudyPage }),
  },
]

export const acts: readonly PaletteAct[] = [
  { key: 'upload', title: { zh: '上传影像', en: 'Upload images' }, for: stores, to: '/studies/upload' },
]
