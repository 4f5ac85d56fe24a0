import type { Randomness } from '@bithive/kernel/randomness'

/** Crockford's base 32: nothing in it is mistaken for something else on paper or over a telephone. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** Groups of `group` characters, five random bits each. */
export function newCode(randomness: Randomness, groups: number, group = 5): string {
  const letters = [...randomness.bytes(groups * group)].map((byte) => ALPHABET[byte & 31]).join('')
  return Array.from({ length: groups }, (_, at) => letters.slice(at * group, (at + 1) * group)).join('-')
}

/** Capitals, spaces and dashes make no difference, nor O for 0, or I and L for 1. */
export const plainCode = (code: string): string =>
  code.normalize('NFKC').toLowerCase().replace(/[\s-]/g, '').replaceAll('o', '0').replace(/[il]/g, '1')
