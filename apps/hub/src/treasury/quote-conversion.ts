import type { Actor } from '@bithive/kernel/actor'
import { mustAllow } from '@bithive/kernel/http'
import { formatAmount } from '@bithive/kernel/money'
import { computeQuote } from './compute-quote.ts'
import { currentRate, mustFindPair, pairName } from './current-rate.ts'
import { treasuryErrors } from './errors.ts'
import { readFee } from './fees.ts'
import { mayConvert } from './policy.ts'
import { type Room, type Runner, SCALES } from './ports.ts'
import { countedSince, insertQuote, type QuoteRow } from './quote-store.ts'
import { timesUp } from './ratio.ts'

const DAY_MS = 86_400_000
/** Advisory lock under which limits are counted, so that two acceptances never share what is left of one. */
const CAPS_LOCK = 7101

export type QuoteOrder = { readonly pair: string; readonly side: QuoteRow['side']; readonly sell: bigint }

/** What a pair's sides are called. */
export function assetsOf(quote: Pick<QuoteRow, 'pair' | 'side'>): { sellAsset: string; buyAsset: string } {
  const [base = '', other = ''] = quote.pair.split('-')
  return quote.side === 'sell-base' ? { sellAsset: base, buyAsset: other } : { sellAsset: other, buyAsset: base }
}

/** Waits for every other acceptance, until the end of the transaction. */
export async function lockCaps(tx: Runner): Promise<void> {
  await tx`SELECT pg_advisory_xact_lock(${CAPS_LOCK}, 0)`
}

export type Caps = { readonly perOrder: bigint; readonly perOwner: bigint; readonly perDay: bigint }

/**
 * Before the transaction that checks them: who waits for the lock holds a connection, and a second one that is asked
 * for behind the lock would never come once all of them are waiting.
 */
export async function readCaps({ parameters }: Pick<Room, 'parameters'>): Promise<Caps> {
  const [perOrder, perOwner, perDay] = await Promise.all([
    parameters.get('treasury.cap-order-fen'),
    parameters.get('treasury.cap-owner-day-fen'),
    parameters.get('treasury.cap-day-fen'),
  ])
  return { perOrder, perOwner, perDay }
}

type Counted = { readonly orgId: string; readonly counted: bigint; readonly caps: Caps }

/** @throws treasury.over-cap with the limit that is reached and what is left of it */
export async function checkCaps(room: Room, sql: Runner, { orgId, counted, caps }: Counted): Promise<void> {
  const { perOrder, perOwner, perDay } = caps
  const refuse = (limit: string, most: bigint, left: bigint): never => {
    const shown = { limit, most: formatAmount(most, 2), left: formatAmount(left > 0n ? left : 0n, 2) }
    throw treasuryErrors.error('over-cap', { ...shown, currency: room.rules.accountingCurrency })
  }
  if (counted > perOrder) refuse('order', perOrder, perOrder)
  const { own, all } = await countedSince(sql, orgId, room.clock.now() - DAY_MS)
  if (own + counted > perOwner) refuse('owner-day', perOwner, perOwner - own)
  if (all + counted > perDay) refuse('day', perDay, perDay - all)
}

/** The accounting currency's worth of what is sold: the side of the pair that is it, rounded up. */
function countedOf(room: Room, order: QuoteOrder, ratio: { num: bigint; den: bigint }): bigint {
  const { sellAsset } = assetsOf(order)
  if (sellAsset === room.rules.accountingCurrency) return order.sell
  return order.side === 'sell-base'
    ? timesUp(order.sell, ratio.num, ratio.den)
    : timesUp(order.sell, ratio.den, ratio.num)
}

/** @throws treasury.no-pair, rate-stopped, too-small, over-cap, insufficient-funds */
export async function quoteConversion(room: Room, actor: Actor, order: QuoteOrder): Promise<QuoteRow> {
  mustAllow(mayConvert(actor))
  const pair = mustFindPair(room, order.pair)
  const { decision, version } = await currentRate(room, pair)
  if (decision.state !== 'ok' || !version || !decision.ratio || decision.expiresAtMs === undefined) {
    throw treasuryErrors.error('rate-stopped', { pair: pairName(pair), state: decision.state })
  }
  const [spreadBps, feeBps, ttl] = await Promise.all([
    room.parameters.get('treasury.spread-bps'),
    readFee(room, 'conversion.fee'),
    room.parameters.get('treasury.quote-ttl-ms'),
  ])
  const { ratio } = version
  const figures = computeQuote(order.sell, { ratio, side: order.side, spreadBps, feeBps })
  if (figures.buy <= 0n) throw treasuryErrors.error('too-small', { pair: order.pair })
  const counted = countedOf(room, order, ratio)
  await checkCaps(room, room.db.worker, { orgId: actor.orgId, counted, caps: await readCaps(room) })
  const { sellAsset } = assetsOf(order)
  const available = (await room.ledger.balance(actor.orgId, sellAsset))?.available ?? 0n
  if (available < order.sell) {
    const scale = SCALES[sellAsset] ?? 0
    const facts = {
      needed: formatAmount(order.sell, scale),
      available: formatAmount(available, scale),
      asset: sellAsset,
    }
    throw treasuryErrors.error('insufficient-funds', facts)
  }
  const now = room.clock.now()
  const quote: QuoteRow = {
    id: room.ids.next('quo'),
    orgId: actor.orgId,
    pair: order.pair,
    side: order.side,
    ...{ sell: figures.sell, fee: figures.fee, buy: figures.buy, counted, ...ratio },
    ...{ rateVersion: version.version, spreadBps, feeBps, sample: pair.sample, askedBy: actor.id },
    createdAt: BigInt(now),
    // A quote never outlives the rate that it rests on.
    expiresAt: BigInt(Math.min(now + Number(ttl), decision.expiresAtMs)),
    ...{ state: 'quoted', acceptedBy: null, acceptedAt: null, endedAt: null, problem: null },
  }
  await room.db.asOrg(actor.orgId, (tx) => insertQuote(tx, quote))
  return quote
}
