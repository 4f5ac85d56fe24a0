import { CloudServerOutlined } from '@ant-design/icons'
import type { Page } from '../shared/page-entry.ts'
import { runsNodes, seesNodes } from './who.ts'

export const pages: readonly Page[] = [
  {
    path: '/nodes',
    title: { zh: '节点', en: 'Nodes' },
    icon: CloudServerOutlined,
    for: seesNodes,
    nav: { order: 10, group: 'network' },
    load: async () => ({ Page: (await import('./overview-page.tsx')).OverviewPage }),
  },
  {
    path: '/nodes/join',
    title: { zh: '加入节点', en: 'Join a node' },
    for: runsNodes,
    load: async () => ({ Page: (await import('./join-page.tsx')).JoinPage }),
  },
  {
    path: '/nodes/$nodeId',
    title: { zh: '节点', en: 'Node' },
    for: seesNodes,
    load: async () => ({ Page: (await import('./node-page.tsx')).NodePage }),
  },
]
