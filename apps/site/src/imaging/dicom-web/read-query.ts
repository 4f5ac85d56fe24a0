import { findTagOfKeyword } from '../dicom-dictionary.ts'
import { imagingErrors } from '../errors.ts'
import { tagKey } from './dicom-json.ts'
import type { QueryKey } from './match-attributes.ts'

/** A QIDO-RS query (PS3.18 section 8.3.4). */
export type DicomWebQuery = {
  readonly keys: readonly QueryKey[]
  readonly limit: number
  readonly offset: number
  /** Tags asked for beyond the usual ones; 'all' for everything that is known. */
  readonly include: 'all' | readonly string[]
  /** What was asked for and is not done, for the Warning header. */
  readonly ignored: readonly string[]
}

export const MAX_RESULTS = 200
const MAX_OFFSET = 100_000
const MAX_KEYS = 32
const MAX_VALUE = 1_024

function tagOf(name: string): string | undefined {
  if (/^[0-9A-Fa-f]{8}$/.test(name)) return name.toUpperCase()
  const tag = /^[A-Za-z][A-Za-z0-9]{1,63}$/.test(name) ? findTagOfKeyword(name) : undefined
  return tag === undefined ? undefined : tagKey(tag)
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = Number(text)
  if (!/^\d{1,9}$/.test(text)) throw imagingErrors.error('bad-query', { key: name })
  return Math.min(value, max)
}

/**
 * Reads the query of a search.
 * @param searchable tags that the search can match; another key is named in a warning, and not matched
 * @throws imaging.bad-query naming the key
 */
export function readQuery(parameters: URLSearchParams, searchable: ReadonlySet<string> | 'any'): DicomWebQuery {
  const keys: QueryKey[] = []
  const ignored: string[] = []
  const include: string[] = []
  let [limit, offset, all] = [MAX_RESULTS, 0, false]
  if ([...parameters].length > MAX_KEYS) throw imagingErrors.error('bad-query', { key: 'count' })
  for (const [name, value] of parameters) {
    if (value.length > MAX_VALUE) throw imagingErrors.error('bad-query', { key: 'value' })
    if (name === 'limit') limit = wholeNumber(name, value, MAX_RESULTS)
    else if (name === 'offset') offset = wholeNumber(name, value, MAX_OFFSET)
    else if (name === 'fuzzymatching') {
      if (value === 'true') ignored.push(name)
    } else if (name === 'includefield') {
      for (const field of value.split(',')) {
        if (field === 'all') all = true
        else include.push(tagOf(field) ?? '')
      }
    } else if (name !== 'accept' && name !== 'lang') {
      const tag = tagOf(name)
      // The name itself is the caller's own text, so it is not said again.
      if (tag === undefined) throw imagingErrors.error('bad-query', { key: 'unknown attribute' })
      if (searchable === 'any' || searchable.has(tag)) keys.push({ tag, value })
      else ignored.push(tag)
    }
  }
  return { keys, limit, offset, include: all ? 'all' : include.filter((tag) => tag !== ''), ignored }
}
