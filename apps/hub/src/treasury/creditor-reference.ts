/** ISO 11649 structured creditor references: «RF», two check digits (ISO 7064 mod 97-10), up to 21 characters. */

const REFERENCE = /^RF\d{2}[0-9A-Z]{1,21}$/
/**
 * Letters only, and no vowels, so that no word comes out. Of one width, every wrong letter and every swap of two
 * neighbours fails the check digits; between digits and letters some would pass («2M» for «M2»).
 */
const LETTERS = 'BCDFGHJKMNPQRSTVWXYZ'

/** The remainder of the number that the characters stand for: A is 10, Z is 35. */
function remainder97(text: string): number {
  let rest = 0
  for (const letter of text) {
    const value = Number.parseInt(letter, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest
}

/** @param body up to 21 capital letters and digits */
export function makeReference(body: string): string {
  const check = 98 - remainder97(`${body}RF00`)
  return `RF${String(check).padStart(2, '0')}${body}`
}

/** A body of 16 characters from random bytes: about 69 bits, so that references do not meet and cannot be guessed. */
export function randomBody(bytes: Uint8Array): string {
  return [...bytes.subarray(0, 16)].map((byte) => LETTERS[byte % LETTERS.length]).join('')
}

export function isReference(text: string): boolean {
  return REFERENCE.test(text) && remainder97(`${text.slice(4)}${text.slice(0, 4)}`) === 1
}

/** As people write it: groups of four. */
export const spacedReference = (reference: string): string => reference.replace(/(.{4})(?=.)/g, '$1 ')

/**
 * The references in a text that a person or a bank wrote, each once: small letters, spaces and hyphens inside do not
 * matter. What fails its check digits is none.
 */
export function findReferences(text: string): string[] {
  const plain = text.slice(0, 1_000).toUpperCase()
  const found = new Set<string>()
  for (const match of plain.matchAll(/(?<![0-9A-Z])R[\s-]?F/g)) {
    const tail = plain.slice(match.index)
    let candidate = ''
    for (const letter of tail) {
      if (/[0-9A-Z]/.test(letter)) candidate += letter
      else if (!/[\s-]/.test(letter)) break
      if (candidate.length > 25) break
    }
    // Words may follow after a space, so every length is tried, ours (20) first.
    const lengths = [20, ...Array.from({ length: 21 }, (_, index) => 25 - index)]
    const size = lengths.find((length) => length <= candidate.length && isReference(candidate.slice(0, length)))
    if (size !== undefined) found.add(candidate.slice(0, size))
  }
  return [...found]
}
