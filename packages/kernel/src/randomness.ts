import { randomBytes } from 'node:crypto'

/** Where unpredictable bytes come from. Keys, tokens and nonces always use `systemRandomness`. */
export type Randomness = { readonly bytes: (length: number) => Uint8Array }

export const systemRandomness: Randomness = { bytes: (length) => randomBytes(length) }

/**
 * A reproducible stream for tests and the simulator (splitmix64, Steele et al. 2014). Not for secrets.
 * @param seed any unsigned 64-bit integer; print it where a run may fail.
 */
export function createSeededRandomness(seed: bigint): Randomness {
  const mask = (1n << 64n) - 1n
  let state = seed & mask
  const next = () => {
    state = (state + 0x9e3779b97f4a7c15n) & mask
    let z = state
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask
    return z ^ (z >> 31n)
  }
  return {
    bytes: (length) => {
      const out = new Uint8Array(length)
      const view = new DataView(out.buffer)
      let at = 0
      for (; at + 8 <= length; at += 8) view.setBigUint64(at, next(), true)
      for (let word = next(); at < length; at++, word >>= 8n) out[at] = Number(word & 0xffn)
      return out
    },
  }
}
