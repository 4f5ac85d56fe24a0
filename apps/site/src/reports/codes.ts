import type { CodedConcept } from '@bithive/api/workload'
import type { DataSet } from '../imaging/index.ts'

/** A code sequence item (PS3.3 section 8.8). */
export function codeItem({ value, scheme, meaning }: CodedConcept): DataSet {
  return { CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning }
}

const dcm = (value: string, meaning: string): CodedConcept => ({ value, scheme: 'DCM', meaning })

/** Codes of PS3.16 annex D that the templates of our documents name. */
export const DCM = {
  imagingMeasurementReport: dcm('126000', 'Imaging Measurement Report'),
  language: dcm('121049', 'Language of Content Item and Descendants'),
  observerType: dcm('121005', 'Observer Type'),
  device: dcm('121007', 'Device'),
  deviceUid: dcm('121012', 'Device Observer UID'),
  deviceName: dcm('121013', 'Device Observer Name'),
  deviceManufacturer: dcm('121014', 'Device Observer Manufacturer'),
  deviceModel: dcm('121015', 'Device Observer Model Name'),
  procedureReported: dcm('121058', 'Procedure reported'),
  imageLibrary: dcm('111028', 'Image Library'),
  imageLibraryGroup: dcm('126200', 'Image Library Group'),
  imagingMeasurements: dcm('126010', 'Imaging Measurements'),
  measurementGroup: dcm('125007', 'Measurement Group'),
  trackingIdentifier: dcm('112039', 'Tracking Identifier'),
  trackingUid: dcm('112040', 'Tracking Unique Identifier'),
  finding: dcm('121071', 'Finding'),
  referencedSegment: dcm('121191', 'Referenced Segment'),
  referencedSegmentationFrame: dcm('121214', 'Referenced Segmentation Frame'),
  sourceImageForSegmentation: dcm('121233', 'Source image for segmentation'),
  sourceSeriesForSegmentation: dcm('121232', 'Source series for segmentation'),
  sourceOfMeasurement: dcm('121112', 'Source of Measurement'),
  algorithmName: dcm('111001', 'Algorithm Name'),
  algorithmVersion: dcm('111003', 'Algorithm Version'),
  comment: dcm('121106', 'Comment'),
  segmentation: dcm('113076', 'Segmentation'),
  sourceImage: dcm('121322', 'Source image for image processing operation'),
} as const satisfies Record<string, CodedConcept>

export const QUALITATIVE_EVALUATIONS: CodedConcept = {
  value: 'C0034375',
  scheme: 'UMLS',
  meaning: 'Qualitative Evaluations',
}
export const FINDING_SITE: CodedConcept = { value: '363698007', scheme: 'SCT', meaning: 'Finding Site' }
export const IMAGING_PROCEDURE: CodedConcept = { value: '363679005', scheme: 'SCT', meaning: 'Imaging procedure' }
export const ENGLISH: CodedConcept = { value: 'en', scheme: 'RFC5646', meaning: 'English' }
