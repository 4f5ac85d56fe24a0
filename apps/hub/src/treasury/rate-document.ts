import { z } from 'zod'
import { treasuryErrors } from './errors.ts'
import type { Spoken } from './rate-source.ts'

/** More is no list of rates. */
export const MAX_RATE_BYTES = 65_536

/**
 * The document that a file drop and an HTTP source hold:
 * `{"schema": "bithive.rates.v1", "observedAt": "2026-11-23T08:00:00Z", "rates": [{"pair": "BTT-CNY", "price": "0.5"}]}`
 */
const RateDocument = z.strictObject({
  schema: z.literal('bithive.rates.v1'),
  observedAt: z.iso.datetime(),
  rates: z
    .array(
      z.strictObject({
        pair: z.string().regex(/^[A-Z]{2,12}-[A-Z]{2,12}$/),
        price: z.string().regex(/^\d{1,12}(\.\d{1,8})?$/),
      }),
    )
    .max(100),
})

/** @throws treasury.bad-rate when it is not that document, or names a pair twice */
export function readRateDocument(bytes: Uint8Array): Spoken[] {
  if (bytes.length > MAX_RATE_BYTES) throw treasuryErrors.error('bad-rate')
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw treasuryErrors.error('bad-rate')
  }
  const read = RateDocument.safeParse(value)
  if (!read.success) throw treasuryErrors.error('bad-rate')
  const { observedAt, rates } = read.data
  if (new Set(rates.map(({ pair }) => pair)).size !== rates.length) throw treasuryErrors.error('bad-rate')
  const observedAtMs = Date.parse(observedAt)
  return rates.map(({ pair, price }) => ({ pair, price, observedAtMs }))
}
