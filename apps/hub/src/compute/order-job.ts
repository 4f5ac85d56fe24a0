import { JobOrder } from '@bithive/api/compute'
import type { Actor } from '@bithive/kernel/actor'
import { isDomainError } from '@bithive/kernel/errors'
import { mustAllow } from '@bithive/kernel/http'
import type { Intent } from '@bithive/kernel/intents'
import { formatAmount, parseAmount } from '@bithive/kernel/money'
import { shardOf } from '../ledger/index.ts'
import { computeErrors } from './errors.ts'
import { countOpenJobs, insertJob, type JobRow, jobByRequest, type NewJob, sameOrder } from './job-store.ts'
import { factorOf } from './parameters.ts'
import { placeHold } from './place-hold.ts'
import { mayOrderJobs } from './policy.ts'
import type { ListedWorkload, Room } from './ports.ts'

/** Decimals of the accounting currency. */
const CENTS = 2
/** Ids drawn until one lies on a funded shard, if there is one: with two shards, 64 fail once in 2^64 orders. */
const DRAWS = 64

const referenceOf = (orgId: string, order: JobOrder) => `${orgId}/${order.requestId}`

/** The listed workload of an order. @throws compute.unknown-workload, compute.wrong-data-class */
export async function findWorkload(
  room: Room,
  order: Pick<JobOrder, 'workload' | 'version' | 'dataClass'>,
): Promise<ListedWorkload> {
  const listed = await room.workloadOf(order.workload, order.version)
  if (!listed) throw computeErrors.error('unknown-workload', { workload: order.workload, version: order.version })
  if (listed.card.dataClass !== order.dataClass)
    throw computeErrors.error('wrong-data-class', { needs: listed.card.dataClass })
  return listed
}

/**
 * Draws an id whose shard has the money: a chain stays on one shard, so the id decides where the job is booked.
 * @throws compute.insufficient-funds when all shards together do not cover the hold
 */
async function drawJobId(room: Room, orgId: string, holdAmount: bigint): Promise<string> {
  const { asset, scale } = room.settlement
  const balance = await room.ledger.balance(orgId, asset, 'holder')
  const shards = balance?.shards ?? []
  let funded = new Set(shards.filter((part) => part.available >= holdAmount).map((part) => part.shard))
  // No shard has enough by itself: any will do, because the hold brings the payer's money together there first.
  if (funded.size === 0 && (balance?.available ?? 0n) >= holdAmount) funded = new Set(shards.map((part) => part.shard))
  for (let draw = 0; draw < DRAWS && funded.size > 0; draw++) {
    const id = room.ids.next('job')
    if (funded.has(shardOf(id))) return id
  }
  throw computeErrors.error('insufficient-funds', {
    needed: formatAmount(holdAmount, scale),
    available: formatAmount(balance?.available ?? 0n, scale),
    asset,
  })
}

async function newJob(room: Room, orgId: string, order: JobOrder): Promise<NewJob> {
  const { card, digest, authorOrgId } = await findWorkload(room, order)
  const maxPriceCents = parseAmount(order.maxPrice, CENTS)
  if (maxPriceCents <= 0n) throw computeErrors.error('insufficient-funds', { needed: order.maxPrice, available: '0' })
  const holdAmount = room.settlement.fromAccounting(maxPriceCents)
  const factorBps = await factorOf(room.parameters, order.urgency)
  return {
    id: await drawJobId(room, orgId, holdAmount),
    orgId,
    requestId: order.requestId,
    workload: order.workload,
    version: order.version,
    digest,
    runtime: card.needs.runtime,
    memoryMb: card.needs.memoryMb,
    gpus: card.needs.gpus,
    cpuMs: BigInt(Math.ceil(card.needs.cpuSeconds * 1000)),
    shares: card.shares,
    authorOrgId,
    urgency: order.urgency,
    factorBps,
    tier: order.tier,
    jurisdictions: order.jurisdictions,
    dataClass: order.dataClass,
    inputSha256: order.inputSha256,
    inputBytes: BigInt(order.inputBytes),
    resultKey: order.resultKey,
    maxPriceCents,
    asset: room.settlement.asset,
    scale: room.settlement.scale,
    holdAmount,
    rate: room.settlement.rate(),
  }
}

/** Writes the job once and places its hold. Whoever comes second with the same request finds the first one's job. */
async function carryOut(room: Room, orgId: string, order: JobOrder): Promise<JobRow> {
  let job = await jobByRequest(room.db.worker, orgId, order.requestId)
  if (!job) {
    await insertJob(room.db.worker, await newJob(room, orgId, order), room.clock.now())
    job = await jobByRequest(room.db.worker, orgId, order.requestId)
  }
  if (!job || !sameOrder(job, order)) throw computeErrors.error('request-conflict')
  return placeHold(room, job)
}

/**
 * Orders a job: an intent, the job, then the hold of the most that it may cost, under ids that make doing it twice
 * change nothing. The answer is the job, queued unless the ledger has not answered yet.
 * @throws compute.unknown-workload, wrong-data-class, insufficient-funds, request-conflict, too-many-open-jobs
 */
export async function orderJob(room: Room, actor: Actor, order: JobOrder): Promise<JobRow> {
  mustAllow(mayOrderJobs(actor))
  const { orgId } = actor
  const known = await room.db.asOrg(orgId, (tx) => jobByRequest(tx, orgId, order.requestId))
  if (known && !sameOrder(known, order)) throw computeErrors.error('request-conflict')
  if (!known) {
    // Everything that can be refused is refused before anything is written.
    await newJob(room, orgId, order)
    const limit = Number(await room.parameters.get('compute.open-jobs'))
    const open = await room.db.asOrg(orgId, (tx) => countOpenJobs(tx, orgId))
    if (open >= limit) throw computeErrors.error('too-many-open-jobs', { open, limit, retryAfterMs: 5_000 })
  }
  await room.audit.record({
    orgId,
    actorId: actor.id,
    action: 'compute.order-job',
    resource: order.requestId,
    facts: { workload: order.workload, version: order.version, tier: order.tier, inputSha256: order.inputSha256 },
  })
  const intent = await room.intents
    .write({ room: 'compute', kind: 'order', orgId, reference: referenceOf(orgId, order), payload: { order } })
    .catch((error) => {
      throw isDomainError(error, 'intents.conflict') ? computeErrors.error('request-conflict') : error
    })
  const job = await carryOut(room, orgId, order).catch(async (error) => {
    // The caller hears that nothing was ordered, so nobody may take the order up when there is money again.
    if (isDomainError(error) && !error.entry.retryable) await room.intents.settle(intent.id, { refused: error.code })
    throw error
  })
  if (job.state !== 'ordered' && intent.outcome === undefined) await room.intents.settle(intent.id, { jobId: job.id })
  return job
}

/** Takes up an order that its use case left half done. */
export async function resumeOrder(room: Room, intent: Intent) {
  const { order } = intent.payload as { order: unknown }
  try {
    const job = await carryOut(room, intent.orgId, JobOrder.parse(order))
    return job.state === 'ordered' ? undefined : { jobId: job.id }
  } catch (error) {
    // The site was never told that this order stands, so a refusal now is an end like a refusal then.
    if (isDomainError(error) && !error.entry.retryable) return { refused: error.code }
    throw error
  }
}
