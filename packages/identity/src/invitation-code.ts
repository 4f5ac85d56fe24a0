import { createHash } from 'node:crypto'
import type { Randomness } from '@bithive/kernel/randomness'

/** Crockford's base 32: what is read out over a telephone or copied from paper is not mistaken. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const CHARACTERS = 20
const GROUP = 5

/** A new code of 100 random bits, in four groups of five. */
export function newInvitationCode(randomness: Randomness): string {
  const bytes = randomness.bytes(CHARACTERS)
  const plain = [...bytes].map((byte) => ALPHABET[byte & 31]).join('')
  return (plain.match(new RegExp(`.{${GROUP}}`, 'g')) ?? []).join('-')
}

/** One spelling for one code: capitals, spaces and dashes make no difference, nor O for 0, or I and L for 1. */
export function normaliseCode(code: string): string | undefined {
  const plain = code.normalize('NFKC').toLowerCase().replace(/[\s-]/g, '').replaceAll('o', '0').replace(/[il]/g, '1')
  return new RegExp(`^[${ALPHABET}]{${CHARACTERS}}$`).test(plain) ? plain : undefined
}

/** The only form in which a code is kept. 100 random bits need no slow hash. */
export const hashOfCode = (plain: string): Buffer => createHash('sha256').update(`bithive invitation ${plain}`).digest()

export const hintOfCode = (plain: string): string => plain.slice(0, GROUP)
