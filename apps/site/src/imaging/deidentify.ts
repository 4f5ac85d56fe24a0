import { invariant } from '@bithive/kernel/errors'
import dicomParser from 'dicom-parser'
import { tagText, vrOfTag } from './dicom-dictionary.ts'
import { valueReader } from './dicom-index.ts'
import { type Decision, type NewValue, rewriteElements } from './edit-elements.ts'
import { imagingErrors } from './errors.ts'
import { PROFILE_EDITION, profileRow } from './profile-basic.ts'
import { asciiValue, type DicomFile, type Element, type Form, readElements } from './read-elements.ts'
import { refuseOverlaysInPixels, refusePixels } from './refuse-pixels.ts'
import { remapUid } from './remap-uid.ts'
import { containsIdentifier, needlesOf } from './scan-identifiers.ts'
import { EXPLICIT_LE } from './transfer-syntax.ts'
import { encodeElement, encodeItem, metaElements, writePart10 } from './write-elements.ts'

export type DeidentifyDeps = {
  /** The site's secret for UIDs, 32 bytes; the same key maps a study the same way each time. */
  readonly uidKey: Uint8Array
  /** What takes the place of the patient's number, for example the site's `per_…`; no patient value. */
  readonly pseudonym: string
}

export type Deidentified = {
  readonly bytes: Uint8Array
  readonly sopInstanceUid: string
  readonly studyInstanceUid: string
  readonly seriesInstanceUid: string
  readonly originalSopInstanceUid: string
  /** How many elements each rule met, for the preview that a clinician sees. */
  readonly counts: Readonly<Counts>
  /** What happened to which attribute, once each: names and acts, no values. Private ones are only counted. */
  readonly attributes: readonly { readonly tag: string; readonly act: Exclude<Act, 'private'> }[]
}

type Act = 'removed' | 'emptied' | 'replaced' | 'remapped' | 'private'
type Counts = Record<Act, number>

/** Dummies by representation (code D): they carry nothing and keep the element valid. */
const DUMMIES: Readonly<Record<string, string>> = {
  AE: 'REMOVED',
  AS: '000D',
  CS: 'REMOVED',
  DA: '19000101',
  DS: '0',
  DT: '19000101000000',
  IS: '0',
  LO: 'REMOVED',
  LT: 'REMOVED',
  PN: 'REMOVED',
  SH: 'REMOVED',
  ST: 'REMOVED',
  TM: '000000',
  UC: 'REMOVED',
  UR: 'urn:removed',
  UT: 'REMOVED',
}

/**
 * Representations that may hold a name, a date or free words. Where Table E.1-1 does not name such an attribute, it is
 * one that a later edition or a vendor added: it gets a dummy, so that what is unknown does not leave.
 */
const UNLISTED_DUMMY = new Set(['AE', 'DA', 'DT', 'LT', 'PN', 'ST', 'TM', 'UC', 'UR', 'UT'])

const PATIENT_ID = 0x00100020
/** Attributes that this profile writes itself; what the file said before goes. */
const OWN = new Set([0x00120062, 0x00120063, 0x00120064, 0x00280303])

function dummy(vr: string, form: Form): Decision {
  const text = DUMMIES[vr]
  if (text !== undefined) return { vr, value: Buffer.from(text, 'latin1') }
  if (vr === 'SQ') return { vr, value: encodeItem(form, new Uint8Array()) }
  if (vr === 'OB' || vr === 'OW') return { vr, value: Uint8Array.of(0, 0) }
  return 'remove'
}

type Context = {
  readonly file: DicomFile
  readonly deps: DeidentifyDeps
  readonly counts: Counts
  readonly acts: Map<number, Exclude<Act, 'private'>>
}

function note(context: Context, element: Element, act: Exclude<Act, 'private'>): void {
  context.counts[act] += 1
  context.acts.set(element.tag, act)
}

function remapped(context: Context, element: Element): NewValue {
  const uids = asciiValue(context.file.body, element).split('\\')
  note(context, element, 'remapped')
  return { vr: 'UI', value: Buffer.from(uids.map((uid) => remapUid(context.deps.uidKey, uid.trim())).join('\\')) }
}

function replaced(context: Context, element: Element, vr: string): Decision {
  const decision = dummy(vr, context.file.form)
  note(context, element, decision === 'remove' ? 'removed' : 'replaced')
  return decision
}

function emptied(context: Context, element: Element, vr: string): Decision {
  note(context, element, 'emptied')
  return { vr, value: new Uint8Array() }
}

function removed(context: Context, element: Element): Decision {
  note(context, element, 'removed')
  return 'remove'
}

/**
 * Where the table leaves a choice, the one that keeps every IOD valid is taken: a dummy over nothing, nothing over
 * removal (a type 3 attribute may be empty, PS3.5 section 7.4.5). Sequences with a choice are removed, as no dummy
 * item is valid everywhere; references (X/Z/U*) stay, with their UIDs mapped.
 */
function byTable(context: Context, element: Element, code: string, vr: string): Decision {
  if (code === 'U') return remapped(context, element)
  if (code === 'X/Z/U*') return element.items ? 'descend' : removed(context, element)
  if (code === 'X' || (vr === 'SQ' && code.startsWith('X/'))) return removed(context, element)
  if (code === 'Z' || code === 'X/Z') return emptied(context, element, vr)
  return replaced(context, element, vr)
}

function byDefault(context: Context, element: Element): Decision {
  if (element.items) return element.vr === 'UN' ? removed(context, element) : 'descend'
  if (element.vr === 'UN') return removed(context, element)
  if (element.vr === 'UI') return remapped(context, element)
  const known = vrOfTag(element.tag)
  // Neither the table nor the dictionary knows it, so nobody can say what it holds.
  if (known === 'UN') return removed(context, element)
  const vr = UNLISTED_DUMMY.has(known) ? known : element.vr
  return UNLISTED_DUMMY.has(vr) ? replaced(context, element, vr) : 'keep'
}

function decide(context: Context, element: Element): Decision {
  const group = element.tag >>> 16
  if (group % 2 === 1) {
    context.counts.private += 1
    return 'remove'
  }
  // Curves and overlays: the table names their data, but their labels and descriptions are free words as well.
  if (group >>> 8 === 0x50 || group >>> 8 === 0x60) return removed(context, element)
  // Group lengths, Length to End and trailing padding speak of bytes that change here.
  const lengths = (element.tag & 0xffff) === 0 || element.tag === 0x00080001 || element.tag === 0xfffcfffc
  if (lengths || OWN.has(element.tag)) return 'remove'
  if (element.tag === PATIENT_ID) {
    note(context, element, 'replaced')
    return { vr: 'LO', value: Buffer.from(context.deps.pseudonym, 'latin1') }
  }
  const row = profileRow(element.tag)
  return row ? byTable(context, element, row.code, row.vr) : byDefault(context, element)
}

/** CID 7050: the Basic Profile alone; no option is claimed, because none is applied. */
function methodCode(form: Form): Uint8Array {
  const text = (tag: number, vr: string, value: string) => encodeElement(form, tag, vr, Buffer.from(value, 'latin1'))
  return encodeItem(
    form,
    Buffer.concat([
      text(0x00080100, 'SH', '113100'),
      text(0x00080102, 'SH', 'DCM'),
      text(0x00080104, 'LO', 'Basic Application Confidentiality Profile'),
    ]),
  )
}

function ownElements(form: Form): (NewValue & { tag: number })[] {
  const method = `${PROFILE_EDITION} Basic Profile, UIDs mapped with a site key`
  return [
    { tag: 0x00120062, vr: 'CS', value: Buffer.from('YES') },
    { tag: 0x00120063, vr: 'LO', value: Buffer.from(method) },
    { tag: 0x00120064, vr: 'SQ', value: methodCode(form) },
    { tag: 0x00280303, vr: 'CS', value: Buffer.from('REMOVED') },
  ]
}

/** Every tag that an independent reader sees, at every level. */
function tagsSeen(dataSet: dicomParser.DataSet, into: Set<number> = new Set()): Set<number> {
  for (const [name, element] of Object.entries(dataSet.elements)) {
    into.add(Number.parseInt(name.slice(1), 16))
    for (const item of element.items ?? []) if (item.dataSet) tagsSeen(item.dataSet, into)
  }
  return into
}

/**
 * Reads the output again, with a second reader too: a trick that hides an element from our walker would have to
 * hide it from dicom-parser as well.
 */
function check(original: DicomFile, output: Uint8Array): DicomFile {
  const written = readElements(output)
  const seen = tagsSeen(dicomParser.parseDicom(output))
  for (const tag of seen) {
    const group = tag >>> 16
    const forbidden = group % 2 === 1 || (profileRow(tag)?.code === 'X' && group !== 0x0002)
    if (forbidden) throw imagingErrors.error('identifier-left', { reason: 'attribute left' })
  }
  if (written.elements.some((e) => !seen.has(e.tag))) {
    throw imagingErrors.error('identifier-left', { reason: 'readers differ' })
  }
  const characterSet = valueReader(original).ascii(0x00080005)
  if (containsIdentifier(written, needlesOf(original, characterSet))) {
    throw imagingErrors.error('identifier-left', { reason: 'value left' })
  }
  return written
}

/**
 * Applies the Basic Application Level Confidentiality Profile (PS3.15 annex E) to one Part 10 file. Private
 * attributes, unknown representations and the old file meta group go at every level; pixels are the same bytes.
 * It does not touch what pixels show: kinds of image that may show a name are refused.
 * @throws imaging.pixels-may-identify, imaging.class-not-shareable, imaging.identifier-left, and what reading throws
 */
export function deidentify(bytes: Uint8Array, deps: DeidentifyDeps): Deidentified {
  invariant(deps.uidKey.length >= 32, 'the UID key has at least 32 bytes')
  invariant(/^[\x21-\x7e]{1,64}$/.test(deps.pseudonym), 'a pseudonym is printable ASCII of at most 64 characters')
  const file = readElements(bytes)
  const read = valueReader(file)
  refusePixels(read)
  refuseOverlaysInPixels(file)
  const counts: Counts = { removed: 0, emptied: 0, replaced: 0, remapped: 0, private: 0 }
  const context: Context = { file, deps, counts, acts: new Map() }
  const body = rewriteElements(file, {
    decide: (element) => decide(context, element),
    insert: (path) => (path.length === 0 ? ownElements(file.form) : []),
  })
  const map = (tag: number) => remapUid(deps.uidKey, read.ascii(tag))
  const sopInstanceUid = map(0x00080018)
  const meta = metaElements({
    sopClassUid: read.ascii(0x00080016),
    sopInstanceUid,
    transferSyntaxUid: file.syntax.deflated ? EXPLICIT_LE : file.syntax.uid,
  })
  const output = writePart10({ meta, body })
  check(file, output)
  return {
    bytes: output,
    sopInstanceUid,
    studyInstanceUid: map(0x0020000d),
    seriesInstanceUid: map(0x0020000e),
    originalSopInstanceUid: read.ascii(0x00080018),
    counts,
    attributes: [...context.acts].sort(([a], [b]) => a - b).map(([tag, act]) => ({ tag: tagText(tag), act })),
  }
}
