import type { CodedConcept, Measurement } from '@bithive/api/workload'
import type { CodeableConcept, Device, DiagnosticReport, Observation } from '@medplum/fhirtypes'
import type { BuiltSeg } from './build-seg.ts'
import type { BuiltSr } from './build-sr.ts'
import { NOT_FOR_DIAGNOSIS, type ReportInput } from './report-input.ts'

/** FHIR code systems of the schemes that DICOM names (FHIR R4 terminology, DICOM PS3.16 section 8). */
const SYSTEMS: Readonly<Record<string, string>> = {
  SCT: 'http://snomed.info/sct',
  DCM: 'http://dicom.nema.org/resources/ontology/DCM',
  LN: 'http://loinc.org',
  UCUM: 'http://unitsofmeasure.org',
}

function concept({ value, scheme, meaning }: CodedConcept): CodeableConcept {
  const system = SYSTEMS[scheme] ?? `urn:bithive:concepts:${scheme.toLowerCase()}`
  return { coding: [{ system, code: value, display: meaning }], text: meaning }
}

export type DiagnosticReportInput = ReportInput & {
  /** Id of the report resource, unique at the site. */
  readonly reportId: string
  /** The patient by the site's own pseudonymous id: `Patient/per_…`. */
  readonly personId: string
  /** The organisation that the report is of: `Organization/org_…`. */
  readonly orgId: string
}

function device({ card }: DiagnosticReportInput): Device {
  return {
    resourceType: 'Device',
    id: 'workload',
    deviceName: [{ name: card.id, type: 'model-name' }],
    version: [{ value: card.version }],
    note: [{ text: card.source }],
  }
}

function observation(input: DiagnosticReportInput, measurement: Measurement, index: number): Observation {
  const segment = input.result.segments.find((one) => one.number === measurement.segment)
  const { value, unit } = measurement
  return {
    resourceType: 'Observation',
    id: `m${index + 1}`,
    status: 'preliminary',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'imaging' }] }],
    code: concept(measurement.concept),
    subject: { reference: `Patient/${input.personId}` },
    effectiveDateTime: new Date(input.createdAtMs).toISOString(),
    valueQuantity: { value, unit: unit.meaning, system: SYSTEMS.UCUM as string, code: unit.value },
    ...(segment ? { bodySite: concept(segment.type) } : {}),
    device: { reference: '#workload' },
    note: [{ text: NOT_FOR_DIAGNOSIS.en }, { text: NOT_FOR_DIAGNOSIS.zh }],
  }
}

/**
 * Builds a FHIR R4 DiagnosticReport, preliminary, with an Observation for each measurement contained in it. The
 * patient is a pseudonymous reference; the DICOM documents are named by UID.
 */
export function buildDiagnosticReport(
  input: DiagnosticReportInput,
  documents: { readonly sr: BuiltSr; readonly seg: BuiltSeg | undefined },
): DiagnosticReport {
  const observations = input.result.measurements.map((one, index) => observation(input, one, index))
  const uids = [documents.sr.sopInstanceUid, ...(documents.seg ? [documents.seg.sopInstanceUid] : [])]
  const at = new Date(input.createdAtMs).toISOString()
  return {
    resourceType: 'DiagnosticReport',
    id: input.reportId,
    contained: [device(input), ...observations],
    identifier: uids.map((uid) => ({ system: 'urn:dicom:uid', value: `urn:oid:${uid}` })),
    status: 'preliminary',
    category: [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'RAD' }] }],
    code: {
      coding: [{ system: SYSTEMS.LN as string, code: '18748-4', display: 'Diagnostic imaging study' }],
      text: input.card.title.en,
    },
    subject: { reference: `Patient/${input.personId}` },
    effectiveDateTime: at,
    issued: at,
    performer: [{ reference: `Organization/${input.orgId}` }],
    result: observations.map((one) => ({
      reference: `#${one.id}`,
      ...(one.code?.text ? { display: one.code.text } : {}),
    })),
    conclusion: `${NOT_FOR_DIAGNOSIS.en} ${NOT_FOR_DIAGNOSIS.zh}`,
  }
}
