import type { MoneyPart } from '@bithive/api/compute'
import { invariant } from '@bithive/kernel/errors'
import { deterministicUuid } from '@bithive/kernel/ids'
import { formatAmount, splitByBasisPoints } from '@bithive/kernel/money'
import { accountIdOf, type TransferCode, type TransferRequest } from '../ledger/index.ts'
import type { JobRow } from './job-store.ts'

/** Owner of the escrow accounts: one on each shard and asset, back at zero after every capture. */
export const ESCROW_OWNER = 'network:compute'

/** The transfers of a job, each with an id that follows from the job and its purpose. */
const PURPOSES = ['hold', 'capture', 'base-pay', 'royalty', 'fee', 'pool', 'refund'] as const
export type Purpose = (typeof PURPOSES)[number]

export const transferId = (jobId: string, purpose: Purpose): string => deterministicUuid('compute', jobId, purpose)

/** What a job's transfer in the feed was for; undefined when the id is none of the job's. */
export function purposeOf(jobId: string, id: string): Purpose | undefined {
  return PURPOSES.find((purpose) => transferId(jobId, purpose) === id)
}

type MoneyJob = Pick<JobRow, 'id' | 'orgId' | 'asset' | 'holdAmount'>

function holdLegs(job: MoneyJob, shard: number) {
  const { asset } = job
  return {
    debit: accountIdOf({ owner: job.orgId, asset, kind: 'holder', shard }),
    credit: accountIdOf({ owner: ESCROW_OWNER, asset, kind: 'escrow', shard }),
    reference: job.id,
  }
}

/** Sets the most that the job may cost aside: payer to escrow, pending, with no time-out of its own. */
export function holdChain(job: MoneyJob, shard: number): TransferRequest[] {
  const id = transferId(job.id, 'hold')
  return [{ ...holdLegs(job, shard), id, amount: job.holdAmount, code: 'hold', step: 'hold' }]
}

/** Gives the whole hold back. */
export function refundChain(job: MoneyJob, shard: number): TransferRequest[] {
  const id = transferId(job.id, 'refund')
  const pendingId = transferId(job.id, 'hold')
  return [{ ...holdLegs(job, shard), id, amount: 0n, code: 'release', step: 'void', pendingId }]
}

/** The price in units of the settlement asset at the rate of the order: its share of the hold, rounded up. */
export function payOf(job: Pick<JobRow, 'holdAmount' | 'maxPriceCents'>, priceCents: bigint): bigint {
  invariant(priceCents > 0n && priceCents <= job.maxPriceCents, 'a price lies within the order’s limit')
  return (job.holdAmount * priceCents + job.maxPriceCents - 1n) / job.maxPriceCents
}

export type CapturePart = {
  readonly part: 'base-pay' | 'royalty' | 'fee' | 'pool'
  readonly amount: bigint
  readonly owner: string
  readonly kind: 'holder' | 'royalty' | 'fee' | 'pool'
}

/** How the price splits by the shares on the workload's card; parts of nothing are left out. */
export function captureParts(
  job: Pick<JobRow, 'holdAmount' | 'maxPriceCents' | 'priceCents' | 'shares' | 'authorOrgId'>,
  to: { nodeOwner: string; feeOwner: string },
): CapturePart[] {
  invariant(job.priceCents !== null, 'a captured job has a price')
  const { basePayBps, royaltyBps, feeBps, poolBps } = job.shares
  const pay = payOf(job, job.priceCents)
  const [base, royalty, fee, pool] = splitByBasisPoints(pay, [basePayBps, royaltyBps, feeBps, poolBps])
  const parts: CapturePart[] = [
    { part: 'base-pay', amount: base as bigint, owner: to.nodeOwner, kind: 'holder' },
    { part: 'royalty', amount: royalty as bigint, owner: job.authorOrgId, kind: 'royalty' },
    { part: 'fee', amount: fee as bigint, owner: to.feeOwner, kind: 'fee' },
    { part: 'pool', amount: pool as bigint, owner: to.feeOwner, kind: 'pool' },
  ]
  return parts.filter((part) => part.amount > 0n)
}

const CODES: Readonly<Record<CapturePart['part'], TransferCode>> = {
  'base-pay': 'base-pay',
  royalty: 'royalty',
  fee: 'fee',
  pool: 'pool',
}

/**
 * One linked chain: exactly the price of the hold into escrow (the rest is freed by the partial post), and from
 * escrow to everyone who earns. All of it is booked or nothing; the ids do not name the lease, so that whatever
 * lease is accepted, a job is paid for once.
 */
export function captureChain(job: JobRow, parts: readonly CapturePart[], shard: number): TransferRequest[] {
  const legs = holdLegs(job, shard)
  const pendingId = transferId(job.id, 'hold')
  const pay = parts.reduce((sum, part) => sum + part.amount, 0n)
  const post: TransferRequest = {
    ...legs,
    id: transferId(job.id, 'capture'),
    amount: pay,
    code: 'capture',
    step: 'post',
    pendingId,
  }
  const out = parts.map(
    (part): TransferRequest => ({
      id: transferId(job.id, part.part),
      debit: legs.credit,
      credit: accountIdOf({ owner: part.owner, asset: job.asset, kind: part.kind, shard }),
      amount: part.amount,
      code: CODES[part.part],
      reference: job.id,
    }),
  )
  return [post, ...out]
}

/** The money of a job as its payer reads it. */
export function moneyOfCapture(job: JobRow, parts: readonly CapturePart[]): MoneyPart[] {
  const { asset, scale } = job
  const money: MoneyPart[] = parts.map((part) => ({
    part: part.part,
    toOrgId: part.owner,
    asset,
    amount: formatAmount(part.amount, scale),
  }))
  const rest = job.holdAmount - parts.reduce((sum, part) => sum + part.amount, 0n)
  if (rest > 0n) money.push({ part: 'refund', toOrgId: job.orgId, asset, amount: formatAmount(rest, scale) })
  return money
}

export const moneyOfHold = (job: JobRow): MoneyPart[] => [
  { part: 'hold', asset: job.asset, amount: formatAmount(job.holdAmount, job.scale) },
]

export const moneyOfRefund = (job: JobRow): MoneyPart[] => [
  { part: 'refund', toOrgId: job.orgId, asset: job.asset, amount: formatAmount(job.holdAmount, job.scale) },
]
