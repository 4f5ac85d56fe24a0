/** What a source says about one pair. */
export type Spoken = {
  /** `BASE-QUOTE`, for example `BTT-CNY`. */
  readonly pair: string
  /** Whole quote units for one whole base unit, a plain decimal. */
  readonly price: string
  readonly observedAtMs: number
}

/**
 * Port: somebody who says what things cost. `read` answers what it knows now, nothing when it knows nothing, and
 * throws when it cannot be reached; its last word then stands until it is too old.
 */
export type RateSource = {
  /** As the rules name it. */
  readonly name: string
  readonly read: (signal: AbortSignal) => Promise<readonly Spoken[]>
}

/** A source whose word is always the same number, as fresh as it is asked: the sample's own. */
export function createFixedRateSource(options: {
  readonly name: string
  readonly now: () => number
  readonly prices: () => Promise<Readonly<Record<string, string>>>
}): RateSource {
  return {
    name: options.name,
    read: async () => {
      const prices = await options.prices()
      const observedAtMs = options.now()
      return Object.entries(prices).map(([pair, price]) => ({ pair, price, observedAtMs }))
    },
  }
}
