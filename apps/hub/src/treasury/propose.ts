import type { ProposalBody } from '@bithive/api/treasury'
import type { Actor } from '@bithive/kernel/actor'
import { canonicalJson, type Json } from '@bithive/kernel/canonical-json'
import { httpErrors } from '@bithive/kernel/http'
import { deterministicUuid } from '@bithive/kernel/ids'
import { formatAmount, parseAmount } from '@bithive/kernel/money'
import { mustBeBookable, refuseStatement } from './approve-statement.ts'
import { entryById } from './bank-store.ts'
import { carryOutProposal } from './carry-out-proposal.ts'
import { mustFindPair, scalesOf } from './current-rate.ts'
import { treasuryErrors } from './errors.ts'
import { FEE_NAMES, FEES, type FeeName } from './fees.ts'
import { readGenesis } from './genesis-document.ts'
import { grantById } from './grant-store.ts'
import { isSensible } from './grants.ts'
import { readStandingGenesis } from './issue-supply.ts'
import { availableOf, CLOSED_PURPOSES, purposePlace } from './network-accounts.ts'
import { TREASURY_PARAMETERS, type TreasuryParameter } from './parameters.ts'
import { type Room, SCALES } from './ports.ts'
import { decideProposal, insertProposal, type ProposalRow, proposalById } from './proposal-store.ts'
import { readPrice } from './ratio.ts'

const bad = (path: string): never => {
  throw treasuryErrors.error('bad-proposal', { path })
}

/** Money of the bank's accounts is never the network's own. @throws treasury.bad-proposal naming the field */
function mustBeOpen(purpose: string, path: string): void {
  if (CLOSED_PURPOSES.includes(purpose)) bad(path)
}

/** @throws treasury.insufficient-funds when no shard has it: a transfer never crosses shards */
async function mustHave(room: Room, purpose: string, asset: string, amount: bigint): Promise<void> {
  const shards = await availableOf(room.ledger, purposePlace(purpose, asset))
  const most = shards.reduce((so, { available }) => (available > so ? available : so), 0n)
  if (most >= amount) return
  const scale = SCALES[asset] ?? 0
  const facts = { needed: formatAmount(amount, scale), available: formatAmount(most, scale), asset }
  throw treasuryErrors.error('insufficient-funds', facts)
}

const amountOf = (text: string, asset: string): bigint => {
  const scale = SCALES[asset]
  if (scale === undefined) return bad('/asset')
  const amount = parseAmount(text, scale)
  return amount > 0n ? amount : bad('/amount')
}

function checkBounded(body: Extract<ProposalBody, { kind: 'parameter' | 'fee' }>, now: number): void {
  if (body.kind === 'parameter') {
    const definition = TREASURY_PARAMETERS[body.name as TreasuryParameter]
    if (!definition) bad('/name')
    if (BigInt(body.value) < definition.min || BigInt(body.value) > definition.max) bad('/value')
    return
  }
  if (!FEE_NAMES.includes(body.name as FeeName)) bad('/name')
  const { min, max } = FEES[body.name as FeeName]
  if (BigInt(body.value) < min || BigInt(body.value) > max) bad('/value')
  // A fee never changes for what has happened already, and not so far ahead that nobody remembers.
  if (body.effectiveFrom < now || body.effectiveFrom > now + 366 * 86_400_000) bad('/effectiveFrom')
}

/** What must be true for the second person to be asked at all; it is all asked again when it is carried out. */
async function check(room: Room, body: ProposalBody): Promise<void> {
  const now = room.clock.now()
  switch (body.kind) {
    case 'manual-rate':
    case 'let-jump-pass':
      readPrice(body.price, scalesOf(mustFindPair(room, body.pair)))
      return
    case 'parameter':
    case 'fee':
      checkBounded(body, now)
      return
    case 'genesis': {
      room.rules.mustAllow('money-supply', now)
      const { hash } = readGenesis(body.document)
      const stands = await readStandingGenesis(room)
      if (stands && stands.hash !== hash) throw treasuryErrors.error('genesis-done', { hash: stands.hash })
      return
    }
    case 'burn':
      room.rules.mustAllow('money-supply', now)
      mustBeOpen(body.purpose, '/purpose')
      await mustHave(room, body.purpose, 'BTT', amountOf(body.amount, 'BTT'))
      return
    case 'move':
      mustBeOpen(body.from, '/from')
      mustBeOpen(body.to, '/to')
      if (body.from === body.to) bad('/to')
      await mustHave(room, body.from, body.asset, amountOf(body.amount, body.asset))
      return
    case 'statement':
      room.rules.mustAllow('bank-funding', now)
      await mustBeBookable(room.db.worker, body)
      return
    case 'bank-account':
      room.rules.mustAllow('bank-funding', now)
      if (SCALES[body.currency] === undefined) bad('/currency')
      return
    case 'assign-deposit':
    case 'return-deposit': {
      const entry = await entryById(room.db.worker, body.entryId)
      if (!entry) throw httpErrors.error('not-found')
      if (entry.state !== 'unmatched') throw treasuryErrors.error('deposit-not-open', { state: entry.state })
      if (body.kind === 'assign-deposit' && !(await room.organisationOf(body.orgId))) bad('/orgId')
      return
    }
    case 'grant': {
      room.rules.mustAllow('supporter-grants', now)
      const { startAt: startAtMs, ...terms } = body
      if (!isSensible({ ...terms, startAtMs, amount: amountOf(body.amount, 'BTT') })) bad('/durationMs')
      if (!(await room.organisationOf(body.orgId))) bad('/orgId')
      mustBeOpen(body.source, '/source')
      await mustHave(room, body.source, 'BTT', amountOf(body.amount, 'BTT'))
      return
    }
    case 'revoke-grant': {
      const grant = await grantById(room.db.worker, body.grantId)
      if (!grant) throw httpErrors.error('not-found')
      if (!grant.revocable || grant.state !== 'running') throw treasuryErrors.error('not-revocable')
    }
  }
}

export type NewProposal = { readonly body: ProposalBody; readonly reason: string; readonly requestKey: string }

/** Proposes, once for each key of one person. @throws what the kind asks for */
export async function propose(room: Room, actor: Actor, made: NewProposal): Promise<ProposalRow> {
  // Only taking a file in asks for it: its proposer is whoever brought it.
  if (made.body.kind === 'statement') bad('/proposal/kind')
  const id = `prop_${deterministicUuid('treasury', 'proposal', actor.id, made.requestKey)}`
  const known = await proposalById(room.db.worker, id)
  const text = canonicalJson(made.body as unknown as Json)
  if (known) {
    if (canonicalJson(known.body as unknown as Json) !== text) bad('/requestKey')
    return known
  }
  await check(room, made.body)
  const { orgId, id: actorId } = actor
  const facts = { kind: made.body.kind, proposal: text.slice(0, 2_000) }
  await room.audit.record({ orgId, actorId, action: 'treasury.propose', resource: id, facts })
  const { body, reason } = made
  await insertProposal(room.db.worker, { id, body, reason, proposedBy: actor.id, atMs: room.clock.now() })
  room.live.publish('*', { topic: 'treasury', id })
  return (await proposalById(room.db.worker, id)) as ProposalRow
}

export type NewDecision = {
  readonly proposalId: string
  readonly approve: boolean
  readonly reason?: string | undefined
}

/** Writes the decision down; a statement that is rejected is refused in the same breath, with the reason. */
async function writeDecision(room: Room, actor: Actor, proposal: ProposalRow, decision: NewDecision): Promise<void> {
  const { id, body } = proposal
  const state = decision.approve ? 'approved' : 'rejected'
  const written = await room.db.worker.begin(async (tx) => {
    if (!(await decideProposal(tx, { id, state, by: actor.id, atMs: room.clock.now() }))) return false
    if (state === 'rejected' && body.kind === 'statement') {
      await refuseStatement(tx, body.statementId, decision.reason ?? bad('/reason'))
    }
    return true
  })
  if (!written) throw treasuryErrors.error('proposal-closed', { state: 'decided' })
}

/**
 * The second person's decision. An approval is carried out at once; what is left of it, by a worker. To reject a
 * statement takes a reason. The same approval of a statement again changes nothing.
 * @throws http.not-found, treasury.needs-second-person, proposal-closed, bad-proposal
 */
export async function decide(room: Room, actor: Actor, decision: NewDecision): Promise<ProposalRow> {
  const { proposalId: id, approve, reason } = decision
  const proposal = await proposalById(room.db.worker, id)
  if (!proposal) throw httpErrors.error('not-found')
  const { body, proposedBy } = proposal
  if (proposedBy === actor.id || actor.kind !== 'person') {
    throw treasuryErrors.error('needs-second-person', { proposalId: id })
  }
  const again = approve && body.kind === 'statement' && proposal.decidedBy === actor.id
  if (again && proposal.state !== 'rejected') {
    await carryOutProposal(room, proposal, actor.orgId)
    return (await proposalById(room.db.worker, id)) as ProposalRow
  }
  if (proposal.state !== 'open') throw treasuryErrors.error('proposal-closed', { state: proposal.state })
  if (approve) await check(room, body)
  else if (body.kind === 'statement' && reason === undefined) bad('/reason')
  await room.audit.record({
    orgId: actor.orgId,
    actorId: actor.id,
    action: `treasury.${approve ? 'approved' : 'rejected'}`,
    resource: id,
    facts: { kind: body.kind, proposedBy, ...(reason === undefined ? {} : { reason }) },
  })
  await writeDecision(room, actor, proposal, decision)
  const decided = (await proposalById(room.db.worker, id)) as ProposalRow
  if (approve) await carryOutProposal(room, decided, actor.orgId)
  room.live.publish('*', { topic: 'treasury', id })
  return (await proposalById(room.db.worker, id)) as ProposalRow
}
