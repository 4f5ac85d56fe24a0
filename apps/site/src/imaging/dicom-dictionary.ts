import { createRequire } from 'node:module'
import { invariant } from '@bithive/kernel/errors'
import dcmjs from 'dcmjs'

/**
 * dcmjs prints the values of private elements to the console, and it exists twice at run time: the ES module and the
 * CommonJS copy that dcmjs-dimse and dcmjs-codecs load. Both are silenced before either sees a byte of a patient.
 */
const commonJsDcmjs = createRequire(import.meta.url)('dcmjs') as typeof dcmjs
dcmjs.log.setLevel('silent')
commonJsDcmjs.log.setLevel('silent')

/** Writes a tag as PS3.6 does, for example `(0010,0020)`. */
export function tagText(tag: number): string {
  const hex = tag.toString(16).toUpperCase().padStart(8, '0')
  return `(${hex.slice(0, 4)},${hex.slice(4)})`
}

/** Tags whose dictionary entry names two representations; the one that a reader may rely on is chosen. */
const AMBIGUOUS: Readonly<Record<string, string>> = { ox: 'OW', xs: 'US', lt: 'OW' }

/**
 * The value representation that PS3.6 gives a tag, 'UN' when it is private or not in the dictionary. An implicit
 * data set carries no representations, so they can only come from here.
 */
export function vrOfTag(tag: number): string {
  const group = tag >>> 16
  const element = tag & 0xffff
  if (element === 0) return 'UL'
  if (group % 2 === 1) return element >= 0x10 && element <= 0xff ? 'LO' : 'UN'
  const repeating = group >>> 8 === 0x50 || group >>> 8 === 0x60 ? ((group & 0xff00) << 16) | element : tag
  const vr = dcmjs.data.DicomMetaDictionary.dictionary[tagText(repeating >>> 0)]?.vr
  return vr === undefined ? 'UN' : (AMBIGUOUS[vr] ?? vr)
}

/**
 * Tag and representation of a keyword of PS3.6, for example PatientName.
 * @throws a broken invariant for a keyword that the dictionary does not have
 */
export function tagOfKeyword(keyword: string): { readonly tag: number; readonly vr: string } {
  const entry = dcmjs.data.DicomMetaDictionary.nameMap[keyword]
  invariant(entry, `the dictionary has the keyword ${keyword}`)
  return { tag: Number.parseInt(entry.tag.replace(/[(),]/g, ''), 16), vr: AMBIGUOUS[entry.vr] ?? entry.vr }
}

/** The tag of a keyword that a caller wrote, or undefined when PS3.6 has no such keyword. */
export function findTagOfKeyword(keyword: string): number | undefined {
  const { nameMap } = dcmjs.data.DicomMetaDictionary
  const entry = Object.hasOwn(nameMap, keyword) ? nameMap[keyword] : undefined
  const digits = entry?.tag.replace(/[(),]/g, '') ?? ''
  return /^[0-9A-Fa-f]{8}$/.test(digits) ? Number.parseInt(digits, 16) : undefined
}
