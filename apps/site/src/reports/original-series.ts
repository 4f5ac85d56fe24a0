import { indexInstance, valueReader } from '../imaging/index.ts'
import { reportErrors } from './errors.ts'

/** One image of the hospital's own series, with the hospital's own UIDs. */
export type OriginalImage = {
  readonly sopClassUid: string
  readonly sopInstanceUid: string
  readonly rows: number
  readonly columns: number
  /** Image Position (Patient), mm. */
  readonly position: readonly number[]
}

/**
 * What a report takes over from the series that it speaks of, so that it lands with the right patient in the right
 * study. It holds patient fields: it stays in memory and goes only into the documents of the site itself.
 */
export type OriginalSeries = {
  readonly patient: {
    readonly name: string
    readonly patientId: string
    readonly issuer: string
    readonly birthDate: string
    readonly sex: string
  }
  readonly study: {
    readonly studyInstanceUid: string
    readonly studyId: string
    readonly studyDate: string
    readonly studyTime: string
    readonly accessionNumber: string
    readonly referringPhysician: string
    readonly description: string
  }
  readonly series: {
    readonly seriesInstanceUid: string
    readonly modality: string
    readonly frameOfReferenceUid: string
    readonly positionReferenceIndicator: string
  }
  /** The same for every image of the series; mm. */
  readonly geometry: {
    readonly orientation: readonly number[]
    readonly pixelSpacing: readonly number[]
    readonly sliceThickness: number | undefined
    readonly spacingBetweenSlices: number | undefined
  }
  readonly images: readonly OriginalImage[]
}

type Reader = ReturnType<typeof valueReader>

/** The numbers of a DS element, or an empty list when one of them is none. */
function numbers(read: Reader, tag: number, count: number): number[] {
  const values = read.ascii(tag).split('\\').map(Number.parseFloat)
  return values.length === count && values.every(Number.isFinite) ? values : []
}

function time(value: string): string {
  return /^\d{2,6}(\.\d{1,6})?$/.test(value) ? value : ''
}

function imageOf(bytes: Uint8Array): { image: OriginalImage; read: Reader; indexed: ReturnType<typeof indexInstance> } {
  const indexed = indexInstance(bytes)
  const { header, file } = indexed
  const read = valueReader(file)
  const { sopClassUid, sopInstanceUid, rows, columns } = header
  const position = numbers(read, 0x00200032, 3)
  return { image: { sopClassUid, sopInstanceUid, rows, columns, position }, read, indexed }
}

/**
 * Reads what reports need from the original files of one series.
 * @param files Part 10 files of one series, in the order of Instance Number
 * @throws reports.mixed-series when they are not of one series, and what reading a file throws
 */
export function readOriginalSeries(files: readonly Uint8Array[]): OriginalSeries {
  const all = files.map(imageOf)
  const [first] = all
  if (!first) throw reportErrors.error('mixed-series')
  const { header, patient, accessionNumber } = first.indexed
  const same = all.every(({ indexed }) => indexed.header.seriesInstanceUid === header.seriesInstanceUid)
  if (!same) throw reportErrors.error('mixed-series')
  const { read } = first
  const single = (tag: number) => numbers(read, tag, 1)[0]
  return {
    patient,
    study: {
      studyInstanceUid: header.studyInstanceUid,
      studyId: read.text(0x00200010),
      studyDate: header.studyDate,
      studyTime: time(read.ascii(0x00080030)),
      accessionNumber,
      referringPhysician: read.text(0x00080090),
      description: header.studyDescription,
    },
    series: {
      seriesInstanceUid: header.seriesInstanceUid,
      modality: header.modality,
      frameOfReferenceUid: read.ascii(0x00200052),
      positionReferenceIndicator: read.text(0x00201040),
    },
    geometry: {
      orientation: numbers(read, 0x00200037, 6),
      pixelSpacing: numbers(read, 0x00280030, 2),
      sliceThickness: single(0x00180050),
      spacingBetweenSlices: single(0x00180088),
    },
    images: all.map(({ image }) => image),
  }
}
