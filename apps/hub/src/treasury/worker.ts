import type { Intent } from '@bithive/kernel/intents'
import { every, type Worker } from '@bithive/kernel/worker'
import { NETWORK } from '../ledger/index.ts'
import { resumeAccepted } from './accept-quote.ts'
import { resumeStatements } from './book-deposits.ts'
import { resumeProposals } from './carry-out-proposal.ts'
import type { Checks } from './checks.ts'
import { hearSources } from './current-rate.ts'
import { releaseDue } from './grants.ts'
import { emitDue, resumeEmission } from './issue-supply.ts'
import { carryOut, unpackPlan } from './money-act.ts'
import type { Room } from './ports.ts'

const RATES_MS = 30_000
const TICK_MS = 5_000
const GRANTS_MS = 10_000
const EMISSION_MS = 60_000

/** Goes on with an act that was left open: the plan is the intent's, whoever wrote it. */
export async function resumeAct(room: Room, intent: Intent) {
  const end = await carryOut(room, unpackPlan(intent.payload))
  return end.state === 'open' ? undefined : end
}

/** What the room does as time passes. */
export function treasuryWorkers(room: Room, checks: Checks): Worker[] {
  const { clock, log } = room
  const tick = (name: string, intervalMs: number, act: (signal: AbortSignal) => Promise<unknown>): Worker =>
    every({
      name: `treasury.${name}`,
      intervalMs,
      clock,
      log,
      act: async (signal) => {
        await act(signal)
      },
    })
  return [
    tick('hear-rates', RATES_MS, (signal) => hearSources(room, signal)),
    tick('resume', TICK_MS, async () => {
      await resumeAccepted(room)
      await resumeProposals(room, NETWORK)
      await resumeStatements(room, NETWORK)
    }),
    tick('release-grants', GRANTS_MS, () => releaseDue(room)),
    tick('emit', EMISSION_MS, async () => {
      await resumeEmission(room, NETWORK)
      await emitDue(room, NETWORK)
    }),
    tick('check', TICK_MS, () => checks.run()),
    {
      name: 'treasury.intents',
      run: (signal) => room.intents.drive('treasury', (intent) => resumeAct(room, intent), signal),
    },
  ]
}
