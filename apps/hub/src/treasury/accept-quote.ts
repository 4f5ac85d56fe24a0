import type { Actor } from '@bithive/kernel/actor'
import { httpErrors, mustAllow } from '@bithive/kernel/http'
import { deterministicUuid } from '@bithive/kernel/ids'
import type { TransferRequest } from '../ledger/index.ts'
import { NETWORK } from '../ledger/index.ts'
import { type QuoteFigures, type QuotePart, shareOut } from './compute-quote.ts'
import { currentRate, mustFindPair } from './current-rate.ts'
import { treasuryErrors } from './errors.ts'
import { type ActEnd, type Effect, type Plan, performAct, refuseUnlessBegun } from './money-act.ts'
import { accountOn, availableOf, DESK, type Place } from './network-accounts.ts'
import { mayConvert } from './policy.ts'
import type { Room } from './ports.ts'
import { assetsOf, checkCaps, lockCaps, readCaps } from './quote-conversion.ts'
import { acceptedLongAgo, endQuote, markAccepted, type QuoteRow, quoteById } from './quote-store.ts'

/** An acceptance younger than this is still in the hands of whoever makes it. */
const LEFT_ALONE_MS = 5_000

/** Where the legs of a conversion begin and end. */
function placesOf(quote: QuoteRow) {
  const { sellAsset, buyAsset } = assetsOf(quote)
  const place = (owner: string, asset: string, kind: Place['kind']): Place => ({ owner, asset, kind })
  return {
    ownerGives: place(quote.orgId, sellAsset, 'holder'),
    ownerGets: place(quote.orgId, buyAsset, 'holder'),
    deskGets: place(DESK, sellAsset, 'treasury'),
    deskGives: place(DESK, buyAsset, 'treasury'),
    fee: place(NETWORK, sellAsset, 'fee'),
  }
}

/**
 * How a conversion lies on the shards: on one where both sides have all of it, if there is one; otherwise from the
 * fullest shards of the owner. @returns undefined when owner or desk do not have it
 */
export function planParts(
  figures: QuoteFigures,
  owner: readonly { shard: number; available: bigint }[],
  desk: readonly { shard: number; available: bigint }[],
): { parts: QuotePart[] } | { short: 'owner' | 'desk' } {
  const deskOn = (shard: number) => desk.find((one) => one.shard === shard)?.available ?? 0n
  const whole = owner.find(({ shard, available }) => available >= figures.sell && deskOn(shard) >= figures.buy)
  const sells: { shard: number; sell: bigint }[] = []
  let left = figures.sell
  for (const { shard, available } of owner.toSorted((a, b) => (a.available < b.available ? 1 : -1))) {
    const sell = available < left ? available : left
    if (sell > 0n) sells.push({ shard, sell })
    left -= sell > 0n ? sell : 0n
  }
  if (whole) return { parts: shareOut(figures, [{ shard: whole.shard, sell: figures.sell }]) }
  if (left > 0n) return { short: 'owner' }
  const parts = shareOut(figures, sells)
  return parts.some(({ shard, buy }) => deskOn(shard) < buy) ? { short: 'desk' } : { parts }
}

type Leg = { name: string; from: Place; to: Place; amount: bigint; code: TransferRequest['code'] }

/**
 * The conversion as an act of two phases: on every shard one linked chain sets both sides aside, and once all stand,
 * one linked chain a shard takes them. Owner and desk never meet without the other side's leg beside it.
 */
export function planConversion(quote: QuoteRow, parts: readonly QuotePart[]): Plan {
  const at = placesOf(quote)
  const legsOf = ({ sell, fee, buy }: QuotePart): Leg[] =>
    [
      { name: 'sell', from: at.ownerGives, to: at.deskGets, amount: sell - fee, code: 'conversion' as const },
      { name: 'fee', from: at.ownerGives, to: at.fee, amount: fee, code: 'conversion-fee' as const },
      { name: 'buy', from: at.deskGives, to: at.ownerGets, amount: buy, code: 'conversion' as const },
    ].filter(({ amount }) => amount > 0n)
  const id = (shard: number, ...words: string[]) =>
    deterministicUuid('treasury', 'conversion', quote.id, String(shard), ...words)
  const chain = (part: QuotePart, step: 'hold' | 'post' | 'void') =>
    legsOf(part).map(({ name, from, to, amount, code }): TransferRequest => {
      const accounts = { debit: accountOn(from, part.shard), credit: accountOn(to, part.shard), reference: quote.id }
      const pendingId = id(part.shard, 'hold', name)
      if (step === 'hold') return { ...accounts, id: pendingId, amount, code: 'conversion-hold', step }
      const ended = { ...accounts, id: id(part.shard, step, name), step, pendingId }
      return step === 'post' ? { ...ended, amount, code } : { ...ended, amount: 0n, code: 'release' }
    })
  return {
    kind: 'conversion',
    reference: quote.id,
    orgId: quote.orgId,
    actorId: quote.acceptedBy ?? quote.askedBy,
    first: parts.map((part) => chain(part, 'hold')),
    finish: parts.map((part) => chain(part, 'post')),
    undo: parts.map((part) => chain(part, 'void')),
  }
}

/** What the act's end means to the quote. */
export const conversionEnded: Effect = async (room, tx, plan, end) => {
  const state = end.state === 'booked' ? 'converted' : 'refused'
  await endQuote(tx, { id: plan.reference, state, problem: end.problem, atMs: room.clock.now() })
}

/** Opens what accounts are missing, lays the parts on shards and begins; what cannot begin any more is refused. */
async function begin(room: Room, quote: QuoteRow): Promise<ActEnd> {
  const at = placesOf(quote)
  for (const place of Object.values(at)) await room.ledger.ensureAccounts(place.owner, place.asset, place.kind)
  const [owner, desk] = await Promise.all([
    availableOf(room.ledger, at.ownerGives),
    availableOf(room.ledger, at.deskGives),
  ])
  const figures = { sell: quote.sell, fee: quote.fee, net: quote.sell - quote.fee, buy: quote.buy }
  const planned = planParts(figures, owner, desk)
  if ('parts' in planned) return performAct(room, planConversion(quote, planned.parts))
  const problem = treasuryErrors.code(planned.short === 'owner' ? 'insufficient-funds' : 'desk-short')
  return refuseUnlessBegun(room, planConversion(quote, []), problem)
}

/** Takes the quote once, within the limits, while its rate stands. */
async function accept(room: Room, actor: Actor, quote: QuoteRow): Promise<void> {
  if (Number(quote.expiresAt) <= room.clock.now()) throw treasuryErrors.error('quote-expired', { quoteId: quote.id })
  const { decision } = await currentRate(room, mustFindPair(room, quote.pair))
  if (decision.state !== 'ok') {
    throw treasuryErrors.error('rate-stopped', { pair: quote.pair, state: decision.state })
  }
  await room.audit.record({
    orgId: quote.orgId,
    actorId: actor.id,
    action: 'treasury.accept-quote',
    resource: quote.id,
    facts: { pair: quote.pair, side: quote.side, sell: `${quote.sell}`, buy: `${quote.buy}`, fee: `${quote.fee}` },
  })
  const caps = await readCaps(room)
  await room.db.worker.begin(async (tx) => {
    await lockCaps(tx)
    await checkCaps(room, tx, { orgId: quote.orgId, counted: quote.counted, caps })
    await markAccepted(tx, quote.id, actor.id, room.clock.now())
  })
}

/**
 * Converts at a quote, exactly once: asking again answers how it stands. Still `accepted` in the answer means that the
 * outcome is not known yet; a worker goes on with it.
 * @throws http.not-found, treasury.quote-expired, rate-stopped, over-cap
 */
export async function acceptQuote(room: Room, actor: Actor, quoteId: string): Promise<QuoteRow> {
  mustAllow(mayConvert(actor))
  const read = () => room.db.asOrg(actor.orgId, (tx) => quoteById(tx, quoteId))
  const quote = await read()
  if (!quote) throw httpErrors.error('not-found')
  if (quote.state === 'quoted') await accept(room, actor, quote)
  const taken = await read()
  if (taken?.state === 'quoted') throw treasuryErrors.error('quote-expired', { quoteId })
  if (taken?.state === 'accepted') await begin(room, taken)
  return (await read()) ?? quote
}

/** Begins what was accepted and then left, by a kill between the two. */
export async function resumeAccepted(room: Room): Promise<number> {
  const left = await acceptedLongAgo(room.db.worker, room.clock.now() - LEFT_ALONE_MS, 50)
  for (const quote of left) await begin(room, quote)
  return left.length
}
