import { UserOutlined } from '@ant-design/icons'
import type { Page } from '../shared/page-entry.ts'

/** Pages that belong to no room. */
export const shellPages: readonly Page[] = [
  {
    path: '/account',
    title: { zh: '我的账号', en: 'My account' },
    icon: UserOutlined,
    for: () => true,
    load: async () => ({ Page: (await import('./account-page.tsx')).AccountPage }),
  },
]
