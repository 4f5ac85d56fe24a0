import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Edit, editElements } from './edit-elements.ts'
import { type DicomFile, type Element, type Form, readElements } from './read-elements.ts'
import { SAMPLE_NAMES, sampleFile } from './sample-files.ts'
import { EXPLICIT_BE, EXPLICIT_LE, IMPLICIT_LE } from './transfer-syntax.ts'
import { encodeElement, encodeItem, metaElements, writePart10 } from './write-elements.ts'

/** Every element that is no sequence, by its path, with its own bytes. */
function leaves(
  file: DicomFile,
  elements: readonly Element[] = file.elements,
  path: number[] = [],
): Map<string, Buffer> {
  const found = new Map<string, Buffer>()
  for (const element of elements) {
    const here = [...path, element.tag]
    if (element.items) {
      for (const [index, item] of element.items.entries()) {
        for (const [key, bytes] of leaves(file, item.elements, [...here, index])) found.set(key, bytes)
      }
    } else found.set(here.join('/'), Buffer.from(file.body.subarray(element.start, element.end)))
  }
  return found
}

const value = (file: DicomFile, element: Element) =>
  Buffer.from(file.body.subarray(element.valueStart, element.valueEnd)).toString('latin1')

type Node =
  | { readonly tag: number; readonly value: string }
  | { readonly tag: number; readonly open: boolean; readonly items: Node[][] }

/** Tags of texts and of sequences, apart from each other so that the dictionary knows which is which. */
const TEXT_TAGS = [0x00080050, 0x00081030, 0x00100010, 0x00100020, 0x00101010, 0x00180015, 0x00200010]
const SEQUENCE_TAGS = [0x00081110, 0x00081115, 0x00081140, 0x00400275]
const VRS = new Map([
  [0x00080050, 'SH'],
  [0x00081030, 'LO'],
  [0x00100010, 'PN'],
  [0x00100020, 'LO'],
  [0x00101010, 'AS'],
  [0x00180015, 'CS'],
  [0x00200010, 'SH'],
])

const byTag = (nodes: Node[]) => [...new Map(nodes.map((n) => [n.tag, n])).values()].sort((a, b) => a.tag - b.tag)

const { dataSet } = fc.letrec<{ dataSet: Node[]; node: Node }>((tie) => ({
  dataSet: fc.array(tie('node'), { maxLength: 5 }).map(byTag),
  node: fc.oneof(
    { depthSize: 'small' },
    fc.record({ tag: fc.constantFrom(...TEXT_TAGS), value: fc.string({ maxLength: 9, unit: 'grapheme-ascii' }) }),
    fc.record({
      tag: fc.constantFrom(...SEQUENCE_TAGS),
      open: fc.boolean(),
      items: fc.array(tie('dataSet'), { maxLength: 3 }),
    }),
  ),
}))

function delimiter(form: Form, element: number): Buffer {
  const out = Buffer.alloc(8)
  const view = new DataView(out.buffer, out.byteOffset, 8)
  view.setUint16(0, 0xfffe, form.littleEndian)
  view.setUint16(2, element, form.littleEndian)
  return out
}

function encode(form: Form, nodes: readonly Node[]): Buffer {
  return Buffer.concat(
    nodes.map((node) => {
      if ('value' in node) return encodeElement(form, node.tag, VRS.get(node.tag) as string, Buffer.from(node.value))
      const items = Buffer.concat(node.items.map((item) => encodeItem(form, encode(form, item))))
      const whole = Buffer.from(encodeElement(form, node.tag, 'SQ', items))
      if (!node.open) return whole
      new DataView(whole.buffer, whole.byteOffset).setUint32(form.explicit ? 8 : 4, 0xffffffff, form.littleEndian)
      return Buffer.concat([whole, delimiter(form, 0xe0dd)])
    }),
  )
}

const FORMS = new Map<string, Form>([
  [EXPLICIT_LE, { explicit: true, littleEndian: true }],
  [IMPLICIT_LE, { explicit: false, littleEndian: true }],
  [EXPLICIT_BE, { explicit: true, littleEndian: false }],
])

function fileOf(transferSyntaxUid: string, nodes: readonly Node[]): Uint8Array {
  const form = FORMS.get(transferSyntaxUid) as Form
  const meta = metaElements({ sopClassUid: '1.2', sopInstanceUid: '1.3', transferSyntaxUid })
  return writePart10({ meta, body: [encode(form, nodes)] })
}

describe('editing elements', () => {
  test('random edits of random data sets change what they name and not one byte more', () => {
    const acts = fc.infiniteStream(fc.constantFrom('remove', 'empty', 'replace', 'keep', 'keep'))
    fc.assert(
      fc.property(
        fc.constantFrom(...FORMS.keys()),
        dataSet,
        acts,
        fc.string({ maxLength: 12 }),
        (uid, nodes, act, text) => {
          const before = readElements(fileOf(uid, nodes))
          const edits: Edit[] = []
          for (const key of leaves(before).keys()) {
            const path = key.split('/').map(Number)
            const action = act.next().value
            if (action === 'replace') edits.push({ path, action, vr: 'LO', value: text })
            else if (action !== 'keep') edits.push({ path, action: action as 'remove' })
          }
          const after = readElements(editElements(before.file, edits))
          const touched = new Map(edits.map((edit) => [edit.path.join('/'), edit]))
          const now = leaves(after)
          for (const [key, bytes] of leaves(before)) {
            const edit = touched.get(key)
            if (!edit) expect(now.get(key)).toEqual(bytes)
            else if (edit.action === 'remove') expect(now.has(key)).toBe(false)
            else expect(now.has(key)).toBe(true)
          }
          expect(now.size).toBe(leaves(before).size - edits.filter((edit) => edit.action === 'remove').length)
        },
      ),
      { numRuns: 300 },
    )
  })

  test.each(SAMPLE_NAMES)('%s without an edit comes out as it went in', (name) => {
    expect(Buffer.from(editElements(sampleFile(name), [])).equals(sampleFile(name))).toBe(true)
  })

  test.each(SAMPLE_NAMES)('%s takes a new name, keeps its pixels and the rest', (name) => {
    const before = readElements(sampleFile(name))
    const edits: Edit[] = [{ path: [0x00100010], action: 'set', vr: 'PN', value: 'Odd' }]
    const after = readElements(editElements(before.file, edits))
    const changed = after.elements.find((e) => e.tag === 0x00100010) as Element
    expect(value(after, changed)).toBe('Odd ')
    const [was, now] = [leaves(before), leaves(after)]
    was.delete(String(0x00100010))
    now.delete(String(0x00100010))
    expect(now).toEqual(was)
  })

  test('a deflated file comes out as explicit little endian with the same elements', () => {
    const before = readElements(sampleFile('deflated'))
    const after = readElements(
      editElements(before.file, [{ path: [0x00100020], action: 'set', vr: 'LO', value: 'X1' }]),
    )
    expect(after.syntax.uid).toBe(EXPLICIT_LE)
    const [was, now] = [leaves(before), leaves(after)]
    was.delete(String(0x00100020))
    now.delete(String(0x00100020))
    expect(now).toEqual(was)
  })

  test('the file meta group keeps its right length', () => {
    const edited = editElements(sampleFile('rle'), [
      { path: [0x00020003], action: 'set', vr: 'UI', value: '2.25.1' },
      { path: [0x00020016], action: 'remove' },
    ])
    const file = readElements(edited)
    const length = file.metaElements.find((e) => e.tag === 0x00020000) as Element
    const declared = Buffer.from(edited).readUInt32LE(length.valueStart)
    expect(length.end + declared).toBe(file.metaEnd)
    expect(file.elements.length).toBe(readElements(sampleFile('rle')).elements.length)
  })

  test('an edit without a target is refused and nothing is written', () => {
    const missing: Edit = { path: [0x00100021], action: 'remove' }
    expect(() => editElements(sampleFile('rle'), [missing])).toThrow('imaging.edit-target-missing')
    const inside: Edit = { path: [0x00082112, 4, 0x00081155], action: 'set', vr: 'UI', value: '1.2' }
    expect(() => editElements(sampleFile('rle'), [inside])).toThrow('imaging.edit-target-missing')
  })

  test('an element inside a sequence is replaced and the lengths around it follow', () => {
    const edited = editElements(sampleFile('rle'), [
      { path: [0x00082112, 0, 0x00081155], action: 'replace', vr: 'UI', value: '2.25.12345' },
    ])
    const file = readElements(edited)
    const inner = file.elements.find((e) => e.tag === 0x00082112)?.items?.[0]?.elements[1] as Element
    expect(value(file, inner)).toBe('2.25.12345')
  })
})
