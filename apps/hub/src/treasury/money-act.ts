import type { Json } from '@bithive/kernel/canonical-json'
import { type DomainError, InvariantError, isDomainError } from '@bithive/kernel/errors'
import { shardOfAccount, type TransferCode, type TransferOutcome, type TransferRequest } from '../ledger/index.ts'
import type { Room, Runner } from './ports.ts'

export type ActKind =
  | 'genesis'
  | 'emission'
  | 'burn'
  | 'move'
  | 'sample-funding'
  | 'conversion'
  | 'deposit'
  | 'assign-deposit'
  | 'return-deposit'
  | 'return-seen'
  | 'grant'
  | 'grant-release'
  | 'grant-revoke'

type Chain = readonly TransferRequest[]

/**
 * Everything that an act will do, written as an intent before any of it is done. Each chain stays on one shard.
 * `first` alone: every chain is booked. With `finish` and `undo`, `first` sets aside on every shard; once all of it
 * stands, `finish` is booked everywhere, and if some of it is refused, `undo` frees the rest.
 */
export type Plan = {
  readonly kind: ActKind
  readonly reference: string
  readonly orgId: string
  readonly actorId: string
  readonly approvedBy?: string
  readonly proposalId?: string
  readonly first: readonly Chain[]
  readonly finish?: readonly Chain[]
  readonly undo?: readonly Chain[]
  /** The transfers that make or end units of an asset, which the check of the supply asks for. */
  readonly supply?: { readonly asset: string; readonly kind: 'genesis' | 'emission' | 'burn' }
}

export type ActEnd = { readonly state: 'open' | 'booked' | 'refused'; readonly problem?: string }

/** What an act's end means to its room's tables; runs in the transaction that ends it, perhaps more than once. */
export type Effect = (room: Room, tx: Runner, plan: Plan, end: ActEnd) => Promise<void>
export type Effects = Readonly<Partial<Record<ActKind, Effect>>>

const pack = (chains: readonly Chain[]): Json =>
  chains.map((chain) => chain.map((leg) => ({ ...leg, step: leg.step ?? 'move' }))) as unknown as Json

/** JSON carries whole numbers of the ledger as decimal strings. */
function unpack(chains: Json | undefined): Chain[] | undefined {
  if (chains === undefined) return undefined
  return (chains as unknown as Record<string, string>[][]).map((chain) =>
    chain.map((leg) => ({
      ...(leg as unknown as TransferRequest),
      debit: BigInt(leg.debit as string),
      credit: BigInt(leg.credit as string),
      amount: BigInt(leg.amount as string),
      code: leg.code as TransferCode,
    })),
  )
}

export function packPlan(plan: Plan): Json {
  const { first, finish, undo, ...rest } = plan
  const phases = finish && undo ? { finish: pack(finish), undo: pack(undo) } : {}
  return { ...rest, first: pack(first), ...phases } as unknown as Json
}

export function unpackPlan(payload: Json): Plan {
  const stored = payload as unknown as Plan & { first: Json; finish?: Json; undo?: Json }
  const [finish, undo] = [unpack(stored.finish), unpack(stored.undo)]
  const { first: _, finish: __, undo: ___, ...rest } = stored
  return { ...rest, first: unpack(stored.first as Json) as Chain[], ...(finish && undo ? { finish, undo } : {}) }
}

type ActRow = { state: ActEnd['state']; problem: string | null; decision: 'commit' | 'abort' | null }

const endOf = ({ state, problem }: ActRow): ActEnd => ({ state, ...(problem === null ? {} : { problem }) })

async function readAct(room: Room, reference: string): Promise<ActRow | undefined> {
  const [row] = await room.db.worker<ActRow[]>`
    SELECT state, problem, decision FROM treasury.acts WHERE reference = ${reference}`
  return row
}

/** Writes the act and what it will do to the supply, once. */
async function openAct(room: Room, plan: Plan): Promise<ActRow> {
  const moves = plan.supply ? plan.first.flat() : []
  await room.db.worker.begin(async (tx) => {
    await tx`
      INSERT INTO treasury.acts (reference, kind, org_id, actor_id, approved_by, state, created_at)
      VALUES (${plan.reference}, ${plan.kind}, ${plan.orgId}, ${plan.actorId}, ${plan.approvedBy ?? null}, 'open',
        ${room.clock.now()})
      ON CONFLICT (reference) DO NOTHING`
    for (const leg of moves) {
      await tx`
        INSERT INTO treasury.supply_moves (transfer_id, asset, shard, kind, reference, amount)
        VALUES (${leg.id}, ${plan.supply?.asset ?? ''}, ${shardOfAccount(leg.debit)}, ${plan.supply?.kind ?? ''},
          ${plan.reference}, ${leg.amount})
        ON CONFLICT (transfer_id) DO NOTHING`
    }
  })
  const row = await readAct(room, plan.reference)
  if (!row) throw new InvariantError('an act that was written can be read')
  return row
}

async function endAct(room: Room, plan: Plan, end: ActEnd): Promise<ActEnd> {
  await room.db.worker.begin(async (tx) => {
    const ended = await tx`
      UPDATE treasury.acts SET state = ${end.state}, problem = ${end.problem ?? null}, ended_at = ${room.clock.now()}
      WHERE reference = ${plan.reference} AND state = 'open'`
    if (ended.count === 0) return
    await room.effects[plan.kind]?.(room, tx, plan, end)
    if (plan.proposalId) {
      const state = end.state === 'booked' ? 'done' : 'refused'
      await tx`
        UPDATE treasury.proposals SET state = ${state}, problem = ${end.problem ?? null}
        WHERE id = ${plan.proposalId} AND state = 'approved'`
    }
  })
  room.live.publish('*', { topic: 'treasury', id: plan.reference })
  room.live.publish(plan.orgId, { topic: 'ledger' })
  return end
}

type Booked = { readonly all: true } | { readonly all: false; readonly refused: DomainError | undefined }

/** Submits every chain; `refused` is the first refusal that will not pass by itself. */
async function submitAll(room: Room, chains: readonly Chain[]): Promise<Booked & { readonly some: boolean }> {
  let all = true
  let some = false
  let refused: DomainError | undefined
  for (const chain of chains) {
    const outcomes = await room.ledger.submit(chain)
    if (outcomes.every(isBooked)) {
      some = true
      continue
    }
    all = false
    refused ??= reasonOf(outcomes)
  }
  return all ? { all, some } : { all, some, refused }
}

const isBooked = ({ status }: TransferOutcome) => status === 'done' || status === 'exists'

/** Why a chain was refused for good; undefined when it may pass later or nobody knows. */
function reasonOf(outcomes: readonly TransferOutcome[]): DomainError | undefined {
  const errors = outcomes.flatMap((one) => (one.status === 'refused' ? [one.error] : []))
  if (outcomes.some(({ status }) => status === 'unknown')) return undefined
  const reason = errors.find(({ code }) => code !== 'ledger.chain-failed') ?? errors[0]
  return reason?.entry.retryable ? undefined : reason
}

/** Frees what was set aside and not ended yet. */
export async function undoHolds(room: Room, plan: Plan): Promise<boolean> {
  let undone = true
  for (const [index, chain] of (plan.undo ?? []).entries()) {
    const hold = plan.first[index]?.[0] as TransferRequest
    const found = await room.ledger.transfer({ shard: shardOfAccount(hold.debit), id: hold.id })
    if (!found || found.ended) continue
    const outcomes = await room.ledger.submit(chain)
    undone &&= outcomes.every(isBooked)
  }
  return undone
}

/** The two phases: 1 set aside everywhere, 2 write down once what follows, 3 book it or free it. */
async function carryOutInTwo(room: Room, plan: Plan, row: ActRow): Promise<ActEnd> {
  let { decision, problem } = row
  if (!decision) {
    const held = await submitAll(room, plan.first)
    if (!held.all && !held.refused) return { state: 'open' }
    // Whoever writes first decides for all: another hub that saw something else follows what stands.
    await room.db.worker`
      UPDATE treasury.acts SET decision = ${held.all ? 'commit' : 'abort'},
        problem = ${held.all ? null : (held.refused?.code ?? null)}
      WHERE reference = ${plan.reference} AND decision IS NULL`
    const stands = await readAct(room, plan.reference)
    decision = stands?.decision ?? null
    problem = stands?.problem ?? null
  }
  if (decision === 'commit') {
    const booked = await submitAll(room, plan.finish ?? [])
    if (!booked.all && booked.refused) {
      room.log.error({ reference: plan.reference, code: booked.refused.code }, 'money set aside could not be taken')
    }
    return booked.all ? endAct(room, plan, { state: 'booked' }) : { state: 'open' }
  }
  if (!(await undoHolds(room, plan))) return { state: 'open' }
  return endAct(room, plan, { state: 'refused', ...(problem === null ? {} : { problem }) })
}

/** Takes an act as far as it goes now. Safe to run any number of times, on several hubs, from any line. */
export async function carryOut(room: Room, plan: Plan): Promise<ActEnd> {
  const row = await openAct(room, plan)
  if (row.state !== 'open') return endOf(row)
  if (plan.finish) return carryOutInTwo(room, plan, row)
  const booked = await submitAll(room, plan.first)
  if (booked.all) return endAct(room, plan, { state: 'booked' })
  if (!booked.refused) return { state: 'open' }
  if (booked.some) {
    room.log.error({ reference: plan.reference, code: booked.refused.code }, 'a part of an act was refused')
    return { state: 'open', problem: booked.refused.code }
  }
  return endAct(room, plan, { state: 'refused', problem: booked.refused.code })
}

/**
 * Ends an act that cannot begin. Where somebody else has begun it, what that one does stands: the money that is
 * missing now may be what was set aside for it.
 */
export async function refuseUnlessBegun(room: Room, plan: Plan, problem: string): Promise<ActEnd> {
  const now = room.clock.now()
  const end: ActEnd = { state: 'refused', problem }
  const refused = await room.db.worker.begin(async (tx) => {
    const written = await tx`
      INSERT INTO treasury.acts (reference, kind, org_id, actor_id, state, problem, created_at, ended_at)
      SELECT ${plan.reference}, ${plan.kind}, ${plan.orgId}, ${plan.actorId}, 'refused', ${problem}, ${now}, ${now}
      WHERE NOT EXISTS (SELECT FROM kernel.intent
        WHERE room = 'treasury' AND kind = 'act' AND reference = ${plan.reference})
      ON CONFLICT (reference) DO NOTHING`
    if (written.count === 1) await room.effects[plan.kind]?.(room, tx, plan, end)
    return written.count === 1
  })
  if (refused) return end
  const row = await readAct(room, plan.reference)
  return row ? endOf(row) : { state: 'open' }
}

/**
 * Writes an act's plan down and carries it out. A plan under the same reference that stands already is the one that
 * is carried out, so whoever comes second changes nothing. An `open` end is an unknown outcome: a worker goes on.
 */
export async function performAct(room: Room, plan: Plan): Promise<ActEnd> {
  const { orgId, reference } = plan
  let written: Awaited<ReturnType<Room['intents']['write']>>
  try {
    written = await room.intents.write({ room: 'treasury', kind: 'act', orgId, reference, payload: packPlan(plan) })
  } catch (error) {
    if (!isDomainError(error, 'intents.conflict')) throw error
    const row = await readAct(room, reference)
    return row ? endOf(row) : { state: 'open' }
  }
  if (written.outcome !== undefined) return written.outcome as unknown as ActEnd
  const end = await carryOut(room, plan)
  if (end.state !== 'open') await room.intents.settle(written.id, end as unknown as Json)
  return end
}
