import type { JsonAttribute, JsonDataSet, JsonValue } from './dicom-json.ts'

/** One key of a query: a tag as the JSON model writes it, and what it must be. */
export type QueryKey = { readonly tag: string; readonly value: string }

const RANGES = new Set(['DA', 'DT', 'TM'])
const LISTS = new Set(['UI'])
const FOLDED = new Set(['PN', 'LO', 'SH', 'CS', 'LT', 'ST', 'UT', 'UC'])

/** Asterisk and question mark stand for any text and any one character (PS3.4 section C.2.2.2.4). */
function wildcard(pattern: string, exact: boolean): RegExp {
  const source = [...pattern]
    .map((char) => (char === '*' ? '.*' : char === '?' ? '.' : char.replace(/[.+^${}()|[\]\\/]/g, '\\$&')))
    .join('')
  return new RegExp(`^${source.replace(/(\.\*)+/g, '.*')}$`, exact ? 'su' : 'sui')
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
  const patterns = options.map((option) => wildcard(option.trim(), !FOLDED.has(vr)))
  return values.some((value) => patterns.some((pattern) => pattern.test(value)))
}

/** True when a data set has all that the keys ask for. */
export function matchesKeys(dataSet: JsonDataSet, keys: readonly QueryKey[]): boolean {
  return keys.every(({ tag, value }) => matchesKey(dataSet[tag], value))
}
