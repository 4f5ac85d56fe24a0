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

/** A reference, with the spaces and hyphens between its letters, lies within so many characters. */
const MAX_SPAN = 100
const MAX_SIZE = 25
/** Ours have this many characters. */
const OUR_SIZE = 20
/** Two are too many already to say whose money it is. */
const MOST_FOUND = 3
/** Places of one text at which a reference could begin: no payer writes so many. */
const MOST_TRIES = 20
/** More texts than this no payer writes: whose money it is, is then for people to say. */
const MOST_TEXTS = 50

/** Up to 25 letters and digits from here on; spaces and hyphens between them are left out. */
function candidateAt(plain: string, from: number): string {
  let candidate = ''
  for (const letter of plain.slice(from, from + MAX_SPAN)) {
    if (/[0-9A-Z]/.test(letter)) candidate += letter
    else if (!/[\s-]/.test(letter)) break
    if (candidate.length === MAX_SIZE) break
  }
  return candidate
}

/** The size of the reference that a candidate begins with: ours if it is one, or else the longest. One pass. */
function sizeOfReference(candidate: string): number | undefined {
  const check = /^RF(\d{2})/.exec(candidate)?.[1]
  if (check === undefined) return undefined
  let rest = 0
  let longest: number | undefined
  for (let size = 5; size <= candidate.length; size++) {
    const value = Number.parseInt(candidate[size - 1] as string, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
    // R is 27 and F is 15: the first four characters come last in the number.
    if ((rest * 1_000_000 + 271_500 + Number(check)) % 97 !== 1) continue
    if (size === OUR_SIZE) return size
    longest = size
  }
  return longest
}

/**
 * The references in a text that a person or a bank wrote, each once, at most three: small letters, spaces and hyphens
 * inside do not matter. What fails its check digits is none. Of a text, 1,000 characters are read.
 */
export function findReferences(text: string): string[] {
  const plain = text.slice(0, 1_000).toUpperCase()
  const found = new Set<string>()
  let tries = 0
  for (const match of plain.matchAll(/(?<![0-9A-Z])R[\s-]?F/g)) {
    const candidate = candidateAt(plain, match.index)
    const size = sizeOfReference(candidate)
    if (size !== undefined) found.add(candidate.slice(0, size))
    if (found.size === MOST_FOUND || ++tries === MOST_TRIES) break
  }
  return [...found]
}

/** The only reference in all the texts of one movement; two would be a guess, and so would a part of too many texts. */
export function onlyReference(texts: readonly string[]): string | undefined {
  if (texts.length > MOST_TEXTS) return undefined
  const found = new Set<string>()
  for (const text of texts) {
    for (const reference of findReferences(text)) found.add(reference)
    if (found.size > 1) return undefined
  }
  return [...found][0]
}
