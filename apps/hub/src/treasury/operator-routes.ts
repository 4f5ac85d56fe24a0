import {
  type BankView,
  type DepositsAnswer,
  type GrantStatement,
  type GrantsAnswer,
  NewProposal,
  type ParametersAnswer,
  type ProposalsAnswer,
} from '@bithive/api/treasury'
import { type ActsAnswer, DeskQuery } from '@bithive/api/treasury-desk'
import type { StatementsAnswer, StatementTaken } from '@bithive/api/treasury-statements'
import type { Actor } from '@bithive/kernel/actor'
import { actorOf, checkInput, type HttpEnv, httpErrors, mustAllow, readBytes, readJson } from '@bithive/kernel/http'
import { createRateLimiter, limitErrors } from '@bithive/kernel/limits'
import type { Context, Hono } from 'hono'
import { z } from 'zod'
import { findActs } from './acts-view.ts'
import { countEntries, entriesOfStatement, newestStatements, openEntries, statementById } from './bank-store.ts'
import type { Checks } from './checks.ts'
import { grantById, listGrants } from './grant-store.ts'
import { viewGrantStatement, viewGrants } from './grant-view.ts'
import { TREASURY_PARAMETERS, type TreasuryParameter } from './parameters.ts'
import { type Caller, mayReadTreasury, mayRunTreasury } from './policy.ts'
import type { Room } from './ports.ts'
import { listProposals } from './proposal-store.ts'
import { decide, propose } from './propose.ts'
import { searchLedger } from './search-ledger.ts'
import { MAX_STATEMENT_BYTES } from './statement.ts'
import { takeStatement } from './take-statement.ts'
import { viewBank, viewDeposit, viewProposal, viewStatement } from './treasury-view.ts'

const MOST_ROWS = 500
/** A rejected statement keeps the reason. */
const Decision = z.strictObject({ approve: z.boolean(), reason: z.string().trim().min(3).max(500).optional() })
const ActsQuery = z.strictObject({
  reference: z.string().max(200).optional(),
  lang: z.string().max(20).optional(),
})

/** The network's own organisation is the operator's. */
export async function callerOf(room: Room, actor: Actor): Promise<Caller> {
  return { actor, network: (await room.organisationOf(actor.orgId))?.kind === 'operator' }
}

function proposalRoutes(room: Room, routes: Hono<HttpEnv>): void {
  routes.get('/treasury/proposals', async (c) => {
    const caller = await callerOf(room, actorOf(c))
    mustAllow(mayReadTreasury(caller))
    const rows = await listProposals(room.db.worker, MOST_ROWS)
    const may = mayRunTreasury(caller).ok
    const proposals = rows.map((row) => viewProposal(row, caller.actor.id, may))
    return c.json({ proposals } satisfies ProposalsAnswer)
  })
  routes.post('/treasury/proposals', async (c) => {
    const actor = actorOf(c)
    mustAllow(mayRunTreasury(await callerOf(room, actor)))
    const { proposal: body, reason, requestKey } = await readJson(c, NewProposal)
    return c.json(viewProposal(await propose(room, actor, { body, reason, requestKey }), actor.id, true), 201)
  })
  routes.post('/treasury/proposals/:proposalId/decision', async (c) => {
    const actor = actorOf(c)
    mustAllow(mayRunTreasury(await callerOf(room, actor)))
    const { approve, reason } = await readJson(c, Decision)
    const proposalId = c.req.param('proposalId')
    return c.json(viewProposal(await decide(room, actor, { proposalId, approve, reason }), actor.id, true))
  })
}

function bankRoutes(room: Room, routes: Hono<HttpEnv>): void {
  const uploads = createRateLimiter({ clock: room.clock, capacity: 20, refillPerSecond: 0.5, maxKeys: 1_000 })
  const mayRead = async (c: Context<HttpEnv>) => mustAllow(mayReadTreasury(await callerOf(room, actorOf(c))))
  routes.get('/treasury/bank', async (c) => {
    await mayRead(c)
    return c.json((await viewBank(room)) satisfies BankView)
  })
  routes.get('/treasury/statements', async (c) => {
    const caller = await callerOf(room, actorOf(c))
    mustAllow(mayReadTreasury(caller))
    const statements: StatementsAnswer['statements'] = []
    for (const row of await newestStatements(room.db.worker, MOST_ROWS)) {
      const counts = row.state === 'taken' ? await countEntries(room.db.worker, row.id) : undefined
      statements.push(viewStatement(row, counts, mayRunTreasury(caller).ok ? caller.actor.id : undefined))
    }
    return c.json({ statements } satisfies StatementsAnswer)
  })
  // The file itself is the body: nothing wraps it, so what is hashed is what the bank gave.
  routes.post('/treasury/statements', async (c) => {
    const actor = actorOf(c)
    mustAllow(mayRunTreasury(await callerOf(room, actor)))
    room.rules.mustAllow('bank-funding', room.clock.now())
    const rate = uploads.take(actor.id)
    if (!rate.ok) throw limitErrors.error('too-many-requests', { retryAfterMs: rate.retryAfterMs })
    const taken = await takeStatement(room, actor, await readBytes(c, MAX_STATEMENT_BYTES))
    const answer: StatementTaken['taken'] = []
    for (const { row, again } of taken) {
      const counts = await countEntries(room.db.worker, row.id)
      const { matched, unmatched, outgoing } = counts
      const stands = (await statementById(room.db.worker, row.id)) ?? row
      answer.push({ statement: viewStatement(stands, counts, actor.id), again, matched, unmatched, outgoing })
    }
    return c.json({ taken: answer } satisfies StatementTaken, 201)
  })
  routes.get('/treasury/statements/:statementId/entries', async (c) => {
    await mayRead(c)
    const statement = await statementById(room.db.worker, c.req.param('statementId'))
    if (!statement) throw httpErrors.error('not-found')
    const entries = await entriesOfStatement(room.db.worker, statement.id, 5_000)
    return c.json({ deposits: entries.map(viewDeposit) } satisfies DepositsAnswer)
  })
  routes.get('/treasury/deposits', async (c) => {
    await mayRead(c)
    const entries = await openEntries(room.db.worker, MOST_ROWS)
    return c.json({ deposits: entries.map(viewDeposit) } satisfies DepositsAnswer)
  })
}

/** What the network's own people read and do. */
export function mountOperatorRoutes(room: Room, checks: Checks, routes: Hono<HttpEnv>): void {
  proposalRoutes(room, routes)
  bankRoutes(room, routes)
  const mayRead = async (c: Context<HttpEnv>) => mustAllow(mayReadTreasury(await callerOf(room, actorOf(c))))
  routes.get('/treasury/checks', async (c) => {
    await mayRead(c)
    return c.json(await checks.view())
  })
  routes.get('/treasury/parameters', async (c) => {
    await mayRead(c)
    const parameters: ParametersAnswer['parameters'] = []
    for (const name of Object.keys(TREASURY_PARAMETERS) as TreasuryParameter[]) {
      const { description, unit, min, max } = TREASURY_PARAMETERS[name]
      const value = await room.parameters.get(name)
      parameters.push({ name, text: { ...description }, unit, value: `${value}`, min: `${min}`, max: `${max}` })
    }
    return c.json({ parameters } satisfies ParametersAnswer)
  })
  routes.get('/treasury/acts', async (c) => {
    await mayRead(c)
    const { reference } = checkInput(ActsQuery, c.req.query())
    return c.json({ acts: await findActs(room, reference, MOST_ROWS) } satisfies ActsAnswer)
  })
  routes.get('/treasury/desk/transfers', async (c) => {
    await mayRead(c)
    return c.json(await searchLedger(room, checkInput(DeskQuery, c.req.query())))
  })
  routes.get('/treasury/all-grants', async (c) => {
    await mayRead(c)
    const sql = room.db.worker
    const grants = await viewGrants(room, sql, await listGrants(sql, MOST_ROWS))
    return c.json({ grants } satisfies GrantsAnswer)
  })
  routes.get('/treasury/all-grants/:grantId', async (c) => {
    await mayRead(c)
    const grant = await grantById(room.db.worker, c.req.param('grantId'))
    if (!grant) throw httpErrors.error('not-found')
    return c.json((await viewGrantStatement(room, room.db.worker, grant)) satisfies GrantStatement)
  })
}
