import type { CodedConcept, Measurement, Segment } from '@bithive/api/workload'
import { type DataSet, encodeInstance } from '../imaging/index.ts'
import { type BuiltSeg, SEGMENTATION_CLASS } from './build-seg.ts'
import { codeItem, DCM, ENGLISH, FINDING_SITE, IMAGING_PROCEDURE, QUALITATIVE_EVALUATIONS } from './codes.ts'
import {
  documentUid,
  equipmentAndMoment,
  NOT_FOR_DIAGNOSIS,
  patientAndStudy,
  type ReportInput,
} from './report-input.ts'

export const COMPREHENSIVE_3D_SR = '1.2.840.10008.5.1.4.1.1.88.34'

/** Identifies this product as the observer; a UUID-derived UID. */
const DEVICE_OBSERVER_UID = '2.25.283817150637471604985227014419263051474'

export type BuiltSr = {
  /** Part 10, explicit little endian. */
  readonly bytes: Uint8Array
  readonly sopInstanceUid: string
  readonly seriesInstanceUid: string
}

type Relationship = 'CONTAINS' | 'HAS OBS CONTEXT' | 'HAS CONCEPT MOD'

const content = (relationship: Relationship, valueType: string, concept: CodedConcept, rest: DataSet): DataSet => ({
  RelationshipType: relationship,
  ValueType: valueType,
  ConceptNameCodeSequence: [codeItem(concept)],
  ...rest,
})

const text = (relationship: Relationship, concept: CodedConcept, value: string) =>
  content(relationship, 'TEXT', concept, { TextValue: value })
const code = (relationship: Relationship, concept: CodedConcept, value: CodedConcept) =>
  content(relationship, 'CODE', concept, { ConceptCodeSequence: [codeItem(value)] })
const uidRef = (relationship: Relationship, concept: CodedConcept, uid: string) =>
  content(relationship, 'UIDREF', concept, { UID: uid })
const container = (concept: CodedConcept, items: readonly DataSet[], template?: string) =>
  content('CONTAINS', 'CONTAINER', concept, {
    ContinuityOfContent: 'SEPARATE',
    ContentTemplateSequence: template ? [{ MappingResource: 'DCMR', TemplateIdentifier: template }] : undefined,
    ContentSequence: items,
  })

type Reference = { readonly sopClassUid: string; readonly sopInstanceUid: string }

const sopItem = ({ sopClassUid, sopInstanceUid }: Reference): DataSet => ({
  ReferencedSOPClassUID: sopClassUid,
  ReferencedSOPInstanceUID: sopInstanceUid,
})
const image = (concept: CodedConcept, reference: Reference, more: DataSet = {}) =>
  content('CONTAINS', 'IMAGE', concept, { ReferencedSOPSequence: [{ ...sopItem(reference), ...more }] })

function measurementItem(measurement: Measurement): DataSet {
  return content('CONTAINS', 'NUM', measurement.concept, {
    MeasuredValueSequence: [
      {
        NumericValue: measurement.value,
        // The decimal string is rounded to 16 characters; the number itself goes beside it.
        FloatingPointValue: measurement.value,
        MeasurementUnitsCodeSequence: [codeItem(measurement.unit)],
      },
    ],
  })
}

function groupHead(input: ReportInput, name: string): DataSet[] {
  return [
    text('HAS OBS CONTEXT', DCM.trackingIdentifier, `${input.card.id} ${name}`),
    uidRef('HAS OBS CONTEXT', DCM.trackingUid, documentUid(input.documentKey, name)),
  ]
}

function algorithm(input: ReportInput): DataSet[] {
  return [
    text('HAS CONCEPT MOD', DCM.algorithmName, input.card.id),
    text('HAS CONCEPT MOD', DCM.algorithmVersion, input.card.version),
  ]
}

/** A region on one image is planar (TID 1410), on several it is a volume (TID 1411). */
function segmentGroup(input: ReportInput, seg: BuiltSeg, segment: Segment): DataSet {
  const frames = seg.framesOf.get(segment.number) ?? []
  const [only] = frames
  const planar = frames.length === 1 && only !== undefined
  const segReference = { sopClassUid: SEGMENTATION_CLASS, sopInstanceUid: seg.sopInstanceUid }
  const region = planar
    ? [
        // A frame of a segmentation belongs to one segment; naming that too is forbidden (PS3.3 section C.18.3).
        image(DCM.referencedSegmentationFrame, segReference, { ReferencedFrameNumber: only.frame }),
        image(DCM.sourceImageForSegmentation, only.image),
      ]
    : [
        image(DCM.referencedSegment, segReference, { ReferencedSegmentNumber: segment.number }),
        uidRef('CONTAINS', DCM.sourceSeriesForSegmentation, input.original.series.seriesInstanceUid),
      ]
  const measurements = input.result.measurements.filter((one) => one.segment === segment.number)
  return container(
    DCM.measurementGroup,
    [
      ...groupHead(input, `segment ${segment.number}`),
      ...algorithm(input),
      code('CONTAINS', DCM.finding, segment.category),
      ...region,
      code('CONTAINS', FINDING_SITE, segment.type),
      ...measurements.map(measurementItem),
    ],
    planar ? '1410' : '1411',
  )
}

/** Quantities of the series as a whole (TID 1501), with the images that they come from. */
function wholeGroup(input: ReportInput, measurements: readonly Measurement[]): DataSet {
  return container(
    DCM.measurementGroup,
    [
      ...groupHead(input, 'series'),
      ...algorithm(input),
      ...input.original.images.map((one) => image(DCM.sourceOfMeasurement, one)),
      ...measurements.map(measurementItem),
    ],
    '1501',
  )
}

function groups(input: ReportInput, seg: BuiltSeg | undefined): DataSet[] {
  const drawn = seg ? input.result.segments.filter((segment) => seg.framesOf.has(segment.number)) : []
  const numbers = new Set(drawn.map((segment) => segment.number))
  const whole = input.result.measurements.filter((one) => one.segment === undefined || !numbers.has(one.segment))
  return [
    ...(seg ? drawn.map((segment) => segmentGroup(input, seg, segment)) : []),
    ...(whole.length > 0 ? [wholeGroup(input, whole)] : []),
  ]
}

function words(input: ReportInput): DataSet[] {
  const facts = Object.entries(input.result.facts).map(([name, value]) => `${name} = ${value}`)
  const lines = [NOT_FOR_DIAGNOSIS.en, NOT_FOR_DIAGNOSIS.zh, ...(facts.length > 0 ? [facts.join('; ')] : [])]
  return lines.map((line) => text('CONTAINS', DCM.comment, line))
}

function tree(input: ReportInput, seg: BuiltSeg | undefined): DataSet {
  const { card, original } = input
  return {
    ValueType: 'CONTAINER',
    ContinuityOfContent: 'SEPARATE',
    ConceptNameCodeSequence: [codeItem(DCM.imagingMeasurementReport)],
    ContentTemplateSequence: [{ MappingResource: 'DCMR', TemplateIdentifier: '1500' }],
    ContentSequence: [
      code('HAS CONCEPT MOD', DCM.language, ENGLISH),
      code('HAS OBS CONTEXT', DCM.observerType, DCM.device),
      uidRef('HAS OBS CONTEXT', DCM.deviceUid, DEVICE_OBSERVER_UID),
      text('HAS OBS CONTEXT', DCM.deviceName, 'BitHive'),
      text('HAS OBS CONTEXT', DCM.deviceManufacturer, 'BitHive'),
      text('HAS OBS CONTEXT', DCM.deviceModel, `${card.id} ${card.version}`),
      code('HAS CONCEPT MOD', DCM.procedureReported, IMAGING_PROCEDURE),
      container(DCM.imageLibrary, [
        container(
          DCM.imageLibraryGroup,
          original.images.map((one) => ({
            RelationshipType: 'CONTAINS',
            ValueType: 'IMAGE',
            ReferencedSOPSequence: [sopItem(one)],
          })),
        ),
      ]),
      container(DCM.imagingMeasurements, groups(input, seg)),
      container(QUALITATIVE_EVALUATIONS, words(input)),
    ],
  }
}

function evidence({ original }: ReportInput, seg: BuiltSeg | undefined): DataSet {
  const series = (SeriesInstanceUID: string, references: readonly Reference[]): DataSet => ({
    SeriesInstanceUID,
    ReferencedSOPSequence: references.map(sopItem),
  })
  const segReference = seg && { sopClassUid: SEGMENTATION_CLASS, sopInstanceUid: seg.sopInstanceUid }
  return {
    StudyInstanceUID: original.study.studyInstanceUid,
    ReferencedSeriesSequence: [
      series(original.series.seriesInstanceUid, original.images),
      ...(seg && segReference ? [series(seg.seriesInstanceUid, [segReference])] : []),
    ],
  }
}

/** The order that the images were made for, so that the report returns to it (PS3.3 section C.17.2). */
function referencedRequest({ original }: ReportInput): readonly DataSet[] | undefined {
  const { accessionNumber, studyInstanceUid } = original.study
  if (accessionNumber === '') return undefined
  return [
    {
      StudyInstanceUID: studyInstanceUid,
      ReferencedStudySequence: [],
      AccessionNumber: accessionNumber,
      PlacerOrderNumberImagingServiceRequest: '',
      FillerOrderNumberImagingServiceRequest: '',
      RequestedProcedureID: '',
      RequestedProcedureDescription: '',
      RequestedProcedureCodeSequence: [],
    },
  ]
}

/**
 * Builds an imaging measurement report (TID 1500) as Comprehensive 3D SR, UNVERIFIED and marked not for diagnosis,
 * over the hospital's own images and the segmentation of the same result.
 * @param seg what `buildSeg` returned for the same input
 */
export function buildSr(input: ReportInput, seg: BuiltSeg | undefined): BuiltSr {
  const sopInstanceUid = documentUid(input.documentKey, 'sr')
  const seriesInstanceUid = documentUid(input.documentKey, 'sr series')
  const bytes = encodeInstance({
    ...patientAndStudy(input),
    ...equipmentAndMoment(input),
    SOPClassUID: COMPREHENSIVE_3D_SR,
    SOPInstanceUID: sopInstanceUid,
    SeriesInstanceUID: seriesInstanceUid,
    SeriesNumber: 9_002,
    SeriesDescription: `${input.card.id} (not for diagnosis)`.slice(0, 64),
    Modality: 'SR',
    InstanceNumber: 1,
    ReferencedPerformedProcedureStepSequence: [],
    PerformedProcedureCodeSequence: [],
    ReferencedRequestSequence: referencedRequest(input),
    CompletionFlag: 'COMPLETE',
    CompletionFlagDescription: 'Computed; no physician has looked at it',
    PreliminaryFlag: 'PRELIMINARY',
    VerificationFlag: 'UNVERIFIED',
    CurrentRequestedProcedureEvidenceSequence: [evidence(input, seg)],
    ...tree(input, seg),
  })
  return { bytes, sopInstanceUid, seriesInstanceUid }
}
