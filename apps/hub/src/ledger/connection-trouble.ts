import { sqlState } from '@bithive/kernel/database'

/**
 * What a database error says about the batch that was on its way.
 * `nothing-done`: surely not booked, worth another try. `lost`: it may be booked; asking again with the same ids
 * finds out. `rejected`: rolled back for a reason that another try would meet again.
 */
export type Trouble = 'nothing-done' | 'lost' | 'rejected'

/** The server was never reached, so nothing was sent. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EHOSTUNREACH', 'CONNECT_TIMEOUT'])
/** Starting up, too many connections, out of disk or memory; serialization, deadlock, lock and statement time-outs. */
const ROLLED_BACK = /^(57P03|53...|40...|55P03|57014)$/
/** The connection or the server went away after the batch was sent (class 08, 57P01 and 57P02, or a socket error). */
const WENT_AWAY = /^(08...|57P0[12]|CONNECTION_.*|ECONNRESET|EPIPE|ETIMEDOUT|ECONNABORTED)$/

export function troubleOf(error: unknown): Trouble {
  const state = sqlState(error) ?? ''
  if (NOT_SENT.has(state) || ROLLED_BACK.test(state)) return 'nothing-done'
  return WENT_AWAY.test(state) ? 'lost' : 'rejected'
}
