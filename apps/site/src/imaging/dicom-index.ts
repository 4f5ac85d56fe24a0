import { decodeText } from './decode-text.ts'
import { imagingErrors } from './errors.ts'
import { asciiValue, type DicomFile, type Element, type ReadLimits, readElements } from './read-elements.ts'

/** What says who the patient is. It travels as its own object so that nothing else carries these values by accident. */
type PatientFields = {
  readonly patientId: string
  readonly issuer: string
  /** As written: components by ^, representations (alphabetic, ideographic, phonetic) by =. */
  readonly name: string
  /** YYYYMMDD, or '' when absent. */
  readonly birthDate: string
  readonly sex: 'M' | 'F' | 'O' | ''
}

/** What the register needs to know of an instance. It holds no patient field. */
type InstanceHeader = {
  readonly transferSyntaxUid: string
  readonly sopClassUid: string
  readonly sopInstanceUid: string
  readonly studyInstanceUid: string
  readonly seriesInstanceUid: string
  readonly modality: string
  readonly bodyPart: string
  readonly rows: number
  readonly columns: number
  readonly frames: number
  /** YYYYMMDD, or '' when absent. */
  readonly studyDate: string
  readonly studyDescription: string
  readonly seriesDescription: string
  readonly seriesNumber: string
  readonly instanceNumber: string
  /** YES, NO or '' when the device did not say. */
  readonly burnedInAnnotation: string
}

export type IndexedInstance = {
  readonly header: InstanceHeader
  readonly patient: PatientFields
  /** Names an order of the hospital, so it is handled like a patient field. */
  readonly accessionNumber: string
  readonly file: DicomFile
}

const UID = /^(?=.{1,64}$)(0|[1-9]\d*)(\.(0|[1-9]\d*))+$/

/** Reads top-level values of one file. Texts are decoded by the file's own character set. */
export function valueReader(file: DicomFile): {
  readonly text: (tag: number) => string
  readonly ascii: (tag: number) => string
  readonly number: (tag: number) => number
  readonly element: (tag: number) => Element | undefined
} {
  const byTag = new Map(file.elements.map((e) => [e.tag, e]))
  const ascii = (tag: number) => {
    const element = byTag.get(tag)
    return element && !element.items ? asciiValue(file.body, element) : ''
  }
  const characterSet = ascii(0x00080005)
  return {
    element: (tag) => byTag.get(tag),
    ascii,
    text: (tag) => {
      const element = byTag.get(tag)
      if (!element || element.items) return ''
      return decodeText(file.body.subarray(element.valueStart, element.valueEnd), characterSet)
    },
    number: (tag) => {
      const element = byTag.get(tag)
      if (!element || element.valueEnd - element.valueStart < 2) return 0
      const at = file.body.byteOffset + element.valueStart
      return new DataView(file.body.buffer, at, 2).getUint16(0, file.form.littleEndian)
    },
  }
}

function uid(read: { ascii: (tag: number) => string }, tag: number, name: string): string {
  const value = read.ascii(tag)
  if (!UID.test(value)) throw imagingErrors.error('missing-uid', { attribute: name })
  return value
}

/** Takes a code or a number as written, or nothing when it is not one: a legacy value must not travel on as text. */
function code(value: string, pattern: RegExp): string {
  return pattern.test(value) ? value : ''
}

function indexFile(file: DicomFile): IndexedInstance {
  const read = valueReader(file)
  const header: InstanceHeader = {
    transferSyntaxUid: file.syntax.uid,
    sopClassUid: uid(read, 0x00080016, 'SOPClassUID'),
    sopInstanceUid: uid(read, 0x00080018, 'SOPInstanceUID'),
    studyInstanceUid: uid(read, 0x0020000d, 'StudyInstanceUID'),
    seriesInstanceUid: uid(read, 0x0020000e, 'SeriesInstanceUID'),
    modality: code(read.ascii(0x00080060), /^[A-Z0-9_]{1,16}$/),
    bodyPart: code(read.ascii(0x00180015), /^[A-Z0-9_ ]{1,16}$/),
    rows: read.number(0x00280010),
    columns: read.number(0x00280011),
    frames: Number(code(read.ascii(0x00280008), /^\d{1,6}$/) || '1'),
    studyDate: code(read.ascii(0x00080020), /^\d{8}$/),
    studyDescription: read.text(0x00081030).slice(0, 64),
    seriesDescription: read.text(0x0008103e).slice(0, 64),
    seriesNumber: code(read.ascii(0x00200011), /^-?\d{1,12}$/),
    instanceNumber: code(read.ascii(0x00200013), /^-?\d{1,12}$/),
    burnedInAnnotation: code(read.ascii(0x00280301), /^(YES|NO)$/),
  }
  const patient: PatientFields = {
    patientId: read.text(0x00100020),
    issuer: read.text(0x00100021),
    name: read.text(0x00100010),
    birthDate: code(read.ascii(0x00100030).replaceAll('.', ''), /^\d{8}$/),
    sex: code(read.ascii(0x00100040), /^[MFO]$/) as PatientFields['sex'],
  }
  return { header, patient, accessionNumber: read.text(0x00080050), file }
}

/**
 * Indexes a DICOM Part 10 file from the offsets of its elements.
 * @throws imaging.not-dicom, truncated, unknown-syntax, bad-structure, too-large, missing-uid
 */
export function indexInstance(bytes: Uint8Array, limits?: ReadLimits): IndexedInstance {
  return indexFile(readElements(bytes, limits))
}
