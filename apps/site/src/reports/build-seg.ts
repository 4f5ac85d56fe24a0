import type { Segment } from '@bithive/api/workload'
import { type DataSet, encodeInstance } from '../imaging/index.ts'
import { codeItem, DCM } from './codes.ts'
import { reportErrors } from './errors.ts'
import type { OriginalImage } from './original-series.ts'
import {
  documentUid,
  equipmentAndMoment,
  NOT_FOR_DIAGNOSIS,
  originalImage,
  patientAndStudy,
  type ReportInput,
} from './report-input.ts'

export const SEGMENTATION_CLASS = '1.2.840.10008.5.1.4.1.1.66.4'

/** A segmentation as it was built; the report refers to it by these. */
export type BuiltSeg = {
  /** Part 10, explicit little endian. */
  readonly bytes: Uint8Array
  readonly sopInstanceUid: string
  readonly seriesInstanceUid: string
  /** Frame numbers (from 1) of each segment number, and the images that they lie on. */
  readonly framesOf: ReadonlyMap<number, readonly { readonly frame: number; readonly image: OriginalImage }[]>
}

type Frame = { readonly segment: Segment; readonly image: OriginalImage; readonly runs: readonly number[] }

/** Frames that hold something, and the first of a segment that holds nothing, so that no segment is without one. */
function framesFor(input: ReportInput, segment: Segment): Frame[] {
  const frames = segment.frames.map(({ sopInstanceUid, runs }) => {
    const image = originalImage(input, sopInstanceUid)
    const fits = segment.rows === image.rows && segment.columns === image.columns
    if (!fits || runs.reduce((sum, run) => sum + run, 0) !== image.rows * image.columns) {
      throw reportErrors.error('bad-mask', { segment: segment.number })
    }
    return { segment, image, runs }
  })
  const filled = frames.filter(({ runs }) => runs.some((run, index) => index % 2 === 1 && run > 0))
  return filled.length > 0 ? filled : frames.slice(0, 1)
}

/**
 * Packs run lengths to one bit a pixel, first pixel in the lowest bit, frames without a gap between them
 * (PS3.5 section 8.2, PS3.3 section C.8.20.2).
 */
export function packFrames(frames: readonly (readonly number[])[], pixelsPerFrame: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((frames.length * pixelsPerFrame) / 8))
  for (const [index, runs] of frames.entries()) {
    let at = index * pixelsPerFrame
    for (const [turn, run] of runs.entries()) {
      if (turn % 2 === 1)
        for (let bit = at; bit < at + run; bit++) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (1 << (bit & 7))
      at += run
    }
  }
  return bytes
}

function segmentItem(input: ReportInput, segment: Segment): DataSet {
  return {
    SegmentNumber: segment.number,
    SegmentLabel: segment.label,
    SegmentAlgorithmType: 'AUTOMATIC',
    SegmentAlgorithmName: input.card.id,
    SegmentedPropertyCategoryCodeSequence: [codeItem(segment.category)],
    SegmentedPropertyTypeCodeSequence: [codeItem(segment.type)],
    TrackingID: `${input.card.id} ${segment.number}`,
    TrackingUID: documentUid(input.documentKey, `segment ${segment.number}`),
  }
}

function sharedGroups({ original }: ReportInput): DataSet {
  const { orientation, pixelSpacing, sliceThickness, spacingBetweenSlices } = original.geometry
  if (orientation.length !== 6 || pixelSpacing.length !== 2) throw reportErrors.error('no-geometry')
  return {
    PlaneOrientationSequence: [{ ImageOrientationPatient: orientation }],
    PixelMeasuresSequence: [
      {
        PixelSpacing: pixelSpacing,
        SliceThickness: sliceThickness ?? spacingBetweenSlices ?? 1,
        SpacingBetweenSlices: spacingBetweenSlices,
      },
    ],
  }
}

function frameItem(frame: Frame, positionIndex: number): DataSet {
  const { segment, image } = frame
  if (image.position.length !== 3) throw reportErrors.error('no-geometry')
  return {
    FrameContentSequence: [{ DimensionIndexValues: [segment.number, positionIndex] }],
    PlanePositionSequence: [{ ImagePositionPatient: image.position }],
    SegmentIdentificationSequence: [{ ReferencedSegmentNumber: segment.number }],
    DerivationImageSequence: [
      {
        DerivationCodeSequence: [codeItem(DCM.segmentation)],
        SourceImageSequence: [
          {
            ReferencedSOPClassUID: image.sopClassUid,
            ReferencedSOPInstanceUID: image.sopInstanceUid,
            PurposeOfReferenceCodeSequence: [codeItem(DCM.sourceImage)],
          },
        ],
      },
    ],
  }
}

function dimensions(documentKey: string): DataSet {
  const DimensionOrganizationUID = documentUid(documentKey, 'dimensions')
  const index = (DimensionIndexPointer: number, FunctionalGroupPointer: number, label: string): DataSet => ({
    DimensionOrganizationUID,
    DimensionIndexPointer,
    FunctionalGroupPointer,
    DimensionDescriptionLabel: label,
  })
  return {
    DimensionOrganizationSequence: [{ DimensionOrganizationUID }],
    DimensionIndexSequence: [index(0x0062000b, 0x0062000a, 'Segment'), index(0x00200032, 0x00209113, 'Position')],
  }
}

function imageModule(input: ReportInput, frames: readonly Frame[]): DataSet {
  const [{ image }] = frames as [Frame]
  const images = input.original.images
  return {
    ImageType: ['DERIVED', 'PRIMARY'],
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    NumberOfFrames: frames.length,
    Rows: image.rows,
    Columns: image.columns,
    BitsAllocated: 1,
    BitsStored: 1,
    HighBit: 0,
    PixelRepresentation: 0,
    LossyImageCompression: '00',
    SegmentationType: 'BINARY',
    ContentLabel: 'SEGMENTATION',
    ContentDescription: NOT_FOR_DIAGNOSIS.en.slice(0, 64),
    ContentCreatorName: 'BitHive^Workload',
    SharedFunctionalGroupsSequence: [sharedGroups(input)],
    PerFrameFunctionalGroupsSequence: frames.map((frame) => frameItem(frame, images.indexOf(frame.image) + 1)),
    PixelData: packFrames(
      frames.map(({ runs }) => runs),
      image.rows * image.columns,
    ),
  }
}

/**
 * Builds a binary Segmentation (PS3.3 annex A.51) over the hospital's own images: one object a result, one frame for
 * each image on which a segment lies.
 * @returns undefined when the result has no segments
 * @throws reports.foreign-image, reports.bad-mask, reports.no-geometry
 */
export function buildSeg(input: ReportInput): BuiltSeg | undefined {
  const { result, original, documentKey } = input
  const segments = result.segments.filter((segment) => segment.frames.length > 0)
  const frames = segments.flatMap((segment) => framesFor(input, segment))
  if (frames.length === 0) return undefined
  const sizes = new Set(frames.map(({ image }) => `${image.rows}x${image.columns}`))
  if (sizes.size > 1 || original.series.frameOfReferenceUid === '') throw reportErrors.error('no-geometry')
  const sopInstanceUid = documentUid(documentKey, 'seg')
  const seriesInstanceUid = documentUid(documentKey, 'seg series')
  const used = [...new Set(frames.map(({ image }) => image))]
  const bytes = encodeInstance({
    ...patientAndStudy(input),
    ...equipmentAndMoment(input),
    SOPClassUID: SEGMENTATION_CLASS,
    SOPInstanceUID: sopInstanceUid,
    SeriesInstanceUID: seriesInstanceUid,
    SeriesNumber: 9_001,
    SeriesDescription: `${input.card.id} (not for diagnosis)`.slice(0, 64),
    InstanceNumber: 1,
    Modality: 'SEG',
    FrameOfReferenceUID: original.series.frameOfReferenceUid,
    PositionReferenceIndicator: original.series.positionReferenceIndicator,
    SegmentSequence: segments.map((segment) => segmentItem(input, segment)),
    ...dimensions(documentKey),
    ...imageModule(input, frames),
    ReferencedSeriesSequence: [
      {
        SeriesInstanceUID: original.series.seriesInstanceUid,
        ReferencedInstanceSequence: used.map((image) => ({
          ReferencedSOPClassUID: image.sopClassUid,
          ReferencedSOPInstanceUID: image.sopInstanceUid,
        })),
      },
    ],
  })
  const framesOf = new Map<number, { frame: number; image: OriginalImage }[]>()
  for (const [index, { segment, image }] of frames.entries()) {
    framesOf.set(segment.number, [...(framesOf.get(segment.number) ?? []), { frame: index + 1, image }])
  }
  return { bytes, sopInstanceUid, seriesInstanceUid, framesOf }
}
