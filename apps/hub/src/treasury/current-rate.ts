import type { ConversionPair } from '@bithive/kernel/rules'
import { CLOCK_TOLERANCE_MS, decideRate, type RateDecision, type RatePolicy } from './decide-rate.ts'
import { treasuryErrors } from './errors.ts'
import { type Room, SCALES } from './ports.ts'
import { addRate, jumpLetPass, keepObservation, lastRate, observationsOf, type RateVersion } from './rate-store.ts'
import { compareRatios, readPrice } from './ratio.ts'

/** A rate that stays the same is written down again after this, so that history shows that somebody looked. */
const REPEAT_AFTER_MS = 600_000

export const pairName = ({ base, quote }: Pick<ConversionPair, 'base' | 'quote'>): string => `${base}-${quote}`

export const scalesOf = ({ base, quote }: Pick<ConversionPair, 'base' | 'quote'>) => ({
  base: SCALES[base] ?? 0,
  quote: SCALES[quote] ?? 0,
})

/** The pairs that the rules open at this moment; none where conversion itself is shut. */
export function openPairs(room: Pick<Room, 'rules' | 'clock'>): ConversionPair[] {
  const now = room.clock.now()
  if (!room.rules.allows('conversion', now).ok) return []
  const today = new Date(now).toISOString().slice(0, 10)
  const known = ({ base, quote }: ConversionPair) => SCALES[base] !== undefined && SCALES[quote] !== undefined
  return room.rules.conversionPairs.filter(
    (pair) => known(pair) && pair.from <= today && (pair.to === null || today <= pair.to),
  )
}

/** @throws treasury.no-pair */
export function mustFindPair(room: Pick<Room, 'rules' | 'clock'>, name: string): ConversionPair {
  const found = openPairs(room).find((pair) => pairName(pair) === name)
  if (!found) throw treasuryErrors.error('no-pair', { pair: name.slice(0, 25) })
  return found
}

async function policyOf(room: Room, pair: ConversionPair): Promise<RatePolicy> {
  const { parameters } = room
  const [age, outlier, jump] = await Promise.all([
    parameters.get('treasury.rate-max-age-ms'),
    parameters.get('treasury.rate-outlier-bps'),
    parameters.get('treasury.rate-jump-bps'),
  ])
  return { quorum: pair.quorum, maxAgeMs: Number(age), outlierBps: outlier, jumpBps: jump }
}

export type CurrentRate = {
  readonly pair: ConversionPair
  readonly decision: RateDecision
  /** The version that counts now, or counted last when the pair is stopped. */
  readonly version: RateVersion | undefined
}

/** Decides the rate of a pair from what was heard, and writes it down where it is new. */
export async function currentRate(room: Room, pair: ConversionPair): Promise<CurrentRate> {
  const sql = room.db.worker
  const name = pairName(pair)
  const now = room.clock.now()
  const [policy, observations, last] = await Promise.all([
    policyOf(room, pair),
    observationsOf(sql, name, pair.rateSources),
    lastRate(sql, name),
  ])
  const passed = last && (await jumpLetPass(sql, name, last.setAtMs))
  const decision = decideRate(observations, policy, passed ?? last?.ratio, now)
  let version = last
  const { ratio, observedAtMs } = decision
  if (decision.state === 'ok' && ratio && observedAtMs !== undefined) {
    const same = last && compareRatios(last.ratio, ratio) === 0
    if (!same || now - last.setAtMs >= REPEAT_AFTER_MS) {
      const leftOut = decision.leftOut.map(({ source, reason }) => `${source}:${reason}`)
      const next = (last?.version ?? 0) + 1
      const added = { pair: name, version: next, ratio, observedAtMs, setAtMs: now, sources: decision.used, leftOut }
      await addRate(sql, added)
      version = await lastRate(sql, name)
      room.live.publish('*', { topic: 'treasury', id: name })
    }
  }
  return { pair, decision, version }
}

/** Asks every source once. One that fails or says something impossible is logged and keeps its last word. */
export async function hearSources(room: Room, signal: AbortSignal): Promise<void> {
  const pairs = openPairs(room)
  for (const source of room.rateSources ?? []) {
    const heard = pairs.filter((pair) => pair.rateSources.includes(source.name))
    if (heard.length === 0) continue
    try {
      for (const { pair: name, price, observedAtMs } of await source.read(signal)) {
        const pair = heard.find((one) => pairName(one) === name)
        const receivedAtMs = room.clock.now()
        if (!pair || observedAtMs > receivedAtMs + CLOCK_TOLERANCE_MS) continue
        const ratio = readPrice(price, scalesOf(pair))
        await keepObservation(room.db.worker, name, { source: source.name, ratio, observedAtMs, receivedAtMs })
      }
    } catch (error) {
      room.log.warn({ source: source.name, err: error }, 'a source of rates could not be heard')
    }
  }
  for (const pair of pairs) await currentRate(room, pair)
}
