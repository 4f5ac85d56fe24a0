import type { ProposalBody } from '@bithive/api/treasury'
import { DomainError } from '@bithive/kernel/errors'
import { deterministicUuid } from '@bithive/kernel/ids'
import { parseAmount } from '@bithive/kernel/money'
import { bookApproved } from './approve-statement.ts'
import { entryById } from './bank-store.ts'
import { planAssign, planReturn } from './book-deposits.ts'
import { currentRate, mustFindPair, scalesOf } from './current-rate.ts'
import { treasuryErrors } from './errors.ts'
import { addFeeVersion, type FeeName, feeHistory } from './fees.ts'
import { readGenesis } from './genesis-document.ts'
import { planGrant, planRevocation } from './grants.ts'
import { makeGenesis, planBurn } from './issue-supply.ts'
import { type ActEnd, type Plan, performAct } from './money-act.ts'
import { accountOn, availableOf, purposePlace } from './network-accounts.ts'
import { type Room, SCALES } from './ports.ts'
import { approvedLongAgo, endProposal, type ProposalRow } from './proposal-store.ts'
import { forgetFuture, keepObservation, letJumpPass } from './rate-store.ts'
import { readPrice } from './ratio.ts'
import { plainAccount } from './statement.ts'

const LEFT_ALONE_MS = 5_000

/** An approved proposal: two people, and the organisation that they act for. */
type Approved = {
  readonly id: string
  readonly reason: string
  readonly actorId: string
  readonly approvedBy: string
  readonly orgId: string
  readonly atMs: number
}

type Of<K extends ProposalBody['kind']> = Extract<ProposalBody, { kind: K }>

async function setManualRate(room: Room, body: Of<'manual-rate'>, by: Approved): Promise<void> {
  const pair = mustFindPair(room, body.pair)
  const ratio = readPrice(body.price, scalesOf(pair))
  const at = { observedAtMs: by.atMs, receivedAtMs: by.atMs, validUntilMs: by.atMs + body.validMs }
  await keepObservation(room.db.worker, body.pair, { source: 'manual', ratio, ...at })
  await currentRate(room, pair)
}

async function passJump(room: Room, body: Of<'let-jump-pass'>): Promise<void> {
  const pair = mustFindPair(room, body.pair)
  const now = room.clock.now()
  await forgetFuture(room.db.worker, body.pair, now)
  await letJumpPass(room.db.worker, body.pair, readPrice(body.price, scalesOf(pair)), now)
  await currentRate(room, pair)
}

/** Once for each proposal: its id is in the reason, where a second run finds it. */
async function setParameter(room: Room, body: Of<'parameter'>, by: Approved): Promise<void> {
  const history = await room.parameters.history(body.name)
  if (history.some(({ reason }) => reason.endsWith(`(${by.id})`))) return
  const reason = `${by.reason} (${by.id})`
  const change = { name: body.name, value: BigInt(body.value), reason }
  await room.parameters.set({ ...change, proposedBy: by.actorId, approvedBy: by.approvedBy })
}

async function setFee(room: Room, body: Of<'fee'>, by: Approved): Promise<void> {
  const name = body.name as FeeName
  await room.db.worker.begin(async (tx) => {
    await tx`SELECT pg_advisory_xact_lock(7103, hashtext(${name}))`
    if ((await feeHistory(tx, name)).some(({ reason }) => reason.endsWith(`(${by.id})`))) return
    await addFeeVersion(tx, {
      ...{ name, value: BigInt(body.value), effectiveFromMs: Math.max(body.effectiveFrom, by.atMs) },
      ...{ proposedBy: by.actorId, approvedBy: by.approvedBy, reason: `${by.reason} (${by.id})`, atMs: by.atMs },
    })
  })
}

async function registerBank(room: Room, body: Of<'bank-account'>, by: Approved): Promise<void> {
  await room.db.worker`
    INSERT INTO treasury.bank_accounts (account, currency, holder, bank, sample, registered_by, approved_by,
      registered_at)
    VALUES (${plainAccount(body.account)}, ${body.currency}, ${body.holder}, ${body.bank}, ${room.rules.sample},
      ${by.actorId}, ${by.approvedBy}, ${by.atMs})
    ON CONFLICT (account) DO NOTHING`
}

/** Moves money between two purposes of the network, on a shard where it is. */
async function planMove(room: Room, body: Of<'move'>, by: Approved): Promise<Plan | undefined> {
  const amount = parseAmount(body.amount, SCALES[body.asset] ?? 0)
  const [from, to] = [purposePlace(body.from, body.asset), purposePlace(body.to, body.asset)]
  await room.ledger.ensureAccounts(to.owner, to.asset, to.kind)
  const full = (await availableOf(room.ledger, from)).find(({ available }) => available >= amount)
  if (!full) return undefined
  const leg = {
    id: deterministicUuid('treasury', 'move', by.id),
    debit: accountOn(from, full.shard),
    credit: accountOn(to, full.shard),
    ...{ amount, code: 'own-move' as const, reference: by.id },
  }
  return {
    kind: 'move',
    reference: by.id,
    orgId: by.orgId,
    actorId: by.actorId,
    approvedBy: by.approvedBy,
    first: [[leg]],
  }
}

const NOTHING_TO_BOOK: ActEnd = { state: 'booked' }

/** Does what two people decided, as far as it goes now. Every branch may run twice. */
async function act(room: Room, body: ProposalBody, by: Approved): Promise<ActEnd> {
  const { actorId, approvedBy, orgId } = by
  const decided = { actorId, approvedBy, orgId, proposalId: by.id }
  const perform = async (plan: Plan | undefined, otherwise: Parameters<typeof treasuryErrors.code>[0]) => {
    if (plan) return performAct(room, { ...plan, proposalId: by.id })
    // An earlier run may have booked it: the money is then gone from where it is looked for.
    return (
      (await endOfEarlierRun(room, by.id)) ?? ({ state: 'refused', problem: treasuryErrors.code(otherwise) } as const)
    )
  }
  switch (body.kind) {
    case 'manual-rate':
      await setManualRate(room, body, by)
      return NOTHING_TO_BOOK
    case 'let-jump-pass':
      await passJump(room, body)
      return NOTHING_TO_BOOK
    case 'parameter':
      await setParameter(room, body, by)
      return NOTHING_TO_BOOK
    case 'fee':
      await setFee(room, body, by)
      return NOTHING_TO_BOOK
    case 'bank-account':
      await registerBank(room, body, by)
      return NOTHING_TO_BOOK
    case 'genesis':
      return makeGenesis(room, readGenesis(body.document), decided)
    case 'burn': {
      const order = { purpose: body.purpose, amount: parseAmount(body.amount, 6) }
      return perform(await planBurn(room, order, decided), 'insufficient-funds')
    }
    case 'move':
      return perform(await planMove(room, body, by), 'insufficient-funds')
    case 'assign-deposit':
    case 'return-deposit': {
      const entry = await entryById(room.db.worker, body.entryId)
      if (!entry) return { state: 'refused', problem: treasuryErrors.code('deposit-not-open') }
      const plan =
        body.kind === 'assign-deposit' ? planAssign(room, entry, body.orgId, decided) : planReturn(room, entry, decided)
      return perform(await plan, 'deposit-not-open')
    }
    case 'grant': {
      const { startAt: startAtMs, amount, ...terms } = body
      const order = { ...terms, startAtMs, amount: parseAmount(amount, 6) }
      const grantId = `grt_${by.id.slice('prop_'.length)}`
      return perform(await planGrant(room, grantId, order, decided), 'insufficient-funds')
    }
    case 'statement':
      return bookApproved(room, body, by)
    case 'revoke-grant':
      return perform(await planRevocation(room, body.grantId, decided), 'not-revocable')
  }
}

async function endOfEarlierRun(room: Room, proposalId: string): Promise<ActEnd | undefined> {
  const [row] = await room.db.worker<{ state: ActEnd['state']; problem: string | null }[]>`
    SELECT state, problem FROM treasury.acts WHERE reference = ${proposalId}`
  return row && { state: row.state, ...(row.problem === null ? {} : { problem: row.problem }) }
}

/** Carries an approved proposal out; one that cannot be carried out any more is refused with the reason. */
export async function carryOutProposal(room: Room, proposal: ProposalRow, orgId: string): Promise<void> {
  const { id, reason, decidedBy, decidedAt, proposedBy } = proposal
  if (proposal.state !== 'approved' || decidedBy === null || decidedAt === null) return
  let end: ActEnd
  try {
    const by = { id, reason, actorId: proposedBy, approvedBy: decidedBy, orgId, atMs: decidedAt }
    end = await act(room, proposal.body, by)
  } catch (error) {
    if (!(error instanceof DomainError) || error.entry.retryable) throw error
    end = { state: 'refused', problem: error.code }
  }
  if (end.state === 'open') return
  const state = end.state === 'booked' ? 'done' : 'refused'
  await endProposal(room.db.worker, { id, state, ...(end.problem === undefined ? {} : { problem: end.problem }) })
}

/** Goes on with what was approved and cut off. */
export async function resumeProposals(room: Room, orgId: string): Promise<void> {
  for (const proposal of await approvedLongAgo(room.db.worker, room.clock.now() - LEFT_ALONE_MS)) {
    await carryOutProposal(room, proposal, orgId)
  }
}
