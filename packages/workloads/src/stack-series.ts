import type { Shape } from './components.ts'
import type { DecodedImage, Orientation, Triple } from './decode-image.ts'
import { workloadErrors } from './errors.ts'
import type { Spacing } from './morphology.ts'

/** What a workload asks of its images beyond being decodable. */
export type SeriesRule = {
  readonly modalities: readonly string[]
  /** Body Part Examined values that fit; an image that states none is let through. */
  readonly bodyParts: readonly string[] | undefined
  readonly needsRescale: boolean
  readonly minSlices: number
}

/** Slices in one grid: sorted along the normal of the images, evenly spaced. */
export type Stack = {
  readonly shape: Shape
  /** Slice distance from the positions; of a single image its thickness (1 mm when it states none). */
  readonly spacing: Spacing
  readonly samples: Int16Array | Float32Array
  readonly padding: DecodedImage['padding']
  readonly images: readonly DecodedImage[]
  readonly studyInstanceUid: string
  readonly seriesInstanceUid: string
  /** Patient's left-right coordinate in mm, greater to the left, of a place in the grid. */
  readonly leftOf: (column: number, row: number) => number
}

const MAX_VOXELS = 160_000_000
/** Slices nearer than this are the same slice twice. */
const LEAST_SLICE_MM = 0.01
/** How far one slice distance may lie from the mean of all; rounded positions and gantry tilt stay well within. */
const UNEVEN = 0.1
/** Cosine of the greatest tilt from axial, about 37 degrees: beyond it the figures have another meaning. */
const AXIAL_COSINE = 0.8

/** What every single image must be: the right modality and body part, no scout, with rescale and geometry. */
export function admitImage(image: DecodedImage, rule: SeriesRule): void {
  if (!rule.modalities.includes(image.modality)) {
    throw workloadErrors.error('wrong-modality', { allowed: rule.modalities.join(' ') })
  }
  if (image.imageType.includes('LOCALIZER')) throw workloadErrors.error('scout')
  const elsewhere = image.bodyPart !== undefined && image.bodyPart !== '' && rule.bodyParts !== undefined
  if (elsewhere && !rule.bodyParts?.includes(image.bodyPart as string)) throw workloadErrors.error('wrong-body-part')
  if (rule.needsRescale && !image.hasRescale) throw workloadErrors.error('no-rescale')
}

type Placed = DecodedImage & {
  readonly pixelSpacingMm: readonly [number, number]
  readonly positionMm: Triple
  readonly orientation: Orientation
}

function isPlaced(image: DecodedImage): image is Placed {
  return image.pixelSpacingMm !== undefined && image.positionMm !== undefined && image.orientation !== undefined
}

function normalOf([ax, ay, az, bx, by, bz]: Orientation): Triple {
  return [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx]
}

function along(normal: Triple, position: Triple): number {
  return normal[0] * position[0] + normal[1] * position[1] + normal[2] * position[2]
}

function sameGrid(a: Placed, b: Placed): boolean {
  const near = (x: number, y: number, slack: number) => Math.abs(x - y) <= slack
  return (
    a.rows === b.rows &&
    a.columns === b.columns &&
    a.pixelSpacingMm.every((mm, i) => near(mm, b.pixelSpacingMm[i as 0 | 1], 1e-3)) &&
    a.orientation.every((cosine, i) => near(cosine, b.orientation[i] as number, 1e-3))
  )
}

/** Mean distance of neighbours; refuses repeated, missing and uneven slices. */
function sliceDistance(offsets: readonly number[]): number {
  const gaps = offsets.slice(1).map((offset, i) => offset - (offsets[i] as number))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  if (mean < LEAST_SLICE_MM || gaps.some((gap) => Math.abs(gap - mean) > UNEVEN * mean)) {
    throw workloadErrors.error('uneven-slices', { slices: offsets.length })
  }
  return mean
}

/**
 * Puts the images of one axial series into one grid.
 * Errors: those of `admitImage`; no-geometry, not-axial, mixed-series, uneven-slices, too-few-slices,
 * image-too-large.
 */
export function stackSeries(images: readonly DecodedImage[], rule: SeriesRule): Stack {
  for (const image of images) admitImage(image, rule)
  const first = images[0]
  if (first === undefined) throw workloadErrors.error('too-few-slices', { slices: 0 })
  const placed = images.filter(isPlaced)
  if (placed.length !== images.length || !isPlaced(first)) throw workloadErrors.error('no-geometry')
  const oneSeries = placed.every((image) => image.seriesInstanceUid === first.seriesInstanceUid)
  if (!oneSeries || !placed.every((image) => sameGrid(first, image))) throw workloadErrors.error('mixed-series')
  const normal = normalOf(first.orientation)
  const length = Math.hypot(...normal)
  if (Math.abs(length - 1) > 0.01) throw workloadErrors.error('no-geometry')
  if (Math.abs(normal[2]) < AXIAL_COSINE) throw workloadErrors.error('not-axial')
  if (placed.length < rule.minSlices) {
    throw workloadErrors.error('too-few-slices', { slices: placed.length, least: rule.minSlices })
  }
  const sorted = placed
    .map((image) => ({ image, offset: along(normal, image.positionMm) }))
    .sort((a, b) => a.offset - b.offset || (a.image.sopInstanceUid < b.image.sopInstanceUid ? -1 : 1))
  const offsets = sorted.map(({ offset }) => offset)
  const slice = sorted.length > 1 ? sliceDistance(offsets) : oneThickness(first)
  return fill(
    sorted.map(({ image }) => image),
    { column: first.pixelSpacingMm[1], row: first.pixelSpacingMm[0], slice },
  )
}

function oneThickness(image: DecodedImage): number {
  const stated = image.sliceThicknessMm
  return stated !== undefined && stated > 0 && stated <= 100 ? stated : 1
}

function fill(images: readonly Placed[], spacing: Spacing): Stack {
  const first = images[0] as Placed
  const plane = first.rows * first.columns
  if (plane * images.length > MAX_VOXELS) {
    throw workloadErrors.error('image-too-large', { voxels: plane * images.length, limit: MAX_VOXELS })
  }
  const whole = images.every((image) => image.samples instanceof Int16Array)
  const samples = whole ? new Int16Array(plane * images.length) : new Float32Array(plane * images.length)
  for (const [index, image] of images.entries()) samples.set(image.samples, index * plane)
  const { orientation, positionMm } = first
  return {
    shape: { columns: first.columns, rows: first.rows, slices: images.length },
    spacing,
    samples,
    padding: first.padding,
    images,
    studyInstanceUid: first.studyInstanceUid,
    seriesInstanceUid: first.seriesInstanceUid,
    leftOf: (column, row) =>
      positionMm[0] + orientation[0] * spacing.column * column + orientation[3] * spacing.row * row,
  }
}
