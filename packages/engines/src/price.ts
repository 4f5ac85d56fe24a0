/** What a price is made of: integers only. */
export type QuoteInput = {
  /** The node's least price for one reference-core second, in millionths of the accounting currency. */
  readonly floorMicro: bigint
  /** Expected work on one reference core, in milliseconds. */
  readonly cpuMs: bigint
  /** Factor of the urgency in basis points; 10,000 leaves the price as it is. */
  readonly factorBps: bigint
}

/** Millionths to cents (10^4), milliseconds to seconds (10^3), basis points to one (10^4). */
const UNIT = 10_000n * 1_000n * 10_000n

/**
 * Price of a job on a node in cents of the accounting currency, rounded up to a cent and at least one cent,
 * so that no accepted work is booked at zero.
 */
export function quoteCents(input: QuoteInput): bigint {
  const exact = input.floorMicro * input.cpuMs * input.factorBps
  const cents = (exact + UNIT - 1n) / UNIT
  return cents > 1n ? cents : 1n
}
