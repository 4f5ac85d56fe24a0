import { emptyRoom, type Room } from '@bithive/kernel/room'

/** The room is not built yet: it has no routes, no tables and no workers. */
export const createIncentives = (): Room => emptyRoom('incentives')
