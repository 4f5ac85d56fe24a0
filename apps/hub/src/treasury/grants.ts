import { deterministicUuid } from '@bithive/kernel/ids'
import type { TransferRequest } from '../ledger/index.ts'
import {
  type GrantRow,
  grantById,
  insertGrant,
  type ReleaseRow,
  releasesOf,
  runningGrants,
  setGrantState,
  termsOf,
  unbookedReleases,
} from './grant-store.ts'
import { type Effect, type Plan, performAct } from './money-act.ts'
import { accountOn, availableOf, grantOwner, type Place, purposePlace } from './network-accounts.ts'
import type { Room } from './ports.ts'
import { stepAt, stepsOf, vestedAfter } from './vesting.ts'

const PAGE = 100

export type GrantOrder = {
  readonly orgId: string
  readonly source: string
  readonly amount: bigint
  readonly startAtMs: number
  readonly cliffMs: number
  readonly durationMs: number
  readonly stepMs: number
  readonly revocable: boolean
}

type Decided = {
  readonly actorId: string
  readonly approvedBy: string
  readonly proposalId: string
  readonly orgId: string
}

const lockedPlace = (grant: Pick<GrantRow, 'id' | 'asset'>): Place => ({
  owner: grantOwner(grant.id),
  asset: grant.asset,
  kind: 'escrow',
})
const holderPlace = (grant: Pick<GrantRow, 'orgId' | 'asset'>): Place => ({
  owner: grant.orgId,
  asset: grant.asset,
  kind: 'holder',
})

async function openAccounts(room: Room, grant: GrantRow): Promise<void> {
  for (const place of [lockedPlace(grant), holderPlace(grant), purposePlace(grant.source, grant.asset)]) {
    await room.ledger.ensureAccounts(place.owner, place.asset, place.kind)
  }
}

function legOf(grant: GrantRow, leg: { from: Place; to: Place; amount: bigint; word: string; reference: string }) {
  return {
    id: deterministicUuid('treasury', 'grant', grant.id, leg.word),
    debit: accountOn(leg.from, grant.shard),
    credit: accountOn(leg.to, grant.shard),
    amount: leg.amount,
    reference: leg.reference,
  } satisfies Omit<TransferRequest, 'code'>
}

/**
 * Writes a grant down and locks its whole amount in an account of its own, on a shard where the source has it.
 * @returns the plan, or undefined when the source has not got it on one shard
 */
export async function planGrant(
  room: Room,
  grantId: string,
  order: GrantOrder,
  by: Decided,
): Promise<Plan | undefined> {
  const asset = 'BTT'
  const known = await grantById(room.db.worker, grantId)
  const source = purposePlace(order.source, asset)
  const full = (await availableOf(room.ledger, source)).find(({ available }) => available >= order.amount)
  const shard = known?.shard ?? full?.shard
  if (shard === undefined) return undefined
  const grant: GrantRow = {
    ...{ id: grantId, orgId: order.orgId, source: order.source, asset, amount: order.amount, shard },
    ...{ startAt: BigInt(order.startAtMs), cliffMs: BigInt(order.cliffMs), durationMs: BigInt(order.durationMs) },
    ...{ stepMs: BigInt(order.stepMs), revocable: order.revocable, state: 'locking', writtenStep: 0 },
    ...{ revokedStep: null, revokedAt: null, proposalId: by.proposalId, createdAt: BigInt(room.clock.now()) },
  }
  await insertGrant(room.db.worker, grant)
  await openAccounts(room, grant)
  const leg = legOf(grant, {
    from: source,
    to: lockedPlace(grant),
    amount: grant.amount,
    word: 'lock',
    reference: grantId,
  })
  return { kind: 'grant', reference: grantId, ...by, orgId: grant.orgId, first: [[{ ...leg, code: 'grant' }]] }
}

export const grantLocked: Effect = async (room, tx, plan, end) => {
  await setGrantState(tx, { id: plan.reference, to: end.state === 'booked' ? 'running' : 'refused', from: ['locking'] })
  room.live.publish(plan.orgId, { topic: 'treasury', id: plan.reference })
}

/** Writes the next release of a grant under its lock: from what was written last to what has vested by now. */
async function writeDue(room: Room, grantId: string): Promise<void> {
  await room.db.worker.begin(async (tx) => {
    await tx`SELECT 1 FROM treasury.grants WHERE id = ${grantId} FOR UPDATE`
    const grant = await grantById(tx, grantId)
    if (!grant || !['running', 'revoked'].includes(grant.state)) return
    const terms = termsOf(grant)
    const step = grant.revokedStep ?? stepAt(terms, room.clock.now())
    if (step <= grant.writtenStep) return
    const amount = vestedAfter(terms, step) - vestedAfter(terms, grant.writtenStep)
    const booked = amount === 0n ? room.clock.now() : null
    await tx`
      INSERT INTO treasury.grant_releases (grant_id, org_id, from_step, to_step, amount, written_at, booked_at)
      VALUES (${grantId}, ${grant.orgId}, ${grant.writtenStep}, ${step}, ${amount}, ${room.clock.now()}, ${booked})`
    await tx`UPDATE treasury.grants SET written_step = ${step} WHERE id = ${grantId}`
  })
}

const releaseReference = ({ grantId, fromStep }: Pick<ReleaseRow, 'grantId' | 'fromStep'>) =>
  `${grantId}/release/${fromStep}`

async function bookRelease(room: Room, release: ReleaseRow): Promise<void> {
  const grant = await grantById(room.db.worker, release.grantId)
  if (!grant) return
  await openAccounts(room, grant)
  const reference = releaseReference(release)
  const leg = legOf(grant, {
    ...{ from: lockedPlace(grant), to: holderPlace(grant), amount: release.amount },
    ...{ word: `release ${release.fromStep}`, reference },
  })
  const first = [[{ ...leg, code: 'grant-release' as const }]]
  await performAct(room, { kind: 'grant-release', reference, actorId: 'system', orgId: grant.orgId, first })
}

export const grantReleased: Effect = async (room, tx, plan, end) => {
  if (end.state !== 'booked') return
  const [grantId = '', , fromStep = '0'] = plan.reference.split('/')
  await tx`
    UPDATE treasury.grant_releases SET booked_at = ${room.clock.now()}
    WHERE grant_id = ${grantId} AND from_step = ${Number(fromStep)} AND booked_at IS NULL`
  const grant = await grantById(tx, grantId)
  if (!grant) return
  const releases = await releasesOf(tx, grantId)
  const whole = grant.writtenStep === stepsOf(termsOf(grant)) && releases.every(({ bookedAt }) => bookedAt !== null)
  if (whole) await setGrantState(tx, { id: grantId, to: 'ended', from: ['running'] })
  room.live.publish(plan.orgId, { topic: 'treasury', id: grantId })
}

/** Releases everything that has vested by now: each step once, whatever was cut off or missed before. */
export async function releaseDue(room: Room): Promise<void> {
  for (let after = ''; ; ) {
    const page = await runningGrants(room.db.worker, after, PAGE)
    for (const grant of page) await writeDue(room, grant.id)
    const last = page.at(-1)
    if (!last) break
    after = last.id
  }
  for (const release of await unbookedReleases(room.db.worker, 1_000)) await bookRelease(room, release)
}

/**
 * Ends a grant: what has vested by now stays with the supporter, all the rest goes back to where it came from. The
 * step is fixed under the grant's lock, so that no release that is written meanwhile goes beyond it.
 */
export async function planRevocation(room: Room, grantId: string, by: Decided): Promise<Plan | undefined> {
  const fixed = await room.db.worker.begin(async (tx) => {
    await tx`SELECT 1 FROM treasury.grants WHERE id = ${grantId} FOR UPDATE`
    const grant = await grantById(tx, grantId)
    if (!grant?.revocable || !['running', 'revoked'].includes(grant.state)) return undefined
    if (grant.revokedStep !== null) return grant
    const now = room.clock.now()
    // A clock that was set back never takes away what was released.
    const step = Math.max(stepAt(termsOf(grant), now), grant.writtenStep)
    // Nothing is left that could go back.
    if (vestedAfter(termsOf(grant), step) === grant.amount) return undefined
    await tx`
      UPDATE treasury.grants SET state = 'revoked', revoked_step = ${step}, revoked_at = ${now} WHERE id = ${grantId}`
    return { ...grant, revokedStep: step }
  })
  if (!fixed || fixed.revokedStep === null) return undefined
  const amount = fixed.amount - vestedAfter(termsOf(fixed), fixed.revokedStep)
  await openAccounts(room, fixed)
  const reference = `${grantId}/revoke`
  const to = purposePlace(fixed.source, fixed.asset)
  const leg = legOf(fixed, { from: lockedPlace(fixed), to, amount, word: 'revoke', reference })
  return { kind: 'grant-revoke', reference, ...by, orgId: fixed.orgId, first: [[{ ...leg, code: 'grant-return' }]] }
}

export const grantRevoked: Effect = async (room, _tx, plan) => {
  room.live.publish(plan.orgId, { topic: 'treasury', id: plan.reference.split('/')[0] ?? '' })
}

/** What may be known of a grant at a moment; the sums follow from its rows and are the ledger's. */
export function figuresOf(grant: GrantRow, releases: readonly ReleaseRow[], nowMs: number) {
  const terms = termsOf(grant)
  const step = grant.revokedStep ?? Math.max(stepAt(terms, nowMs), grant.writtenStep)
  const vested = grant.state === 'locking' || grant.state === 'refused' ? 0n : vestedAfter(terms, step)
  const released = releases.reduce((sum, one) => sum + (one.bookedAt === null ? 0n : one.amount), 0n)
  const returned = grant.revokedStep === null ? 0n : grant.amount - vestedAfter(terms, grant.revokedStep)
  return { step, steps: stepsOf(terms), vested, released, returned }
}

/** For checks at the door: a schedule that makes sense, and no more than can be counted. */
export function isSensible(order: GrantOrder): boolean {
  const { amount, startAtMs, cliffMs, durationMs, stepMs } = order
  const lengths = [cliffMs, durationMs, stepMs].every((ms) => Number.isSafeInteger(ms) && ms >= 0)
  const hundredYears = 100 * 366 * 86_400_000
  if (!lengths || stepMs < 60_000 || stepMs > durationMs || durationMs > hundredYears || cliffMs > durationMs)
    return false
  return amount > 0n && startAtMs > 0 && startAtMs < 8_640_000_000_000 && durationMs / stepMs <= 5_000
}
