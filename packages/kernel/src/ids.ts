import { createHash } from 'node:crypto'
import type { Clock } from './clock.ts'
import type { Randomness } from './randomness.ts'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** Crockford base 32, lower case, of 16 bytes: 26 characters. */
function base32(bytes: Uint8Array): string {
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  let out = ''
  for (let i = 0; i < 26; i++) {
    out = ALPHABET[Number(value & 31n)] + out
    value >>= 5n
  }
  return out
}

export type Ids = {
  /** A new id that sorts by time: `<prefix>_` and a ULID of 26 lower-case characters. */
  readonly next: (prefix: string) => string
  /** A new UUID version 7 (RFC 9562 section 5.7). */
  readonly uuid: () => string
}

function timeBytes(now: number, random: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(now) << 16n)
  bytes.set(random.subarray(0, 10), 6)
  return bytes
}

function asUuid(bytes: Uint8Array, version: number): string {
  bytes[6] = ((bytes[6] as number) & 0x0f) | (version << 4)
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
  const hex = Buffer.from(bytes).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

export function createIds(deps: { clock: Clock; randomness: Randomness }): Ids {
  return {
    next: (prefix) => `${prefix}_${base32(timeBytes(deps.clock.now(), deps.randomness.bytes(10)))}`,
    uuid: () => asUuid(timeBytes(deps.clock.now(), deps.randomness.bytes(10)), 7),
  }
}

/**
 * The same parts give the same UUID (version 8, RFC 9562 section 5.8, SHA-256 over length-prefixed parts):
 * how a use case names its transfers, so that doing it twice changes nothing.
 */
export function deterministicUuid(...parts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part)
  return asUuid(new Uint8Array(hash.digest().subarray(0, 16)), 8)
}

/** SHA-256 of the bytes, lower-case hex. */
export function sha256Hex(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
