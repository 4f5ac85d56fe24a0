import type { ProposalBody } from '@bithive/api/treasury'
import type { Actor } from '@bithive/kernel/actor'
import { createAudit } from '@bithive/kernel/audit'
import { createManualClock, type ManualClock } from '@bithive/kernel/clock'
import type { Database } from '@bithive/kernel/database'
import { createIds } from '@bithive/kernel/ids'
import { createIntents } from '@bithive/kernel/intents'
import { silentLog } from '@bithive/kernel/log'
import { createParameters } from '@bithive/kernel/parameters'
import { createSeededRandomness, systemRandomness } from '@bithive/kernel/randomness'
import { readRules } from '@bithive/kernel/rules'
import { createTestDatabase, type TestDatabase } from '@bithive/kernel/testing'
import { createLedger, ledgerMigrations } from '../ledger/index.ts'
import { createChecks } from './checks.ts'
import { createRoom, createTreasury } from './create-treasury.ts'
import { hearSources } from './current-rate.ts'
import { treasuryMigrations } from './index.ts'
import type { Room } from './ports.ts'
import { listProposals } from './proposal-store.ts'
import { decide, propose } from './propose.ts'
import type { RateSource } from './rate-source.ts'
import { readSettlement } from './settlement.ts'
import { statementProposalId, takeStatement } from './take-statement.ts'
import { resumeAct } from './worker.ts'

const START = Date.UTC(2026, 10, 23, 8)

export const HOSPITAL = 'org_00000000000000000000000001'
export const OTHER = 'org_00000000000000000000000002'
export const NETWORK_ORG = 'org_00000000000000000000000009'

const person = (id: string, orgId: string, ...roles: string[]): Actor => ({ id, kind: 'person', orgId, roles })
export const OPERATOR = person('usr_first', NETWORK_ORG, 'operator')
export const SECOND = person('usr_second', NETWORK_ORG, 'operator')
export const FINANCE = person('usr_hospital', HOSPITAL, 'finance')
export const OTHER_FINANCE = person('usr_other', OTHER, 'finance')

const KINDS: Readonly<Record<string, string>> = { [NETWORK_ORG]: 'operator', [HOSPITAL]: 'general-hospital' }

export type LabOptions = {
  readonly profile?: string
  readonly rateSources?: readonly RateSource[]
  readonly startMs?: number
  readonly db?: TestDatabase
  readonly clock?: ManualClock
}

/** A hub's treasury on a database and a ledger of its own, with hands to act as its people. */
export async function openTreasury(options: LabOptions = {}) {
  const db = options.db ?? (await createTestDatabase({ name: 'hub', rooms: [ledgerMigrations, treasuryMigrations] }))
  const clock = options.clock ?? createManualClock(options.startMs ?? START)
  const rules = await readRules(options.profile ?? 'sample')

  /** One process on the database: its view of the world may be one that dies. */
  const start = async (through: Database = db) => {
    const ids = createIds({ clock, randomness: systemRandomness })
    const log = silentLog
    const parameters = createParameters({ db: through, clock })
    const ledger = createLedger({ db: through, clock, log, attempts: 1 })
    const deps = {
      ...{ db: through, clock, ids, log, parameters, ledger, rules },
      randomness: createSeededRandomness(7n),
      audit: createAudit({ db: through, clock, ids }),
      intents: createIntents({ db: through, clock, ids, log }),
      live: { publish: () => undefined },
      organisationOf: async (orgId: string) => ({ name: { zh: orgId, en: orgId }, kind: KINDS[orgId] ?? 'company' }),
      ...(options.rateSources === undefined ? {} : { rateSources: options.rateSources }),
    }
    const room = createRoom(deps, await readSettlement(deps))
    return { deps, room, ledger, parameters }
  }
  const { deps, room, ledger, parameters } = await start()
  const treasury = await createTreasury(deps)
  const checks = createChecks(room)
  const signal = new AbortController().signal
  let keys = 0

  return {
    ...{ db, clock, rules, room, ledger, parameters, treasury, checks, start },
    hear: () => hearSources(room, signal),
    /** Proposes as the first operator and approves as the second. */
    agree: async (body: ProposalBody, reason = 'because a test says so') => {
      const made = await propose(room, OPERATOR, { body, reason, requestKey: `key-of-test-${++keys}` })
      return decide(room, SECOND, { proposalId: made.id, approve: true })
    },
    /** Takes a file in as the first operator, and approves every statement that waits as the second. */
    book: async (file: string, through: Room = room) => {
      const taken = await takeStatement(through, OPERATOR, Buffer.from(file))
      for (const { row } of taken) {
        if (row.state === 'refused') continue
        await decide(through, SECOND, { proposalId: statementProposalId(row.id), approve: true })
      }
      return taken
    },
    proposals: () => listProposals(db.worker, 100),
    fund: (owner: string, fenPerShard: bigint) => treasury.fundSample(owner, fenPerShard),
    /** Takes up what was left open, as the worker does, however young it is. */
    resume: () =>
      room.intents.driveOnce('treasury', (intent) => resumeAct(room, intent), signal, {
        olderThanMs: 0,
        leaseMs: 1_000,
      }),
    /** What an owner has in all, in the smallest unit. */
    has: async (
      owner: string,
      asset: string,
      kind: 'holder' | 'treasury' | 'fee' | 'escrow' | 'custody' = 'holder',
    ) => {
      const found = await ledger.balance(owner, asset, kind)
      return { posted: found?.posted ?? 0n, held: found?.pendingOut ?? 0n }
    },
    balanced: async () => (await ledger.trialBalance()).balanced,
    close: () => db.drop(),
  }
}

export type Lab = Awaited<ReturnType<typeof openTreasury>>
