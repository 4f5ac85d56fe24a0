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
export const seesNodes = (session: Session) =>
  OWNERS.has(session.organisation.kind) && hasRole(session, 'node-operator', 'admin', 'auditor')

/** Joining, draining and removing are acts of the node operator; an administrator of the hub may do them too. */
export const runsNodes = (session: Session) =>
  OWNERS.has(session.organisation.kind) &&
  (session.service === 'site' ? hasRole(session, 'node-operator') : hasRole(session, 'node-operator', 'admin'))
