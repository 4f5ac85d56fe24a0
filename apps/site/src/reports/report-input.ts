import { createHash } from 'node:crypto'
import type { LocalText, WorkloadCard, WorkloadResult } from '@bithive/api/workload'
import type { DataSet } from '../imaging/index.ts'
import { reportErrors } from './errors.ts'
import type { OriginalImage, OriginalSeries } from './original-series.ts'

/** What every document of one result is made from. The same input gives the same bytes, so filing may be repeated. */
export type ReportInput = {
  /** Names the document set, for example the order's id; all new UIDs are drawn from it. No patient value. */
  readonly documentKey: string
  readonly result: WorkloadResult
  readonly card: Pick<WorkloadCard, 'id' | 'version' | 'title' | 'source'>
  readonly original: OriginalSeries
  /** The hospital's SOP Instance UID behind a de-identified one. */
  readonly originalOf: (sopInstanceUid: string) => string | undefined
  /** When the result was filed, milliseconds since the epoch. */
  readonly createdAtMs: number
}

/** Stands in every document, in both languages, wherever the format has room for words. */
export const NOT_FOR_DIAGNOSIS: LocalText = {
  zh: '仅供研究，未经医师审核，不得用于诊断。',
  en: 'Research result, not verified by a physician. Not for diagnosis.',
}

/** A UID of its own for each part of a document set; 2.25 is the UUID form of PS3.5 annex B.2. */
export function documentUid(documentKey: string, part: string): string {
  const hash = createHash('sha256').update('document\0').update(`${documentKey}\0${part}`).digest()
  return `2.25.${BigInt(`0x${hash.subarray(0, 16).toString('hex')}`)}`
}

/** Date and time of DICOM in UTC; a document says so in Timezone Offset From UTC. */
function dicomMoment(ms: number): { readonly date: string; readonly time: string } {
  const iso = new Date(ms).toISOString()
  return { date: iso.slice(0, 10).replaceAll('-', ''), time: iso.slice(11, 19).replaceAll(':', '') }
}

/** The original image that a de-identified UID stands for. @throws reports.foreign-image */
export function originalImage(input: ReportInput, sopInstanceUid: string): OriginalImage {
  const uid = input.originalOf(sopInstanceUid)
  const image = input.original.images.find((one) => one.sopInstanceUid === uid)
  if (!image) throw reportErrors.error('foreign-image')
  return image
}

/** Patient and study modules, as the hospital's own images have them (PS3.3 sections C.7.1.1 and C.7.2.1). */
export function patientAndStudy({ original }: ReportInput): DataSet {
  const { patient, study } = original
  return {
    PatientName: patient.name,
    PatientID: patient.patientId,
    IssuerOfPatientID: patient.issuer === '' ? undefined : patient.issuer,
    PatientBirthDate: patient.birthDate,
    PatientSex: patient.sex,
    StudyInstanceUID: study.studyInstanceUid,
    StudyID: study.studyId,
    StudyDate: study.studyDate,
    StudyTime: study.studyTime,
    AccessionNumber: study.accessionNumber,
    ReferringPhysicianName: study.referringPhysician,
    StudyDescription: study.description === '' ? undefined : study.description,
  }
}

/** Equipment and moment of a document: this product made it, not the scanner (section C.7.5.2). */
export function equipmentAndMoment({ card, createdAtMs }: ReportInput): DataSet {
  const { date, time } = dicomMoment(createdAtMs)
  return {
    Manufacturer: 'BitHive',
    ManufacturerModelName: card.id,
    DeviceSerialNumber: '0',
    SoftwareVersions: card.version,
    InstanceCreationDate: date,
    InstanceCreationTime: time,
    ContentDate: date,
    ContentTime: time,
    SeriesDate: date,
    SeriesTime: time,
    TimezoneOffsetFromUTC: '+0000',
  }
}
