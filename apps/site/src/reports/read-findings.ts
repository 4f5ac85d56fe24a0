import type { Finding, ReportMeasurement, ReportOverlay } from '@bithive/api/reports'
import type { CodedConcept } from '@bithive/api/workload'
import { encodeRuns } from '@bithive/workloads'
import { type JsonDataSet, pixelsOf, readDicomJson } from '../imaging/index.ts'
import { DCM, FINDING_SITE } from './codes.ts'
import { reportErrors } from './errors.ts'

const items = (dataSet: JsonDataSet | undefined, tag: string): JsonDataSet[] =>
  (dataSet?.[tag]?.Value ?? []) as unknown as JsonDataSet[]
const first = (dataSet: JsonDataSet | undefined, tag: string) => dataSet?.[tag]?.Value?.[0]
const text = (dataSet: JsonDataSet | undefined, tag: string) => String(first(dataSet, tag) ?? '')
const number = (dataSet: JsonDataSet | undefined, tag: string) => Number(first(dataSet, tag) ?? Number.NaN)

const CONTENT = '0040A730'

function concept(dataSet: JsonDataSet | undefined, tag: string): CodedConcept | undefined {
  const [item] = items(dataSet, tag)
  if (!item) return undefined
  return { value: text(item, '00080100'), scheme: text(item, '00080102'), meaning: text(item, '00080104') }
}

const isNamed = (item: JsonDataSet, { value, scheme }: CodedConcept) => {
  const name = concept(item, '0040A043')
  return name?.value === value && name.scheme === scheme
}
const children = (item: JsonDataSet | undefined, name: CodedConcept) =>
  items(item, CONTENT).filter((child) => isNamed(child, name))

function measurementOf(item: JsonDataSet): ReportMeasurement[] {
  const [measured] = items(item, '0040A300')
  const [name, unit] = [concept(item, '0040A043'), concept(measured, '004008EA')]
  // The decimal string is rounded; the number itself stands beside it.
  const exact = number(measured, '0040A161')
  const value = Number.isFinite(exact) ? exact : number(measured, '0040A30A')
  return name && unit && Number.isFinite(value) ? [{ concept: name, value, unit }] : []
}

type SegFrame = { readonly segment: number; readonly sopInstanceUid: string; readonly index: number }

/** A segmentation that this product built, by frame. */
export type ReadSeg = {
  readonly rows: number
  readonly columns: number
  readonly labels: ReadonlyMap<number, string>
  readonly frames: readonly SegFrame[]
  readonly maskOf: (index: number) => Uint8Array
}

/** @throws reports.document-missing when it is not one of ours */
export function readSeg(bytes: Uint8Array): ReadSeg {
  const seg = readDicomJson(bytes)
  const [rows, columns] = [number(seg, '00280010'), number(seg, '00280011')]
  const labels = new Map(
    items(seg, '00620002').map((item) => [number(item, '00620004'), text(item, '00620005')] as const),
  )
  const frames = items(seg, '52009230').map((group, index): SegFrame => {
    const [identification] = items(group, '0062000A')
    const [derivation] = items(group, '00089124')
    const [source] = items(derivation, '00082112')
    return { segment: number(identification, '0062000B'), sopInstanceUid: text(source, '00081155'), index }
  })
  const pixels = pixelsOf(bytes)
  const count = rows * columns
  if (!(count > 0) || pixels.length * 8 < count * frames.length) throw reportErrors.error('document-missing')
  const maskOf = (index: number) => {
    const mask = new Uint8Array(count)
    for (let i = 0, bit = index * count; i < count; i++, bit++)
      mask[i] = ((pixels[bit >> 3] as number) >> (bit & 7)) & 1
    return mask
  }
  return { rows, columns, labels, frames, maskOf }
}

function imagesOf(seg: ReadSeg | undefined, segment: number): Finding['images'] {
  if (!seg) return []
  const frames = seg.frames.filter((frame) => frame.segment === segment)
  return frames.flatMap(({ sopInstanceUid, index }) => {
    const pixels = seg.maskOf(index).reduce((sum, value) => sum + value, 0)
    return pixels > 0 ? [{ sopInstanceUid, pixels }] : []
  })
}

/** The segment that a group speaks of: by its number, or by the one frame that it names. */
function segmentOf(group: JsonDataSet, seg: ReadSeg | undefined): number | null {
  const [whole] = children(group, DCM.referencedSegment)
  const [planar] = children(group, DCM.referencedSegmentationFrame)
  const [reference] = items(whole ?? planar, '00081199')
  if (whole) return number(reference, '0062000B')
  if (!planar) return null
  return seg?.frames[number(reference, '00081160') - 1]?.segment ?? null
}

/** What the report says, from the document itself: its measurement groups, and on which images each region lies. */
export function readFindings(sr: Uint8Array, seg: ReadSeg | undefined): Finding[] {
  const [measured] = children(readDicomJson(sr), DCM.imagingMeasurements)
  return children(measured, DCM.measurementGroup).map((group): Finding => {
    const segment = segmentOf(group, seg)
    const [site] = children(group, FINDING_SITE)
    const numeric = items(group, CONTENT).filter((item) => text(item, '0040A040') === 'NUM')
    return {
      key: segment === null ? 'series' : `s${segment}`,
      segment,
      label: segment === null ? '' : (seg?.labels.get(segment) ?? ''),
      site: (site && concept(site, '0040A168')) ?? null,
      measurements: numeric.flatMap(measurementOf),
      images: segment === null ? [] : imagesOf(seg, segment),
    }
  })
}

/** The study and series that a report is about: those of its first image (its own series is another). */
export function reportedSeries(sr: Uint8Array): {
  readonly studyInstanceUid: string
  readonly seriesInstanceUid: string
} {
  const [study] = items(readDicomJson(sr), '0040A375')
  const [series] = items(study, '00081115')
  return { studyInstanceUid: text(study, '0020000D'), seriesInstanceUid: text(series, '0020000E') }
}

export function overlayOf(seg: ReadSeg): ReportOverlay {
  const segments = [...seg.labels].map(([number, label]) => ({
    number,
    label,
    frames: seg.frames
      .filter((frame) => frame.segment === number)
      .map(({ sopInstanceUid, index }) => ({ sopInstanceUid, runs: encodeRuns(seg.maskOf(index)) })),
  }))
  return { rows: seg.rows, columns: seg.columns, segments }
}
