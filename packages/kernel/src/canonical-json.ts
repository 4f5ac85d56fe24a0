import { invariant } from './errors.ts'

/** What may be written canonically. A `bigint` becomes a decimal string; members that are `undefined` are left out. */
export type Json =
  | string
  | number
  | boolean
  | bigint
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined }

function writeString(text: string): string {
  // PostgreSQL's text and jsonb hold neither NUL nor half a surrogate pair.
  invariant(text.isWellFormed() && !text.includes('\u0000'), 'canonical text is well formed and has no NUL')
  return JSON.stringify(text)
}

/**
 * One text for one value, to hash and to compare: RFC 8785 (no white space, members in order of their UTF-16 code
 * units, numbers as ECMAScript writes them), with `bigint` in addition.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return writeString(value)
  if (typeof value === 'bigint') return `"${value}"`
  if (typeof value === 'number') {
    invariant(Number.isFinite(value), 'canonical numbers are finite')
    return JSON.stringify(value)
  }
  if (Array.isArray(value)) return `[${value.map((item: Json) => canonicalJson(item)).join(',')}]`
  const members = Object.entries(value as Record<string, Json | undefined>)
  const kept = members.filter((member): member is [string, Json] => member[1] !== undefined)
  kept.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${kept.map(([key, item]) => `${writeString(key)}:${canonicalJson(item)}`).join(',')}}`
}
