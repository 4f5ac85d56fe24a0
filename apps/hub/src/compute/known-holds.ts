import type { Database } from '@bithive/kernel/database'
import type { HoldBook } from '../ledger/index.ts'
import { transferId } from './job-money.ts'

/** A job that ended with its money moved may not have its hold left; the others know theirs. */
const OPEN = ['none', 'held']

/** What the market tells the ledger's running check about the holds of jobs. */
export function createJobHolds(db: Database): HoldBook {
  return {
    name: 'compute',
    claims: ({ reference }) => reference?.startsWith('job_') === true,
    known: async (holds) => {
      const jobs = holds.flatMap(({ reference }) => reference ?? [])
      const rows = await db.worker<{ id: string }[]>`
        SELECT id FROM compute.jobs WHERE id = ANY(${jobs}) AND hold_state = ANY(${OPEN})`
      return new Set(rows.map(({ id }) => transferId(id, 'hold')))
    },
  }
}
