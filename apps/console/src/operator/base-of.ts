import type { Session } from '../shared/session.tsx'

/** People, audit and health are asked at the part where the person acts: the hospital's or the network's. */
export const baseOf = (session: Pick<Session, 'service'>): '/site/v1' | '/hub/v1' =>
  session.service === 'site' ? '/site/v1' : '/hub/v1'
