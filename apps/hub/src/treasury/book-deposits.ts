import { deterministicUuid } from '@bithive/kernel/ids'
import type { TransferRequest } from '../ledger/index.ts'
import {
  type BankEntry,
  entryBeingReturned,
  entryById,
  moveEntry,
  newEntries,
  ownersOfReferences,
  type StatementRow,
  statementById,
  statementsBeingBooked,
} from './bank-store.ts'
import { findReferences, makeReference, randomBody } from './creditor-reference.ts'
import { type Effect, type Plan, performAct } from './money-act.ts'
import { accountOn, bankPlace, type Place, suspensePlace } from './network-accounts.ts'
import type { Room } from './ports.ts'

type By = { readonly actorId: string; readonly orgId: string; readonly approvedBy?: string }
type Leg = Pick<TransferRequest, 'code'> & { from: Place; to: Place; word: string; reference: string }

/**
 * An entry is given to somebody or sent back, once: both bear one id, so the ledger refuses whichever comes second.
 */
const RESOLVE = 'resolve'

const holderPlace = (orgId: string, asset: string): Place => ({ owner: orgId, asset, kind: 'holder' })

/** One transfer of an entry's whole amount. */
async function legOf(room: Room, entry: BankEntry, leg: Leg): Promise<TransferRequest> {
  for (const { owner, asset, kind } of [leg.from, leg.to]) await room.ledger.ensureAccounts(owner, asset, kind)
  return {
    id: deterministicUuid('treasury', 'bank-entry', entry.id, leg.word),
    debit: accountOn(leg.from, entry.shard),
    credit: accountOn(leg.to, entry.shard),
    amount: entry.amount,
    code: leg.code,
    reference: leg.reference,
  }
}

/** Money that came in: to whom its reference belongs, and otherwise into suspense. */
async function planDeposit(room: Room, entry: BankEntry, by: By): Promise<Plan> {
  const found = entry.reference ? await ownersOfReferences(room.db.worker, [entry.reference], entry.currency) : []
  const owner = found[0]?.orgId
  const to = owner ? holderPlace(owner, entry.currency) : suspensePlace(entry.currency)
  const from = bankPlace(entry.currency)
  const first = await legOf(room, entry, { from, to, word: 'deposit', code: 'deposit', reference: entry.id })
  return { kind: 'deposit', reference: entry.id, ...by, orgId: owner ?? by.orgId, first: [[first]] }
}

/** Whose it is follows from where the money went, which the plan holds. */
export const depositBooked: Effect = async (room, tx, plan, end) => {
  if (end.state !== 'booked') return
  const entry = await entryById(tx, plan.reference)
  const leg = plan.first[0]?.[0]
  if (!entry || !leg) return
  const matched = leg.credit !== accountOn(suspensePlace(entry.currency), entry.shard)
  const to = matched ? 'matched' : 'unmatched'
  await moveEntry(tx, { id: entry.id, to, from: ['new'], ...(matched ? { orgId: plan.orgId } : {}) })
  if (matched) room.live.publish(plan.orgId, { topic: 'treasury', id: entry.id })
}

/** Money that went out: a return that we asked for, or something that people must look at. */
async function bookOutgoing(room: Room, entry: BankEntry, by: By): Promise<void> {
  const references = findReferences([entry.reference, entry.bankRef, entry.remittance].filter(Boolean).join(' '))
  const returned = await entryBeingReturned(room.db.worker, references, entry.amount)
  if (!returned) {
    await moveEntry(room.db.worker, { id: entry.id, to: 'unexplained', from: ['new'] })
    return
  }
  const reference = `${entry.id}/${returned.id}`
  const from = suspensePlace(entry.currency)
  const to = bankPlace(entry.currency)
  const leg = await legOf(room, returned, { from, to, word: 'return-post', code: 'deposit-return', reference })
  const pendingId = deterministicUuid('treasury', 'bank-entry', returned.id, RESOLVE)
  await performAct(room, { kind: 'return-seen', reference, ...by, first: [[{ ...leg, step: 'post', pendingId }]] })
}

export const returnSeen: Effect = async (_room, tx, plan, end) => {
  if (end.state !== 'booked') return
  const [out = '', back = ''] = plan.reference.split('/')
  await moveEntry(tx, { id: out, to: 'returned-out', from: ['new', 'unexplained'] })
  await moveEntry(tx, { id: back, to: 'returned', from: ['returning'] })
}

/**
 * Books what is new of a statement that two people let pass; when all of it is dealt with, the statement is booked.
 * Safe to repeat.
 */
export async function bookStatement(room: Room, statement: StatementRow, orgId: string): Promise<void> {
  const { uploadedBy, approvedBy } = statement
  const by: By = { actorId: uploadedBy, orgId, ...(approvedBy === null ? {} : { approvedBy }) }
  for (const entry of await newEntries(room.db.worker, statement.id)) {
    if (entry.direction === 'in') await performAct(room, await planDeposit(room, entry, by))
    else await bookOutgoing(room, entry, by)
  }
  if ((await newEntries(room.db.worker, statement.id)).length > 0) return
  await room.db.worker`
    UPDATE treasury.statements SET state = 'booked' WHERE id = ${statement.id} AND state = 'booking'`
  room.live.publish('*', { topic: 'treasury', id: statement.id })
}

/** Goes on with statements whose booking was cut off. */
export async function resumeStatements(room: Room, networkOrg: string): Promise<void> {
  for (const row of await statementsBeingBooked(room.db.worker)) {
    const statement = await statementById(room.db.worker, row.id)
    if (statement?.state === 'booking') await bookStatement(room, statement, networkOrg)
  }
}

type Decided = By & { readonly approvedBy: string; readonly proposalId: string }

/** Two people say whose an unmatched deposit is. */
export async function planAssign(room: Room, entry: BankEntry, orgId: string, by: Decided): Promise<Plan> {
  const from = suspensePlace(entry.currency)
  const to = holderPlace(orgId, entry.currency)
  const reference = `${by.proposalId}/${entry.id}`
  const leg = await legOf(room, entry, { from, to, word: RESOLVE, code: 'deposit-match', reference })
  return { kind: 'assign-deposit', reference, ...by, orgId, first: [[leg]] }
}

export const depositAssigned: Effect = async (room, tx, plan, end) => {
  if (end.state !== 'booked') return
  const id = plan.reference.split('/')[1] ?? ''
  await moveEntry(tx, { id, to: 'assigned', from: ['unmatched'], orgId: plan.orgId })
  room.live.publish(plan.orgId, { topic: 'treasury', id })
}

/**
 * Two people send a deposit back: it is set aside until the bank's statement shows that it went, under a reference
 * that whoever instructs the bank writes into the order.
 */
export async function planReturn(room: Room, entry: BankEntry, by: Decided): Promise<Plan> {
  const from = suspensePlace(entry.currency)
  const to = bankPlace(entry.currency)
  const reference = `${by.proposalId}/${entry.id}`
  const leg = await legOf(room, entry, { from, to, word: RESOLVE, code: 'deposit-return', reference })
  return { kind: 'return-deposit', reference, ...by, first: [[{ ...leg, step: 'hold' }]] }
}

export const depositReturning: Effect = async (room, tx, plan, end) => {
  if (end.state !== 'booked') return
  const id = plan.reference.split('/')[1] ?? ''
  const returnReference = makeReference(randomBody(room.randomness.bytes(16)))
  await moveEntry(tx, { id, to: 'returning', from: ['unmatched'], returnReference })
}
