import type { PlacementReason } from '@bithive/api/compute'
import type { JobOffer, JobQuote, JobQuoteOrder, QuotedPrice } from '@bithive/api/job-quote'
import { placementWords } from '@bithive/api/placement-words'
import type { LocalText } from '@bithive/api/workload'
import { type AllocatorJob, type Candidate, compareJobs, rankOffers, tierGranted } from '@bithive/engines/allocate'
import type { Actor } from '@bithive/kernel/actor'
import { mustAllow } from '@bithive/kernel/http'
import { formatAmount, parseAmount, splitByBasisPoints } from '@bithive/kernel/money'
import { computeErrors } from './errors.ts'
import { groupReasons } from './explain-job.ts'
import { jobsToPlace } from './job-store.ts'
import { allNodes } from './node-store.ts'
import { findWorkload } from './order-job.ts'
import { factorOf } from './parameters.ts'
import { toJob, toNode } from './place-jobs.ts'
import { mayOrderJobs } from './policy.ts'
import type { ListedWorkload, Room } from './ports.ts'
import { readRunTimes } from './read-run-times.ts'

const CENTS = 2
/** A look at the market is old after this: nodes come, go and fill up. */
const VALID_MS = 30_000
const MOST_OFFERS = 200
/** The waiting orders that are compared with this one; the allocator looks at as many in one cycle. */
const MOST_AHEAD = 500
/** A limit that no price of ours reaches, so that a look without a limit leaves no node out for its price. */
const NO_LIMIT_CENTS = 10n ** 15n
const PARTS = ['base-pay', 'royalty', 'fee', 'pool'] as const

const PROMISE: LocalText = {
  zh: '这是此刻的报价，没有为您预留。下单后由分配程序按当时的节点选择，费用不会超过您的上限。',
  en: 'This is the market now; nothing is reserved. The order goes to the best node at that moment and never costs more than your limit.',
}

const RATE_TEXT: Readonly<Record<string, LocalText>> = {
  sample: { zh: '示例汇率，不是市场价格', en: 'sample rate, not a market price' },
  'same-currency': { zh: '同一货币，无需换算', en: 'the same currency, nothing is converted' },
}

function draftJob(order: JobQuoteOrder, actor: Actor, listed: ListedWorkload, factorBps: bigint, now: number) {
  const { card, digest } = listed
  const job: AllocatorJob = {
    // After every id of a real job, so that a tie in age never puts the look before an order.
    id: 'quote',
    orgId: actor.orgId,
    urgency: order.urgency,
    tier: order.tier,
    jurisdictions: order.jurisdictions,
    workload: order.workload,
    version: order.version,
    digest,
    pinned: true,
    needs: {
      runtime: card.needs.runtime,
      memoryMb: card.needs.memoryMb,
      gpus: card.needs.gpus,
      cpuMs: BigInt(Math.ceil(card.needs.cpuSeconds * 1000)),
    },
    factorBps,
    maxPriceCents: order.maxPrice === undefined ? NO_LIMIT_CENTS : parseAmount(order.maxPrice, CENTS),
    excluded: [],
    orderedAt: now,
  }
  return job
}

function priceOf(room: Room, cents: bigint): QuotedPrice {
  const { settlement } = room
  return {
    accounting: formatAmount(cents, CENTS),
    settlement: formatAmount(settlement.fromAccounting(cents), settlement.scale),
  }
}

function partsOf(room: Room, card: ListedWorkload['card'], cents: bigint): JobOffer['parts'] {
  const { basePayBps, royaltyBps, feeBps, poolBps } = card.shares
  const bps = [basePayBps, royaltyBps, feeBps, poolBps]
  const { fromAccounting, scale } = room.settlement
  const amounts = splitByBasisPoints(fromAccounting(cents), bps)
  return PARTS.flatMap((part, index) => {
    const amount = amounts[index] as bigint
    return amount > 0n ? [{ part, shareBps: bps[index] as number, amount: formatAmount(amount, scale) }] : []
  })
}

async function toOffer(
  room: Room,
  actor: Actor,
  card: ListedWorkload['card'],
  { node, priceCents, freeSlots }: Candidate,
  reason: PlacementReason,
): Promise<JobOffer> {
  const owner = await room.organisationOf(node.ownerOrgId)
  return {
    nodeId: node.id,
    nodeName: node.name,
    ownerKind: node.ownerKind,
    ...(owner ? { ownerName: owner.name } : {}),
    region: node.region,
    jurisdiction: node.jurisdiction,
    tierGranted: tierGranted(node),
    own: node.ownerOrgId === actor.orgId,
    freeSlots,
    price: priceOf(room, priceCents),
    parts: partsOf(room, card, priceCents),
    reason,
    text: placementWords(reason),
  }
}

function waitText(ahead: number, freeSlots: number, offers: number): LocalText {
  if (offers === 0) {
    return {
      zh: '现在没有节点能承接；下单后会排队等待。',
      en: 'No node can take it now; an order would wait in the queue.',
    }
  }
  if (ahead < freeSlots) {
    return { zh: '现在有空闲名额，下单后即可开始。', en: 'There is a free slot now; an order starts at once.' }
  }
  return {
    zh: `前面有 ${ahead} 个任务，${freeSlots} 个空闲名额；需要等待。`,
    en: `${ahead} orders go first for ${freeSlots} free slots; it would wait.`,
  }
}

/** What the organisation could set aside at once, over all shards: a hold brings the payer's money together. */
async function readAvailable(room: Room, orgId: string): Promise<bigint> {
  return (await room.ledger.balance(orgId, room.settlement.asset, 'holder'))?.available ?? 0n
}

/**
 * What an order would meet now: the allocator's own run over the nodes of this moment, read-only, with its reasons,
 * the price in both units and the parts that it would be split into. Nothing is written and nothing reserved.
 * @throws compute.unknown-workload, compute.wrong-data-class, money.malformed
 */
export async function quoteJob(room: Room, actor: Actor, order: JobQuoteOrder): Promise<JobQuote> {
  mustAllow(mayOrderJobs(actor))
  const listed = await findWorkload(room, order)
  const now = room.clock.now()
  const factorBps = await factorOf(room.parameters, order.urgency)
  const job = draftJob(order, actor, listed, factorBps, now)
  if (job.maxPriceCents <= 0n) throw computeErrors.error('insufficient-funds', { needed: '0', available: '0' })
  const { offers, reasons } = rankOffers((await allNodes(room.db.worker)).map(toNode), job)
  const byNode = new Map(reasons.map((reason) => [reason.nodeId, { ...reason, facts: { ...reason.facts } }]))
  const shown: JobOffer[] = []
  for (const offer of offers.slice(0, MOST_OFFERS)) {
    shown.push(await toOffer(room, actor, listed.card, offer, byNode.get(offer.node.id) as PlacementReason))
  }
  const waiting = await jobsToPlace(room.db.worker, MOST_AHEAD)
  const ahead = waiting.filter((row) => compareJobs(toJob(row, []), job) < 0).length
  const freeSlots = offers.reduce((sum, offer) => sum + offer.freeSlots, 0)
  const dearest = offers.reduce((most, offer) => (offer.priceCents > most ? offer.priceCents : most), 0n)
  const limit = order.maxPrice === undefined ? dearest : job.maxPriceCents
  const ran = await readRunTimes(room.db.worker, order)
  const rate = room.settlement.rate()
  return {
    at: now,
    validUntil: now + VALID_MS,
    promise: PROMISE,
    currency: 'CNY',
    asset: room.settlement.asset,
    rate: { unitsPerCent: rate.unitsPerFen, source: rate.source, text: RATE_TEXT[rate.source] as LocalText },
    urgencyFactorBps: Number(factorBps),
    offers: shown,
    excluded: groupReasons([...byNode.values()].filter(({ code }) => code !== 'chosen' && code !== 'dearer')),
    ...(limit > 0n ? { hold: priceOf(room, limit) } : {}),
    available: formatAmount(await readAvailable(room, actor.orgId), room.settlement.scale),
    wait: { ahead, freeSlots, ...(ran ? { ran } : {}), text: waitText(ahead, freeSlots, offers.length) },
  }
}
