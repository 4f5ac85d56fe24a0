import { isDomainError } from '@bithive/kernel/errors'
import dicomParser from 'dicom-parser'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { indexInstance } from './dicom-index.ts'
import { DEFAULT_READ_LIMITS, type Element, readElements } from './read-elements.ts'
import { SAMPLE_NAMES, sampleFile, UNSHAREABLE_NAMES } from './sample-files.ts'
import { EXPLICIT_LE } from './transfer-syntax.ts'
import { encodeElement, encodeItem, metaElements, writePart10 } from './write-elements.ts'

const FORM = { explicit: true, littleEndian: true }

function file(body: readonly Uint8Array[], transferSyntaxUid = EXPLICIT_LE): Uint8Array {
  const meta = metaElements({ sopClassUid: '1.2.840.10008.5.1.4.1.1.2', sopInstanceUid: '1.2.3', transferSyntaxUid })
  return writePart10({ meta, body })
}

function codeOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (isDomainError(error)) return error.code
    throw error
  }
  return 'none'
}

/** Top-level tags with the place of their values, as one comparable list. */
function outline(elements: readonly Element[]): string[] {
  return elements
    .filter((e) => e.tag !== 0x7fe00010)
    .map((e) => `${e.tag.toString(16).padStart(8, '0')} ${e.valueStart} ${e.items?.length ?? -1}`)
    .sort()
}

describe('reading elements', () => {
  test.each(SAMPLE_NAMES)('%s lies where dicom-parser sees it', (name) => {
    const bytes = sampleFile(name)
    const twin = Object.values(dicomParser.parseDicom(bytes).elements)
      // dicom-parser keeps the file meta group and one of brain_001's zero elements among the rest.
      .filter((e) => !e.tag.startsWith('x0002') && e.tag !== 'x00000000' && e.tag !== 'x7fe00010')
      .map((e) => `${e.tag.slice(1)} ${e.dataOffset} ${e.items?.length ?? -1}`)
      .sort()
    expect(outline(readElements(bytes).elements)).toEqual(twin)
  })

  test.each([...SAMPLE_NAMES, ...UNSHAREABLE_NAMES])(
    '%s cut at any byte is refused by type, never by accident',
    (name) => {
      const bytes = sampleFile(name)
      const end = readElements(bytes).bodyEnd
      fc.assert(
        fc.property(fc.nat(Math.min(bytes.length, end) - 1), (cut) => {
          const code = codeOf(() => indexInstance(bytes.subarray(0, cut)))
          // A cut between two elements leaves a smaller file that is still well formed.
          const allowed = ['imaging.truncated', 'imaging.not-dicom', 'imaging.unknown-syntax', 'imaging.bad-structure']
          expect([...allowed, 'imaging.missing-uid', 'none']).toContain(code)
        }),
        { numRuns: 60 },
      )
    },
  )

  test('a cut inside the pixel data is found', () => {
    const bytes = sampleFile('volume/brain_002')
    expect(codeOf(() => readElements(bytes.subarray(0, bytes.length - 1)))).toBe('imaging.truncated')
    expect(codeOf(() => readElements(sampleFile('rle').subarray(0, 200_000)))).toBe('imaging.truncated')
  })

  test('random bytes behind a valid head never end in anything but a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom('1.2.840.10008.1.2', EXPLICIT_LE), (body, uid) => {
        codeOf(() => readElements(file([body], uid)))
      }),
      { numRuns: 500 },
    )
  })

  test('sequences inside sequences stop at the limit', () => {
    let nested: Uint8Array = new Uint8Array()
    for (let depth = 0; depth < 20; depth++) nested = encodeElement(FORM, 0x00081140, 'SQ', encodeItem(FORM, nested))
    expect(codeOf(() => readElements(file([nested])))).toBe('imaging.too-large')
  })

  test('more elements than the limit are refused while they are counted', () => {
    const items = Buffer.concat(Array.from({ length: 200 }, () => encodeItem(FORM, new Uint8Array())))
    const bytes = file([encodeElement(FORM, 0x00081140, 'SQ', items)])
    expect(codeOf(() => readElements(bytes))).toBe('none')
    expect(codeOf(() => readElements(bytes, { ...DEFAULT_READ_LIMITS, maxElements: 100 }))).toBe('imaging.too-large')
  })

  test('a deflated data set cannot grow beyond the limit', () => {
    const bytes = sampleFile('deflated')
    const limits = { ...DEFAULT_READ_LIMITS, maxBytes: bytes.length + 1 }
    expect(readElements(bytes).body.length).toBeGreaterThan(limits.maxBytes)
    expect(codeOf(() => readElements(bytes, limits))).toBe('imaging.too-large')
  })

  test('an element that comes twice is refused, because two readers would differ', () => {
    const name = (text: string) => encodeElement(FORM, 0x00100010, 'PN', Buffer.from(text))
    expect(codeOf(() => readElements(file([name('A^B'), name('C^D')])))).toBe('imaging.bad-structure')
  })

  test('an unknown transfer syntax and a text file are refused by name', () => {
    expect(codeOf(() => readElements(file([], '1.2.3.4')))).toBe('imaging.unknown-syntax')
    expect(codeOf(() => readElements(Buffer.alloc(500, 'plain text ')))).toBe('imaging.not-dicom')
  })

  test('a value of undefined length and unknown representation is read as implicit items', () => {
    const implicit = { explicit: false, littleEndian: true }
    const inner = encodeItem(implicit, encodeElement(implicit, 0x00100020, 'LO', Buffer.from('ID1234')))
    const head = Buffer.from([0x09, 0x00, 0x02, 0x10, 0x55, 0x4e, 0, 0, 0xff, 0xff, 0xff, 0xff])
    const end = Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0])
    const [element] = readElements(file([head, inner, end])).elements
    expect(element?.items?.[0]?.elements[0]?.tag).toBe(0x00100020)
  })
})

describe('indexing', () => {
  test('names are read by the character set of the file', () => {
    const named = (set: string, name: Buffer) => {
      const uid = (tag: number, value: string) => encodeElement(FORM, tag, 'UI', Buffer.from(value))
      return indexInstance(
        file([
          encodeElement(FORM, 0x00080005, 'CS', Buffer.from(set)),
          uid(0x00080016, '1.2.840.10008.5.1.4.1.1.2'),
          uid(0x00080018, '1.2.3'),
          encodeElement(FORM, 0x00100010, 'PN', name),
          uid(0x0020000d, '1.2.4'),
          uid(0x0020000e, '1.2.5'),
        ]),
      ).patient.name
    }
    expect(named('ISO_IR 192', Buffer.from('Wang^Xiaodong=王^小东'))).toBe('Wang^Xiaodong=王^小东')
    expect(named('GB18030', Buffer.from([0xcd, 0xf5, 0x5e, 0xd0, 0xa1, 0xb6, 0xab]))).toBe('王^小东')
    expect(named('\\ISO 2022 IR 58', Buffer.from([0x1b, 0x24, 0x29, 0x41, 0xcd, 0xf5, 0x5e, 0xd0, 0xa1]))).toBe('王^小')
    expect(named('ISO_IR 100', Buffer.from('M\xfcller^J\xf6rg', 'latin1'))).toBe('Müller^Jörg')
    expect(named('\\ISO 2022 IR 149', Buffer.from([0x1b, 0x24, 0x29, 0x43, 0xb1, 0xe8]))).toBe('김')
  })

  test('brain_001, which defeats dcmjs, is indexed like its neighbours', () => {
    const { header } = indexInstance(sampleFile('volume/brain_001'))
    expect(header).toMatchObject({ modality: 'MR', rows: 256, columns: 256, instanceNumber: '1', frames: 1 })
  })

  test('the header holds no patient field', () => {
    const { header, patient } = indexInstance(sampleFile('rle'))
    expect(patient).toEqual({ patientId: '1CT1', issuer: '', name: 'CompressedSamples^CT1', birthDate: '', sex: 'O' })
    expect(JSON.stringify(header)).not.toContain('CT1')
  })

  test('a UID that is none is refused', () => {
    const bytes = file([encodeElement(FORM, 0x00080016, 'UI', Buffer.from('1.2.x'))])
    expect(codeOf(() => indexInstance(bytes))).toBe('imaging.missing-uid')
  })
})
