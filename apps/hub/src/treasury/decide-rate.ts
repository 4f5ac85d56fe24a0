import { compareRatios, distanceBps, type Ratio } from './ratio.ts'

/** What one source said last about a pair. */
export type Observation = {
  readonly source: string
  readonly ratio: Ratio
  /** When the source says that it was so. */
  readonly observedAtMs: number
  /** When we heard it. */
  readonly receivedAtMs: number
  /** What two people say holds until then, however old; what a source says grows old by itself. */
  readonly validUntilMs?: number
}

export type RatePolicy = {
  /** Sources that must agree. */
  readonly quorum: number
  readonly maxAgeMs: number
  /** A source further from the median than this is left out. */
  readonly outlierBps: bigint
  /** A median further from the last rate than this stops the pair until two people let it pass. */
  readonly jumpBps: bigint
}

/** Why a source's word was not counted. */
export type LeftOut = { readonly source: string; readonly reason: 'stale' | 'outlier' | 'future' }

/** `clock`: this machine's clock stands before the last thing it heard, so nobody can say how old anything is. */
export const RATE_STATES = ['ok', 'stale', 'no-quorum', 'jump', 'clock', 'none'] as const
export type RateState = (typeof RATE_STATES)[number]

export type RateDecision = {
  readonly state: RateState
  /** The median that counts, or the one that would count but for the jump. */
  readonly ratio: Ratio | undefined
  /** The oldest word that the median rests on: the age of the rate. */
  readonly observedAtMs: number | undefined
  /** When the first of the words that it rests on stops counting. */
  readonly expiresAtMs: number | undefined
  readonly used: readonly string[]
  readonly leftOut: readonly LeftOut[]
}

/** A source's clock may run ahead by this much. */
export const CLOCK_TOLERANCE_MS = 60_000

/** The lower middle one of an odd or even number, so that the rate is one that a source really stated. */
function medianOf(sorted: readonly Observation[]): Observation {
  return sorted[Math.floor((sorted.length - 1) / 2)] as Observation
}

/**
 * The rate of a pair: 1 leave out what is old or from the future, 2 take the median, 3 leave out what lies too far
 * from it, 4 ask for the quorum, 5 take the median again, 6 compare with the last rate.
 * @param last the rate that counted last; undefined at first, or after two people let a jump pass
 */
export function decideRate(
  observations: readonly Observation[],
  policy: RatePolicy,
  last: Ratio | undefined,
  nowMs: number,
): RateDecision {
  const nothing = { ratio: undefined, observedAtMs: undefined, expiresAtMs: undefined, used: [] }
  if (observations.length === 0) return { state: 'none', ...nothing, leftOut: [] }
  if (observations.some((one) => one.receivedAtMs > nowMs + CLOCK_TOLERANCE_MS)) {
    return { state: 'clock', ...nothing, leftOut: [] }
  }
  const leftOut: LeftOut[] = []
  const fresh = observations.filter(({ source, observedAtMs, validUntilMs }) => {
    const endsAtMs = validUntilMs ?? observedAtMs + policy.maxAgeMs
    const reason = observedAtMs > nowMs + CLOCK_TOLERANCE_MS ? 'future' : nowMs > endsAtMs ? 'stale' : undefined
    if (reason) leftOut.push({ source, reason })
    return reason === undefined
  })
  if (fresh.length === 0) return { state: 'stale', ...nothing, leftOut }
  const sorted = fresh.toSorted((a, b) => compareRatios(a.ratio, b.ratio) || (a.source < b.source ? -1 : 1))
  const first = medianOf(sorted)
  const near = sorted.filter((one) => distanceBps(one.ratio, first.ratio) <= policy.outlierBps)
  for (const { source } of sorted)
    if (!near.some((one) => one.source === source)) leftOut.push({ source, reason: 'outlier' })
  const used = near.map(({ source }) => source).sort()
  if (near.length < policy.quorum) {
    const tooOld = fresh.length < policy.quorum && leftOut.some(({ reason }) => reason === 'stale')
    return { state: tooOld ? 'stale' : 'no-quorum', ...nothing, used, leftOut }
  }
  const { ratio } = medianOf(near)
  const observedAtMs = Math.min(...near.map((one) => one.observedAtMs))
  const expiresAtMs = Math.min(...near.map((one) => one.validUntilMs ?? one.observedAtMs + policy.maxAgeMs))
  const jumped = last !== undefined && distanceBps(ratio, last) > policy.jumpBps
  return { state: jumped ? 'jump' : 'ok', ratio, observedAtMs, expiresAtMs, used, leftOut }
}
