import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wide } from '@bithive/kernel/testing'
import { describe, expect, test } from 'vitest'
import { deidentify } from './deidentify.ts'
import { valueReader } from './dicom-index.ts'
import { type Edit, editElements } from './edit-elements.ts'
import { PROFILE_ROWS, profileRow } from './profile-basic.ts'
import { type Element, readElements } from './read-elements.ts'
import { remapUid } from './remap-uid.ts'
import { SAMPLE_NAMES, sampleFile, UNSHAREABLE_NAMES } from './sample-files.ts'
import { sampleFiles } from './sample-scanner.ts'
import { EXPLICIT_LE } from './transfer-syntax.ts'
import { encodeElement, encodeItem } from './write-elements.ts'

const deps = { uidKey: Buffer.alloc(32, 7), pseudonym: 'PS0123456789' }

const set = (path: number[], vr: string, value: string | Uint8Array): Edit => ({ path, action: 'set', vr, value })

/** 王晓东 in GB18030. */
const GB_NAME = Buffer.from([0xcd, 0xf5, 0xcf, 0xfe, 0xb6, 0xab])

const PLANTED = [
  'Planted^Person',
  '王晓东',
  'PID-777-PLANT',
  '19580214',
  'Referrer^Doctor',
  'ACC-PLANT-1',
  'Hidden^Inside',
]

/** The chest CT with names wherever a device might put them. */
function planted(): Uint8Array {
  return editElements(sampleFile('rle'), [
    set([0x00080005], 'CS', 'ISO_IR 192'),
    set([0x00080050], 'SH', 'ACC-PLANT-1'),
    set([0x00080090], 'PN', 'Referrer^Doctor'),
    set([0x00082112, 0, 0x00100010], 'PN', 'Hidden^Inside'),
    set([0x00082112, 0, 0x00111010], 'LO', 'Planted^Person'),
    set([0x00100010], 'PN', 'Planted^Person=王晓东'),
    set([0x00100020], 'LO', 'PID-777-PLANT'),
    set([0x00100030], 'DA', '19580214'),
    set([0x00101001], 'PN', 'Planted^Person'),
    set([0x00091002], 'SH', 'Planted^Person'),
    set([0x00204000], 'LT', 'Comment about Planted^Person born 1958-02-14'),
    // Not in Table E.1-1: a retired comment, and a tag that no dictionary knows.
    set([0x00184001], 'UN', 'Planted^Person'),
    set([0x0040e008], 'LT', 'Planted^Person'),
  ])
}

function everyElement(elements: readonly Element[]): Element[] {
  return elements.flatMap((e) => [e, ...(e.items ?? []).flatMap((item) => everyElement(item.elements))])
}

/** Each way in which a text may stand in a file. */
function forms(text: string): Buffer[] {
  const little = Buffer.from(text, 'utf16le')
  const both = [Buffer.from(text, 'utf8'), little, Buffer.from(little).swap16()]
  return text === '王晓东' ? [...both, GB_NAME] : both
}

describe('the Basic Profile', () => {
  test('the table is whole: 620 rows of Table E.1-1 with repeating groups', () => {
    expect(PROFILE_ROWS).toBe(620)
    expect(profileRow(0x00100020)?.code).toBe('Z/D')
    expect(profileRow(0x50020001)?.code).toBe('X')
    expect(profileRow(0x60063000)?.code).toBe('X')
    expect(profileRow(0x60060010)).toBeUndefined()
  })

  test('no planted value is left, in any encoding, at any level', () => {
    const { bytes } = deidentify(planted(), deps)
    for (const text of PLANTED) {
      for (const form of forms(text)) expect(Buffer.from(bytes).includes(form), text).toBe(false)
    }
  })

  test('the planted values are there before, so that the test above can fail', () => {
    const before = Buffer.from(planted())
    for (const text of PLANTED) expect(before.includes(Buffer.from(text, 'utf8')), text).toBe(true)
  })

  test('a name in GB18030 is found and removed as well', () => {
    const named = editElements(sampleFile('rle'), [
      set([0x00080005], 'CS', 'GB18030'),
      set([0x00100010], 'PN', GB_NAME),
    ])
    const { bytes } = deidentify(named, deps)
    for (const form of forms('王晓东')) expect(Buffer.from(bytes).includes(form)).toBe(false)
  })

  test.each(SAMPLE_NAMES)('%s keeps its pixels and has no private or unknown element left', (name) => {
    const before = readElements(sampleFile(name))
    const after = readElements(deidentify(before.file, deps).bytes)
    const pixels = (file: typeof before) => {
      const element = file.elements.find((e) => e.tag === 0x7fe00010) as Element
      return Buffer.from(file.body.subarray(element.start, element.end))
    }
    expect(pixels(after).equals(pixels(before))).toBe(true)
    for (const element of everyElement(after.elements)) {
      expect((element.tag >>> 16) % 2, element.tag.toString(16)).toBe(0)
      expect(profileRow(element.tag)?.code).not.toBe('X')
      if (after.form.explicit) expect(element.vr).not.toBe('UN')
    }
  })

  test('what was done is written into the file, with the pseudonym and the method', () => {
    const read = valueReader(readElements(deidentify(planted(), deps).bytes))
    expect(read.ascii(0x00100010)).toBe('')
    expect(read.ascii(0x00100020)).toBe(deps.pseudonym)
    expect(read.ascii(0x00120062)).toBe('YES')
    expect(read.ascii(0x00120063)).toContain('Basic Profile')
    expect(read.ascii(0x00280303)).toBe('REMOVED')
    expect(read.element(0x00120064)?.items?.length).toBe(1)
  })

  test('UIDs are mapped the same way over a study, in references and in the file meta group', async () => {
    const [, mr] = await sampleFiles('uids')
    const done = (mr?.files ?? []).map((bytes) => deidentify(bytes, deps))
    expect(new Set(done.map((one) => one.studyInstanceUid)).size).toBe(1)
    expect(new Set(done.map((one) => one.seriesInstanceUid)).size).toBe(1)
    expect(new Set(done.map((one) => one.sopInstanceUid)).size).toBe(20)
    for (const one of done) {
      const file = readElements(one.bytes)
      const meta = file.metaElements.find((e) => e.tag === 0x00020003) as Element
      expect(Buffer.from(one.bytes).toString('latin1', meta.valueStart, meta.valueEnd)).toContain(one.sopInstanceUid)
      expect(valueReader(file).ascii(0x00080018)).toBe(one.sopInstanceUid)
      expect(Buffer.from(one.bytes).includes(one.originalSopInstanceUid)).toBe(false)
    }
    const reference = '1.3.6.1.4.1.5962.1.1.1.1.1.20031208063649.855'
    expect(Buffer.from(deidentify(sampleFile('rle'), deps).bytes).includes(remapUid(deps.uidKey, reference))).toBe(true)
  })

  test('another key gives other UIDs, the same key the same bytes', () => {
    const again = deidentify(sampleFile('rle'), deps)
    const other = deidentify(sampleFile('rle'), { ...deps, uidKey: Buffer.alloc(32, 8) })
    expect(Buffer.from(deidentify(sampleFile('rle'), deps).bytes).equals(again.bytes)).toBe(true)
    expect(other.sopInstanceUid).not.toBe(again.sopInstanceUid)
    expect(again.sopInstanceUid).toMatch(/^2\.25\.\d{1,39}$/)
  })

  test('the old file meta group goes whole: no sender, no private information, no preamble', () => {
    const dirty = Buffer.from(sampleFile('rle'))
    dirty.write('Planted^Person', 0)
    const { bytes } = deidentify(dirty, deps)
    expect(
      Buffer.from(bytes)
        .subarray(0, 128)
        .every((byte) => byte === 0),
    ).toBe(true)
    expect(Buffer.from(bytes).includes('CLUNIE1')).toBe(false)
  })

  test('a date that the table does not name becomes a dummy, and a person name never stays', () => {
    const odd = editElements(sampleFile('rle'), [
      set([0x00404051], 'DT', '20200102030405'),
      set([0x00189999], 'PN', 'Odd^Person'),
    ])
    const read = valueReader(readElements(deidentify(odd, deps).bytes))
    expect(read.ascii(0x00404051)).not.toContain('2020')
    expect(read.element(0x00189999)).toBeUndefined()
  })

  test('what neither the table nor the dictionary knows goes, and so do words beside curves and overlays', () => {
    const odd = editElements(sampleFile('rle'), [
      ...['LO', 'SH', 'CS', 'OB', 'OW'].map((vr, i) => set([0x00089ff0 + 2 * i], vr, 'WARD 7 BED 4')),
      set([0x50002500], 'LO', 'WARD 7 BED 4'),
      set([0x60020022], 'LO', 'WARD 7 BED 4'),
      set([0x60021500], 'LO', 'WARD 7 BED 4'),
    ])
    expect(Buffer.from(deidentify(odd, deps).bytes).includes('WARD 7')).toBe(false)
  })

  test('a sequence action on an element that is no sequence cannot let its bytes through', () => {
    const odd = editElements(sampleFile('rle'), [set([0x00081140], 'LO', 'Planted^Person')])
    expect(Buffer.from(deidentify(odd, deps).bytes).includes('Planted')).toBe(false)
  })
})

describe('the check after writing', () => {
  test('a name in an attribute that the profile keeps is found and the file refused', () => {
    const leaking = editElements(planted(), [set([0x00181210], 'SH', 'Planted^Person')])
    expect(() => deidentify(leaking, deps)).toThrow('imaging.identifier-left')
  })

  test.each([
    ['UTF-16', Buffer.from('Planted', 'utf16le')],
    ['GB18030', GB_NAME],
    ['a part of the name', Buffer.from('xxPersonxx')],
    ['capitals', Buffer.from('PERSON PLANTED')],
    ['small letters, UTF-16', Buffer.from('planted', 'utf16le')],
    ['a date of birth, day first', Buffer.from('*14.02.1958')],
  ])('a name written in %s is found too', (_form, bytes) => {
    const leaking = editElements(planted(), [set([0x00181210], 'SH', bytes)])
    expect(() => deidentify(leaking, deps)).toThrow('imaging.identifier-left')
  })

  test('a name inside the pixels is found', () => {
    const file = readElements(planted())
    const pixels = file.elements.find((e) => e.tag === 0x7fe00010) as Element
    const leaking = Buffer.from(file.file)
    leaking.write('Planted^Person', pixels.end - 100)
    expect(() => deidentify(leaking, deps)).toThrow('imaging.identifier-left')
  })

  test('the error says nothing of the value', () => {
    const leaking = editElements(planted(), [set([0x00181210], 'SH', 'Planted^Person')])
    let said = ''
    try {
      deidentify(leaking, deps)
    } catch (error) {
      said = JSON.stringify({ ...(error as object), message: (error as Error).message })
    }
    expect(said).toContain('identifier-left')
    expect(said).not.toContain('Planted')
  })

  test('a short patient number is not found inside a measurement', () => {
    const short = editElements(sampleFile('rle'), [set([0x00100020], 'LO', '1099')])
    expect(() => deidentify(short, deps)).not.toThrow()
  })
})

describe('pixels that may show a name', () => {
  test.each(UNSHAREABLE_NAMES)('%s is refused', (name) => {
    expect(() => deidentify(sampleFile(name), deps)).toThrow('imaging.pixels-may-identify')
  })

  test('an image that says so itself is refused, and so is ultrasound', () => {
    const burned = editElements(sampleFile('rle'), [set([0x00280301], 'CS', 'YES')])
    const ultrasound = editElements(sampleFile('rle'), [
      { path: [0x00080016], action: 'replace', vr: 'UI', value: '1.2.840.10008.5.1.4.1.1.6.1' },
    ])
    expect(() => deidentify(burned, deps)).toThrow('imaging.pixels-may-identify')
    expect(() => deidentify(ultrasound, deps)).toThrow('imaging.pixels-may-identify')
  })

  test('an image with an overlay in the bits of its pixels is refused', () => {
    const overlay = (position: number) => set([0x60020102], 'US', Uint8Array.of(position, 0))
    expect(() => deidentify(editElements(sampleFile('rle'), [overlay(12)]), deps)).toThrow(
      'imaging.pixels-may-identify',
    )
    expect(() => deidentify(editElements(sampleFile('rle'), [overlay(0)]), deps)).not.toThrow()
  })

  test('a projection leaves only when the device says that nothing is burned in', () => {
    const cr = set([0x00080016], 'UI', '1.2.840.10008.5.1.4.1.1.1')
    expect(() => deidentify(editElements(sampleFile('rle'), [cr]), deps)).toThrow('imaging.pixels-may-identify')
    const clean = editElements(sampleFile('rle'), [cr, set([0x00280301], 'CS', 'NO')])
    expect(() => deidentify(clean, deps)).not.toThrow()
  })

  test('a report does not leave as if it were an image', () => {
    const sr = editElements(sampleFile('rle'), [set([0x00080016], 'UI', '1.2.840.10008.5.1.4.1.1.88.33')])
    expect(() => deidentify(sr, deps)).toThrow('imaging.class-not-shareable')
  })
})

describe('against dciodvfy', () => {
  const t = wide('dciodvfy', ['dciodvfy'])

  /** Errors by their text, without the UIDs in them. */
  function errorsOf(bytes: Uint8Array): Set<string> {
    const directory = mkdtempSync(join(tmpdir(), 'bithive-dciodvfy-'))
    try {
      writeFileSync(join(directory, 'x.dcm'), bytes)
      const { stderr } = spawnSync('dciodvfy', [join(directory, 'x.dcm')], { encoding: 'latin1' })
      const errors = stderr.split('\n').filter((line) => line.startsWith('Error'))
      return new Set(errors.map((line) => line.replace(/<[\d.]+>|"[\d.]+"/g, '<uid>')))
    } finally {
      rmSync(directory, { recursive: true })
    }
  }

  t.each(SAMPLE_NAMES)('%s has no error that it did not have before', (name) => {
    const before = errorsOf(sampleFile(name))
    const after = [...errorsOf(deidentify(sampleFile(name), deps).bytes)].filter((error) => !before.has(error))
    expect(after).toEqual([])
  })

  t('the sample CT has none at all', async () => {
    const [ct] = await sampleFiles('dciodvfy')
    expect([...errorsOf(deidentify(ct?.files[0] as Uint8Array, deps).bytes)]).toEqual([])
  })

  t('dciodvfy sees an error where one is, so that the tests above can fail', () => {
    const broken = editElements(sampleFile('rle'), [{ path: [0x00080060], action: 'remove' }])
    expect(errorsOf(broken).size).toBeGreaterThan(0)
  })
})

describe('other forms of the same file', () => {
  test('an element that hides in a nested unknown sequence goes with it', () => {
    const form = { explicit: true, littleEndian: true }
    const inner = encodeItem(form, encodeElement(form, 0x00100010, 'PN', Buffer.from('Deep^Person')))
    const odd = editElements(sampleFile('rle'), [set([0x00081084], 'SQ', inner)])
    expect(Buffer.from(odd).includes('Deep^Person')).toBe(true)
    expect(Buffer.from(deidentify(odd, deps).bytes).includes('Deep')).toBe(false)
  })

  test('zero bytes behind the data set are left behind, the syntax stays', () => {
    const done = deidentify(sampleFile('volume/brain_001'), deps)
    expect(done.bytes.length).toBeLessThan(140_000)
    expect(readElements(done.bytes).syntax.uid).toBe(EXPLICIT_LE)
  })
})
