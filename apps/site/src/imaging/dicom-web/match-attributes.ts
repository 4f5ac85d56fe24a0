import type { JsonAttribute, JsonDataSet, JsonValue } from './dicom-json.ts'

/** One key of a query: a tag as the JSON model writes it, and what it must be. */
export type QueryKey = { readonly tag: string; readonly value: string }

const RANGES = new Set(['DA', 'DT', 'TM'])
const LISTS = new Set(['UI'])
const FOLDED = new Set(['PN', 'LO', 'SH', 'CS', 'LT', 'ST', 'UT', 'UC'])

/**
 * Asterisk and question mark stand for any text and any one character (PS3.4 section C.2.2.2.4). Only the last
 * asterisk is ever taken up again, so the work grows with both lengths and no further: the same as a regular
 * expression would take hours for a text of forty letters.
 */
function matchesWildcard(pattern: readonly string[], text: readonly string[]): boolean {
  let [at, from, star, taken] = [0, 0, -1, 0]
  while (at < text.length) {
    if (pattern[from] === '*') {
      star = from++
      taken = at
    } else if (pattern[from] === '?' || pattern[from] === text[at]) {
      from++
      at++
    } else if (star >= 0) {
      from = star + 1
      at = ++taken
    } else return false
  }
  while (pattern[from] === '*') from++
  return from === pattern.length
}

/** Dates and times compare as text once they are as long as the shorter of the two. */
function inRange(value: string, from: string, to: string): boolean {
  const digits = value.replace(/[^0-9.]/g, '')
  const atLeast = from === '' || digits.slice(0, from.length) >= from
  return digits !== '' && atLeast && (to === '' || digits.slice(0, to.length) <= to)
}

function textsOf(value: JsonValue): string[] {
  if (value === null) return []
  if (typeof value === 'object') return Object.values(value).filter((part) => typeof part === 'string')
  return [String(value)]
}

/** True when one value of the attribute matches (PS3.4 section C.2.2.2). An empty key matches everything. */
function matchesKey(attribute: JsonAttribute | undefined, wanted: string): boolean {
  if (wanted === '' || wanted === '*') return true
  if (!attribute) return false
  const { vr } = attribute
  const values = (attribute.Value ?? []).flatMap(textsOf)
  if (RANGES.has(vr) && wanted.includes('-')) {
    const [from = '', to = ''] = wanted.split('-', 2).map((end) => end.replaceAll(':', '').trim())
    return values.some((value) => inRange(value, from, to))
  }
  const options = LISTS.has(vr) ? wanted.split(/[,\\]/) : [wanted]
  // A name is matched without regard to case; so are other texts, as most archives do.
  const plain = (text: string) => [...(FOLDED.has(vr) ? text.toLowerCase() : text)]
  const patterns = options.map((option) => plain(option.trim()))
  return values.map(plain).some((value) => patterns.some((pattern) => matchesWildcard(pattern, value)))
}

/** True when a data set has all that the keys ask for. */
export function matchesKeys(dataSet: JsonDataSet, keys: readonly QueryKey[]): boolean {
  return keys.every(({ tag, value }) => matchesKey(dataSet[tag], value))
}
