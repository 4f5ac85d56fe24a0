import { imagingErrors } from './errors.ts'
import { type DicomFile, type Element, type Form, type Item, readElements } from './read-elements.ts'
import { appendElement, encodeElement, writePart10 } from './write-elements.ts'

/** Where an element lies: its tag, or the tag of a sequence, an item's index, and a tag in that item, and so on. */
type Path = readonly number[]

export type NewValue = { readonly vr: string; readonly value: Uint8Array }

/** What becomes of one element while a data set is rewritten. A sequence that is to change inside says 'descend'. */
export type Decision = 'keep' | 'remove' | 'descend' | NewValue

export type Rewrite = {
  readonly decide: (element: Element, path: Path) => Decision
  /** Elements to add to the data set at this path ([] is the top), in ascending order of their tags. */
  readonly insert?: (path: Path) => readonly (NewValue & { readonly tag: number })[]
}

type Output = { readonly parts: Uint8Array[]; length: number }

function push(output: Output, bytes: Uint8Array): void {
  output.parts.push(bytes)
  output.length += bytes.length
}

function patchedHeader(body: Uint8Array, start: number, valueStart: number, length: number, form: Form): Uint8Array {
  const header = Uint8Array.from(body.subarray(start, valueStart))
  new DataView(header.buffer).setUint32(header.length - 4, length, form.littleEndian)
  return header
}

function rewriteItem(body: Uint8Array, item: Item, rewrite: Rewrite, path: Path): Output {
  const output: Output = { parts: [], length: 0 }
  const content = rewriteDataSet(body, item.elements, item.form, rewrite, path)
  const header = item.undefinedLength
    ? body.subarray(item.start, item.contentStart)
    : patchedHeader(body, item.start, item.contentStart, content.length, item.form)
  push(output, header)
  for (const part of content.parts) push(output, part)
  if (item.undefinedLength) push(output, body.subarray(item.contentEnd, item.end))
  return output
}

function rewriteSequence(body: Uint8Array, element: Element, form: Form, rewrite: Rewrite, path: Path): Output {
  const content: Output = { parts: [], length: 0 }
  for (const [index, item] of (element.items ?? []).entries()) {
    for (const part of rewriteItem(body, item, rewrite, [...path, index]).parts) push(content, part)
  }
  const header = element.undefinedLength
    ? body.subarray(element.start, element.valueStart)
    : patchedHeader(body, element.start, element.valueStart, content.length, form)
  const output: Output = { parts: [header, ...content.parts], length: header.length + content.length }
  if (element.undefinedLength) push(output, body.subarray(element.valueEnd, element.end))
  return output
}

function rewriteDataSet(
  body: Uint8Array,
  elements: readonly Element[],
  form: Form,
  rewrite: Rewrite,
  path: Path,
): Output {
  const output: Output = { parts: [], length: 0 }
  const added = [...(rewrite.insert?.(path) ?? [])]
  for (const element of elements) {
    while (added[0] !== undefined && added[0].tag < element.tag) {
      push(output, encodeElement(form, added[0].tag, added[0].vr, added[0].value))
      added.shift()
    }
    const here = [...path, element.tag]
    const decision = rewrite.decide(element, here)
    if (decision === 'keep' || (decision === 'descend' && !element.items)) {
      push(output, body.subarray(element.start, element.end))
    } else if (decision === 'descend') {
      for (const part of rewriteSequence(body, element, form, rewrite, here).parts) push(output, part)
    } else if (decision !== 'remove') {
      push(output, encodeElement(form, element.tag, decision.vr, decision.value))
    }
  }
  for (const late of added) push(output, encodeElement(form, late.tag, late.vr, late.value))
  return output
}

/** Rewrites a data set; what is kept is the same bytes. The result is parts in order, without the file meta group. */
export function rewriteElements(file: DicomFile, rewrite: Rewrite): readonly Uint8Array[] {
  return rewriteDataSet(file.body, file.elements, file.form, rewrite, []).parts
}

export type Edit =
  /** Replaces the value of an element that must be there. */
  | { readonly path: Path; readonly action: 'replace'; readonly vr: string; readonly value: Uint8Array | string }
  /** Replaces, or adds where its data set exists. */
  | { readonly path: Path; readonly action: 'set'; readonly vr: string; readonly value: Uint8Array | string }
  | { readonly path: Path; readonly action: 'empty' }
  | { readonly path: Path; readonly action: 'remove' }

function bytesOf(value: Uint8Array | string): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : value
}

type Plan = {
  readonly edits: Map<string, Edit>
  readonly applied: Set<string>
  /** Data sets in which something changes, by their path. */
  readonly touched: Set<string>
}

function planOf(edits: readonly Edit[]): Plan {
  const touched = new Set<string>()
  for (const { path } of edits) {
    for (let length = 1; length <= path.length; length += 2) touched.add(path.slice(0, length).join('/'))
  }
  return { edits: new Map(edits.map((e) => [e.path.join('/'), e])), applied: new Set(), touched }
}

function decisionOf(plan: Plan, element: Element, path: Path): Decision {
  const key = path.join('/')
  const edit = plan.edits.get(key)
  if (!edit) return plan.touched.has(key) ? 'descend' : 'keep'
  plan.applied.add(key)
  if (edit.action === 'remove') return 'remove'
  if (edit.action === 'empty') return { vr: element.vr, value: new Uint8Array() }
  return { vr: edit.vr, value: bytesOf(edit.value) }
}

function additions(plan: Plan, path: Path, existing: ReadonlySet<string>): (NewValue & { tag: number })[] {
  const added: (NewValue & { tag: number })[] = []
  for (const [key, edit] of plan.edits) {
    if (edit.action !== 'set' || edit.path.length !== path.length + 1) continue
    if (edit.path.slice(0, -1).join('/') !== path.join('/') || existing.has(key)) continue
    plan.applied.add(key)
    added.push({ tag: edit.path.at(-1) as number, vr: edit.vr, value: bytesOf(edit.value) })
  }
  return added.sort((a, b) => a.tag - b.tag)
}

function pathsOf(elements: readonly Element[], path: Path, into: Set<string>): Set<string> {
  for (const element of elements) {
    const here = [...path, element.tag]
    into.add(here.join('/'))
    for (const [index, item] of (element.items ?? []).entries()) pathsOf(item.elements, [...here, index], into)
  }
  return into
}

function editMeta(file: DicomFile, edits: readonly Edit[]): Uint8Array[] {
  const form = { explicit: true, littleEndian: true }
  const plan = planOf(edits)
  const elements = file.metaElements.filter((e) => e.tag !== 0x00020000)
  const rewrite: Rewrite = {
    decide: (element, path) => decisionOf(plan, element, path),
    insert: (path) => additions(plan, path, pathsOf(elements, [], new Set())),
  }
  const { parts } = rewriteDataSet(file.file, elements, form, rewrite, [])
  if (plan.applied.size !== plan.edits.size) throw imagingErrors.error('edit-target-missing')
  return parts
}

/**
 * Changes elements of a Part 10 file and leaves every other byte of its data set as it was. Group 0002 edits go to the
 * file meta group, whose length is written anew. A deflated data set comes out as explicit little endian.
 * @param edits values as bytes of the file's own byte order, or as text that is written in UTF-8
 * @throws imaging.edit-target-missing when a path does not exist, and whatever reading the file throws
 */
export function editElements(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const file = readElements(bytes)
  const isMeta = (edit: Edit) => (edit.path[0] as number) >>> 16 === 0x0002
  const meta = editMeta(file, edits.filter(isMeta))
  const plan = planOf(edits.filter((edit) => !isMeta(edit)))
  const existing = pathsOf(file.elements, [], new Set())
  const parts = rewriteElements(file, {
    decide: (element, path) => decisionOf(plan, element, path),
    insert: (path) => additions(plan, path, existing),
  })
  if (plan.applied.size !== plan.edits.size) throw imagingErrors.error('edit-target-missing')
  const tail = file.body.subarray(file.bodyEnd)
  return writePart10({
    preamble: file.file.subarray(0, 128),
    meta: file.syntax.deflated ? asExplicit(meta) : meta,
    body: [...parts, tail],
  })
}

/** The meta group of a deflated file whose data set is now written plain. */
function asExplicit(meta: readonly Uint8Array[]): Uint8Array[] {
  const joined = Buffer.concat(meta)
  const parts: Uint8Array[] = []
  for (let at = 0; at < joined.length; ) {
    const long = ['OB', 'UN'].includes(joined.toString('latin1', at + 4, at + 6))
    const length = long ? joined.readUInt32LE(at + 8) + 12 : joined.readUInt16LE(at + 6) + 8
    const tag = joined.readUInt16LE(at + 2)
    if (tag === 0x0010) appendElement(parts, 0x00020010, 'UI', '1.2.840.10008.1.2.1')
    else parts.push(joined.subarray(at, at + length))
    at += length
  }
  return parts
}
