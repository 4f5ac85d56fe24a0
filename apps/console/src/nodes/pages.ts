import { CloudServerOutlined } from '@ant-design/icons'
import type { Page } from '../shared/page-entry.ts'
import { hasRole, type Session } from '../shared/session.tsx'

/** Kinds of organisation that may own nodes; the hub decides again. */
const OWNERS = new Set([
  'individual',
  'general-hospital',
  'specialist-clinic',
  'community-health-centre',
  'computing-centre',
  'data-centre',
])

/** Who reads about nodes: at the hospital its own people for it, at the hub whoever acts for an owner. */
const seesNodes = (session: Session) =>
  OWNERS.has(session.organisation.kind) && hasRole(session, 'node-operator', 'admin', 'auditor')

/** Joining, draining and removing are acts of the node operator; an administrator of the hub may do them too. */
export const runsNodes = (session: Session) =>
  OWNERS.has(session.organisation.kind) &&
  (session.service === 'site' ? hasRole(session, 'node-operator') : hasRole(session, 'node-operator', 'admin'))

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
